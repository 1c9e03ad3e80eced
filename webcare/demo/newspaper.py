"""The local newspaper: an RSS feed whose articles appear over time, and feeds that are broken.

Articles are hand-written; when each appears follows from the moment the town began, so that a
restart gives the same feed. A scene that is played adds its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from webcare.demo import snowflakes
from webcare.demo.texts import read_lists
from webcare.demo.town import NEWSPAPER, TOWN_NAME
from webcare.demo.world import World

SHOWN = 40
PAST_EVERY_MS = 22 * 3_600_000
COMING_EVERY_MS = 40 * 60_000
PAST_ARTICLES = 30
_BOMB_MEGABYTES = 200
_BREATH_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Article:
    slug: str
    title: str
    section: str
    summary: str
    at: int

    @property
    def date(self) -> str:
        return format_datetime(datetime.fromtimestamp(self.at // 1000, UTC), usegmt=True)


@cache
def _written() -> dict[str, tuple[str, str, str]]:
    """Hand-written articles by slug: section, title, summary."""
    articles = {}
    for section, lines in read_lists("newspaper").items():
        for line in lines:
            slug, title, summary = (part.strip() for part in line.split("|"))
            articles[slug] = (section, title, summary)
    return articles


class Newspaper:
    def __init__(self, world: World) -> None:
        self.world = world

    def publish(self, slug: str) -> None:
        """Bring a scene's article now; once is enough."""
        if slug not in self.world.articles:
            self.world.publish_article(slug)

    def articles(self, now: int) -> list[Article]:
        """Return what has appeared by `now` (milliseconds), newest first."""
        articles = []
        plain = [slug for slug, (section, *_) in _written().items() if section != "scenes"]
        for place, slug in enumerate(plain):
            step = place - PAST_ARTICLES
            at = self.world.began + step * (PAST_EVERY_MS if step < 0 else COMING_EVERY_MS)
            articles.append((at, slug))
        articles += [(at, slug) for slug, at in self.world.articles.items()]
        return [
            Article(slug, _written()[slug][1], _written()[slug][0], _written()[slug][2], at)
            for at, slug in sorted(articles, reverse=True)
            if at <= now and slug in _written()
        ]


def _feed(articles: list[Article], base: str) -> bytes:
    items = "".join(
        f"<item><title>{escape(one.title)}</title><link>{base}/krant/artikel/{one.slug}</link>"
        f'<guid isPermaLink="false">elzenbode-{one.slug}</guid><pubDate>{one.date}</pubDate>'
        f"<category>{escape(one.section)}</category><dc:creator>Redactie</dc:creator>"
        f"<description>{escape(f'<p>{one.summary}</p>')}</description></item>\n"
        for one in articles
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{NEWSPAPER}</title><link>{base}/krant</link><language>nl</language>"
        f"<description>Nieuws uit {TOWN_NAME} en omstreken</description>\n{items}"
        "</channel></rss>\n"
    ).encode()


async def feed(request: Request) -> Response:
    """The feed, with ETag and Last-Modified; 304 when the reader already has it."""
    town = request.app.state.town
    await town.faults.keep_silent()
    articles = town.player.newspaper.articles(snowflakes.now_ms())[:SHOWN]
    body = _feed(articles, town.shapes.base)
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        "Cache-Control": "max-age=60",
    }
    if articles:
        headers["Last-Modified"] = articles[0].date
    if _unchanged(request, headers):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/rss+xml")


def _unchanged(request: Request, headers: dict[str, str]) -> bool:
    if known := request.headers.get("if-none-match"):
        return headers["ETag"] in (tag.strip().removeprefix("W/") for tag in known.split(","))
    since = request.headers.get("if-modified-since")
    if not since or "Last-Modified" not in headers:
        return False
    try:
        return parsedate_to_datetime(headers["Last-Modified"]) <= parsedate_to_datetime(since)
    except ValueError:
        return False


