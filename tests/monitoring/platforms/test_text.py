from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.platforms.text import html_to_text, read_json, web_link


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>een</p><p>twee</p>", "een\n\ntwee"),
        ("een<br />twee<br>drie", "een\ntwee\ndrie"),
        ("<p>veel\n   wit   </p>", "veel wit"),
        ("3 &lt; 5 &amp; 6 &gt; 4", "3 < 5 & 6 > 4"),
        ("<ul><li>een</li><li>twee</li></ul>", "- een\n- twee"),
        ("🎉👩‍👩‍👧 :zucht:", "🎉👩‍👩‍👧 :zucht:"),
        ('<a href="https://a.nl/b">https://a.nl/b</a>', "https://a.nl/b"),
        ('<a href="https://www.a.nl/b/c?d=e">a.nl/b…</a>', "https://www.a.nl/b/c?d=e"),
        ('lees <a href="https://a.nl/b">dit stuk</a>', "lees dit stuk (https://a.nl/b)"),
        ('<a href="https://a.nl/tags/x" class="mention hashtag">#<span>x</span></a>', "#x"),
        ('<a class="u-url mention" href="https://a.nl/@jo">@<span>jo</span></a>', "@jo"),
        ('<a href="javascript:alert(1)">klik</a>', "klik"),
        ('<a href="data:text/html,x">klik</a>', "klik"),
        ("a<script>alert(1)</script>b<style>p{}</style>c", "abc"),
        ("<img src=x onerror=alert(1) alt='een kat'>", "een kat"),
        ("<p>open <b>en <i>niet dicht", "open en niet dicht"),
        ("<svg><p>x</p><script>y</script></svg>", "x"),
        ("", ""),
    ],
)
def test_html_becomes_the_text_people_read(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_a_mention_becomes_the_whole_handle() -> None:
    html = '<a class="u-url mention" href="https://plein.example/@ria">@<span>ria</span></a> hoi'
    handles = {"https://plein.example/@ria": "@ria@plein.example"}
    assert html_to_text(html, handles) == "@ria@plein.example hoi"


@given(st.text(st.characters(categories=None)))
def test_any_html_becomes_storable_text(html: str) -> None:
    text = html_to_text(html)
    assert "\x00" not in text
    assert text.encode("utf-8").decode("utf-8") == text


def test_what_a_database_cannot_hold_is_replaced() -> None:
    assert read_json(rb'{"a\u0000": ["\ud83d", "\ud83c\udf89"]}') == {"a\ufffd": ["\ufffd", "🎉"]}


def test_json_that_is_too_deep_is_no_json() -> None:
    with pytest.raises(ValueError, match="too deep"):
        read_json(b"[" * 100_000)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "ftp://a.nl/",
        "//a.nl/",
        "/a",
        "http://",
        "http://[",
        "mailto:a@b",
        7,
    ],
)
def test_only_web_addresses_are_links(address: object) -> None:
    assert web_link(address) == ""
