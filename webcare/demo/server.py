"""Assembles the town's server and runs it in one small process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from webcare.demo import (
    controls,
    newspaper,
    pages,
    reading,
    snowflakes,
    streams,
    writing,
)
from webcare.demo.gate import answer
from webcare.demo.past import write_past
from webcare.demo.player import MAX_POSTS
from webcare.demo.running import Town, open_town
from webcare.demo.world import World

log = logging.getLogger("webcare.demo")


class PortTaken(Exception):
    """Something else listens where the town should."""


async def _not_found(request: Request, error: Exception) -> Response:
    return answer({"error": "The page you are looking for isn't here."}, 404)


async def _wrong_method(request: Request, error: Exception) -> Response:
    return answer({"error": "Method not allowed"}, 405)


async def _failed(request: Request, error: Exception) -> Response:
    log.error("request failed: %s", type(error).__name__)
    return answer({"error": "Internal server error"}, 500)


def make_app(town: Town) -> Starlette:
    """Return the ASGI application of a running town."""
    routes = [
        *streams.ROUTES,
        *reading.ROUTES,
        *writing.ROUTES,
        *newspaper.ROUTES,
        *controls.ROUTES,
        *pages.ROUTES,
    ]
    handlers = {404: _not_found, 405: _wrong_method, 500: _failed}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.town = town
    return app


def found_town(folder: Path | None, base: str, *, seed: int, limit: int) -> Town:
    """Open the world in `folder` (None: in memory) and give it a past when it is new."""
    world = World(folder)
    town = open_town(world, base, limit=limit, seed=seed)
    if not world.began:
        now = snowflakes.now_ms()
        write_past(world, town.player, now, seed, town.player.said)
        world.begin(seed, now)
        world.commit()
    return town


def check_port(host: str, port: int) -> None:
    """Raise PortTaken when nobody could listen here."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port}: {error.strerror}") from error


async def serve(town: Town, host: str, port: int, *, scene: str, rate: float) -> None:
    """Serve until SIGINT or SIGTERM; with a `rate` above 0 the town talks by itself."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    server = Server(
        make_app(town),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    if rate > 0:
        town.player.start(scene, posts=MAX_POSTS, rate=rate)
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    town.player.close()
    town.hub.drop_all()
    server.stop()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(serving, 3)
    town.world.close()
