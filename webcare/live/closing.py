"""Lets a websocket that the server closes close at once.

Granian keeps the close frame back for as long as the application waits for the browser's next word
(measured with 2.8: an idle browser was never told). So that wait is given up before closing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


def close_at_once(application: Application) -> Application:
    """Wrap an ASGI application for websockets; to it, its own closing is a disconnect."""

    async def wrapped(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        waiting: asyncio.Future[Message] | None = None
        farewell: Message | None = None

        async def hear() -> Message:
            nonlocal waiting
            if farewell is None:
                waiting = asyncio.ensure_future(receive())
                # `say` may give it up meanwhile.
                await asyncio.wait({waiting})
                if not waiting.cancelled():
                    return waiting.result()
            return {"type": "websocket.disconnect", "code": (farewell or {}).get("code", 1000)}

        async def say(message: Message) -> None:
            nonlocal farewell
            if message["type"] == "websocket.close":
                farewell = message
                await give_up()
            await send(message)

        async def give_up() -> None:
            if waiting is not None and not waiting.done():
                waiting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting

        try:
            await application(scope, hear, say)
        finally:
            await give_up()

    return wrapped
