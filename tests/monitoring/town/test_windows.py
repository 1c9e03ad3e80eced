from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.town.windows import WindowError, window_between, window_of

# A Friday, 16:20 here in winter time.
NOW = datetime(2026, 11, 20, 15, 20, tzinfo=UTC)


def test_a_day_is_24_hours_up_to_the_end_of_this_one():
    window = window_of("day", NOW)
    assert window.until == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert window.until - window.since == timedelta(hours=24)
    assert window.previous_until == window.since
    assert len(window.points) == 24


def test_a_week_is_today_and_the_six_days_before_beside_the_same_stretch_a_week_earlier():
    window = window_of("week", NOW)
    assert window.since == datetime(2026, 11, 13, 23, tzinfo=UTC)  # Saturday, midnight here
    assert window.previous_since == window.since - timedelta(days=7)
    assert window.previous_until == window.until - timedelta(days=7)
    assert len(window.points) == 7


def test_at_midnight_sharp_a_week_is_the_seven_whole_days_before():
    window = window_of("week", datetime(2026, 11, 20, 23, tzinfo=UTC))
    assert len(window.points) == 7
    assert window.until - window.since == timedelta(days=7)


def test_a_month_has_a_bar_for_every_day_also_when_the_clock_changes():
    window = window_of("month", datetime(2026, 11, 1, 12, tzinfo=UTC))
    assert len(window.points) == 30
    assert window.since == datetime(2026, 10, 2, 22, tzinfo=UTC)  # midnight in summer time
    assert datetime(2026, 10, 25, 23, tzinfo=UTC) in window.points  # midnight in winter time


def test_days_given_by_hand_are_compared_with_as_long_just_before():
    window = window_between(NOW - timedelta(days=3), NOW)
    assert window.since == datetime(2026, 11, 17, 15, tzinfo=UTC)
    assert window.previous_until == window.since
    assert window.since - window.previous_since == window.until - window.since
    assert not window.hourly


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOW, NOW - timedelta(days=1)),
        (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)),
    ],
)
def test_moments_that_make_no_window_are_refused_in_plain_words(since, until):
    with pytest.raises(WindowError, match=r"\."):
        window_between(since, until)


@pytest.mark.parametrize("year", [1, 1999, 9999])
@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_a_year_that_cannot_be_meant_is_refused(period, year):
    with pytest.raises(WindowError, match=str(year)):
        window_of(period, datetime(year, 1, 1, tzinfo=UTC))


def test_an_unknown_period_is_refused():
    with pytest.raises(WindowError, match="day, week of month"):
        window_of("year", NOW)
