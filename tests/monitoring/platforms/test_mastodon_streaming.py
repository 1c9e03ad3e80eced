from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.server import Server, ServerConnection, serve

from monitoring.platforms.addresses import AddressRefused
from monitoring.platforms.base import (
    AccessDenied,
    PermanentError,
    PlatformError,
    Post,
    RetryAfter,
)
from monitoring.platforms.mastodon.adapter import MastodonAdapter
from monitoring.platforms.mastodon.config import MastodonConfig
from tests.contracts.mastodon_server import TOKEN, MastodonServer
from tests.monitoring.platforms.local import serving


def event(name: str, payload: Any, *stream: str) -> str:
    packed = payload if name == "delete" else json.dumps(payload)
    return json.dumps({"event": name, "payload": packed, "stream": list(stream or ("user",))})


@contextmanager
def streaming(
    town: MastodonServer, talk: Callable[[ServerConnection], None], **more: Any
) -> Iterator[Any]:
    """An adapter whose server names a real websocket that says what `talk` says."""
    with serve(talk, "127.0.0.1", 0, **more) as sockets, serving(town) as server:
        running = threading.Thread(target=sockets.serve_forever, daemon=True)
        running.start()
        place = f"127.0.0.1:{_port(sockets)}"
        town.instance["configuration"]["urls"]["streaming"] = f"ws://{place}"
        config = MastodonConfig(base_url=server.url, access_token=TOKEN, terms=["#water", "brug"])
        adapter = MastodonAdapter(config, allow=server.allow | {place})
        yield adapter
        adapter.close()
        sockets.shutdown()


def _port(sockets: Server) -> int:
    return sockets.socket.getsockname()[1]


def nobody() -> None:
    """Whom it does not concern that a stream opened."""


def hear(adapter: Any) -> tuple[list[Post], PlatformError | None]:
    """Everything that is heard, and the error that ended it."""
    heard: list[Post] = []
    try:
        for post in adapter.listen(nobody):
            heard.append(post)  # one by one: what came before the error counts
    except PlatformError as error:
        return heard, error
    return heard, None


@pytest.fixture
def town() -> MastodonServer:
    return MastodonServer()


def test_what_concerns_us_is_heard_and_nothing_else(town: MastodonServer) -> None:
    mention = town.mention(100)
    own, stranger = town.statuses["113400000000000001"], town.statuses["113450000000000001"]

    def talk(connection: ServerConnection) -> None:
        connection.recv()  # the hashtag that is asked for
        for message in (
            event("notification", {"id": "100", "type": "mention", "status": mention}),
            event("notification", {"id": "101", "type": "favourite", "status": own}),
            event("update", own),
            event("update", stranger),
            event("update", stranger, "hashtag", "water"),
            event("status.update", mention),
            event("delete", "113500000000000002"),
            event("filters_changed", None),
            "not json",
            json.dumps({"error": "unknown stream", "status": 400}),
            json.dumps([1, 2]),
            event("update", {"no": "id"}),
            event("update", "text"),
        ):
            connection.send(message)

    with streaming(town, talk) as adapter:
        heard, ended = hear(adapter)
    assert isinstance(ended, RetryAfter)
    assert [(post.id, post.change, post.direct, post.own) for post in heard] == [
        (mention["id"], "new", True, False),
        (own["id"], "new", False, True),
        (stranger["id"], "new", False, False),
        (mention["id"], "edited", True, False),
        ("113500000000000002", "deleted", False, False),
    ]
    assert heard[-1].text == ""


def test_the_token_travels_in_a_header_and_hashtags_are_asked_for(town: MastodonServer) -> None:
    asked: list[Any] = []

    def talk(connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        asked.append((request.path, request.headers["Authorization"]))
        asked.append(json.loads(connection.recv()))

    with streaming(town, talk) as adapter, pytest.raises(RetryAfter):
        list(adapter.listen(nobody))
    assert asked == [
        ("/api/v1/streaming?stream=user", f"Bearer {TOKEN}"),
        {"type": "subscribe", "stream": "hashtag", "tag": "water"},
    ]


def test_closing_ends_listening_without_an_error(town: MastodonServer) -> None:
    silent = threading.Event()

    def talk(connection: ServerConnection) -> None:
        connection.send(event("update", town.statuses["113400000000000001"]))
        silent.wait(10)

    with streaming(town, talk) as adapter:
        heard = []
        for post in adapter.listen(nobody):
            heard.append(post)
            threading.Thread(target=adapter.close).start()
        silent.set()
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(401, AccessDenied), (404, PermanentError), (503, RetryAfter)]
)
def test_a_refused_stream_is_a_typed_error(
    town: MastodonServer, status: int, error: type[Exception]
) -> None:
    def refuse(connection: ServerConnection, request: Any) -> Any:
        return connection.respond(status, "no")

    with streaming(town, lambda c: None, process_request=refuse) as adapter:
        with pytest.raises(error) as raised:
            list(adapter.listen(nobody))
        assert type(raised.value) is error


@pytest.mark.parametrize(
    "address", ["ws://169.254.169.254", "wss://127.0.0.1:1", "file:///x", "ws://"]
)
def test_a_server_cannot_send_our_token_inside_by_naming_a_stream(
    town: MastodonServer, address: str
) -> None:
    with streaming(town, lambda c: None) as adapter:
        town.instance["configuration"]["urls"]["streaming"] = address
        with pytest.raises(AddressRefused):
            list(adapter.listen(nobody))


def test_a_stream_nobody_answers_is_tried_again(town: MastodonServer) -> None:
    with streaming(town, lambda c: None) as adapter:
        place = town.instance["configuration"]["urls"]["streaming"]
    town.instance["configuration"]["urls"]["streaming"] = place
    with serving(town) as server:
        config = MastodonConfig(base_url=server.url, access_token=TOKEN)
        adapter = MastodonAdapter(config, allow=server.allow | {place.removeprefix("ws://")})
        with pytest.raises(RetryAfter):
            list(adapter.listen(nobody))
        adapter.close()


def test_an_account_that_does_not_stream_hears_nothing(town: MastodonServer) -> None:
    with serving(town) as server:
        config = MastodonConfig(base_url=server.url, access_token=TOKEN, stream=False)
        adapter = MastodonAdapter(config, allow=server.allow)
        assert list(adapter.listen(nobody)) == []
        assert server.received == []
        adapter.close()
