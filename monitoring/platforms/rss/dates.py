"""When an entry of a feed was published: feeds write dates in every way, also in Dutch.

feedparser gives none for `vr, 20 nov 2026`, reads `20-11-2026` as 2020-11-20, an epoch number as
the year 1795 and `CET` as UTC. So what is written is read here first.
"""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Amsterdam")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(hours=24)

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januari",
            "feb february februari",
            "mar mrt march maart",
            "apr april",
            "may mei",
            "jun june juni",
            "jul july juli",
            "aug august augustus",
            "sep sept september",
            "oct okt october oktober",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
ZONES = {"z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "west": 1}
ZONES |= {"cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "eet": 2, "eest": 3}
ZONES |= {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}

CLOCK = r"(?:[T,]?\s*(?:om\s+)?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d+)?)?"
ZONE = r"\s*(?:uur)?\s*(?:([+-]\d{2}):?(\d{2})|\(?([A-Za-z]{1,5})\)?)?"
WEEKDAY = r"(?:[^\W\d]+\.?,?\s+)?"
MONTH = r"([^\W\d]+)\.?"
NAMED = re.compile(rf"{WEEKDAY}(\d{{1,2}})[\s-]{MONTH}[\s,-]+(\d{{4}}){CLOCK}{ZONE}")
DAY_FIRST = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){CLOCK}{ZONE}")
YEAR_FIRST = re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){CLOCK}{ZONE}")
EPOCH = re.compile(r"(\d{9,10})(\d{3})?")


def entry_moment(entry: dict[str, Any], fetched_at: datetime) -> datetime:
    """When the entry was published, in UTC; `fetched_at` when it says nothing credible.

    Not credible is before 2000 and more than 24 hours ahead. What the feed wrote stays in the
    post's raw payload.
    """
    for name in ("published", "updated", "created"):
        # feedparser's own `get` answers `updated` with `published`.
        written = dict.get(entry, name)
        moment = read_date(written) if isinstance(written, str) else None
        moment = moment or _parsed(dict.get(entry, f"{name}_parsed"))
        if moment and EARLIEST <= moment <= fetched_at + LATEST_AHEAD:
            return moment
    return fetched_at


def read_date(written: str) -> datetime | None:
    """The moment a text means, in UTC, or None. Without a zone it is Dutch time."""
    written = written.strip()
    try:
        if found := EPOCH.fullmatch(written):
            return datetime.fromtimestamp(int(found.group(1)), UTC)
        if found := NAMED.fullmatch(written):
            month = MONTHS.get(found.group(2).lower().rstrip("."))
            if month is None:
                return None
            return _moment(int(found.group(3)), month, int(found.group(1)), found.groups()[3:])
        if found := DAY_FIRST.fullmatch(written):
            day, month, year = (int(part) for part in found.groups()[:3])
            return _moment(year, month, day, found.groups()[3:])
        if found := YEAR_FIRST.fullmatch(written):
            year, month, day = (int(part) for part in found.groups()[:3])
            return _moment(year, month, day, found.groups()[3:])
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _moment(year: int, month: int, day: int, rest: tuple[str | None, ...]) -> datetime | None:
    hour, minute, second, zone_hours, zone_minutes, zone_name = rest
    zone: tzinfo = LOCAL
    if zone_hours:
        offset = timedelta(hours=abs(int(zone_hours)), minutes=int(zone_minutes or 0))
        zone = timezone(-offset if zone_hours.startswith("-") else offset)
    elif zone_name:
        if zone_name.lower() not in ZONES:
            return None
        zone = timezone(timedelta(hours=ZONES[zone_name.lower()]))
    # A leap second is none to Python.
    seconds = min(int(second or 0), 59)
    local = datetime(year, month, day, int(hour or 0), int(minute or 0), seconds, tzinfo=zone)
    return local.astimezone(UTC)


def _parsed(given: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(given), UTC) if given else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None
