from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.platforms.rss.dates import read_date

HALF_PAST_TWO = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Fri, 20 Nov 2026 14:30:00 +0100",
        "Fri, 20 Nov 2026 13:30:00 GMT",
        "Fri, 20 Nov 2026 14:30:00 CET",
        "Fri, 20 Nov 2026 15:30:00 CEST",
        "Fri, 20 Nov 2026 08:30 EST",
        "20 Nov 2026 14:30",
        "vr, 20 nov 2026 14:30:00",
        "vr 20 nov. 2026 14.30 uur",
        "vrijdag 20 november 2026 om 14:30 uur",
        "vrijdag 20 november 2026, 14:30",
        "20-11-2026 14:30",
        "20/11/2026 14:30:00",
        "20.11.2026 14:30",
        "2026-11-20T14:30:00+01:00",
        "2026-11-20T13:30:00Z",
        "2026-11-20T13:30:00.000Z",
        "2026-11-20 14:30",
        "1795181400",
        "1795181400000",
    ],
)
def test_one_moment_in_many_spellings(written: str) -> None:
    assert read_date(written) == HALF_PAST_TWO


@pytest.mark.parametrize(
    "written", ["vr, 20 nov 2026", "20-11-2026", "2026-11-20", "20 november 2026"]
)
def test_a_day_begins_at_midnight_in_the_netherlands(written: str) -> None:
    assert read_date(written) == MIDNIGHT


def test_summer_time_counts() -> None:
    assert read_date("di 4 aug 2026 09:00") == datetime(2026, 8, 4, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("month", "number"),
    [("mrt", 3), ("maart", 3), ("mei", 5), ("okt", 10), ("augustus", 8), ("Sept.", 9)],
)
def test_dutch_months_are_known(month: str, number: int) -> None:
    moment = read_date(f"15 {month} 2026 12:00 GMT")
    assert moment is not None
    assert moment.month == number


@pytest.mark.parametrize(
    "written",
    ["", "gisteren", "32-13-2026", "20 foo 2026", "20 nov 2026 14:30 XYZ", "99999999999999"],
)
def test_what_is_no_date_is_none(written: str) -> None:
    assert read_date(written) is None


@given(st.text() | st.from_regex(r"\d{1,4}[-./ ]\w{1,9}[-./ ]\d{1,4}[ T]?[\d:+]*", fullmatch=True))
def test_no_text_is_too_odd(written: str) -> None:
    moment = read_date(written)
    assert moment is None or moment.utcoffset() is not None
