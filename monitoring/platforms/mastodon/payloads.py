"""Mastodon's JSON into our words. Lenient: a server may leave out anything but the id."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Any
from urllib.parse import unquote, urlsplit

from monitoring.platforms.base import (
    Author,
    Change,
    LengthRule,
    Medium,
    Post,
    PublishedRef,
)
from monitoring.platforms.text import html_to_text, storable, web_link

log = logging.getLogger(__name__)

Status = Mapping[str, Any]

DEFAULT_LENGTH = LengthRule(limit=500, url_length=23)
LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w/@])@([\w.-]*\w)(?:@[\w.-]+\w)?")
KINDS = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}
# From everybody to only those named; an answer is never more public than what it answers.
VISIBILITIES = ("public", "unlisted", "private", "direct")


@dataclass(frozen=True, slots=True)
class Side:
    """Who we are on this server: our account's id, and the domain that handles end in."""

    account_id: str
    domain: str


@dataclass(frozen=True, slots=True)
class Instance:
    """What the server says about itself. `streaming` is the address of its websocket."""

    domain: str
    length: LengthRule
    streaming: str


def read_instance(payload: Mapping[str, Any], base_url: str) -> Instance:
    """Read `/api/v2/instance`; whatever is missing gets Mastodon's defaults."""
    settings = _mapping(payload.get("configuration"))
    statuses = _mapping(settings.get("statuses"))
    limit = statuses.get("max_characters")
    reserved = statuses.get("characters_reserved_per_url")
    parts = urlsplit(base_url)
    streaming = _mapping(settings.get("urls")).get("streaming")
    domain = payload.get("domain")
    return Instance(
        domain=domain if isinstance(domain, str) and domain else parts.hostname or "",
        length=LengthRule(
            limit=limit if isinstance(limit, int) and limit > 0 else DEFAULT_LENGTH.limit,
            url_length=reserved if isinstance(reserved, int) and reserved > 0 else 23,
        ),
        streaming=streaming
        if isinstance(streaming, str) and streaming
        else f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}",
    )


def is_status(value: object) -> bool:
    """Whether this is something that can be read as a post: without an id it is none."""
    return isinstance(value, Mapping) and bool(value.get("id"))


def read_post(status: Status, side: Side, *, change: Change = "new") -> Post:
    account = _mapping(status.get("account"))
    mentions = [_mapping(mention) for mention in status.get("mentions") or ()]
    own = _text(account.get("id")) == side.account_id
    addressed = (
        any(_text(mention.get("id")) == side.account_id for mention in mentions)
        or _text(status.get("in_reply_to_account_id")) == side.account_id
    )
    parent = _text(status.get("in_reply_to_id"))
    return Post(
        id=_text(status["id"]),
        text=read_text(status, side.domain),
        posted_at=read_moment(status.get("created_at")),
        url=web_link(status.get("url")) or web_link(status.get("uri")),
        author=read_author(account, side.domain),
        lang=_text(status.get("language")),
        in_reply_to=parent,
        conversation="" if parent else _text(status["id"]),
        direct=addressed and not own,
        private=status.get("visibility") == "direct",
        own=own,
        change=change,
        media=tuple(_media(status.get("media_attachments") or ())),
        raw=storable(status),
    )


def in_conversation(post: Post, root: str) -> Post:
    return replace(post, conversation=root)


def deleted_post(status_id: str, *, own: bool = False) -> Post:
    """What a deletion tells: only which post it was."""
    return Post(id=status_id, text="", posted_at=datetime.now(UTC), own=own, change="deleted")


def read_text(status: Status, domain: str) -> str:
    """The words as plain text, a content warning first."""
    handles = {
        _text(mention.get("url")): handle_of(mention, domain)
        for mention in map(_mapping, status.get("mentions") or ())
    }
    text = html_to_text(_text(status.get("content")), handles)
    warning = storable(_text(status.get("spoiler_text"))).strip()
    return f"{warning}\n\n{text}".strip() if warning else text


def read_author(account: Mapping[str, Any], domain: str) -> Author:
    followers = account.get("followers_count")
    return Author(
        handle=handle_of(account, domain),
        name=storable(_text(account.get("display_name")) or _text(account.get("username"))),
        followers=followers if isinstance(followers, int) and followers >= 0 else None,
    )


def handle_of(account: Mapping[str, Any], domain: str) -> str:
    """`@ria@stad.example`; the server leaves its own domain out of `acct`."""
    acct = storable(_text(account.get("acct")) or _text(account.get("username"))).lstrip("@")
    if not acct:
        return ""
    return f"@{acct}" if "@" in acct else f"@{acct}@{domain}"


def mentioned(status: Status, domain: str) -> list[str]:
    """The handles a status of ours addresses, without our own."""
    own = _text(_mapping(status.get("account")).get("id"))
    mentions = map(_mapping, status.get("mentions") or ())
    return [handle_of(m, domain) for m in mentions if _text(m.get("id")) != own and m.get("acct")]


def read_moment(given: object) -> datetime:
    """A moment with a time zone; now, when the server gives none that can be read."""
    if isinstance(given, str):
        try:
            moment = datetime.fromisoformat(given)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        except ValueError:
            log.warning("a status had a date that could not be read")
    return datetime.now(UTC)


def read_reference(status: object) -> PublishedRef:
    """What the server calls a status of ours. Raises ValueError when it names none."""
    if not isinstance(status, Mapping) or not status.get("id"):
        raise ValueError("the server answered without a status")
    return PublishedRef(
        id=_text(status["id"]),
        url=web_link(status.get("url")) or web_link(status.get("uri")),
        published_at=read_moment(status.get("created_at")),
        raw=storable(status),
    )


def stricter(one: str, other: str) -> str:
    """The less public of two visibilities; an unknown one counts as direct."""
    ranks = [VISIBILITIES.index(v) if v in VISIBILITIES else 3 for v in (one, other)]
    return VISIBILITIES[max(ranks)]


def address_to(text: str, handles: Iterable[str]) -> str:
    """Put the handles that `text` does not mention yet in front: only a mention notifies."""
    present = {found.group(1).lower() for found in MENTION.finditer(text)}
    missing = [handle for handle in handles if handle.split("@")[1].lower() not in present]
    return " ".join([*missing, text])


def measure(text: str, rule: LengthRule) -> int:
    """The length as Mastodon counts: a link as `url_length`, a handle without its domain."""
    if rule.url_length is not None:
        text = LINK.sub("x" * rule.url_length, text)
    return len(MENTION.sub(r"@\1", text))


def same_words(one: str, other: str) -> bool:
    """Whether two texts are the same post: the server rewrites handles, spaces and links."""
    return _essence(one) == _essence(other)


def _essence(text: str) -> str:
    text = LINK.sub(lambda link: unquote(link.group()), unicodedata.normalize("NFC", text))
    words = MENTION.sub(lambda found: f"@{found.group(1).lower()}", text).split()
    return " ".join(dropwhile(lambda word: word.startswith("@"), words))


def _media(attachments: Iterable[Any]) -> Iterable[Medium]:
    for attachment in map(_mapping, attachments):
        address = web_link(attachment.get("url")) or web_link(attachment.get("remote_url"))
        if address:
            yield Medium(
                url=address,
                alt=storable(_text(attachment.get("description"))),
                kind=KINDS.get(_text(attachment.get("type")), "file"),
            )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    """Ids are strings, but some servers send numbers; absent is empty."""
    return "" if value is None else str(value)
