"""The writing half of the Mastodon client API: publish, edit, delete."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webcare.demo import snowflakes
from webcare.demo.gate import Problem, answer, endpoint, hold, not_found
from webcare.demo.reading import find_status
from webcare.demo.running import Town
from webcare.demo.things import VISIBILITIES, Account, Status, Visibility

MAX_BODY_BYTES = 1_000_000


async def read_body(request: Request) -> dict[str, Any]:
    """Read a JSON object or a URL-encoded form. Raises Problem 400, 413 or 415."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Problem(413, "Request entity too large")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return {}
    if kind == "application/json":
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Problem(400, "Error occurred while parsing request parameters") from error
        if not isinstance(content, dict):
            raise Problem(400, "Error occurred while parsing request parameters")
        return content
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    raise Problem(415, "Send a JSON object or a URL-encoded form")


def _parent(town: Town, body: dict[str, Any], viewer: Account) -> int:
    wanted = str(body.get("in_reply_to_id") or "")
    if not wanted:
        return 0
    try:
        return find_status(town, wanted, viewer).id
    except Problem as problem:
        message = "The post you are trying to reply to does not appear to exist."
        raise Problem(404, message) from problem


def _visibility(body: dict[str, Any]) -> Visibility:
    wanted = str(body.get("visibility") or "public")
    if wanted not in VISIBILITIES:
        raise Problem(422, f"'{wanted}' is not a valid visibility")
    return wanted


@endpoint
async def publish(town: Town, request: Request, viewer: Account) -> Response:
    if town.faults.take("publish_429"):
        raise Problem(429, "Too many requests")
    if town.faults.take("publish_500"):
        raise Problem(500, "Internal server error")
    body = await read_body(request)
    key = request.headers.get("idempotency-key", "")
    now = snowflakes.now_ms()
    status = town.world.find_published(viewer, key, now) if key else None
    if status is None:
        status = town.world.post(
            viewer,
            str(body.get("status") or ""),
            reply_to=_parent(town, body, viewer),
            visibility=_visibility(body),
            language=str(body.get("language") or "nl")[:8],
            key=key,
        )
        town.world.commit()
        town.player.hear(status)
    if town.faults.take("publish_lost"):
        return await hold(request)
    return answer(town.shapes.status(status, viewer))


def _own_status(town: Town, request: Request, viewer: Account) -> Status:
    found = find_status(town, request.path_params["id"], viewer)
    if found.account != viewer.id:
        raise not_found()
    return found


@endpoint
async def edit(town: Town, request: Request, viewer: Account) -> Response:
    status = _own_status(town, request, viewer)
    body = await read_body(request)
    town.world.edit(status, str(body.get("status") or ""))
    town.world.commit()
    return answer(town.shapes.status(status, viewer))


@endpoint
async def delete(town: Town, request: Request, viewer: Account) -> Response:
    status = _own_status(town, request, viewer)
    may_pass, _ = town.delete_limit.take(viewer.acct, time.time())
    if not may_pass:
        raise Problem(429, "Too many requests")
    shape = town.shapes.status(status, viewer) | {"text": status.text}
    town.world.delete(status)
    town.world.commit()
    return answer(shape)


ROUTES = [
    Route("/api/v1/statuses", publish, methods=["POST"]),
    Route("/api/v1/statuses/{id}", edit, methods=["PUT"]),
    Route("/api/v1/statuses/{id}", delete, methods=["DELETE"]),
]
