"""Judges one line: a post as it will be stored, or every reason why not, in Dutch."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from monitoring.imports.files import Line
from monitoring.platforms.base import Author, Medium, Post
from monitoring.platforms.registry import PLATFORMS

HERE: Final = ZoneInfo("Europe/Amsterdam")
OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_TEXT: Final = 100_000
#: From here on a spreadsheet has rounded a number, and an id with it.
EXACT: Final = 10**15
YES: Final = frozenset({"ja", "j", "yes", "y", "true", "waar", "1", "x"})
NO: Final = frozenset({"", "nee", "n", "no", "false", "onwaar", "0"})
MONTHS: Final = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)
PLATFORM_NAMES: Final[dict[str, str]] = {
    name.lower(): platform.name
    for platform in PLATFORMS.values()
    for name in (platform.name, platform.label, platform.label_en, platform.label.split()[-1])
}

# 20-11-2026 · 20/11/2026 · 20.11.2026 · 20 november 2026, each with or without a time after it
_DUTCH_DATE: Final = re.compile(
    r"(\d{1,2})[-/. ](\d{1,2}|[a-z]+)[-/. ](\d{4})"
    r"(?:[ ,T]+(?:om )?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?: uur)?)?",
    re.IGNORECASE,
)
_TIME: Final = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?: uur)?", re.IGNORECASE)


class _Wrong(ValueError):
    """What is wrong with one value, in Dutch."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A line and what became of it: `post` on `platform`, or `reason`."""

    number: int
    platform: str = ""
    post: Post | None = None
    reason: str = ""


def judge(line: Line, default_platform: str) -> Judged:
    if line.problem:
        return Judged(line.number, reason=line.problem)
    values = _flatten(line.values)
    read: dict[str, Any] = {}
    reasons: list[str] = []
    for name, reader in _READERS.items():
        try:
            read[name] = reader(values.get(name))
        except _Wrong as wrong:
            reasons.append(str(wrong))
    try:
        read["posted_at"] = _read_moment(values.get("posted_at"), values.get("time"))
    except _Wrong as wrong:
        reasons.append(str(wrong))
    if reasons:
        return Judged(line.number, reason="; ".join(reasons))
    platform = read.pop("platform") or default_platform
    return Judged(line.number, platform, _make_post(platform, read, line.raw))


