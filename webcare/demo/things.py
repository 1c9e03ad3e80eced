"""What the town is made of: accounts, posts, notifications and the news of a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from webcare.demo.residents import Resident

Visibility = Literal["public", "unlisted", "private", "direct"]
VISIBILITIES: tuple[Visibility, ...] = ("public", "unlisted", "private", "direct")


@dataclass(slots=True)
class Account:
    """Who speaks. `domain` is empty for people on the town's own server."""

    id: int
    username: str
    name: str
    domain: str = ""
    note: str = ""
    followers: int = 0
    created: int = 0
    token: str = ""
    resident: Resident | None = None
    statuses: list[int] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)

    @property
    def acct(self) -> str:
        return f"{self.username}@{self.domain}" if self.domain else self.username


@dataclass(slots=True)
class Status:
    id: int
    account: int
    text: str
    created: int
    reply_to: int
    visibility: Visibility
    language: str
    mentions: tuple[int, ...]
    tags: tuple[str, ...]
    edited: int = 0
    favourites: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    id: int
    type: str
    sender: int
    status: int
    created: int


@dataclass(frozen=True, slots=True)
class News:
    """Something for the streams: an event's name, whom it concerns and what it is about."""

    event: str
    status: Status
    account: int = 0
    notification: Notification | None = None