async def article(request: Request) -> Response:
    town = request.app.state.town
    for one in town.player.newspaper.articles(snowflakes.now_ms()):
        if one.slug == request.path_params["slug"]:
            return HTMLResponse(
                f'<!doctype html><html lang="nl"><meta charset="utf-8"><title>{escape(one.title)}'
                f"</title><h1>{escape(one.title)}</h1><p>{escape(one.summary)}</p>"
                f"<p><small>{NEWSPAPER}, {one.date}</small></p></html>"
            )
    return HTMLResponse("<h1>Niet gevonden</h1>", 404)


async def _endless() -> AsyncIterator[bytes]:
    """Items for ever; the pauses let the server see that the reader has left."""
    yield b'<?xml version="1.0"?><rss version="2.0"><channel><title>Zonder einde</title>'
    number = 0
    while True:
        number += 1
        item = f"<item><title>Bericht {number}</title><guid>{number}</guid></item>\n"
        yield item.encode() * 500
        await asyncio.sleep(_BREATH_SECONDS)


async def _bomb() -> AsyncIterator[bytes]:
    """A few hundred kilobytes that unpack to 200 MB."""
    squeeze = zlib.compressobj(wbits=31)
    megabyte = b" " * 1_000_000
    for _ in range(_BOMB_MEGABYTES):
        yield squeeze.compress(megabyte)
        await asyncio.sleep(_BREATH_SECONDS)
    yield squeeze.flush()


def _item(guid: str, date: str, link: str = "https://krant.example/a") -> str:
    when = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<item><title>Bericht {guid}</title><guid>{guid}</guid><link>{link}</link>{when}</item>"


def _small_feed(items: str) -> Response:
    body = f'<rss version="2.0"><channel><title>Krant</title>{items}</channel></rss>'
    return Response(body, media_type="application/rss+xml")


_DATES = (
    "vr, 20 nov 2026 14:17:00 +0100",
    "20-11-2026",
    "1763646000",
    "Fri, 20 Nov 2099 14:17:00 +0100",
    "Mon, 01 Jan 1990 00:00:00 GMT",
    "",
    "gisteren",
)


async def broken(request: Request) -> Response:
    """Feeds as they should not be; the index lists them."""
    match request.path_params["kind"]:
        case "html":
            return HTMLResponse("<!doctype html><title>Krant</title><p>Cookies accepteren?</p>")
        case "endless":
            return StreamingResponse(_endless(), media_type="application/rss+xml")
        case "404":
            return Response(_feed([], ""), 404, media_type="application/rss+xml")
        case "410":
            return Response(_feed([], ""), 410, media_type="application/rss+xml")
        case "dates":
            return _small_feed("".join(_item(str(n), date) for n, date in enumerate(_DATES)))
        case "gzip":
            return StreamingResponse(
                _bomb(),
                headers={"Content-Encoding": "gzip"},
                media_type="application/rss+xml",
            )
        case "links":
            links = (
                "javascript:alert(1)",
                "ftp://krant.example/a",
                "file:///etc/hosts",
                "",
            )
            return _small_feed("".join(_item(str(n), "", link) for n, link in enumerate(links)))
        case "half":
            body = '<rss version="2.0"><channel><title>Half</title>' + _item("1", "") + "<item><ti"
            return Response(body, media_type="application/rss+xml")
        case "redirect":
            return Response(status_code=302, headers={"Location": "/krant/broken/redirect"})
        case "inward":
            return Response(status_code=302, headers={"Location": "http://127.0.0.1:1/feed.xml"})
        case "empty":
            return Response(b"", media_type="application/rss+xml")
        case "500":
            return Response(b"storing", 500)
    return Response(b"", 404)


ROUTES = [
    Route("/krant/feed.xml", feed),
    Route("/krant/artikel/{slug}", article),
    Route("/krant/broken/{kind}", broken),
]
