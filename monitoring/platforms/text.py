"""From what platforms send (HTML, JSON) to plain text that can be stored and shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import nh3

PARAGRAPHS = {"p", "blockquote", "pre", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"}
LINES = {"div", "li", "tr", "dt", "dd", "figcaption", "section", "article"}
KEPT = {*PARAGRAPHS, *LINES, "br", "a", "img"}
ATTRIBUTES = {"a": {"href", "class"}, "img": {"alt"}}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
UNSTORABLE_JSON = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
# In HTML these are one space; a no-break space is not among them.
SPACE = re.compile(r"[ \t\r\n\f]+")


def storable(value: Any) -> Any:
    """The value without what PostgreSQL and UTF-8 cannot hold (NUL, half a surrogate pair)."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value) if UNSTORABLE.search(value) else value
    if isinstance(value, Mapping):
        return {storable(name): storable(content) for name, content in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def read_json(body: bytes) -> Any:
    """Parse JSON from outside into storable values. Raises ValueError, also when too deep."""
    try:
        value = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return storable(value) if UNSTORABLE_JSON.search(body) or b"\x00" in body else value


def web_link(address: object) -> str:
    """The address when it is an http(s) link with a host and a possible port, else nothing."""
    if not isinstance(address, str):
        return ""
    address = address.strip()
    try:
        parts = urlsplit(address)
        usable = parts.hostname and (parts.port is None or parts.port > 0)  # a bad port raises
        return address if usable and parts.scheme.lower() in ("http", "https") else ""
    except ValueError:
        return ""


def html_to_text(html: str, mentions: Mapping[str, str] | None = None) -> str:
    """Plain text of `html`, paragraphs and lines kept, links as their full address.

    `mentions` gives the handle (`@user@host`) that belongs to the address of a mention link.
    Scripts and styles disappear with their content; links other than http(s) keep their words.
    """
    clean = nh3.clean(
        storable(html),
        tags=KEPT,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel=None,
    )
    reader = _Reader(mentions or {})
    reader.feed(clean)
    reader.close()
    text = "".join(reader.pieces)
    text = re.sub(r" *\n *", "\n", re.sub(r"[ \t]+", " ", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self, mentions: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._mentions = mentions
        self._link: tuple[str, str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "br":
            self.pieces.append("\n")
        elif tag == "img":
            self.pieces.append(values.get("alt", ""))
        elif tag == "a":
            self._link = values.get("href", ""), values.get("class", ""), len(self.pieces)
        elif tag == "li":
            self.pieces.append("\n- ")
        else:
            self.pieces.append("\n\n" if tag in PARAGRAPHS else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            href, kind, start = self._link
            words = "".join(self.pieces[start:])
            self.pieces[start:] = [self._as_text(href, kind.split(), words)]
            self._link = None
        elif tag in PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag in LINES and tag != "li":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(SPACE.sub(" ", data))

    def _as_text(self, href: str, kind: list[str], words: str) -> str:
        bare = words.strip()
        if not href or "hashtag" in kind or bare.startswith("#"):
            return words
        if "mention" in kind:
            return self._mentions.get(href, words)
        shown = re.sub(r"^https?://|^www\.|[….]+$", "", bare)
        if re.sub(r"^https?://(www\.)?", "", href).startswith(shown.removeprefix("www.")):
            return href
        return f"{words} ({href})"
