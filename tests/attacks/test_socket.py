"""The websocket under a colleague who shouts, a browser that sleeps, and servers that go away."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
import redis
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import OperationalError

from tests.cast import Cast
from tests.webcare.live.test_live import hear, looking, open_case, open_desk
from webcare.live import presence
from webcare.live.consumer import Desk, hub
from webcare.live.presence import find_viewers
from webcare.organisation.models import Membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@database_sync_to_async
def cut_redis() -> None:
    """End our subscription, as a Redis that restarts does."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for line in client.client_list(_type="pubsub"):
            if line["name"] == f"live-{os.getpid()}":
                client.client_kill_filter(_id=line["id"])


async def test_when_redis_is_lost_every_browser_is_told_to_come_back(cast: Cast) -> None:
    async with open_desk(cast.agent) as socket:
        await cut_redis()

        assert (await socket.hear())["code"] == 4500


async def test_who_comes_back_after_redis_was_lost_hears_again(cast: Cast) -> None:
    async with open_desk(cast.agent) as socket:
        await cut_redis()
        await socket.hear()
    async with open_desk(cast.agent) as socket:
        case = await open_case(cast)

        assert (await hear(socket))["id"] == case.pk


async def test_a_browser_that_takes_nothing_keeps_nobody_waiting(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr("webcare.live.consumer.SLOWEST", 0.2)

    async def sleep_on(**_: Any) -> None:
        await asyncio.sleep(60)

    async with open_desk(cast.colleague), open_desk(cast.agent) as socket:
        (asleep,) = (desk for desk in hub.desks if desk.person == cast.colleague)
        asleep.send = sleep_on  # type: ignore[method-assign]
        first = await open_case(cast)
        second = await open_case(cast)

        assert {(await hear(socket))["id"] for _ in range(2)} == {first.pk, second.pk}
        assert asleep not in hub.desks


async def test_saying_the_same_again_and_again_is_told_once(cast: Cast) -> None:
    case = await open_case(cast)
    async with open_desk(cast.agent) as mine, open_desk(cast.colleague) as theirs:
        for _ in range(20):
            await mine.say(looking(case))

        assert (await hear(theirs))["type"] == "case.presence"
        assert await theirs.receive_nothing(timeout=1)


async def test_a_colleague_who_shouts_is_let_go(cast: Cast) -> None:
    case = await open_case(cast)
    async with open_desk(cast.agent) as socket:
        for number in range(200):
            await socket.say(looking(case, typing=bool(number % 2)))
        while "code" not in (heard := await socket.hear()):
            pass

        assert heard["code"] == 4429


async def test_a_frame_of_ten_megabytes_is_not_read(cast: Cast) -> None:
    async with open_desk(cast.agent) as socket:
        await socket.say('{"type": "looking", "case": 1, "x": "' + "x" * 10_000_000 + '"}')
        await socket.send_input({"type": "websocket.receive", "bytes": b"\xff" * 1000})
        case = await open_case(cast)

        assert (await hear(socket))["id"] == case.pk


async def test_odd_case_numbers_do_not_end_the_connection(cast: Cast) -> None:
    async with open_desk(cast.agent) as socket:
        for number in ("0", "-1", "9" * 19, "9" * 40, "true", "1.5", "null", "{}"):
            await socket.say(f'{{"type": "looking", "case": {number}}}')
        case = await open_case(cast)

        assert (await hear(socket))["id"] == case.pk


async def test_redis_that_is_away_while_somebody_types_leaves_no_ghost_behind(
    cast: Cast, monkeypatch
) -> None:
    case = await open_case(cast)

    async def away(*_: Any, **__: Any) -> None:
        raise redis.ConnectionError

    async with open_desk(cast.agent) as socket:
        monkeypatch.setattr(presence, "note_presence", away)
        await socket.say(looking(case))

        assert (await socket.hear())["code"] == 4500
    assert not hub.desks


async def test_who_cannot_be_checked_hears_nothing_more(cast: Cast, monkeypatch) -> None:
    async with open_desk(cast.agent) as socket:
        (desk,) = hub.desks

        async def away() -> None:
            raise OperationalError("away")

        desk._find_person = away  # type: ignore[assignment, method-assign]
        monkeypatch.setattr("webcare.live.consumer.RECHECK_EVERY", 0.1)
        desk.guard.cancel()
        desk.guard = asyncio.create_task(Desk._recheck(desk))

        assert (await socket.hear())["code"] == 4500


async def test_who_left_the_team_is_no_longer_seen_at_its_cases(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr("webcare.live.consumer.RECHECK_EVERY", 0.1)
    case = await open_case(cast)
    async with open_desk(cast.agent) as socket:
        await socket.say(looking(case))
        await hear(socket)
        await Membership.objects.filter(person=cast.agent).adelete()
        await asyncio.sleep(0.5)
        await socket.say(looking(case, typing=True))
        await asyncio.sleep(0.3)

        assert await database_sync_to_async(find_viewers)(case.pk) == []
