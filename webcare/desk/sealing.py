"""What the archive keeps of the desk: each message, own post, edit and deletion, as it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, TextField
from django.db.models.functions import Cast

from archive.models import Kind
from archive.records import Entry, record
from monitoring.models import Mention, RawPayload, Revision
from webcare.desk.models import Reply


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _content(mention: Mention) -> dict[str, Any]:
    return {
        "platform": mention.platform,
        "id": mention.platform_id,
        "url": mention.url,
        "author": {"handle": mention.author_handle, "name": mention.author_name},
        "text": mention.text,
        "posted_at": _moment(mention.posted_at),
        "in_reply_to": mention.in_reply_to,
        "private": mention.private,
        "media": mention.media,
    }


def seal_incoming(messages: Sequence[tuple[Mention, int]]) -> list[Entry]:
    """The records of residents' messages, each with the number of its case; not yet registered.

    The platform's own words are bound in by hash, read in one query for all.
    """
    payloads = _read_raw(RawPayload, "payload", [mention.pk for mention, _ in messages])
    return [
        Entry(
            municipality_id=mention.municipality_id,
            kind=Kind.INCOMING,
            subject_type="mention",
            subject_id=mention.pk,
            content=_content(mention),
            metadata={"case": case_id, "platform": mention.platform},
            raw=payloads.get(mention.pk),
        )
        for mention, case_id in messages
    ]


def _read_raw(model: type[Model], field: str, numbers: Sequence[int]) -> dict[int, bytes]:
    """The platform's own words by number, in the text form PostgreSQL gives its jsonb.

    That form is the same every time, however deep the payload, and costs no second parse.
    """
    rows = model._default_manager.filter(pk__in=numbers).annotate(said_as=Cast(field, TextField()))
    return {number: said.encode() for number, said in rows.values_list("pk", "said_as")}


def seal_own_post(mention: Mention) -> None:
    """Register a post of our own account that was made outside the desk."""
    record(
        municipality_id=mention.municipality_id,
        kind=Kind.OWN_POST,
        subject_type="mention",
        subject_id=mention.pk,
        content=_content(mention),
        metadata={"platform": mention.platform},
        raw=_read_raw(RawPayload, "payload", [mention.pk]).get(mention.pk),
    )


def seal_reply(reply: Reply) -> None:
    """Register an answer of ours as the platform took it."""
    assert reply.sent_at is not None
    record(
        municipality_id=reply.account.municipality_id,
        kind=Kind.OWN_POST,
        subject_type="reply",
        subject_id=reply.pk,
        content={
            "platform": reply.account.source.platform,
            "id": reply.platform_id,
            "url": reply.url,
            "author": {"handle": reply.account.handle, "name": reply.account.name},
            "text": reply.text,
            "posted_at": _moment(reply.sent_at),
            "in_reply_to": reply.in_reply_to.platform_id,
            "private": reply.in_reply_to.private,
            "signed_by": reply.author.initials,
        },
        metadata={"case": reply.case_id, "platform": reply.account.source.platform},
    )


def seal_revision(revision: Revision, case_id: int | None) -> None:
    """Register that a resident or a platform edited or deleted a message."""
    mention = revision.mention
    deleted = revision.kind == Revision.Kind.DELETED
    record(
        municipality_id=mention.municipality_id,
        kind=Kind.DELETION if deleted else Kind.EDIT,
        subject_type="mention",
        subject_id=mention.pk,
        part=str(revision.pk),
        content={
            "platform": mention.platform,
            "id": mention.platform_id,
            "text": revision.text,
            "seen_at": _moment(revision.seen_at),
        },
        metadata={"case": case_id, "platform": mention.platform},
        raw=_read_raw(Revision, "raw", [revision.pk])[revision.pk] if revision.raw else None,
    )
