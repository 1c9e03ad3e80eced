"""The RSS and Atom adapter: a guarded fetch, then feedparser on the bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
from pydantic import field_validator

from monitoring.platforms.answers import check_answer
from monitoring.platforms.base import Capabilities, Config, Page, PermanentError, Post
from monitoring.platforms.guarded import Fetched, GuardedClient
from monitoring.platforms.rss import payloads
from monitoring.platforms.rss.references import mend_references
from monitoring.platforms.text import web_link

CAPABILITIES = Capabilities(collects=True)
# Entries remembered beyond those in the feed itself, so that one that comes back is no news.
REMEMBERED = 500
FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/feed+json"}
WEB_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)


class RssConfig(Config):
    """The address of one feed."""

    url: str

    @field_validator("url")
    @classmethod
    def _address(cls, given: str) -> str:
        given = given.strip()
        address = given if "://" in given else f"https://{given}"
        if not web_link(address):
            raise ValueError("the address of a feed, like https://krant.example/rss")
        return address


class RssAdapter:
    capabilities = CAPABILITIES

    def __init__(self, config: RssConfig, *, allow: frozenset[str] = frozenset()) -> None:
        self._config = config
        self._client = GuardedClient(allow)
        self._client.check_url(config.url)

    def close(self) -> None:
        self._client.close()

    def fetch(self, cursor: Mapping[str, Any]) -> Page:
        """The feed's new and edited entries, oldest first.

        The cursor: `url` the configured address, `moved` where it permanently moved to, `etag`
        and `modified` for the conditional request, `seen` a short hash of key and content per
        entry. Raises PermanentError for an address that is no feed (404, 410, a web page).
        """
        same = cursor.get("url") == self._config.url
        address = str((same and cursor.get("moved")) or self._config.url)
        answer = self._client.fetch(address, headers=_conditions(cursor) if same else {})
        check_answer(answer)
        seen: dict[str, str] = dict(cursor.get("seen") or {})
        after = {
            "url": self._config.url,
            "moved": answer.moved_permanently_to or (cursor.get("moved", "") if same else ""),
            "etag": answer.headers.get("etag", ""),
            "modified": answer.headers.get("last-modified", ""),
            "seen": seen,
        }
        if answer.status == 304:
            return Page((), {**cursor, "moved": after["moved"]})
        if answer.status != 200:
            raise PermanentError(f"the feed answers {answer.status}, which holds no entries")
        posts = _read(answer, seen)
        return Page(tuple(sorted(posts, key=lambda post: post.posted_at)), after)


def _conditions(cursor: Mapping[str, Any]) -> dict[str, str]:
    given = {"If-None-Match": cursor.get("etag"), "If-Modified-Since": cursor.get("modified")}
    return {name: str(value) for name, value in given.items() if value}


def _read(answer: Fetched, seen: dict[str, str]) -> list[Post]:
    """Posts for what is new or edited; `seen` is brought up to date in place."""
    feed = _parse(answer)
    fetched_at = datetime.now(UTC)
    base = answer.url
    keys = payloads.entry_keys(feed.entries, base)
    posts: list[Post] = []
    for entry, key in zip(feed.entries, keys, strict=True):
        post = payloads.read_entry(entry, key, base, feed.feed, fetched_at)
        key_mark, content_mark = payloads.key_mark(key), payloads.content_mark(post)
        change = payloads.changed_as(seen, key_mark, content_mark)
        # Taken out and put back, so that what the feed still holds is forgotten last.
        seen.pop(key_mark, None)
        seen[key_mark] = content_mark
        if change:
            posts.append(replace(post, change=change))
    for key_mark in list(seen)[: max(0, len(seen) - max(REMEMBERED, len(set(keys))))]:
        del seen[key_mark]
    return posts


def _parse(answer: Fetched) -> Any:
    host = urlsplit(answer.url).hostname
    start = answer.body[:2000]
    # Told apart before parsing: feedparser would take its time over five megabytes of web page.
    if WEB_PAGE.search(start) and not FEED.search(start):
        found = _find_feed_link(answer)
        hint = f"; it names this feed: {found}" if found else "; it names no feed"
        raise PermanentError(f"{host} gives a web page here, not a feed{hint}")
    try:
        # A file object: given bytes, feedparser first tries to open a file of that name.
        feed = feedparser.parse(
            io.BytesIO(mend_references(answer.body)),
            response_headers={"content-type": answer.headers.get("content-type", "")},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # over hostile input it raises whatever its parser met
        raise PermanentError(f"{host} gives a feed that cannot be read") from error
    if not feed.entries and not feed.get("version"):
        raise PermanentError(f"{host} gives something here that is not a feed")
    return feed


def _find_feed_link(answer: Fetched) -> str:
    finder = _FeedLinks()
    finder.feed(answer.body[:200_000].decode("utf-8", "replace"))
    for found in finder.found:
        try:
            link = web_link(urljoin(answer.url, found))
        except ValueError:
            continue
        if link:
            return link[:300]
    return ""


class _FeedLinks(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "").strip() for name, value in attrs}
        announced = "alternate" in values.get("rel", "").lower().split()
        if tag == "link" and announced and values.get("type", "").lower() in FEED_TYPES:
            self.found.append(values.get("href", ""))
