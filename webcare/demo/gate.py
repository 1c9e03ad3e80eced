"""What stands before every API call: faults on order, the rate limit, the bearer token."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from webcare.demo.snowflakes import iso
from webcare.demo.things import Account
from webcare.demo.world import Refused

if TYPE_CHECKING:
    from webcare.demo.running import Town

PERIOD_SECONDS = 300
HELD_SECONDS = 120


class Problem(Exception):
    """An answer that is an error, in Mastodon's words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def not_found() -> Problem:
    return Problem(404, "Record not found")


@dataclass(slots=True)
class RateLimit:
    """Calls per token and five minutes, counted in fixed windows as Mastodon does; 0: no limit."""

    limit: int
    _window: int = 0
    _counts: dict[str, int] = field(default_factory=dict)

    def take(self, who: str, now: float) -> tuple[bool, dict[str, str]]:
        """Count one call of `who`; return whether it may pass and the headers that say so."""
        if not self.limit:
            return True, {}
        window = int(now // PERIOD_SECONDS)
        if window != self._window:
            self._window, self._counts = window, {}
        used = self._counts[who] = self._counts.get(who, 0) + 1
        reset = (window + 1) * PERIOD_SECONDS * 1000
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - used)),
            "X-RateLimit-Reset": iso(reset),
        }
        return used <= self.limit, headers

    def forget(self) -> None:
        """Give everybody a fresh window."""
        self._counts = {}


@dataclass(slots=True)
class Faults:
    """What goes wrong on order. The numbers say for how many of the next publishes."""

    publish_lost: int = 0
    publish_500: int = 0
    publish_429: int = 0
    silent_until: float = 0.0

    def take(self, name: str) -> bool:
        left: int = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return bool(left)

    async def keep_silent(self) -> None:
        """Wait as long as the town does not answer; the order may be withdrawn meanwhile."""
        while (left := self.silent_until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.2))


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(content),
        status,
        headers,
        media_type="application/json; charset=utf-8",
    )


def token_of(connection: HTTPConnection) -> str:
    """Return the bearer token, from the header or, as streams may, the query; else empty."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return connection.query_params.get("access_token", "")


async def hold(request: Request) -> Response:
    """Keep the caller waiting until it gives up: the answer that never comes."""
    try:
        async with asyncio.timeout(HELD_SECONDS):
            while (await request.receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return answer({"error": "Remote data could not be fetched in time"}, 504)
    return Response(status_code=499)


Handler = Callable[["Town", Request, Account], Awaitable[Response]]
OpenHandler = Callable[["Town", Request, Account | None], Awaitable[Response]]


def open_endpoint(handle: OpenHandler) -> Callable[[Request], Awaitable[Response]]:
    """Make a route of `handle`, which also serves callers without a token.

    A token that is sent must be right. The caller waits while the town is silent, is counted
    against the rate limit, and gets Problem and Refused as Mastodon's JSON errors.
    """

    @functools.wraps(handle)
    async def endpoint(request: Request) -> Response:
        town: Town = request.app.state.town
        await town.faults.keep_silent()
        token = token_of(request)
        caller = token or (request.client.host if request.client else "")
        may_pass, headers = town.limit.take(caller, time.time())
        try:
            if not may_pass:
                raise Problem(429, "Too many requests")
            viewer = town.world.by_token.get(token)
            if token and viewer is None:
                raise Problem(401, "The access token is invalid")
            response = await handle(town, request, viewer)
        except Problem as problem:
            response = answer({"error": str(problem)}, problem.status)
        except Refused as refusal:
            response = answer({"error": str(refusal)}, 422)
        response.headers.update(headers)
        return response

    return endpoint


def endpoint(handle: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Make a route of `handle` that answers 401 to callers without a valid token."""

    @functools.wraps(handle)
    async def with_account(town: Town, request: Request, viewer: Account | None) -> Response:
        if viewer is None:
            raise Problem(401, "The access token is invalid")
        return await handle(town, request, viewer)

    return open_endpoint(with_account)
