"""What the desk tells open browsers: a type and an id, never content. The browser refetches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

EventType = Literal[
    "case.opened",
    "case.changed",
    "case.presence",
    "source.changed",
    "town.changed",
    "archive.changed",
]
EVENT_TYPES: tuple[str, ...] = get_args(EventType)
# The one group every websocket process listens to; it sorts out itself who may hear what.
GROUP = "live"


def announce(
    type: EventType,
    ids: Iterable[int],
    *,
    municipality_id: int,
    team_id: int | None = None,
) -> None:
    """Tell the team (or, without one, the whole municipality) once this transaction commits."""
    message = {
        "type": "tell",
        "municipality": municipality_id,
        "team": team_id,
        "event": type,
        "ids": sorted(set(ids)),
    }
    if message["ids"]:
        transaction.on_commit(lambda: _send(message), robust=True)


def _send(message: dict[str, object]) -> None:
    # A lost event is healed by the browser's own refetch, so Redis being away fails nothing
    # (`robust` logs it).
    async_to_sync(get_channel_layer().group_send)(GROUP, message)
