"""`/_town`: what a test, a demo or `manage.py simulate` may ask of the town itself.

Only from the same machine, and never from a web page (a request that carries an Origin is
refused), because these calls can make the town speak and fail.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webcare.demo.gate import Problem, answer, not_found
from webcare.demo.player import PlayRefused
from webcare.demo.running import Town
from webcare.demo.scenes import SCENES
from webcare.demo.snowflakes import iso
from webcare.demo.things import VISIBILITIES, Account, Status
from webcare.demo.town import ACCOUNTS, TOWN_TAG
from webcare.demo.world import Refused
from webcare.demo.writing import read_body

Body = dict[str, Any]


def _is_local(request: Request) -> bool:
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return address.is_loopback and "origin" not in request.headers


def _control(
    handle: Callable[[Town, Request, Body], Any],
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if not _is_local(request):
            return answer({"error": "Only from this machine"}, 403)
        try:
            body = await read_body(request) if request.method in ("POST", "PUT") else {}
            return answer(handle(request.app.state.town, request, body))
        except Problem as problem:
            return answer({"error": str(problem)}, problem.status)
        except (PlayRefused, Refused, ValueError, TypeError) as error:
            return answer({"error": str(error)}, 422)

    return endpoint


def play(town: Town, request: Request, body: Body) -> Body:
    """Start playing: scene, posts, rate (a second), direct (share, 0-1), seed, react."""
    unknown = body.keys() - {"scene", "posts", "rate", "direct", "seed", "react"}
    if unknown:
        raise PlayRefused(f"Unknown: {', '.join(sorted(unknown))}")
    direct, seed = body.get("direct"), body.get("seed")
    return town.player.start(
        str(body.get("scene") or "quiet-tuesday"),
        posts=int(body.get("posts", 100)),
        rate=float(body.get("rate", 1.0)),
        direct=None if direct is None else float(direct),
        seed=None if seed is None else int(seed),
        react=bool(body.get("react", True)),
    )


def plays(town: Town, request: Request, body: Body) -> list[Body]:
    return [one.report() for one in town.player.plays.values()]


def one_play(town: Town, request: Request, body: Body) -> Body:
    found = town.player.plays.get(int(request.path_params["number"]))
    if found is None:
        raise not_found()
    if request.method == "DELETE":
        found.stop()
    return found.report()


def scenes(town: Town, request: Request, body: Body) -> Body:
    return {name: scene.summary for name, scene in SCENES.items()}


def say(town: Town, request: Request, body: Body) -> Body:
    """Let a resident say exactly this: text, handle, in_reply_to_id, visibility, language."""
    world = town.world
    parent = world.statuses.get(int(body.get("in_reply_to_id") or 0))
    if body.get("in_reply_to_id") and parent is None:
        raise not_found()
    visibility = str(body.get("visibility") or "public")
    if visibility not in VISIBILITIES:
        raise PlayRefused(f"Unknown visibility: {visibility}")
    text = str(body.get("text") or "")
    speaker = world.join(str(body.get("handle") or "tineke_o").removeprefix("@"))
    status = world.post(
        speaker,
        text,
        reply_to=parent.id if parent else 0,
        visibility=visibility,
        language=str(body.get("language") or "nl"),
    )
    world.commit()
    return _told(town, status)


def change(town: Town, request: Request, body: Body) -> Body:
    """Edit (PUT, text) or delete (DELETE) anybody's post."""
    status = town.world.statuses.get(int(request.path_params["id"]))
    if status is None:
        raise not_found()
    if request.method == "PUT":
        town.world.edit(status, str(body.get("text") or ""))
    else:
        town.world.delete(status)
    town.world.commit()
    return _told(town, status)


def _told(town: Town, status: Status) -> Body:
    world = town.world
    return {
        "id": str(status.id),
        "handle": world.accounts[status.account].acct,
        "text": status.text,
        "created_at": iso(status.created),
        "edited_at": iso(status.edited) if status.edited else None,
        "in_reply_to_id": str(status.reply_to) if status.reply_to else None,
        "visibility": status.visibility,
        "language": status.language,
        "tags": list(status.tags),
        "mentions": [world.accounts[one].acct for one in status.mentions],
        "idempotency_key": status.key or None,
        "url": town.shapes.status_url(status),
    }


