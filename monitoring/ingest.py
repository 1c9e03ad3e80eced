"""Stores what an adapter fetched: each post once, its raw payload beside it, the cursor with it.

One statement stores a page, so that a flood costs one round trip and a crash leaves either the
whole page with its new cursor or nothing at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from monitoring.batches import execute_batch
from monitoring.models import Mention, Revision, Source
from monitoring.platforms.base import Page, Post

# A direct question overtakes a flood of general mentions.
LANE_DIRECT, LANE_GENERAL = 0, 1
# What the columns hold. Whatever else a platform says stays in the raw payload.
LONGEST_ID = 300
LARGEST_NUMBER = 2**31 - 1
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
# orjson gives up at 254 levels.
DEEPEST = 200

_STORE = """
WITH incoming AS (
    SELECT * FROM unnest(
        %b::text[], %b::text[], %b::text[], %b::text[], %b::int[], %b::text[], %b::text[],
        %b::timestamptz[], %b::text[], %b::text[], %b::bool[], %b::bool[], %b::bool[], %b::bool[],
        %b::text[], %b::text[], %b::text[]
    ) AS t(platform_id, url, author_handle, author_name, author_followers, text, lang, posted_at,
           in_reply_to, conversation, direct, private, own, can_reply, media, place, raw)
), stored AS (
    INSERT INTO monitoring_mention (
        municipality_id, source_id, platform, platform_id, url, author_handle, author_name,
        author_followers, text, lang, posted_at, in_reply_to, conversation, direct, private, own,
        can_reply, media, place)
    SELECT %b::bigint, %b::bigint, %b::text, platform_id, url, author_handle, author_name,
        author_followers, text, lang,
        posted_at, in_reply_to, conversation, direct, private, own, can_reply, media::jsonb, place
    FROM incoming
    ON CONFLICT (source_id, platform_id) DO NOTHING
    RETURNING id, platform_id, direct
), raw AS (
    INSERT INTO monitoring_rawpayload (mention_id, payload)
    SELECT stored.id, incoming.raw::jsonb FROM stored JOIN incoming USING (platform_id)
    WHERE incoming.raw <> '{}'
), waiting AS (
    INSERT INTO monitoring_waiting (mention_id, lane, attempts)
    SELECT id, CASE WHEN direct THEN %b::int ELSE %b::int END, 0 FROM stored
)
SELECT id, platform_id, direct FROM stored
"""


@dataclass(slots=True)
class Stored:
    """What one page changed. `revised` are the appended revisions, oldest first."""

    new_ids: list[int] = field(default_factory=list)
    lanes: set[int] = field(default_factory=set)
    repeated: int = 0
    revised: list[Revision] = field(default_factory=list)
    # Posts that no row could hold.
    refused: int = 0

    def __add__(self, other: Stored) -> Stored:
        return Stored(
            self.new_ids + other.new_ids,
            self.lanes | other.lanes,
            self.repeated + other.repeated,
            self.revised + other.revised,
            self.refused + other.refused,
        )


def store_page(source: Source, page: Page, *, keep_cursor: bool = False) -> Stored:
    """Store the posts of `page` and move the cursor of `source`, in one transaction.

    `keep_cursor` is for posts that came by stream or import rather than by `fetch`.
    """
    with transaction.atomic():
        stored = _store_new(source, page.posts)
        if changed := [post for post in page.posts if post.change != "new"]:
            stored.revised = _revise(source, changed)
        if not keep_cursor:
            Source.objects.filter(pk=source.pk).update(cursor=dict(page.cursor))
            source.cursor = dict(page.cursor)
    return stored


def _store_new(source: Source, posts: Iterable[Post]) -> Stored:
    # An edit of something never seen is stored as it is now; a deletion of it leaves nothing.
    fresh = {key_of(post.id): post for post in posts if post.change == "edited"}
    fresh |= {key_of(post.id): post for post in posts if post.change == "new"}
    if not fresh:
        return Stored()
    columns = zip(*(_columns(post) for post in fresh.values()), strict=True)
    rows = execute_batch(
        _STORE,
        [
            *(list(column) for column in columns),
            source.municipality_id,
            source.pk,
            source.platform,
            LANE_DIRECT,
            LANE_GENERAL,
        ],
    )
    repeated = sum(post.change == "new" for post in fresh.values()) - sum(
        fresh[platform_id].change == "new" for _, platform_id, _ in rows
    )
    lanes = {LANE_DIRECT if direct else LANE_GENERAL for _, _, direct in rows}
    return Stored([row[0] for row in rows], lanes, repeated)


def _columns(post: Post) -> tuple[Any, ...]:
    media = [{"url": m.url, "alt": m.alt, "kind": m.kind} for m in post.media]
    return (
        key_of(post.id),
        storable(post.url),
        storable(post.author.handle)[:200],
        storable(post.author.name)[:200],
        _count(post.author.followers),
        storable(post.text),
        storable(post.lang)[:12],
        _moment(post.posted_at),
        key_of(post.in_reply_to),
        key_of(post.conversation),
        post.direct,
        post.private,
        post.own,
        post.can_reply,
        _json(media),
        storable(post.place)[:200],
        _json(post.raw),
    )


def _revise(source: Source, changed: list[Post]) -> list[Revision]:
    """Append edits and deletions, unless they say what we already know."""
    # Locked all at once in one order, so that a round and a stream never wait in a circle.
    mentions = {
        mention.platform_id: mention
        for mention in Mention.objects.select_related("revision")
        .defer("search")
        .select_for_update(of=("self",), no_key=True)
        .filter(source=source, platform_id__in={key_of(post.id) for post in changed})
        .order_by("pk")
    }
    revisions = []
    for post in changed:
        mention, text = mentions.get(key_of(post.id)), storable(post.text)
        if mention is None or mention.deleted:
            continue
        if post.change == "edited" and text == mention.current_text:
            continue
        mention.revision = Revision.objects.create(
            mention=mention,
            kind=Revision.Kind.DELETED if post.change == "deleted" else Revision.Kind.EDITED,
            text="" if post.change == "deleted" else text,
            raw=orjson.loads(_json(post.raw)),
        )
        mention.save(update_fields=["revision"])
        revisions.append(mention.revision)
    return revisions


def key_of(platform_id: str) -> str:
    """A platform's id as it is stored: a long one keeps its start and stays unique by its hash."""
    platform_id = storable(platform_id)
    if len(platform_id) <= LONGEST_ID:
        return platform_id
    digest = hashlib.sha256(platform_id.encode()).hexdigest()
    return platform_id[: LONGEST_ID - len(digest)] + digest


def _count(number: int | None) -> int | None:
    return number if number is not None and 0 <= number <= LARGEST_NUMBER else None


def _moment(posted_at: datetime) -> datetime:
    """Nobody said anything in the future, nor on a platform before 2000: then it was now.

    A clock that is wrong elsewhere must not hide a question below all others or never be due.
    """
    now = timezone.now()
    return posted_at if OLDEST <= posted_at <= now else now


def storable(text: str) -> str:
    """PostgreSQL knows no NUL and UTF-8 no lone surrogate: both become U+FFFD, nothing else."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _json(value: Mapping[str, Any] | list[Any]) -> str:
    return orjson.dumps(_storable_tree(value), default=str).decode() if value else _empty(value)


def _empty(value: Mapping[str, Any] | list[Any]) -> str:
    return "[]" if isinstance(value, list) else "{}"


def _storable_tree(value: Any, levels: int = DEEPEST) -> Any:
    if levels == 0:
        return "\u2026"
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): _storable_tree(v, levels - 1) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_tree(item, levels - 1) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return value
