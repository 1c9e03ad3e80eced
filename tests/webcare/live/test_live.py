"""The websocket: who hears what, that it carries no content, and who is refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.test import Client

from tests.cast import Cast
from tests.webcare.desk.makers import make_case
from tests.webcare.live.socket import Socket
from webcare.desk import cases
from webcare.desk.models import Case
from webcare.live import consumer, presence
from webcare.organisation.access import readable_teams
from webcare.organisation.models import Membership, Person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

OUR_ORIGIN = (b"origin", b"http://localhost:8000")


def log_in(person: Person) -> tuple[bytes, bytes]:
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return b"cookie", f"{name}={client.cookies[name].value}".encode()


@asynccontextmanager
async def open_desk(person: Person) -> AsyncIterator[Socket]:
    cookie = await database_sync_to_async(log_in)(person)
    socket = Socket([OUR_ORIGIN, cookie])
    assert await socket.connect()
    try:
        yield socket
    finally:
        await socket.leave()


async def hear(socket: Socket) -> dict[str, Any]:
    return orjson.loads((await socket.hear())["text"])


def looking(case: Case, *, typing: bool = False) -> str:
    return orjson.dumps({"type": "looking", "case": case.pk, "typing": typing}).decode()


@database_sync_to_async
def open_case(cast: Cast) -> Case:
    return make_case(cast.account, "Een geheim over de markt")


async def test_a_new_case_is_told_to_its_team_as_type_and_id_only(cast: Cast) -> None:
    async with open_desk(cast.agent) as socket:
        case = await open_case(cast)

        assert await hear(socket) == {"type": "case.opened", "id": case.pk}


async def test_who_is_let_in_hears_everything_from_that_moment_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(person: Person) -> set[int]:
        time.sleep(0.3)
        return readable_teams(person)

    monkeypatch.setattr(consumer, "readable_teams", slowly)
    async with open_desk(cast.agent) as socket:
        case = await open_case(cast)

        assert await hear(socket) == {"type": "case.opened", "id": case.pk}


async def test_another_team_hears_nothing(cast: Cast) -> None:
    async with open_desk(cast.other_agent) as socket:
        await open_case(cast)

        assert await socket.receive_nothing(timeout=1)


async def test_a_neighbour_hears_nothing(cast: Cast) -> None:
    async with open_desk(cast.neighbour_agent) as socket:
        await open_case(cast)

        assert await socket.receive_nothing(timeout=1)


async def test_an_administrator_without_cases_hears_nothing_of_them(cast: Cast) -> None:
    async with open_desk(cast.administrator) as socket:
        await open_case(cast)

        assert await socket.receive_nothing(timeout=1)


async def test_who_is_not_logged_in_is_shown_the_door(cast: Cast) -> None:
    socket = Socket([OUR_ORIGIN])
    await socket.connect()

    assert (await socket.hear())["code"] == 4401


async def test_another_site_cannot_open_our_socket(cast: Cast) -> None:
    cookie = await database_sync_to_async(log_in)(cast.agent)
    evil = (b"origin", b"https://kwaad.example")

    assert not await Socket([evil, cookie]).connect()


async def test_a_colleague_sees_who_is_typing(cast: Cast) -> None:
    case = await open_case(cast)
    async with open_desk(cast.agent) as mine, open_desk(cast.colleague) as theirs:
        await mine.say(looking(case, typing=True))

        assert await hear(theirs) == {"type": "case.presence", "id": case.pk}
        seen = await database_sync_to_async(presence.find_viewers)(case.pk)
        assert seen == [(cast.agent.pk, True)]


async def test_who_leaves_is_no_longer_seen(cast: Cast) -> None:
    case = await open_case(cast)
    async with open_desk(cast.agent) as mine:
        await mine.say(looking(case))
        await hear(mine)

    assert await database_sync_to_async(presence.find_viewers)(case.pk) == []


async def test_looking_at_another_teams_case_goes_unnoticed(cast: Cast) -> None:
    case = await open_case(cast)
    async with open_desk(cast.other_agent) as socket:
        await socket.say(looking(case))
        assert await socket.receive_nothing(timeout=1)

    assert await database_sync_to_async(presence.find_viewers)(case.pk) == []


@pytest.mark.parametrize(
    "nonsense", ["", "{", "[]", '"x"', '{"type": 1}', '{"type":"looking","case":"x"}']
)
async def test_nonsense_does_not_end_the_connection(cast: Cast, nonsense: str) -> None:
    async with open_desk(cast.agent) as socket:
        await socket.say(nonsense)
        case = await open_case(cast)

        assert (await hear(socket))["id"] == case.pk


async def test_who_leaves_the_team_stops_hearing_its_cases(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr("webcare.live.consumer.RECHECK_EVERY", 0.1)
    async with open_desk(cast.agent) as socket:
        await Membership.objects.filter(person=cast.agent).adelete()
        await asyncio.sleep(0.5)
        await open_case(cast)

        assert await socket.receive_nothing(timeout=1)


async def test_a_colleague_who_was_switched_off_loses_the_socket(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr("webcare.live.consumer.RECHECK_EVERY", 0.1)
    async with open_desk(cast.agent) as socket:
        await Person.objects.filter(pk=cast.agent.pk).aupdate(is_active=False)

        assert (await socket.hear())["code"] == 4401


async def test_a_moved_case_is_told_to_both_teams(cast: Cast) -> None:
    case = await open_case(cast)
    async with open_desk(cast.agent) as mine, open_desk(cast.other_agent) as theirs:
        await database_sync_to_async(cases.move_case)(cast.agent, case.pk, cast.other_team.pk)

        for socket in (mine, theirs):
            assert await hear(socket) == {"type": "case.changed", "id": case.pk}
