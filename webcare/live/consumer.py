"""The websocket: one Redis subscription per process, each event encoded once, sent directly.

Measured: pushing every event through a consumer's own channel costs ten times the send, so
consumers only register with the `Hub`, which reads the channel layer for all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import deque
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
from django.db import DatabaseError
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from webcare.live import presence
from webcare.live.events import GROUP
from webcare.organisation.access import readable_teams
from webcare.organisation.models import Person
from webcare.security import find_refusal

logger = logging.getLogger(__name__)

NOT_LOGGED_IN = 4401
# The browser reconnects and refetches; better than showing an old inbox.
LOST_TRACK = 4500
# After this many seconds without a word Redis is asked for one, and given as many to say it: a
# server that hangs keeps its connections, so nothing else would tell.
SILENCE = 5
# How soon a colleague who lost a team, a role or the session stops hearing events, in seconds.
RECHECK_EVERY = 60
# A browser that does not take its frames within this many seconds is let go, so that a laptop
# that sleeps keeps nobody waiting.
SLOWEST = 5
# A browser speaks every ten seconds and when somebody starts or stops typing, in a few words.
MOST_WORDS, WORDS_WINDOW, LONGEST_FRAME = 60, 10.0, 1000
TOO_LOUD = 4429


class Hub:
    """Reads the channel layer once per process and hands each event to whoever may hear it."""

    def __init__(self) -> None:
        self.desks: set[Desk] = set()
        self.reader: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    def join(self, desk: Desk) -> None:
        self.desks.add(desk)

    def leave(self, desk: Desk) -> None:
        self.desks.discard(desk)

    async def listen(self) -> bool:
        """Wait until events are heard, so that none falls between a page and its socket."""
        if self.reader is None or self.reader.done():
            self.listening = asyncio.Event()
            self.reader = asyncio.create_task(self._read())
        heard = asyncio.create_task(self.listening.wait())
        await asyncio.wait({heard, self.reader}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        heard.cancel()
        return self.listening.is_set() and not self.reader.done()

    async def _read(self) -> None:
        layer = get_channel_layer()
        # Not the layer's own reader: that connects again in silence, and nobody would know what
        # was told meanwhile.
        client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL,
            client_name=f"live-{os.getpid()}",
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=2,
            socket_timeout=SILENCE,
        )
        try:
            async with client.pubsub() as events:
                await events.subscribe(layer._get_group_channel_name(GROUP))
                while True:
                    word = await _next_word(events)
                    if word["type"] == "message":
                        await self._tell(layer.deserialize(word["data"]))
                    elif word["type"] == "subscribe":
                        self.listening.set()
        except Exception as error:
            logger.warning("%s: closing %d sockets", type(error).__name__, len(self.desks))
        desks, self.desks = self.desks, set()
        await asyncio.gather(*(desk.let_go(LOST_TRACK) for desk in desks))
        with contextlib.suppress(Exception):
            await client.aclose()  # type: ignore[attr-defined]

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


async def _next_word(events: redis.asyncio.client.PubSub) -> dict[str, Any]:
    """What Redis says next: a message, or that it is there. Raises TimeoutError when it hangs."""
    word = await events.get_message(timeout=SILENCE)
    if word is None:
        await events.ping()
        word = await events.get_message(timeout=SILENCE)
    if word is None:
        raise TimeoutError
    return word


hub = Hub()


class Desk(AsyncWebsocketConsumer):
    """One open browser of a logged-in colleague.

    `find_place` tells the team of a case the person may see, or None; this room stands below the
    desk, so it is handed in.
    """

    teams: set[int]
    municipality_id: int
    # The team of the case that is looked at.
    place: int

    def __init__(self, find_place: Callable[[Person, int], int | None]) -> None:
        super().__init__()
        self.find_place = find_place
        self.looking_at: int | None = None
        self.typing = False
        self.words: deque[float] = deque(maxlen=MOST_WORDS)
        self.announced = 0.0
        self.guard: asyncio.Task[None] | None = None
        self.accepted = asyncio.Event()

    async def connect(self) -> None:
        refusal = await self._take_place()
        # Accepted in any case: a refused handshake cannot say why. And only now: a browser that is
        # let in reads the lists once, and counts on hearing all that happens from there on.
        await self.accept()
        self.accepted.set()
        if refusal:
            await self.close(refusal)

    async def _take_place(self) -> int | None:
        """Join those who hear events. Returns the code to close with when that cannot be."""
        person = await self._find_person()
        if person is None:
            return NOT_LOGGED_IN
        if not await hub.listen():
            return LOST_TRACK
        self.person = person
        self.municipality_id = person.municipality_id
        self.teams = await database_sync_to_async(readable_teams)(person)
        self.redis = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2
        )
        hub.join(self)
        self.guard = asyncio.create_task(self._recheck())
        return None

    async def _find_person(self) -> Person | None:
        """Whose session this is, read afresh: it may have ended since the socket opened."""
        session = SessionStore(self.scope["session"].session_key)
        person = await get_user({"session": session})
        if not isinstance(person, Person) or not person.is_active:
            return None
        refusal = await database_sync_to_async(find_refusal)(person, session)
        return None if refusal else person

    async def _recheck(self) -> None:
        try:
            while True:
                await asyncio.sleep(RECHECK_EVERY)
                person = await self._find_person()
                if person is None:
                    await self.close(NOT_LOGGED_IN)
                    return
                self.teams = await database_sync_to_async(readable_teams)(person)
        except Exception as error:
            # Who cannot be asked whether the session holds, is not told on.
            logger.warning("%s: a session cannot be checked", type(error).__name__)
            await self.let_go(LOST_TRACK)

    async def tell(self, frames: list[str]) -> None:
        try:
            async with asyncio.timeout(SLOWEST):
                await self.accepted.wait()
                for frame in frames:
                    await self.send(text_data=frame)
        except Exception as error:
            # Gone, asleep or too slow: whichever it is, it reads everything again when it is back.
            logger.info("%s: a browser is let go", type(error).__name__)
            await self.let_go(LOST_TRACK)

    async def let_go(self, code: int) -> None:
        """End this socket without waiting for it."""
        hub.leave(self)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await self.accepted.wait()
                await self.close(code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        now = time.monotonic()
        self.words.append(now)
        if len(self.words) == MOST_WORDS and now - self.words[0] < WORDS_WINDOW:
            await self.let_go(TOO_LOUD)
            return
        if text_data and len(text_data) <= LONGEST_FRAME:
            try:
                await self._hear(text_data, now)
            except (redis.RedisError, OSError, DatabaseError) as error:
                logger.warning("%s: presence is not known", type(error).__name__)
                await self.let_go(LOST_TRACK)

    async def _hear(self, text_data: str, now: float) -> None:
        try:
            message = orjson.loads(text_data)
            kind, case_id = message["type"], message.get("case")
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if kind == "looking" and isinstance(case_id, int):
            typing = bool(message.get("typing"))
            same = case_id == self.looking_at and self.place in self.teams
            if same and typing == self.typing and now - self.announced < presence.FADES_AFTER / 5:
                return
            if not same:
                await self._leave_case()
                place = await database_sync_to_async(self.find_place)(self.person, case_id)
                if place is None:
                    return
                self.looking_at, self.place = case_id, place
            self.typing, self.announced = typing, now
            await presence.note_presence(self.redis, case_id, self.person.pk, typing=typing)
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
