"""The reading half of the Mastodon client API."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webcare.demo import paging
from webcare.demo.gate import Problem, answer, endpoint, not_found, open_endpoint
from webcare.demo.running import Town
from webcare.demo.shapes import Json
from webcare.demo.things import Account, Notification, Status
from webcare.demo.world import between

_WORDS = re.compile(r'-?"[^"]+"|\S+')


@open_endpoint
async def instance_v1(town: Town, request: Request, viewer: Account | None) -> Response:
    return answer(town.shapes.instance_v1())


@open_endpoint
async def instance_v2(town: Town, request: Request, viewer: Account | None) -> Response:
    return answer(town.shapes.instance_v2())


@endpoint
async def verify_credentials(town: Town, request: Request, viewer: Account) -> Response:
    return answer(town.shapes.own_account(viewer))


def _listed(request: Request, name: str) -> set[str]:
    query = request.query_params
    return {*query.getlist(f"{name}[]"), *query.getlist(name)}


@endpoint
async def notifications(town: Town, request: Request, viewer: Account) -> Response:
    window = paging.read_window(request.query_params, 40)
    types, without = _listed(request, "types"), _listed(request, "exclude_types")
    sender = request.query_params.get("account_id")

    def wanted(one: Notification) -> bool:
        return (
            (not types or one.type in types)
            and one.type not in without
            and (sender is None or str(one.sender) == sender)
        )

    everything = viewer.notifications
    page = paging.cut(everything, [one.id for one in everything], window, wanted)
    headers = paging.link_header(request.url, page[0].id, page[-1].id) if page else None
    return answer([town.shapes.notification(one, viewer) for one in page], headers=headers)


@endpoint
async def notification(town: Town, request: Request, viewer: Account) -> Response:
    wanted = request.path_params["id"]
    for one in viewer.notifications:
        if str(one.id) == wanted:
            return answer(town.shapes.notification(one, viewer))
    raise not_found()


def find_status(town: Town, text: str, viewer: Account | None) -> Status:
    """Return the status with this id if the viewer may see it, else raise Problem(404)."""
    found = town.world.statuses.get(int(text)) if text.isascii() and text.isdigit() else None
    if found is None or not town.world.may_see(viewer, found):
        raise not_found()
    return found


@open_endpoint
async def status(town: Town, request: Request, viewer: Account | None) -> Response:
    found = find_status(town, request.path_params["id"], viewer)
    return answer(town.shapes.status(found, viewer))


@endpoint
async def source(town: Town, request: Request, viewer: Account) -> Response:
    found = find_status(town, request.path_params["id"], viewer)
    if found.account != viewer.id:
        raise not_found()
    return answer({"id": str(found.id), "text": found.text, "spoiler_text": ""})


@open_endpoint
async def context(town: Town, request: Request, viewer: Account | None) -> Response:
    found = find_status(town, request.path_params["id"], viewer)
    world = town.world
    lines = {
        "ancestors": world.ancestors(found),
        "descendants": world.descendants(found),
    }
    return answer(
        {
            name: [town.shapes.status(one, viewer) for one in line if world.may_see(viewer, one)]
            for name, line in lines.items()
        }
    )


def find_account(town: Town, number: str) -> Account:
    found = town.world.accounts.get(int(number)) if number.isascii() and number.isdigit() else None
    if found is None:
        raise not_found()
    return found


@open_endpoint
async def account(town: Town, request: Request, viewer: Account | None) -> Response:
    return answer(town.shapes.account(find_account(town, request.path_params["id"])))


@open_endpoint
async def lookup(town: Town, request: Request, viewer: Account | None) -> Response:
    name, _, domain = request.query_params.get("acct", "").removeprefix("@").partition("@")
    found = town.world.find_account(name, domain)
    if found is None:
        raise not_found()
    return answer(town.shapes.account(found))


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in ("1", "true", "t", "on")


def _page(
    town: Town,
    request: Request,
    viewer: Account | None,
    numbers: list[int],
    *,
    full_only: bool,
) -> Response:
    """Answer one page of the statuses with these ids; private ones only to those concerned."""
    window = paging.read_window(request.query_params, 20)
    world, query = town.world, request.query_params
    local, remote = _flag(request, "local"), _flag(request, "remote")
    media = _flag(request, "only_media")
    profile = "id" in request.path_params
    timeline = "/timelines/public" in request.url.path
    no_replies = _flag(request, "exclude_replies")
    needed = {tag.lower() for tag in query.getlist("all[]")}
    banned = {tag.lower() for tag in query.getlist("none[]")}
    tagged = query.get("tagged", "").lower()

    def wanted(number: int) -> bool:
        one = world.statuses[number]
        parent = world.statuses.get(one.reply_to)
        to_another = one.reply_to and (parent is None or parent.account != one.account)
        return not (
            media
            or (not profile and one.visibility != "public")
            or (profile and not world.may_see(viewer, one))
            or ((timeline or no_replies) and to_another)
            or (local and world.accounts[one.account].domain)
            or (remote and not world.accounts[one.account].domain)
            or (tagged and tagged not in one.tags)
            or not needed.issubset(one.tags)
            or not banned.isdisjoint(one.tags)
        )

    page = paging.cut(numbers, numbers, window, wanted)
    headers = None
    if page:
        more = not full_only or len(page) == window.limit
        headers = paging.link_header(request.url, page[0], page[-1], more=more)
    shapes = [town.shapes.status(world.statuses[number], viewer) for number in page]
    return answer(shapes, headers=headers)


@open_endpoint
async def account_statuses(town: Town, request: Request, viewer: Account | None) -> Response:
    found = find_account(town, request.path_params["id"])
    if _flag(request, "pinned"):
        return answer([])
    return _page(town, request, viewer, found.statuses, full_only=True)


@open_endpoint
async def public_timeline(town: Town, request: Request, viewer: Account | None) -> Response:
    return _page(town, request, viewer, town.world.ids, full_only=False)


@open_endpoint
async def tag_timeline(town: Town, request: Request, viewer: Account | None) -> Response:
    tags = {request.path_params["tag"], *request.query_params.getlist("any[]")}
    lists = [town.world.tags.get(tag.lower(), []) for tag in tags]
    numbers = lists[0] if len(lists) == 1 else sorted(set().union(*lists))
    return _page(town, request, viewer, numbers, full_only=False)


@endpoint
async def home_timeline(town: Town, request: Request, viewer: Account) -> Response:
    return _page(town, request, viewer, viewer.statuses, full_only=False)


@endpoint
async def search(town: Town, request: Request, viewer: Account) -> Response:
    """Search as Mastodon does: every word must occur, newest first; `min_id` only bounds below."""
    query = request.query_params
    asked = query.get("q", "").strip()
    window = paging.read_window(query, 20)
    offset = query.get("offset", "0")
    if not offset.isdigit():
        raise Problem(400, "Pagination values for `offset` and `limit` must be positive")
    kind = query.get("type", "")
    found: dict[str, list[Json]] = {"accounts": [], "statuses": [], "hashtags": []}
    if asked and kind in ("", "accounts"):
        needle = asked.removeprefix("@").lower()
        people = (
            one
            for one in town.world.accounts.values()
            if needle in one.acct.lower() or needle in one.name.lower()
        )
        found["accounts"] = [town.shapes.account(one) for one in people][: window.limit]
    if asked and kind in ("", "hashtags"):
        needle = asked.removeprefix("#").lower()
        names = sorted(tag for tag in town.world.tags if tag.startswith(needle))[: window.limit]
        found["hashtags"] = [
            {"name": tag, "url": f"{town.shapes.base}/tags/{tag}", "history": []} for tag in names
        ]
    if asked and kind in ("", "statuses"):
        hits = _search_statuses(town, asked, window, int(offset), query.get("account_id", ""))
        found["statuses"] = [town.shapes.status(one, viewer) for one in hits]
    return answer(found)


def _search_statuses(
    town: Town, asked: str, window: paging.Window, offset: int, account_id: str
) -> list[Status]:
    words = [word.strip('"').lower() for word in _WORDS.findall(asked) if word[0] != "-"]
    senders = [word[5:].removeprefix("@") for word in words if word.startswith("from:")]
    needles = [word for word in words if not word.startswith("from:")]
    banned = [word[1:].strip('"').lower() for word in _WORDS.findall(asked) if word[0] == "-"]
    world = town.world
    above = window.min_id if window.min_id is not None else window.since_id
    start, end = between(world.ids, above, window.max_id)
    hits: list[Status] = []
    for at in range(end - 1, start - 1, -1):
        one = world.statuses[world.ids[at]]
        text = one.text.lower()
        if (
            one.visibility == "public"
            and all(word in text for word in needles)
            and not any(word in text for word in banned)
            and all(world.accounts[one.account].acct.lower() == name for name in senders)
            and account_id in ("", str(one.account))
        ):
            hits.append(one)
            if len(hits) == offset + window.limit:
                break
    return hits[offset:]


ROUTES = [
    Route("/api/v1/instance", instance_v1),
    Route("/api/v2/instance", instance_v2),
    Route("/api/v1/accounts/verify_credentials", verify_credentials),
    Route("/api/v1/accounts/lookup", lookup),
    Route("/api/v1/accounts/{id}", account),
    Route("/api/v1/accounts/{id}/statuses", account_statuses),
    Route("/api/v1/notifications", notifications),
    Route("/api/v1/notifications/{id}", notification),
    Route("/api/v1/statuses/{id}", status, methods=["GET"]),
    Route("/api/v1/statuses/{id}/source", source),
    Route("/api/v1/statuses/{id}/context", context),
    Route("/api/v1/timelines/public", public_timeline),
    Route("/api/v1/timelines/home", home_timeline),
    Route("/api/v1/timelines/tag/{tag}", tag_timeline),
    Route("/api/v2/search", search),
]
