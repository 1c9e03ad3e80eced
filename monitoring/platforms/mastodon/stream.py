"""Mastodon's websocket: events as they happen, until somebody closes it or the server does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from monitoring.platforms.addresses import AddressRefused, Allowed, connect_socket
from monitoring.platforms.base import AccessDenied, PermanentError, RetryAfter
from monitoring.platforms.guarded import CONNECT_SECONDS, USER_AGENT
from monitoring.platforms.text import read_json


@dataclass(frozen=True, slots=True)
class Event:
    """`name` as Mastodon calls it (update, notification, status.update, delete); `stream` where."""

    name: str
    payload: Any
    stream: tuple[str, ...]


class Stream:
    """One websocket. `events` is read by one thread; `close` may come from any other."""

    def __init__(self, address: str, token: str, allowed: Allowed) -> None:
        self._address = address.rstrip("/")
        self._token = token
        self._allowed = allowed
        self._connection: ClientConnection | None = None
        self._closed = threading.Event()

    def events(self, hashtags: Iterable[str], opened: Callable[[], object]) -> Iterator[Event]:
        """Call `opened`, then yield events; end after `close`.

        Raises typed errors when the connection ends.
        """
        with ExitStack() as connections:
            self._connection = self._open(connections)
            try:
                for hashtag in hashtags:
                    subscription = {"type": "subscribe", "stream": "hashtag", "tag": hashtag}
                    self._connection.send(json.dumps(subscription))
                opened()
                while not self._closed.is_set():
                    event = _read(self._connection.recv())
                    if event:
                        yield event
            except (ConnectionClosed, OSError) as error:
                if not self._closed.is_set():
                    raise RetryAfter("the stream was closed by the server", seconds=5) from error

    def close(self) -> None:
        self._closed.set()
        if self._connection is not None:
            self._connection.close()

    def _open(self, connections: ExitStack) -> ClientConnection:
        parts = urlsplit(self._address)
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise AddressRefused("the server names no usable address for its stream")
        if parts.scheme == "ws" and not self._allowed.names(parts.hostname, port):
            raise AddressRefused(f"{parts.hostname} must be reached over an encrypted stream")
        place = connect_socket(parts.hostname, port, self._allowed, seconds=CONNECT_SECONDS)
        try:
            connecting = connect(
                f"{self._address}/api/v1/streaming?stream=user",
                sock=place,
                ssl=httpx.create_ssl_context() if parts.scheme == "wss" else None,
                additional_headers={"Authorization": f"Bearer {self._token}"},
                user_agent_header=USER_AGENT,
                proxy=None,
                close_timeout=2,
            )
            return connections.enter_context(connecting)
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise AccessDenied(f"{parts.hostname} refuses our access ({status})") from error
            if status < 500 and status != 429:
                raise PermanentError(f"{parts.hostname} offers no stream ({status})") from error
            raise RetryAfter(f"{parts.hostname} is out of order ({status})", 30) from error
        except (WebSocketException, OSError, EOFError, TimeoutError) as error:
            raise RetryAfter(f"the stream of {parts.hostname} cannot be opened", 15) from error


def _read(message: str | bytes) -> Event | None:
    """An event out of one message; None for what is not one (a refused subscription, noise)."""
    try:
        content = read_json(message.encode() if isinstance(message, str) else message)
        if not isinstance(content, dict) or not isinstance(content.get("event"), str):
            return None
        payload = content.get("payload")
        # Statuses come as JSON inside JSON; the payload of a deletion is the bare id.
        if isinstance(payload, str) and content["event"] != "delete":
            payload = read_json(payload.encode())
        stream = content.get("stream")
        return Event(
            content["event"], payload, tuple(stream) if isinstance(stream, list) else ("user",)
        )
    except (ValueError, TypeError):
        return None
