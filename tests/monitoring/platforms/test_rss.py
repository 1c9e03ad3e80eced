from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from monitoring.platforms.base import Page, PermanentError, Post, RetryAfter
from monitoring.platforms.rss.adapter import REMEMBERED, RssAdapter, RssConfig
from tests.monitoring.platforms.local import Answer, LocalServer, Request, serving

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples" / "rss"


def feed(*items: str) -> Answer:
    body = f'<rss version="2.0"><channel><title>Krant</title>{"".join(items)}</channel></rss>'
    return Answer(200, body, {"Content-Type": "application/rss+xml"})


def item(guid: str = "", title: str = "Bericht", body: str = "", **more: str) -> str:
    parts = {"guid": guid, "title": title, "description": body, **more}
    return f"<item>{''.join(f'<{n}>{v}</{n}>' for n, v in parts.items() if v)}</item>"


@contextmanager
def reading(answer: Answer | Callable[[Request], Answer]) -> Iterator[tuple[LocalServer, Any]]:
    respond = answer if callable(answer) else lambda request: answer
    with serving(respond) as server:
        config = RssConfig(url=f"{server.url}/rss")
        with closing(RssAdapter(config, allow=server.allow)) as adapter:
            yield server, adapter


def read(answer: Answer) -> tuple[Post, ...]:
    with reading(answer) as (_, adapter):
        page: Page = adapter.fetch({})
        return page.posts


def test_a_newspaper_is_read_as_people_read_it() -> None:
    with reading(Answer(200, (SAMPLES / "newspaper.xml").read_bytes())) as (_, adapter):
        undated, second, first = adapter.fetch({}).posts
    assert first.id == "courant-8812"
    assert first.text == (
        "Steurbrug drie weken dicht: winkeliers maken zich zorgen\n\n"
        "De brug gaat maandag dicht, ook voor fietsers.\n\n"
        "Meer op ons dossier (https://courant.example/dossier/brug)."
    )
    assert first.url == "https://courant.example/nieuws/8812?utm_source=rss&utm_medium=feed"
    assert first.posted_at == datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
    assert first.author.name == "Redactie stad"
    assert first.lang == "nl"
    assert [medium.url for medium in first.media] == ["https://courant.example/beeld/8812.jpg"]
    assert first.can_reply is False
    assert second.posted_at == datetime(2026, 11, 19, 7, 30, tzinfo=UTC)
    assert second.text.endswith("Een meerderheid steunt het voorstel & wil dit jaar beginnen.")
    assert undated.id.startswith("sha256:")
    assert undated.posted_at == datetime(2026, 11, 19, 6, 15, tzinfo=UTC)


def test_an_atom_feed_is_read_and_its_relative_links_completed() -> None:
    with reading(Answer(200, (SAMPLES / "neighbourhood.atom").read_bytes())) as (server, adapter):
        (post,) = adapter.fetch({}).posts
        assert post.url == f"{server.url}/berichten/41"
    assert post.id == "tag:lindehof.example,2026:buurtblad/41"
    assert post.text == "Buurtschouw op zaterdag\n\nWe lopen om tien uur langs de speeltuin."
    assert post.author.name == "Buurtteam"
    assert post.posted_at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def test_an_unchanged_feed_is_not_sent_again() -> None:
    def respond(request: Request) -> Answer:
        if request.headers.get("If-None-Match") == '"a"':
            return Answer(304)
        answer = feed(item("1"))
        return Answer(200, answer.body, {"ETag": '"a"', "Last-Modified": "Fri, 20 Nov 2026"})

    with reading(respond) as (server, adapter):
        first = adapter.fetch({})
        second = adapter.fetch(first.cursor)
        assert (second.posts, second.cursor) == ((), first.cursor)
        assert server.received[1].headers["If-Modified-Since"] == "Fri, 20 Nov 2026"


def test_a_feed_that_moved_for_good_is_read_at_its_new_address() -> None:
    def respond(request: Request) -> Answer:
        if request.path == "/rss":
            return Answer(301, b"", {"Location": "/feed"})
        return feed(item("1"))

    with reading(respond) as (server, adapter):
        cursor = adapter.fetch({}).cursor
        assert cursor["moved"] == f"{server.url}/feed"
        cursor = adapter.fetch(cursor).cursor
        adapter.fetch(cursor)
    assert [request.path for request in server.received] == ["/rss", "/feed", "/feed", "/feed"]