def _flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSONL nests the author; a table has columns."""
    author = values.get("author")
    if not isinstance(author, Mapping):
        return dict(values)
    return {
        **values,
        "author": author.get("handle"),
        "author_name": author.get("name"),
        "followers": author.get("followers"),
    }


def _make_post(platform: str, read: dict[str, Any], raw: Mapping[str, Any]) -> Post:
    handle, name = read.pop("author"), read.pop("author_name")
    # A column "auteur" holds a handle or a name; what looks like neither is a name.
    if handle and not name and not handle.startswith("@") and " " in handle:
        handle, name = "", handle
    author = Author(handle, name, read.pop("followers"))
    platform_id = read.pop("id") or derive_id(platform, author, read["posted_at"], read["text"])
    return Post(id=platform_id, author=author, can_reply=False, raw=raw, **read)


def derive_id(platform: str, author: Author, posted_at: datetime, text: str) -> str:
    """The same words by the same author at the same moment are the same post."""
    moment = posted_at.astimezone(UTC).isoformat()
    said = json.dumps([platform, author.handle, author.name, moment, text])
    return "sha256:" + hashlib.sha256(said.encode()).hexdigest()


def _read_string(name: str, longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _Wrong(_("%(name)s is geen tekst") % {"name": name})
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        if len(text) > longest:
            raise _Wrong(
                _("%(name)s is langer dan %(longest)s tekens") % {"name": name, "longest": longest}
            )
        return text.strip()

    return read


def _read_text(value: Any) -> str:
    if value is not None and not isinstance(value, str | int | float):
        raise _Wrong(_("bericht is geen tekst"))
    # Kept as received, outer white space too; only a line without words is refused.
    text = value if isinstance(value, str) else _read_string("bericht", LONGEST_TEXT)(value)
    if not text.strip():
        raise _Wrong(_("bericht is leeg"))
    if len(text) > LONGEST_TEXT:
        raise _Wrong(_("bericht is langer dan %(longest)s tekens") % {"longest": LONGEST_TEXT})
    return text


def _read_id(value: Any) -> str:
    if isinstance(value, float) and abs(value) >= EXACT:
        raise _Wrong(_("id is als getal opgeslagen en verloor cijfers; maak er tekst van"))
    return _read_string("id", 300)(value)


def _read_url(value: Any) -> str:
    url = _read_string("link", 2000)(value)
    if url and not url.lower().startswith(("http://", "https://")):
        raise _Wrong(_("link begint niet met http:// of https://"))
    return url


def _read_platform(value: Any) -> str:
    name = _read_string("platform", 100)(value)
    if name and name.lower() not in PLATFORM_NAMES:
        known = ", ".join(PLATFORMS)
        raise _Wrong(
            _("platform %(name)s is onbekend (wel: %(known)s)")
            % {"name": repr(name[:40]), "known": known}
        )
    return PLATFORM_NAMES[name.lower()] if name else ""


def _read_yes(name: str) -> Callable[[Any], bool]:
    def read(value: Any) -> bool:
        word = "" if value is None else str(value).strip().lower().removesuffix(".0")
        if word in YES or word in NO:
            return word in YES
        raise _Wrong(_("%(name)s is ja noch nee") % {"name": name})

    return read


def _read_followers(value: Any) -> int | None:
    text = _read_string("volgers", 20)(value)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) >= 2**31:
        raise _Wrong(_("volgers is geen aantal"))
    return int(text)


def _read_media(value: Any) -> tuple[Medium, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        value = [{"url": url} for url in re.split(r"[\s|]+", value) if url]
    if not isinstance(value, list) or not all(
        isinstance(item, Mapping) and isinstance(item.get("url"), str) for item in value
    ):
        raise _Wrong(_("media is geen lijst van adressen"))
    return tuple(
        Medium(_read_url(item["url"]), _read_string("alt", 2000)(item.get("alt"))) for item in value
    )


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "text": _read_text,
    "author": _read_string("auteur", 200),
    "author_name": _read_string("naam", 200),
    "followers": _read_followers,
    "url": _read_url,
    "platform": _read_platform,
    "id": _read_id,
    "lang": _read_string("taal", 12),
    "in_reply_to": _read_string("antwoord op", 300),
    "direct": _read_yes("direct"),
    "private": _read_yes("privé"),
    "place": _read_string("plaats", 200),
    "media": _read_media,
}


def _read_moment(value: Any, separate_time: Any) -> datetime:
    """A moment without a zone is a moment here; a day without a time is its first hour."""
    moment = _read_date(value)
    if separate_time not in (None, "") and (moment.hour, moment.minute) == (0, 0):
        moment = datetime.combine(moment.date(), _read_time(separate_time), moment.tzinfo)
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=HERE)).astimezone(UTC)
    except OverflowError:
        raise _Wrong(_("datum bestaat niet")) from None
    if moment < OLDEST:
        raise _Wrong(_("datum ligt voor 2000"))
    if moment > timezone.now() + timedelta(hours=24):
        raise _Wrong(_("datum ligt in de toekomst"))
    return moment


def _read_date(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if value is None or (isinstance(value, str) and not value.strip()):
        raise _Wrong(_("datum ontbreekt"))
    if not isinstance(value, str):
        raise _Wrong(_("datum is een getal; geef de cel een datumopmaak"))
    text = value.strip()
    try:
        if found := _DUTCH_DATE.fullmatch(text):
            day, month, year, hour, minute, second = found.groups("0")
            number = int(month) if month.isdigit() else _month(month)
            clock = time(int(hour), int(minute), int(second))
            return datetime.combine(date(int(year), number, int(day)), clock)
        return datetime.fromisoformat(text)
    except ValueError:
        raise _Wrong(
            _("datum %(text)s is niet te lezen (wel: 2026-11-20T14:17+01:00, 20-11-2026 14:17)")
            % {"text": repr(text[:40])}
        ) from None


def _month(word: str) -> int:
    for number, name in enumerate(MONTHS, 1):
        if len(word) > 2 and name.startswith(word.lower()):
            return number
    raise ValueError(word)


def _read_time(value: Any) -> time:
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    wrong = _Wrong(
        _("tijd %(value)s is niet te lezen (wel: 14:17)") % {"value": repr(str(value)[:20])}
    )
    found = _TIME.fullmatch(str(value).strip())
    if not found:
        raise wrong
    try:
        hour, minute, second = found.groups("0")
        return time(int(hour), int(minute), int(second))
    except ValueError:
        raise wrong from None
