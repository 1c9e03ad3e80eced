"""The streaming API: websocket and server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.webcare.demo.town_process import TOKEN, TownProcess
from webcare.demo.town import ACCOUNTS


def _address(town: TownProcess, **query: str) -> str:
    return f"ws://127.0.0.1:{town.port}/api/v1/streaming?{httpx.QueryParams(query)}"


@pytest.fixture
def stream(town: TownProcess) -> Iterator[ClientConnection]:
    with connect(_address(town, stream="user", access_token=TOKEN), proxy=None) as socket:
        yield socket


def _next(socket: ClientConnection) -> tuple[str, Any]:
    message = json.loads(socket.recv(timeout=10))
    payload = message["payload"]
    return message["event"], payload if message["event"] == "delete" else json.loads(payload)


def test_a_mention_comes_as_a_notification(town: TownProcess, stream: ClientConnection) -> None:
    said = town.say("@gemeente hoort u mij?")
    event, notification = _next(stream)
    assert event == "notification"
    assert notification["type"] == "mention"
    assert notification["status"]["id"] == said["id"]


def test_an_edit_and_a_deletion_are_told(town: TownProcess, stream: ClientConnection) -> None:
    path = f"{town.url}/_town/posts/{town.say('@gemeente eerst zo')['id']}"
    _next(stream)
    httpx.put(path, json={"text": "@gemeente toch anders"})
    event, status = _next(stream)
    assert event == "status.update"
    assert "toch anders" in status["content"]
    httpx.delete(path)
    assert _next(stream) == ("delete", status["id"])


def test_our_own_post_comes_back_as_an_update(
    town: TownProcess, api: httpx.Client, stream: ClientConnection
) -> None:
    own = api.post("/api/v1/statuses", json={"status": "Voor iedereen"}).json()
    event, status = _next(stream)
    assert (event, status["id"]) == ("update", own["id"])


def test_the_neighbour_hears_nothing_of_ours(town: TownProcess) -> None:
    neighbour = _address(town, stream="user", access_token=ACCOUNTS[2].token)
    with connect(neighbour, proxy=None) as socket:
        town.say("@gemeente niet voor de buren")
        town.say("@klaverwaard wel voor de buren")
        _, notification = _next(socket)
        assert "wel voor de buren" in notification["status"]["content"]


def test_the_token_may_come_as_header_or_subprotocol(town: TownProcess) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with connect(_address(town), additional_headers=bearer, proxy=None) as socket:
        socket.send(json.dumps({"type": "subscribe", "stream": "user"}))
        socket.send("{}")
        assert "error" in json.loads(socket.recv(timeout=10))
        town.say("@gemeente via de kop")
        assert _next(socket)[0] == "notification"
    with connect(
        _address(town, stream="user"), subprotocols=[Subprotocol(TOKEN)], proxy=None
    ) as socket:
        town.say("@gemeente via het protocol")
        assert _next(socket)[0] == "notification"


@pytest.mark.parametrize("query", [{}, {"access_token": "wrong"}])
def test_a_stranger_gets_401(town: TownProcess, query: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(_address(town, stream="user", **query), proxy=None)
    assert refused.value.response.status_code == 401


def test_streams_can_be_cut_on_order(town: TownProcess, stream: ClientConnection) -> None:
    assert town.order("faults", drop_streams=True)["dropped"] >= 1
    with pytest.raises(ConnectionClosed):
        stream.recv(timeout=10)


def test_server_sent_events_carry_the_same(town: TownProcess, api: httpx.Client) -> None:
    with api.stream("GET", "/api/v1/streaming/user") as response:
        lines = response.iter_lines()
        assert next(lines) == ":)"
        said = town.say("@gemeente over de andere lijn")
        assert next(lines) == "event: notification"
        data = json.loads(next(lines).removeprefix("data: "))
        assert data["status"]["id"] == said["id"]
