"""What /echt finds our posts by: only public posts of our own, and only once they are sealed.

Rows of `Published` repeat nothing but keys and word stems; the words themselves are read from the
sealed content, so that what the law erases there is erased here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from archive.canonical import read_canonical
from archive.models import Content, Kind, Record
from archive.sameness import (
    Plain,
    has_unchecked_link,
    likeness,
    make_plain,
    make_plain_link,
    same,
)

#: Below this two texts are not the same message with other words.
ALIKE: Final = 0.5
#: Longer than any post; what follows is not compared.
MOST_CHARACTERS: Final = 10_000
CANDIDATES: Final = 20

_ADD: Final = """
INSERT INTO archive_published (record_id, municipality_id, text_key, url_key, posted_at, search)
VALUES (%s, %s, %s, %s, %s, to_tsvector('dutch', %s)) ON CONFLICT DO NOTHING
"""
_NEAR: Final = """
SELECT p.record_id FROM archive_published p,
     (SELECT to_tsquery('dutch', %s) AS words) q
WHERE p.search @@ q.words
ORDER BY ts_rank(p.search, q.words) DESC, p.posted_at DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Post:
    """One public post of ours, read from its sealed content."""

    record: Record
    text: str
    url: str
    platform: str
    account: str
    handle: str
    posted_at: datetime

    @property
    def plain(self) -> Plain:
        return make_plain(self.text)


@dataclass(frozen=True, slots=True)
class Answer:
    """`verdict` is exact, differs or unknown; `post` is there unless unknown."""

    verdict: str
    post: Post | None = None
    unchecked_link: bool = False


def publish_sealed(record_ids: Sequence[int]) -> None:
    """Let these own posts be found, in the caller's transaction; private answers never are."""
    contents = Content.objects.filter(pk__in=record_ids).select_related("record")
    rows = []
    for content in contents:
        said = read_canonical(bytes(content.body))
        if said.get("private") is not False or not isinstance(said.get("text"), str):
            continue
        text, url = said["text"].replace("\0", ""), said.get("url") or ""
        url_key = make_plain_link(url)[:500] if isinstance(url, str) and url else ""
        rows.append(
            (
                content.pk,
                content.record.municipality_id,
                make_plain(text).key,
                url_key,
                said["posted_at"],
                text.encode("utf-8", "replace").decode(),
            )
        )
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ADD, rows)


def find_post(attribute: Any) -> Post | None:
    """A public post of ours by its message attribute."""
    records = Record.objects.filter(attribute=attribute, public__isnull=False)
    return next(iter(_read(records.values_list("pk", flat=True))), None)


def list_changes(post: Post) -> list[Record]:
    """What was registered about this post later: edits and deletions, oldest first."""
    about = post.record
    return list(
        Record.objects.filter(
            subject_type=about.subject_type,
            subject_id=about.subject_id,
            kind__in=(Kind.EDIT, Kind.DELETION),
        ).order_by("registered_at")
    )


def find_by_link(link: str) -> Post | None:
    key = make_plain_link(link.strip())
    found = Record.objects.filter(public__url_key=key[:500]).exclude(public__url_key="")
    return next(iter(_read(found.values_list("pk", flat=True)[:1])), None)


def answer(text: str) -> Answer:
    """Did we publish exactly this, this with other words, or nothing like it?"""
    text = text[:MOST_CHARACTERS]
    given = make_plain(text)
    if not given.words:
        return Answer("unknown")
    same_words = Record.objects.filter(public__text_key=given.key).order_by("public__posted_at")
    posts = _read(same_words.values_list("pk", flat=True)[:CANDIDATES])
    exact = [post for post in posts if same(post.plain, given)]
    if exact:
        # With the same links rather than with one that nobody looked behind.
        best = min(exact, key=lambda post: has_unchecked_link(post.plain, given))
        return Answer("exact", best, has_unchecked_link(best.plain, given))
    near = posts or _read(_find_near(given.words))
    rated = [(likeness(post.text, text), post) for post in near]
    rated = [pair for pair in rated if pair[0] >= ALIKE]
    if not rated:
        return Answer("unknown")
    return Answer("differs", max(rated, key=lambda pair: pair[0])[1])


def _find_near(words: str) -> list[int]:
    terms = {word for word in _letters(words).split() if len(word) > 2}
    if not terms:
        return []
    query = " | ".join(sorted(terms, key=lambda word: (-len(word), word))[:40])
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, [query, CANDIDATES])
        return [row[0] for row in cursor.fetchall()]


def _letters(text: str) -> str:
    return "".join(sign if sign.isalnum() else " " for sign in text.replace("\0", " "))


def _read(record_ids: Any) -> list[Post]:
    """The posts with these numbers, in this order; what was erased is not among them."""
    order = list(record_ids)
    found = Content.objects.filter(pk__in=order).select_related("record__municipality")
    posts = {content.pk: _post(content) for content in found}
    return [posts[number] for number in order if number in posts]


def _post(content: Content) -> Post:
    said = read_canonical(bytes(content.body))
    author = said.get("author") or {}
    return Post(
        record=content.record,
        text=said["text"],
        url=said.get("url") or "",
        platform=said.get("platform") or "",
        account=author.get("name") or "",
        handle=author.get("handle") or "",
        posted_at=datetime.fromisoformat(said["posted_at"]),
    )
