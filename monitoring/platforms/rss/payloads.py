"""Entries of a feed into our words: a stable key, plain text, web links only."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from monitoring.platforms.base import Author, Change, Medium, Post
from monitoring.platforms.rss.dates import entry_moment
from monitoring.platforms.text import html_to_text, storable, web_link

LONGEST_KEY = 200
MOST_MEDIA = 10
# What advertising adds to a link; without it the same article has the same address.
TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_cid|mc_eid|ref_src", re.IGNORECASE)
REDIRECTORS = re.compile(r"(?:www\.)?google\.[a-z.]+|news\.google\.[a-z.]+")
KEPT_RAW = ("id", "link", "title", "published", "updated", "author", "summary", "content", "tags")

Entry = dict[str, Any]


def entry_keys(entries: Iterable[Entry], base: str) -> list[str]:
    """One key per entry: its guid, else its link, else a hash of its title and date.

    Some feeds give every entry the same guid. Such a guid says nothing: those entries go by their
    link, so that none is taken for a repetition of another.
    """
    entries = list(entries)
    guids = Counter(_words(entry.get("id")) for entry in entries)
    keys: list[str] = []
    for entry in entries:
        guid = _words(entry.get("id"))
        link = normalised(entry_link(entry, base))
        written = _words(entry.get("title")), _words(entry.get("published"))
        if guid and guids[guid] == 1:
            key = guid
        elif link:
            key = link
        else:
            key = "sha256:" + _hash(guid, *written)
        keys.append(key if len(key) <= LONGEST_KEY else "sha256:" + _hash(key))
    return keys


def entry_link(entry: Entry, base: str) -> str:
    """The entry's own page, absolute and http(s), taken out of a search engine's redirect."""
    given = _words(entry.get("link"))
    try:
        link = web_link(urljoin(base, given)) if given else ""
        parts = urlsplit(link)
        if parts.path == "/url" and REDIRECTORS.fullmatch(parts.hostname or ""):
            wrapped = parse_qs(parts.query)
            link = web_link((wrapped.get("url") or wrapped.get("q") or [""])[0]) or link
    except ValueError:
        return ""
    return link


def normalised(link: str) -> str:
    """The link as a key: lower-case host, no default port, no fragment, no tracking."""
    if not link:
        return ""
    parts = urlsplit(link)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    port = parts.port
    if port and port != {"http": 80, "https": 443}[scheme]:
        host = f"{host}:{port}"
    query = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not TRACKING.fullmatch(pair[0])
    ]
    return urlunsplit((scheme, host, parts.path or "/", urlencode(query), ""))


def content_mark(post: Post) -> str:
    """A short hash that changes when what people read changes."""
    return _hash(post.text, post.url)[:12]


def key_mark(key: str) -> str:
    """A short hash that stands for a key in the cursor."""
    return _hash(key)[:16]


def read_entry(
    entry: Entry, key: str, base: str, feed: Mapping[str, Any], fetched_at: datetime
) -> Post:
    title = _detail(entry.get("title_detail"), entry.get("title"))
    body = _body(entry)
    # Many feeds begin the text with the title once more.
    text = body if body.startswith(title) else f"{title}\n\n{body}".strip()
    return Post(
        id=key,
        text=text,
        posted_at=entry_moment(entry, fetched_at),
        url=entry_link(entry, base),
        author=Author(
            handle=urlsplit(base).hostname or "",
            name=_words(entry.get("author")) or _detail(None, feed.get("title")),
        ),
        lang=_words(entry.get("language") or feed.get("language")).lower()[:2],
        can_reply=False,
        media=tuple(_media(entry, base))[:MOST_MEDIA],
        raw=storable({name: _plain(v) for name, v in dict.items(entry) if name in KEPT_RAW and v}),
    )


def _body(entry: Entry) -> str:
    contents = entry.get("content") or []
    for content in [*contents, entry.get("summary_detail")]:
        text = _detail(content, entry.get("summary"))
        if text:
            return text
    return ""


def _detail(detail: Any, fallback: Any) -> str:
    """Text of a feedparser detail; what is not declared plain is read as HTML."""
    value = detail.get("value") if isinstance(detail, Mapping) else fallback
    kind = detail.get("type") if isinstance(detail, Mapping) else "text/html"
    if not isinstance(value, str):
        return ""
    return storable(value).strip() if kind == "text/plain" else html_to_text(value)


def _media(entry: Entry, base: str) -> Iterator[Medium]:
    seen: set[str] = set()
    for found in (*(entry.get("enclosures") or ()), *(entry.get("media_content") or ())):
        address = _words(found.get("href") or found.get("url"))
        try:
            link = web_link(urljoin(base, address)) if address else ""
        except ValueError:
            continue
        kind = _words(found.get("type") or found.get("medium")).split("/")[0]
        if link and link not in seen:
            seen.add(link)
            yield Medium(url=link, kind=kind if kind in ("image", "video", "audio") else "file")


def _words(value: Any) -> str:
    return storable(value).strip() if isinstance(value, str) else ""


def _plain(value: Any) -> Any:
    """feedparser's own kinds of dict and list as JSON has them."""
    if isinstance(value, Mapping):
        return {str(name): _plain(content) for name, content in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else None


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def changed_as(seen: Mapping[str, str], key: str, mark: str) -> Change | None:
    """Whether an entry is new, edited, or (None) just as it was."""
    if key not in seen:
        return "new"
    return None if seen[key] == mark else "edited"
