"""Stores what an adapter fetched: each post once, its raw payload beside it, the cursor with it.

One statement stores a page, so that a flood costs one round trip and a crash leaves either the
whole page with its new cursor or nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import transaction

from monitoring.batches import execute_batch
from monitoring.models import Mention, Revision, Source
from monitoring.platforms.base import Page, Post

# A direct question overtakes a flood of general mentions.
LANE_DIRECT, LANE_GENERAL = 0, 1

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


def store_page(source: Source, page: Page, *, keep_cursor: bool = False) -> Stored:
    """Store the posts of `page` and move the cursor of `source`, in one transaction.

    `keep_cursor` is for posts that came by stream or import rather than by `fetch`.
    """
    with transaction.atomic():
        stored = _store_new(source, page.posts)
        for post in page.posts:
            if post.change != "new" and (revision := _revise(source, post)):
                stored.revised.append(revision)
        if not keep_cursor:
            Source.objects.filter(pk=source.pk).update(cursor=dict(page.cursor))
            source.cursor = dict(page.cursor)
    return stored


def _store_new(source: Source, posts: Iterable[Post]) -> Stored:
    # An edit of something never seen is stored as it is now; a deletion of it leaves nothing.
    fresh = {post.id: post for post in posts if post.change == "edited"}
    fresh |= {post.id: post for post in posts if post.change == "new"}
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
        storable(post.id)[:300],
        storable(post.url),
        storable(post.author.handle)[:200],
        storable(post.author.name)[:200],
        post.author.followers,
        storable(post.text),
        storable(post.lang)[:12],
        post.posted_at,
        storable(post.in_reply_to)[:300],
        storable(post.conversation)[:300],
        post.direct,
        post.private,
        post.own,
        post.can_reply,
        _json(media),
        storable(post.place)[:200],
        _json(post.raw),
    )


def _revise(source: Source, post: Post) -> Revision | None:
    """Append an edit or deletion, unless it says what we already know."""
    mention = (
        Mention.objects.select_related("revision")
        .select_for_update(of=("self",))
        .filter(source=source, platform_id=post.id)
        .first()
    )
    if mention is None or mention.deleted:
        return None
    text = storable(post.text)
    if post.change == "edited" and text == mention.current_text:
        return None
    revision = Revision.objects.create(
        mention=mention,
        kind=Revision.Kind.DELETED if post.change == "deleted" else Revision.Kind.EDITED,
        text="" if post.change == "deleted" else text,
        raw=orjson.loads(_json(post.raw)),
    )
    Mention.objects.filter(pk=mention.pk).update(revision=revision)
    return revision


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


def _storable_tree(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): _storable_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_tree(item) for item in value]
    return value
