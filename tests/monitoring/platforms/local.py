"""Small real HTTP servers on loopback that do what they are told, also to misbehave."""

from __future__ import annotations

import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True)


@dataclass(frozen=True)
class Answer:
    """What to send. `misbehave` gets the socket's file and a flag set at the end, and may do
    anything with them instead."""

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    misbehave: Callable[[Any, threading.Event], None] | None = None


def as_json(content: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(content), {"Content-Type": "application/json", **headers})


def hang(wire: Any, over: threading.Event) -> None:
    over.wait(30)


def hang_up(wire: Any, over: threading.Event) -> None:
    """End the connection without a word."""


def mumble(wire: Any, over: threading.Event) -> None:
    wire.write(b"\x00\xff this is not HTTP at all\r\n\r\n")


Respond = Callable[[Request], Answer]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about; anything else is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class LocalServer:
    """`received` holds every request; `broken` answers instead, per method or for `*`."""

    def __init__(self, respond: Respond) -> None:
        self.received: list[Request] = []
        self.broken: dict[str, Answer] = {}
        self.respond = respond
        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def allow(self) -> frozenset[str]:
        return frozenset({f"127.0.0.1:{self.port}"})

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from the next connection on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                """Tests do not chatter."""

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(
                    self.command, parts.path, parse_qs(parts.query), dict(self.headers), body
                )
                ours.received.append(request)
                answer = ours.broken.get(self.command) or ours.broken.get("*")
                answer = answer or ours.respond(request)
                if answer.misbehave:
                    self.close_connection = True
                    answer.misbehave(self.wfile, ours._over)
                    return
                content = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

        return Handler


@contextmanager
def serving(respond: Respond) -> Iterator[LocalServer]:
    server = LocalServer(respond)
    try:
        yield server
    finally:
        server.close()
