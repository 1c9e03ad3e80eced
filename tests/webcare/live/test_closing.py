"""A websocket that we close is closed at once, also while nobody there says a word."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from webcare.live.closing import close_at_once

pytestmark = pytest.mark.asyncio

Message = dict[str, Any]


class Server:
    """Like the one we run under: a close waits as long as somebody waits for the browser."""

    def __init__(self) -> None:
        self.words: asyncio.Queue[Message] = asyncio.Queue()
        self.waited_for = 0
        self.sent: list[Message] = []
        self.held_back: list[Message] = []

    async def receive(self) -> Message:
        self.waited_for += 1
        try:
            return await self.words.get()
        finally:
            self.waited_for -= 1

    async def send(self, message: Message) -> None:
        holds = message["type"] == "websocket.close" and self.waited_for
        (self.held_back if holds else self.sent).append(message)


async def test_the_close_goes_out_while_the_application_waits_for_a_word() -> None:
    server, heard = Server(), []

    async def application(scope: Message, receive: Any, send: Any) -> None:
        async def close() -> None:
            await asyncio.sleep(0)
            await send({"type": "websocket.close", "code": 4500})

        closing = asyncio.create_task(close())
        heard.append(await receive())
        await closing

    await close_at_once(application)({}, server.receive, server.send)

    assert server.sent == [{"type": "websocket.close", "code": 4500}]
    assert heard == [{"type": "websocket.disconnect", "code": 4500}]


async def test_words_go_both_ways_unchanged() -> None:
    server = Server()
    said = {"type": "websocket.receive", "text": "Hallo"}
    await server.words.put(said)

    async def application(scope: Message, receive: Any, send: Any) -> None:
        await send({"type": "websocket.send", "text": str((await receive()) == said)})

    await close_at_once(application)({}, server.receive, server.send)

    assert server.sent == [{"type": "websocket.send", "text": "True"}]


async def test_an_application_that_stops_waiting_is_let_stop() -> None:
    server = Server()

    async def application(scope: Message, receive: Any, send: Any) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.01)

    await close_at_once(application)({}, server.receive, server.send)

    assert server.waited_for == 0
