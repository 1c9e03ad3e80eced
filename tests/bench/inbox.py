"""The inbox over HTTP, through the real web program, with 100,000 cases and 1,000,000 mentions.

Every figure is what a browser waits for: log-in session, access checks, query, JSON, on a kept
connection, by a colleague of the central team, who sees all teams. The rows are kept under
var/bench for the next run.
"""

from __future__ import annotations

import http.client
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

import httpx
import orjson
from django.conf import settings

from tests.bench import _crowd
from tests.faults.answering import Colleague
from tests.running_desk import Desk, wait_until

REQUESTS, WARM_UP = 60, 8
Figure = dict[str, object]


class Reader:
    """One logged-in colleague on one kept connection."""

    def __init__(self, desk: Desk, email: str) -> None:
        cookies = Colleague(desk, email, seed=1).http.cookies
        self.headers = {"Cookie": "; ".join(f"{name}={cookies[name]}" for name in cookies)}
        self.connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=60)

    def get(self, path: str) -> bytes:
        self.connection.request("GET", f"/api/v1/{path}", headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return body

    def measure(self, paths: Sequence[str]) -> list[float]:
        """Milliseconds of each request; the paths take turns."""
        took = []
        for number in range(WARM_UP + REQUESTS):
            began = time.perf_counter()
            self.get(paths[number % len(paths)])
            took.append((time.perf_counter() - began) * 1000)
        return took[WARM_UP:]


def run() -> Iterator[Figure]:
    desk = Desk(settings.VAR_DIR / "inbox")
    try:
        desk.prepare()
        desk.start("web", wait=False)
        wait_until(lambda: _answers(desk), 60, "the web program answers")
        if not _crowd.is_filled(desk):
            print("filling the tables; this takes minutes", file=sys.stderr)
            _crowd.fill(desk)
        reader = Reader(desk, "sanne@elzendrecht.example")
        adviser = Reader(desk, "daan@elzendrecht.example")
        lists = {**_open(desk, reader), **_closed(reader), **_pages(desk)}
        for name, paths in lists.items():
            asker = adviser if name.startswith("town") else reader
            yield from _figures(name, asker.measure(paths))
        _crowd.open_all(desk)
        # Its connection was idle for too long.
        reader = Reader(desk, "sanne@elzendrecht.example")
        try:
            for name, paths in _open(desk, reader).items():
                yield from _figures(f"all_open.{name}", reader.measure(paths))
        finally:
            _crowd.close_old(desk)
    finally:
        desk.stop()


def _answers(desk: Desk) -> bool:
    try:
        return httpx.get(f"{desk.address}/healthz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _list(**filters: object) -> str:
    return f"cases?{urlencode(filters)}"


def _open(desk: Desk, reader: Reader) -> dict[str, list[str]]:
    teams = [
        row["id"] for row in desk.query("SELECT DISTINCT team_id AS id FROM desk_case ORDER BY 1")
    ]
    return {
        "default": [_list()],
        "team": [_list(team=team) for team in teams],
        "mine": [_list(assignee="me")],
        "unassigned": [_list(assignee="none")],
        "theme": [_list(theme=theme) for theme in ("waste", "parking", "climate", "migration")],
        "deep": [_deep(reader, state="open", pages=9)],
        "search_rare": [_list(q=_crowd.RARE)],
        "search_common": [_list(q="gemeente")],
        "search_nothing": [_list(q="xylofoonwinkel")],
        "search_name": [_list(q="inwoner17"), _list(q="Inwoner 4711")],
        "counts": ["cases/counts"],
    }


def _closed(reader: Reader) -> dict[str, list[str]]:
    return {
        "closed": [_list(state="closed")],
        "closed_deep": [_deep(reader, state="closed", pages=100)],
        "closed_search_rare": [_list(state="closed", q=_crowd.RARE)],
        "closed_search_name": [_list(state="closed", q="Inwoner 4711")],
        "closed_search_common": [_list(state="closed", q="gemeente")],
    }


def _pages(desk: Desk) -> dict[str, list[str]]:
    cases = desk.query("SELECT id FROM desk_case WHERE mod(id, 997) = 3 ORDER BY id DESC LIMIT 40")
    return {
        "case": [f"cases/{row['id']}" for row in cases],
        "town_day": ["town?period=day"],
        "town_week": ["town?period=week"],
        "town_month": ["town?period=month"],
    }


def _deep(reader: Reader, *, state: str, pages: int) -> str:
    """The address of the page after so many pages of 200."""
    cursor = ""
    for _ in range(pages):
        page = orjson.loads(reader.get(_list(state=state, limit=200, cursor=cursor)))
        cursor = page["next"]
    return _list(state=state, cursor=cursor)


def _figures(name: str, took: Sequence[float]) -> Iterator[Figure]:
    bench = "inbox" if name == "default" else f"inbox.{name}"
    cuts = statistics.quantiles(took, n=20)
    yield {"bench": f"{bench}.p50", "value": round(cuts[9], 1), "unit": "ms"}
    yield {"bench": f"{bench}.p95", "value": round(cuts[18], 1), "unit": "ms"}