def test_a_new_address_set_by_a_person_forgets_where_the_old_one_moved() -> None:
    with reading(feed(item("1"))) as (server, adapter):
        old = {"url": "https://old.example/rss", "moved": "https://other.example/", "etag": '"x"'}
        adapter.fetch(old)
        assert server.received[0].path == "/rss"
        assert "If-None-Match" not in server.received[0].headers


def test_an_entry_that_changed_comes_again_as_edited() -> None:
    answers = iter(
        [feed(item("1", body="dicht"), item("2")), feed(item("1", body="open"), item("2"))]
    )
    with reading(lambda request: next(answers)) as (_, adapter):
        (edited,) = adapter.fetch(adapter.fetch({}).cursor).posts
    assert (edited.id, edited.change, edited.text) == ("1", "edited", "Bericht\n\nopen")


def test_an_entry_that_left_and_came_back_is_no_news() -> None:
    answers = iter([feed(item("1"), item("2")), feed(item("2")), feed(item("1"), item("2"))])
    with reading(lambda request: next(answers)) as (_, adapter):
        cursor = adapter.fetch(adapter.fetch({}).cursor).cursor
        assert adapter.fetch(cursor).posts == ()


def test_the_memory_of_entries_is_bounded_but_holds_the_whole_feed() -> None:
    many = [item(str(number)) for number in range(REMEMBERED + 200)]
    answers = iter([feed(*many), feed(*many), feed(*many[:10])])
    with reading(lambda request: next(answers)) as (_, adapter):
        first = adapter.fetch({})
        second = adapter.fetch(first.cursor)
        assert (len(first.posts), len(second.posts)) == (REMEMBERED + 200, 0)
        third = adapter.fetch(second.cursor)
        assert third.posts == ()
        assert len(third.cursor["seen"]) == REMEMBERED


def test_entries_that_share_one_guid_are_all_kept() -> None:
    posts = read(feed(*(item("same", link=f"https://krant.example/{n}") for n in range(3))))
    assert {post.id for post in posts} == {f"https://krant.example/{n}" for n in range(3)}


def test_a_link_is_a_key_without_its_advertising() -> None:
    (post,) = read(
        feed(item(link="HTTPS://Krant.example:443/a?utm_source=x&amp;id=7&amp;fbclid=y#top"))
    )
    assert post.id == "https://krant.example/a?id=7"


def test_a_search_engines_redirect_is_unwrapped() -> None:
    wrapped = "https://www.google.com/url?rct=j&amp;url=https://krant.example/a&amp;ct=ga"
    (post,) = read(feed(item("1", link=wrapped)))
    assert post.url == "https://krant.example/a"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "ftp://krant.example/", "data:x", "http://["]
)
def test_only_web_links_stay(link: str) -> None:
    (post,) = read(feed(item("1", link=link)))
    assert post.url == ""


def test_scripts_are_gone_from_the_text() -> None:
    body = (
        "<![CDATA[<p onclick='x()'>Hoi<script>alert(1)</script> <a href='javascript:x'>u</a></p>]]>"
    )
    (post,) = read(feed(item("1", title="<![CDATA[<b>Nieuws</b>]]>", body=body)))
    assert post.text == "Nieuws\n\nHoi u"


def test_a_post_of_20_000_characters_and_one_of_only_emoji_come_whole() -> None:
    long, short = read(feed(item("1", title="woord " * 4_000), item("2", title="🎉👩‍👩‍👧")))
    assert long.text == ("woord " * 4_000).strip()
    assert short.text == "🎉👩‍👩‍👧"


def test_what_cannot_be_stored_is_replaced() -> None:
    body = (
        b"<rss version='2.0'><channel><item><guid>a&#xD800;\x00</guid><title>x&#0;y&#xD83D;</title>"
    )
    (post,) = read(Answer(200, body))
    assert f"{post.id}{post.text}{post.raw}".encode()
    assert "\x00" not in f"{post.id}{post.text}{post.raw}"