def _listed(town: Town, request: Request, chosen: Callable[[Account], bool]) -> list[Body]:
    """Oldest first; `after` (an id), `limit`, `mentions`, `tag`, `in_reply_to_id` narrow it."""
    query, world = request.query_params, town.world
    after, limit = int(query.get("after") or 0), int(query.get("limit") or 1_000_000)
    mentions, tag, parent = (
        query.get("mentions"),
        query.get("tag"),
        query.get("in_reply_to_id"),
    )
    found: Iterable[Status] = (
        status
        for number in world.ids
        if number > after and chosen(world.accounts[(status := world.statuses[number]).account])
    )
    if mentions:
        account = world.find_account(*mentions.removeprefix("@").split("@"))
        found = (one for one in found if account and account.id in one.mentions)
    if tag:
        found = (one for one in found if tag.lower() in one.tags)
    if parent:
        found = (one for one in found if str(one.reply_to) == parent)
    listed = [_told(town, one) for one in found]
    return listed[:limit]


def posts(town: Town, request: Request, body: Body) -> list[Body]:
    """What residents and the newspaper said and nobody deleted."""
    handle = request.query_params.get("handle")
    return _listed(town, request, lambda one: not one.token and handle in (None, one.acct))


def replies(town: Town, request: Request, body: Body) -> list[Body]:
    """What the municipal accounts said: each published post and reply exactly once."""
    handle = request.query_params.get("handle")
    return _listed(town, request, lambda one: bool(one.token) and handle in (None, one.acct))


def stats(town: Town, request: Request, body: Body) -> Body:
    world = town.world
    municipal = {world.by_acct[one.handle].id: one.handle for one in ACCOUNTS}
    own = sum(len(world.accounts[number].statuses) for number in municipal)
    return {
        "began_at": iso(world.began),
        "seed": world.seed,
        "accounts": len(world.accounts),
        "statuses": len(world.ids),
        "posts": len(world.ids) - own,
        "replies": own,
        "deleted": len(world.deleted),
        "tagged": len(world.tags.get(TOWN_TAG, ())),
        "mentions": {
            handle: sum(one.type == "mention" for one in world.accounts[number].notifications)
            for number, handle in municipal.items()
        },
        "streams": len(town.hub.listeners),
        "reactions_waiting": town.player.waiting(),
        "plays": [one.report() for one in town.player.plays.values()],
        "resident_kib": _memory_kib(),
    }


def _memory_kib() -> int | None:
    try:
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return None


def faults(town: Town, request: Request, body: Body) -> Body:
    """Order faults: publish_lost, publish_500, publish_429 (counts), silent (seconds),
    drop_streams (true), limit (calls in five minutes, 0: none). `{}` changes nothing."""
    state = town.faults
    unknown = body.keys() - {
        *(
            "publish_lost",
            "publish_500",
            "publish_429",
            "silent",
            "drop_streams",
            "limit",
        )
    }
    if unknown:
        raise PlayRefused(f"Unknown: {', '.join(sorted(unknown))}")
    for name in ("publish_lost", "publish_500", "publish_429"):
        if name in body:
            setattr(state, name, max(0, int(body[name])))
    if "silent" in body:
        state.silent_until = time.monotonic() + float(body["silent"])
    if "limit" in body:
        town.limit.limit = max(0, int(body["limit"]))
        town.limit.forget()
    return {
        "publish_lost": state.publish_lost,
        "publish_500": state.publish_500,
        "publish_429": state.publish_429,
        "silent": max(0.0, state.silent_until - time.monotonic()),
        "limit": town.limit.limit,
        "dropped": town.hub.drop_all() if body.get("drop_streams") else 0,
    }


ROUTES = [
    Route("/_town/play", _control(play), methods=["POST"]),
    Route("/_town/play", _control(plays), methods=["GET"]),
    Route("/_town/play/{number:int}", _control(one_play), methods=["GET", "DELETE"]),
    Route("/_town/scenes", _control(scenes)),
    Route("/_town/posts", _control(say), methods=["POST"]),
    Route("/_town/posts", _control(posts), methods=["GET"]),
    Route("/_town/posts/{id:int}", _control(change), methods=["PUT", "DELETE"]),
    Route("/_town/replies", _control(replies), methods=["GET"]),
    Route("/_town/stats", _control(stats), methods=["GET"]),
    Route("/_town/faults", _control(faults), methods=["GET", "POST"]),
]
