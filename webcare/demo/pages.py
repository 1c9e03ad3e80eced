"""The town's square for people: read what is said, and say something as a resident.

Small pages without script, so that a newcomer can play a resident in one window and the desk in
the other. Only what is public is shown.
"""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from webcare.demo import markup
from webcare.demo.running import Town
from webcare.demo.snowflakes import iso
from webcare.demo.things import Account, Status
from webcare.demo.town import TOWN_NAME
from webcare.demo.world import Refused

SHOWN = 60
_COLOURS = ("#7a4b2a", "#2a5d7a", "#3c6e47", "#8a3b4f", "#5b4a8a", "#6b6a2b")
_STYLE = """
:root{color-scheme:light dark;--edge:#8884}body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;
margin:0 auto;padding:1rem}article{border-bottom:1px solid var(--edge);padding:.7rem 0}
article p{margin:.2rem 0}.town{border-left:4px solid #2a5d7a;padding-left:.8rem}
.one{background:#8882;padding:.7rem}small{opacity:.75}form{display:grid;gap:.5rem;margin:1rem 0;
padding:1rem;border:1px solid var(--edge);border-radius:.5rem}textarea,select,button{font:inherit;
padding:.4rem}.invisible{display:none}.alert{color:#b3261e}
"""


_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(
        f'<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>",
        status,
        {"Content-Security-Policy": _POLICY},
    )


def _post(town: Town, status: Status, *, chosen: bool = False) -> str:
    author = town.world.accounts[status.account]
    kinds = ["town"] * bool(author.token) + ["one"] * chosen
    edited = " · bewerkt" if status.edited else ""
    return (
        f'<article class="{" ".join(kinds)}"><strong>{escape(author.name)}</strong> '
        f"<small>@{escape(author.acct)}</small>{town.shapes.html(status.text)}"
        f'<small><a href="{town.shapes.status_url(status)}">{iso(status.created)[:16]} UTC</a>'
        f"{edited}</small></article>"
    )


def _form(town: Town, parent: Status | None = None, wrong: str = "", text: str = "") -> str:
    people = (one for one in town.world.accounts.values() if one.resident)
    options = "".join(
        f'<option value="{one.acct}">{escape(one.name)}</option>'
        for one in sorted(people, key=lambda one: one.name)
    )
    if parent and not text:
        text = f"@{town.world.accounts[parent.account].acct} "
    alert = f'<p class="alert" role="alert">{escape(wrong)}</p>' if wrong else ""
    return (
        f'<form method="post" action="/zeg">{alert}<label>Als <select name="handle">{options}'
        f"</select></label><label>Bericht <textarea name=text rows=3 cols=50 "
        f'maxlength="{markup.MAX_CHARACTERS}" required>{escape(text)}</textarea></label>'
        f'<input type="hidden" name="parent" value="{parent.id if parent else ""}">'
        "<button>Plaats op het plein</button></form>"
    )


async def square(request: Request) -> Response:
    town: Town = request.app.state.town
    latest = (town.world.statuses[number] for number in reversed(town.world.ids))
    shown = [one for one in latest if one.visibility == "public"][:SHOWN]
    body = f"<h1>Het plein van {TOWN_NAME}</h1>{_form(town, text='@gemeente ')}"
    return _page(TOWN_NAME, body + "".join(_post(town, one) for one in shown))


def _profile(town: Town, acct: str) -> Account | None:
    return town.world.find_account(*acct.split("@", 1))


async def profile(request: Request) -> Response:
    town: Town = request.app.state.town
    account = _profile(town, request.path_params["acct"])
    if account is None:
        return _page("Niet gevonden", "<h1>Niemand met deze naam</h1>", 404)
    mine = (town.world.statuses[number] for number in reversed(account.statuses))
    shown = [one for one in mine if one.visibility == "public"][:SHOWN]
    head = f"<h1>{escape(account.name)}</h1><p>@{escape(account.acct)} · {escape(account.note)}</p>"
    return _page(account.name, head + "".join(_post(town, one) for one in shown))


async def thread(request: Request) -> Response:
    town: Town = request.app.state.town
    status = town.world.statuses.get(request.path_params["id"])
    if status is None or not town.world.may_see(None, status):
        return _page("Niet gevonden", "<h1>Dit bericht is er niet (meer)</h1>", 404)
    line = [*town.world.ancestors(status), status, *town.world.descendants(status)]
    shown = [one for one in line if town.world.may_see(None, one)]
    body = "".join(_post(town, one, chosen=one is status) for one in shown)
    return _page(TOWN_NAME, f'<p><a href="/">Het plein</a></p>{body}{_form(town, status)}')


async def tag(request: Request) -> Response:
    town: Town = request.app.state.town
    name = request.path_params["tag"].lower()
    found = [town.world.statuses[one] for one in reversed(town.world.tags.get(name, []))][:SHOWN]
    body = "".join(_post(town, one) for one in found if one.visibility == "public")
    return _page(f"#{name}", f"<h1>#{escape(name)}</h1>{body}")


async def say(request: Request) -> Response:
    """Post as a resident; only from this page, so that no other site can speak here."""
    town: Town = request.app.state.town
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return _page("Geweigerd", "<h1>Alleen vanaf het plein zelf</h1>", 403)
    body = (await request.body())[:20_000]
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    speaker = _profile(town, form.get("handle", ""))
    number = form.get("parent", "")
    parent = town.world.statuses.get(int(number)) if number.isdigit() else None
    text = form.get("text", "")
    if speaker is None or speaker.resident is None:
        return _page("Niet geplaatst", _form(town, parent, "Kies wie je bent.", text), 422)
    try:
        status = town.world.post(speaker, text, reply_to=parent.id if parent else 0)
    except Refused as refusal:
        return _page("Niet geplaatst", _form(town, parent, str(refusal), text), 422)
    town.world.commit()
    return RedirectResponse(town.shapes.status_url(status), 303)


async def avatar(request: Request) -> Response:
    """A disc with an initial, in one of six colours."""
    name = request.path_params["name"]
    colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
    return Response(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" '
        f'fill="{colour}"/><text x="20" y="27" font-family="sans-serif" font-size="20" fill="#fff" '
        f'text-anchor="middle">{escape(name[:1].upper())}</text></svg>',
        media_type="image/svg+xml",
    )


async def header(request: Request) -> Response:
    """The skyline: a tower, roofs and the river."""
    return Response(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100"><path fill="#cfe3ee" '
        'd="M0 0h300v100H0z"/><path fill="#7a4b2a" d="M20 80V60l15-12 15 12v20zm50 0V30l8-22 8 '
        '22v50zm40 0V55l20-14 20 14v25zm70 0V62h60v18z"/><path fill="#2a5d7a" '
        'd="M0 80h300v20H0z"/></svg>',
        media_type="image/svg+xml",
    )


ROUTES = [
    Route("/", square),
    Route("/zeg", say, methods=["POST"]),
    Route("/avatars/{name}.svg", avatar),
    Route("/headers/town.svg", header),
    Route("/tags/{tag}", tag),
    Route("/@{acct}", profile),
    Route("/@{acct}/{id:int}", thread),
]
