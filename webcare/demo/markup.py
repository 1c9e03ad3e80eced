"""A post's plain text as Mastodon's HTML, and the way Mastodon counts its length."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html import escape

MAX_CHARACTERS = 500
URL_CHARACTERS = 23

URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}']")
MENTION = re.compile(r"(?<![\w/@])@([A-Za-z0-9_]+)(?:@([A-Za-z0-9.-]*[A-Za-z0-9]))?")
TAG = re.compile(r"(?<![\w/&#])#(\w*[^\W\d]\w*)")
_PIECE = re.compile(f"(?P<url>{URL.pattern})|(?P<mention>{MENTION.pattern})|(?P<tag>{TAG.pattern})")
_JOINS = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}


def grapheme_count(text: str) -> int:
    """Count what a reader sees as characters: marks, joined emoji and flags count once.

    An approximation of UAX 29 that is exact for Dutch text and the emoji people use.
    """
    count = 0
    glued = False
    half_flag = False
    for character in text:
        regional = "\U0001f1e6" <= character <= "\U0001f1ff"
        skin = "\U0001f3fb" <= character <= "\U0001f3ff"
        if character in _JOINS or skin or unicodedata.combining(character):
            glued = character == "\u200d"
            continue
        if glued or (regional and half_flag):
            glued = half_flag = False
            continue
        half_flag = regional
        count += 1
    return count


def counted_length(text: str) -> int:
    """The length Mastodon holds against its limit: links count 23, mentions without a domain."""
    text = URL.sub("x" * URL_CHARACTERS, text)
    return grapheme_count(MENTION.sub(lambda found: "@" + found.group(1), text))


def tags_in(text: str) -> tuple[str, ...]:
    """Return the hashtags, lower-cased, each once, in order."""
    return tuple(dict.fromkeys(tag.lower() for tag in TAG.findall(URL.sub(" ", text))))


def names_in(text: str) -> list[tuple[str, str]]:
    """Return (username, domain) of every mention; the domain is empty for a local one."""
    return [(name, domain.rstrip(".")) for name, domain in MENTION.findall(URL.sub(" ", text))]


def _link(url: str) -> str:
    scheme, rest = url.split("://", 1)
    shown, hidden = rest[:30], rest[30:]
    ellipsis = ' class="ellipsis"' if hidden else ""
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{scheme}://</span><span{ellipsis}>{escape(shown)}</span>'
        f'<span class="invisible">{escape(hidden)}</span></a>'
    )


def to_html(text: str, base: str, address_of: Callable[[str, str], str | None]) -> str:
    """Render `text` as Mastodon does. `address_of(name, domain)` gives a profile's URL or None."""

    def piece(found: re.Match[str]) -> str:
        if url := found.group("url"):
            return _link(url)
        if mention := found.group("mention"):
            name, _, domain = mention[1:].partition("@")
            url = address_of(name, domain)
            if url is None:
                return mention
            return (
                f'<span class="h-card" translate="no"><a href="{escape(url)}" '
                f'class="u-url mention">@<span>{name}</span></a></span>'
            )
        tag = found.group("tag")[1:]
        return (
            f'<a href="{base}/tags/{tag.lower()}" class="mention hashtag" rel="tag">'
            f"#<span>{tag}</span></a>"
        )

    parts: list[str] = []
    at = 0
    for found in _PIECE.finditer(text):
        parts += escape(text[at : found.start()]), piece(found)
        at = found.end()
    parts.append(escape(text[at:]))
    paragraphs = re.split(r"\n{2,}", "".join(parts).replace("\r\n", "\n"))
    return "".join(f"<p>{paragraph.replace(chr(10), '<br />')}</p>" for paragraph in paragraphs)
