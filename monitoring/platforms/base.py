"""What every platform adapter speaks: frozen posts in, outgoing posts out, typed errors.

Adapters know no Django and no database. They turn a platform's payloads into `Post`s and
a cursor, and an `Outgoing` into a `PublishedRef`. Everything else is somebody else's job.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

Change = Literal["new", "edited", "deleted"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a post, as the platform shows it. `handle` is unique within one platform."""

    handle: str = ""
    name: str = ""
    followers: int | None = None


@dataclass(frozen=True, slots=True)
class Medium:
    url: str
    alt: str = ""
    kind: str = "image"


@dataclass(frozen=True, slots=True)
class Post:
    """One post as the platform gave it.

    `id` is stable and unique within the source. `text` is plain text (no HTML). `posted_at` is
    timezone-aware. `direct` says the post addresses our account (a mention, a reply, a private
    message); `private` that only the two sides can see it; `own` that our own account wrote it.
    `conversation` is the platform's id of the first post of the thread where it is known.
    """

    id: str
    text: str
    posted_at: datetime
    url: str = ""
    author: Author = field(default_factory=Author)
    lang: str = ""
    in_reply_to: str = ""
    conversation: str = ""
    direct: bool = False
    private: bool = False
    own: bool = False
    can_reply: bool = True
    change: Change = "new"
    media: tuple[Medium, ...] = ()
    place: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """What one fetch gave. `cursor` is where the next fetch goes on; `more` asks for it at once.

    `problems` names what could not be read while the rest could (a watched term the server
    refuses); safe to log and to show to whoever set it up.
    """

    posts: tuple[Post, ...]
    cursor: Mapping[str, Any]
    more: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply or post on its way out. `key` is the idempotency key, the same at every attempt.

    `not_before` is when the first attempt was made: `find_published` looks no further back, so
    that last week's identical post is not taken for this one.
    """

    text: str
    key: str
    in_reply_to: str = ""
    private: bool = False
    lang: str = "nl"
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class PublishedRef:
    """What the platform calls our post."""

    id: str
    url: str
    published_at: datetime
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LengthRule:
    """How long one post may be. `url_length` is what any link counts for; None: as written."""

    limit: int
    url_length: int | None = None
    unit: Literal["characters", "graphemes", "weighted"] = "characters"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do, so that no screen has to know its name."""

    collects: bool = False
    streams: bool = False
    publishes: bool = False
    length: LengthRule | None = None
    private_reply: bool = False
    edit: bool = False
    delete: bool = False
    media: bool = False
    finds_published: bool = False
    # The platform honours `Outgoing.key`: the same key sent twice is published once.
    idempotent: bool = False


class Config(BaseModel):
    """Base of every adapter's settings: unknown keys and typos are refused.

    Secrets (tokens, passwords) are declared as `pydantic.SecretStr`; the desk keeps them
    encrypted and hands them in with the rest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlatformError(Exception):
    """Anything a platform can do to us. The text is safe to log: no tokens, no message content."""


class PermanentError(PlatformError):
    """Trying again gives the same answer (400, 404, 422): a person has to look."""


class AccessDenied(PermanentError):
    """The platform refuses our credentials (401, 403): pause the account and tell a person."""


class RetryAfter(PlatformError):
    """Not now (429, 5xx, network): try again after `seconds`. Nothing was published."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class DeliveryUnknown(PlatformError):
    """The request left us and no answer came: it may or may not have been published.

    Never retried blindly: `Publisher.find_published` is asked first, then a person.
    """


@runtime_checkable
class Collector(Protocol):
    def fetch(self, cursor: Mapping[str, Any]) -> Page:
        """Return what came after `cursor`, oldest first. An empty mapping is the first time."""
        ...


@runtime_checkable
class Streamer(Protocol):
    def listen(self, opened: Callable[[], object]) -> Iterator[Post] | AsyncIterator[Post]:
        """Yield posts as they happen; ends or raises when the connection does.

        `opened` is called once it listens: what was said before that moment is not heard.
        A stream is only ever a hint to fetch sooner: what it misses, `fetch` brings.
        """
        ...


@runtime_checkable
class Publisher(Protocol):
    def publish(self, outgoing: Outgoing) -> PublishedRef:
        """Publish once. Raises `RetryAfter` only when surely nothing was published."""
        ...

    def find_published(self, outgoing: Outgoing) -> PublishedRef | None:
        """Look for `outgoing` among our own recent posts (same parent, same text)."""
        ...

    def length_rule(self) -> LengthRule:
        """How long a post of this very account may be; `Capabilities.length` is the default."""
        ...


@runtime_checkable
class Editor(Protocol):
    """Both are safe to repeat, so a timeout is a `RetryAfter`, never a `DeliveryUnknown`."""

    def edit(self, post_id: str, text: str) -> PublishedRef:
        """Replace the words of a post of ours."""
        ...

    def delete(self, post_id: str) -> None:
        """Delete a post of ours; one that is gone already is no error."""
        ...


@runtime_checkable
class ThreadReader(Protocol):
    def context(self, post_id: str) -> tuple[Post, ...]:
        """The thread around a post, without the post itself, oldest first."""
        ...
