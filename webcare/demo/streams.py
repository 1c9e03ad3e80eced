"""Mastodon's streaming API: over a websocket and as server-sent events.

A municipal account's user stream brings `notification` for whoever mentions it, `update` for its
own posts, `status.update` and `delete` for its own posts and those that mention it. A listener
that cannot keep up is disconnected, as it would be elsewhere; `fetch` brings what it missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from webcare.demo.gate import answer, token_of
from webcare.demo.shapes import Shapes
from webcare.demo.things import Account, News
from webcare.demo.world import World

BACKLOG = 5_000
BEAT_SECONDS = 15
_CLOSED = ("", "")
Message = tuple[str, str]


@dataclass(eq=False, slots=True)
class Listener:
    """One connection and the streams it asked for, such as `user` or `hashtag:elzendrecht`."""

    account: Account | None
    streams: set[str] = field(default_factory=set)
    queue: asyncio.Queue[tuple[str, Message]] = field(
        default_factory=lambda: asyncio.Queue(BACKLOG)
    )

    def push(self, stream: str, message: Message) -> None:
        try:
            self.queue.put_nowait((stream, message))
        except asyncio.QueueFull:
            self.close()

    def close(self) -> None:
        """Drop what waits and end the connection."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(("", _CLOSED))


class Hub:
    """Turns the world's news into messages for the listeners it concerns."""

    def __init__(self, world: World, shapes: Shapes) -> None:
        self.shapes = shapes
        self.listeners: set[Listener] = set()
        world.listeners.append(self.tell)

    def tell(self, news: News) -> None:
        for listener in self.listeners:
            for stream in listener.streams:
                if self._concerns(news, stream, listener.account):
                    listener.push(stream, (news.event, self._payload(news, listener.account)))

    def drop_all(self) -> int:
        """Cut every connection; return how many there were."""
        for listener in self.listeners:
            listener.close()
        return len(self.listeners)

    def _concerns(self, news: News, stream: str, account: Account | None) -> bool:
        status = news.status
        kind, _, tag = stream.partition(":")
        if kind == "user":
            if account is None:
                return False
            if news.event == "notification":
                return news.account == account.id
            if tag == "notification":
                return False
            own = status.account == account.id
            return own or (news.event != "update" and account.id in status.mentions)
        if news.event == "notification" or status.visibility != "public":
            return False
        return kind == "public" or (kind == "hashtag" and tag in status.tags)

    def _payload(self, news: News, viewer: Account | None) -> str:
        if news.event == "delete":
            return str(news.status.id)
        if news.notification is not None and viewer is not None:
            shape = self.shapes.notification(news.notification, viewer)
        else:
            shape = self.shapes.status(news.status, viewer)
        return orjson.dumps(shape).decode()


def _stream_name(name: str, tag: str) -> str | None:
    if name in ("user", "user:notification", "public", "public:local"):
        return name
    if name in ("hashtag", "hashtag:local") and tag:
        return f"hashtag:{tag.lower()}"
    return None


async def websocket(socket: WebSocket) -> None:
    """`/api/v1/streaming`: token in the header, the query or as the subprotocol."""
    town = socket.app.state.town
    offered = socket.headers.get("sec-websocket-protocol", "").split(",")[0].strip()
    token = token_of(socket) or offered
    account = town.world.by_token.get(token)
    if account is None:
        await socket.send_denial_response(
            answer(
                {"error": "Invalid access token" if token else "Missing access token"},
                401,
            )
        )
        return
    listener = Listener(account)
    query = socket.query_params
    if asked := _stream_name(query.get("stream", ""), query.get("tag", "")):
        listener.streams.add(asked)
    town.hub.listeners.add(listener)
    await socket.accept(subprotocol=offered or None)
    speaking = asyncio.create_task(_speak(socket, listener))
    listening = asyncio.create_task(_obey(socket, listener))
    try:
        await asyncio.wait({speaking, listening}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        town.hub.listeners.discard(listener)
        speaking.cancel()
        listening.cancel()
        await asyncio.gather(speaking, listening, return_exceptions=True)
    if socket.client_state is WebSocketState.CONNECTED:
        await socket.close(1012)


async def _speak(socket: WebSocket, listener: Listener) -> None:
    while True:
        stream, (event, payload) = await listener.queue.get()
        if not event:
            return
        names = stream.split(":", 1) if stream.startswith("hashtag:") else [stream]
        message = {"stream": names, "event": event, "payload": payload}
        await socket.send_text(orjson.dumps(message).decode())


async def _obey(socket: WebSocket, listener: Listener) -> None:
    try:
        while True:
            order = orjson.loads(await socket.receive_text())
            name = _stream_name(str(order.get("stream", "")), str(order.get("tag", "")))
            if name and order.get("type") == "subscribe":
                listener.streams.add(name)
            elif name and order.get("type") == "unsubscribe":
                listener.streams.discard(name)
            elif not name:
                await socket.send_text('{"error":"Unknown stream type","status":400}')
    except WebSocketDisconnect:
        return
    except (orjson.JSONDecodeError, AttributeError):
        await socket.close(1003)


async def sse(request: Request) -> Response:
    """`/api/v1/streaming/{stream}`: the same events as server-sent events."""
    town = request.app.state.town
    account = town.world.by_token.get(token_of(request))
    if account is None:
        return answer({"error": "Missing access token"}, 401)
    name = request.path_params["stream"].replace("/", ":")
    stream = _stream_name(name, request.query_params.get("tag", ""))
    if stream is None:
        return answer({"error": "Unknown stream type"}, 404)
    listener = Listener(account, {stream})
    town.hub.listeners.add(listener)

    async def lines() -> AsyncIterator[str]:
        try:
            yield ":)\n"
            while True:
                try:
                    async with asyncio.timeout(BEAT_SECONDS):
                        _, (event, payload) = await listener.queue.get()
                except TimeoutError:
                    yield ":thump\n"
                    continue
                if not event:
                    return
                yield f"event: {event}\ndata: {payload}\n\n"
        finally:
            town.hub.listeners.discard(listener)

    return StreamingResponse(lines(), media_type="text/event-stream")


async def health(request: Request) -> Response:
    return PlainTextResponse("OK")


ROUTES = [
    Route("/api/v1/streaming/health", health),
    WebSocketRoute("/api/v1/streaming", websocket),
    Route("/api/v1/streaming/{stream:path}", sse),
]
