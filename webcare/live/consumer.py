"""The websocket: one Redis subscription per process, each event encoded once, sent directly.

Measured: pushing every event through a consumer's own channel costs ten times the send, so
consumers only register with the `Hub`, which reads the channel layer for all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import orjson
import redis.asyncio
from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from webcare.live import presence
from webcare.live.events import GROUP
from webcare.organisation.access import readable_teams
from webcare.organisation.models import Person
from webcare.security import find_refusal

logger = logging.getLogger(__name__)

NOT_LOGGED_IN = 4401
# The browser reconnects and refetches; better than showing an old inbox.
LOST_TRACK = 4500
# How soon a colleague who lost a team, a role or the session stops hearing events, in seconds.
RECHECK_EVERY = 60


class Hub:
    """Reads the channel layer once per process and hands each event to whoever may hear it."""

    def __init__(self) -> None:
        self.desks: set[Desk] = set()
        self.reader: asyncio.Task[None] | None = None

    def join(self, desk: Desk) -> None:
        self.desks.add(desk)
        if self.reader is None or self.reader.done():
            self.reader = asyncio.create_task(self._read())

    def leave(self, desk: Desk) -> None:
        self.desks.discard(desk)

    async def _read(self) -> None:
        layer = get_channel_layer()
        try:
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            while True:
                await self._tell(await layer.receive(channel))
        except (redis.RedisError, OSError):
            logger.warning("lost the channel layer; closing %d sockets", len(self.desks))
            desks, self.desks = self.desks, set()
            for desk in desks:
                with contextlib.suppress(Exception):
                    await desk.close(LOST_TRACK)

    async def _tell(self, message: dict[str, Any]) -> None:
        audience = [
            desk
            for desk in self.desks
            if desk.municipality_id == message["municipality"]
            and (message["team"] is None or message["team"] in desk.teams)
        ]
        if not audience:
            return
        frames = [
            orjson.dumps({"type": message["event"], "id": number}).decode()
            for number in message["ids"]
        ]
        await asyncio.gather(*(desk.tell(frames) for desk in audience))


hub = Hub()


class Desk(AsyncWebsocketConsumer):
    """One open browser of a logged-in colleague.

    `find_place` tells the team of a case the person may see, or None; this room stands below the
    desk, so it is handed in.
    """

    teams: set[int]
    municipality_id: int

    def __init__(self, find_place: Callable[[Person, int], int | None]) -> None:
        super().__init__()
        self.find_place = find_place
        self.looking_at: int | None = None
        self.guard: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        person = await self._find_person()
        if person is None:
            await self.close(NOT_LOGGED_IN)
            return
        self.person = person
        self.municipality_id = person.municipality_id
        self.teams = await database_sync_to_async(readable_teams)(person)
        self.redis = redis.asyncio.Redis.from_url(settings.REDIS_URL)
        hub.join(self)
        self.guard = asyncio.create_task(self._recheck())

    async def _find_person(self) -> Person | None:
        """Whose session this is, read afresh: it may have ended since the socket opened."""
        session = SessionStore(self.scope["session"].session_key)
        person = await get_user({"session": session})
        if not isinstance(person, Person) or not person.is_active:
            return None
        refusal = await database_sync_to_async(find_refusal)(person, session)
        return None if refusal else person

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_EVERY)
            person = await self._find_person()
            if person is None:
                await self.close(NOT_LOGGED_IN)
                return
            self.teams = await database_sync_to_async(readable_teams)(person)

    async def tell(self, frames: list[str]) -> None:
        # A socket that died mid-send is dropped by its own disconnect.
        with contextlib.suppress(Exception):
            for frame in frames:
                await self.send(text_data=frame)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = orjson.loads(text_data or "")
            kind, case_id = message["type"], message.get("case")
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if kind == "looking" and isinstance(case_id, int):
            if case_id != self.looking_at:
                await self._leave_case()
                place = await database_sync_to_async(self.find_place)(self.person, case_id)
                if place is None:
                    return
                self.looking_at, self.place = case_id, place
            await presence.note_presence(
                self.redis, case_id, self.person.pk, typing=bool(message.get("typing"))
            )
            await self._announce_presence(case_id)
        elif kind == "away":
            await self._leave_case()

    async def disconnect(self, code: int) -> None:
        hub.leave(self)
        if self.guard:
            self.guard.cancel()
        if hasattr(self, "redis"):
            with contextlib.suppress(redis.RedisError, OSError):
                await self._leave_case()
            await self.redis.aclose()  # type: ignore[attr-defined]

    async def _leave_case(self) -> None:
        if self.looking_at is not None:
            case_id, self.looking_at = self.looking_at, None
            await presence.forget_presence(self.redis, case_id, self.person.pk)
            await self._announce_presence(case_id)

    async def _announce_presence(self, case_id: int) -> None:
        await get_channel_layer().group_send(
            GROUP,
            {
                "type": "tell",
                "municipality": self.municipality_id,
                "team": self.place,
                "event": "case.presence",
                "ids": [case_id],
            },
        )
