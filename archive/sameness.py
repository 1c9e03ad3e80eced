"""When two texts say the same: tolerant of white space, quotes and links in another dress only.

Never tolerant of a changed word, capital, digit or sign. No address is ever fetched: a link behind
a shortener stands for "some link", and the answer says that where it leads was not checked.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

#: Signs that nobody sees: soft hyphen, zero-width space, word joiner, direction marks.
_UNSEEN: Final = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F)]
)
_QUOTES: Final = str.maketrans(dict.fromkeys('“”„‟«»″＂"‘’‚‛‹›′`´＇', "'") | {"…": "..."})
_SIGNATURE: Final = re.compile(r"\s*\^[A-Za-z]{1,5}\s*$")
_LINK: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_TRAILING: Final = ".,;:!?)'\"]"
#: Hosts whose addresses only point elsewhere.
SHORTENERS: Final = frozenset(
    (
        *("t.co", "bit.ly", "tinyurl.com", "ow.ly", "buff.ly", "lnkd.in", "goo.gl", "is.gd"),
        *("dlvr.it", "fb.me", "youtu.be", "wp.me", "rebrand.ly", "shorturl.at", "tiny.cc"),
        "cutt.ly",
    )
)
#: Known redirects that carry the address they lead to: host → name of the parameter.
REDIRECTS: Final = {
    "l.facebook.com": "u",
    "lm.facebook.com": "u",
    "l.instagram.com": "u",
    "google.com": "q",
    "google.nl": "q",
    "youtube.com": "q",
    "out.reddit.com": "url",
    "slack-redir.net": "url",
    "safelinks.protection.outlook.com": "url",
}
_TRACKING: Final = re.compile(r"^(utm_\w+|fbclid|gclid|igshid|mc_[ce]id|ref_src|ref_url|si)$")
LINK: Final = "⟨link⟩"
SHORT: Final = "⟨korte link⟩"


@dataclass(frozen=True, slots=True)
class Plain:
    """A text in the form in which it is compared."""

    words: str
    links: tuple[str, ...]

    @property
    def key(self) -> bytes:
        """The same for all texts that differ in nothing but their links."""
        return hashlib.sha256(self.words.encode("utf-8", "surrogatepass")).digest()


def make_plain(text: str) -> Plain:
    text = unicodedata.normalize("NFC", text).translate(_UNSEEN)
    links: list[str] = []

    def note(match: re.Match[str]) -> str:
        found = match.group()
        link = found.rstrip(_TRAILING)
        links.append(make_plain_link(link))
        return LINK + found[len(link) :]

    text = _LINK.sub(note, text).translate(_QUOTES)
    text = " ".join(text.split())
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1].strip()
    return Plain(_SIGNATURE.sub("", text), tuple(links))


def is_link(text: str) -> bool:
    """Whether this is one address and nothing else."""
    return bool(_LINK.fullmatch(text.strip()))


def make_plain_link(link: str) -> str:
    """An address without scheme, `www.`, tracking and known redirects; `SHORT` for a shortener."""
    for _ in range(3):
        try:
            parts = urlsplit(link if "://" in link else f"https://{link}")
            host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
        except ValueError:
            return link
        if host in SHORTENERS:
            return SHORT
        carries = next(
            (name for end, name in REDIRECTS.items() if host == end or host.endswith(f".{end}")), ""
        )
        inner = dict(parse_qsl(parts.query)).get(carries, "")
        if not inner.startswith(("http://", "https://")):
            break
        link = inner
    kept = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.match(pair[0])
    ]
    query = f"?{urlencode(kept)}" if kept else ""
    return f"{host}{parts.path.rstrip('/')}{query}"


def same(one: Plain, other: Plain) -> bool:
    return (
        one.words == other.words
        and len(one.links) == len(other.links)
        and all(
            left == right or SHORT in (left, right)
            for left, right in zip(one.links, other.links, strict=True)
        )
    )


def has_unchecked_link(published: Plain, given: Plain) -> bool:
    """Whether they are the same only because nobody looked behind a short link."""
    return published.links != given.links


Piece = tuple[Literal["same", "ours", "theirs"], str]


def compare_words(published: str, given: str) -> list[Piece]:
    """The two texts in one, word by word: what both have, only ours, only theirs."""
    left, right = _pieces(published), _pieces(given)
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    return list(_join(matcher, left, right))


def likeness(published: str, given: str) -> float:
    """From 0 (no word in common) to 1 (the same words in the same order)."""
    return difflib.SequenceMatcher(None, _pieces(published), _pieces(given), autojunk=False).ratio()


def _pieces(text: str) -> list[str]:
    plain = make_plain(text)
    links = iter(plain.links)
    return [next(links) if word == LINK else word for word in plain.words.split()]


def _join(
    matcher: difflib.SequenceMatcher[str], left: list[str], right: list[str]
) -> Iterator[Piece]:
    for tag, from_left, to_left, from_right, to_right in matcher.get_opcodes():
        if tag == "equal":
            yield "same", " ".join(left[from_left:to_left])
            continue
        if to_left > from_left:
            yield "ours", " ".join(left[from_left:to_left])
        if to_right > from_right:
            yield "theirs", " ".join(right[from_right:to_right])