@pytest.mark.parametrize("status", [404, 410])
def test_a_feed_that_is_gone_says_so(status: int) -> None:
    with pytest.raises(PermanentError, match=f"127.0.0.1 answers {status}"):
        read(Answer(status, feed(item("1")).body))


def test_a_web_page_is_no_feed_but_may_name_one() -> None:
    page = '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/f">'
    with reading(Answer(200, page)) as (server, adapter):
        expected = re.escape(f"a web page here, not a feed; it names this feed: {server.url}/f")
        with pytest.raises(PermanentError, match=expected):
            adapter.fetch({})
    with pytest.raises(PermanentError, match="it names no feed"):
        read(Answer(200, "<html><body>Welkom</body></html>"))


def test_an_empty_feed_is_a_feed() -> None:
    assert read(feed()) == ()


def test_a_broken_feed_with_entries_is_read() -> None:
    (post,) = read(
        Answer(200, "<rss version='2.0'><channel><item><guid>1</guid><title>A & B</title>")
    )
    assert post.text == "A & B"


def test_a_feed_that_never_ends_is_cut_off() -> None:
    def endless(wire: Any, over: Any) -> None:
        wire.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<rss><channel>")
        while not over.is_set():
            wire.write(b"<item><title>nog een</title></item>" * 1_000)

    with pytest.raises(PermanentError, match="more than"):
        read(Answer(misbehave=endless))


def test_a_compressed_bomb_of_a_feed_is_cut_off() -> None:
    bomb = gzip.compress(b"<rss>" + b"<item/>" * 10_000_000)
    with pytest.raises(PermanentError, match="more than"):
        read(Answer(200, bomb, {"Content-Encoding": "gzip"}))


def test_a_feed_that_is_the_name_of_a_file_opens_no_file(tmp_path: Path) -> None:
    inside = tmp_path / "inside.xml"
    inside.write_text(str(feed(item("secret")).body))
    with pytest.raises(PermanentError, match="not a feed"):
        read(Answer(200, str(inside)))


def test_entities_neither_read_files_nor_explode(tmp_path: Path) -> None:
    inside = tmp_path / "inside.txt"
    inside.write_text("crown jewels")
    head = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "{inside.as_uri()}">]>'
    rest = "<rss version='2.0'><channel><item><guid>1</guid><title>a&x;b</title></item></channel>"
    rest += "</rss>"
    (post,) = read(Answer(200, head + rest))
    assert "jewels" not in post.text
    lols = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{lols}]>'
    (post,) = read(Answer(200, head + rest.replace("&x;", "&l9;")))
    assert len(post.text) < 10_000


def test_a_server_that_is_too_busy_tells_when_to_come_back() -> None:
    with pytest.raises(RetryAfter) as raised:
        read(Answer(503, b"", {"Retry-After": "300"}))
    assert raised.value.seconds == 300


@pytest.mark.parametrize(
    ("written", "offset"),
    [("Fri, 20 Nov 2099 10:00:00 GMT", 0), ("Fri, 20 Nov 1998 10:00:00 GMT", 0), ("gisteren", 0)],
)
def test_an_incredible_date_becomes_the_moment_of_fetching(written: str, offset: int) -> None:
    before = datetime.now(UTC)
    (post,) = read(feed(item("1", pubDate=written)))
    assert before <= post.posted_at <= before + timedelta(minutes=5)
    assert post.raw["published"] == written


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("krant.example/rss", "https://krant.example/rss"),
        (" http://krant.example/ ", "http://krant.example/"),
    ],
)
def test_an_address_is_completed(given: str, kept: str) -> None:
    assert RssConfig(url=given).url == kept


@pytest.mark.parametrize("given", ["", "file:///etc/passwd", "javascript:alert(1)"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        RssConfig(url=given)


def test_an_emoji_in_two_halves_becomes_whole() -> None:
    (post,) = read(feed(item("1", title="&#55357;&#56832; &#xD83C;&#xDF89; &#x110000; &#233;")))
    assert post.text == "😀 🎉 \ufffd é"
