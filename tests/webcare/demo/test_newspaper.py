"""The newspaper's feed as a careful reader sees it, and the feeds that are broken."""

from __future__ import annotations

import feedparser
import httpx
import pytest

from tests.webcare.demo.town_process import TownProcess
from webcare.demo.town import NEWSPAPER, NEWSPAPER_FEED


def test_the_feed_is_valid_and_has_a_past(town: TownProcess) -> None:
    feed = feedparser.parse(httpx.get(town.url + NEWSPAPER_FEED).content)
    assert not feed.bozo
    assert feed.feed.title == NEWSPAPER
    assert len(feed.entries) >= 30
    assert len({one.id for one in feed.entries}) == len(feed.entries)
    assert httpx.get(feed.entries[0].link).is_success


@pytest.mark.parametrize(
    ("known", "asked"),
    [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")],
)
def test_a_reader_who_has_it_gets_304(town: TownProcess, known: str, asked: str) -> None:
    first = httpx.get(town.url + NEWSPAPER_FEED)
    again = httpx.get(town.url + NEWSPAPER_FEED, headers={asked: first.headers[known]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_scene_brings_its_own_article(town: TownProcess) -> None:
    before = httpx.get(town.url + NEWSPAPER_FEED)
    town.play(20, 1_000, scene="factory-fire", react=False)
    etag = {"If-None-Match": before.headers["ETag"]}
    after = httpx.get(town.url + NEWSPAPER_FEED, headers=etag)
    assert "Grote brand bij kunststoffabriek" in after.text


@pytest.mark.parametrize(
    ("kind", "status"),
    [("html", 200), ("404", 404), ("410", 410), ("dates", 200), ("redirect", 302), ("500", 500)],
)
def test_broken_feeds_answer_as_ordered(town: TownProcess, kind: str, status: int) -> None:
    assert httpx.get(f"{town.url}/krant/broken/{kind}").status_code == status


def test_the_endless_feed_does_not_end(town: TownProcess) -> None:
    read = 0
    with httpx.stream("GET", f"{town.url}/krant/broken/endless") as response:
        for chunk in response.iter_raw():
            read += len(chunk)
            if read > 6_000_000:
                break
    assert read > 6_000_000


def test_the_gzip_feed_is_small_on_the_line_and_huge_unpacked(town: TownProcess) -> None:
    sent = unpacked = 0
    with httpx.stream("GET", f"{town.url}/krant/broken/gzip") as response:
        for chunk in response.iter_bytes():
            unpacked += len(chunk)
            sent = response.num_bytes_downloaded
            if unpacked > 20_000_000:
                break
    assert unpacked > 20_000_000
    assert sent < 1_000_000


def test_the_square_lets_a_visitor_speak_as_a_resident(town: TownProcess) -> None:
    with httpx.Client(base_url=town.url, follow_redirects=True) as visitor:
        assert "<h1>Het plein van Elzendrecht</h1>" in visitor.get("/").text
        form = {"handle": "els_vogel", "text": "@gemeente <b>dag</b> vanaf het plein"}
        page = visitor.post("/zeg", data=form)
        assert "&lt;b&gt;dag&lt;/b&gt;" in page.text
        assert visitor.post("/zeg", data=form | {"text": " "}).status_code == 422
        foreign = visitor.post("/zeg", data=form, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
