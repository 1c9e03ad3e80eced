"""Which hours a report is about, and with which it is compared.

Hours are whole (the counters are per hour), days are local days in Europe/Amsterdam, also on the
two days a year that have 23 or 25 hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

HERE: Final = ZoneInfo("Europe/Amsterdam")
HOUR: Final = timedelta(hours=1)

Period = Literal["day", "week", "month"]
#: A day is 24 hours back; a week and a month are today and the whole days before it.
DAYS: Final[dict[str, int]] = {"day": 1, "week": 7, "month": 30}
#: Up to two days a chart shows hours, beyond it days.
HOURLY: Final = timedelta(hours=50)
YEARS: Final = range(2000, 2200)


class WindowError(ValueError):
    """The moments given make no window; the text is Dutch, for the screen."""


@dataclass(frozen=True, slots=True)
class Window:
    """Half open: `since` ≤ posted < `until`; all four in UTC on the hour."""

    since: datetime
    until: datetime
    previous_since: datetime
    previous_until: datetime

    @property
    def hourly(self) -> bool:
        return self.until - self.since <= HOURLY

    @property
    def points(self) -> list[datetime]:
        """Where each bar of the chart starts: hours, or local midnights (the first may be cut)."""
        if self.hourly:
            count = int((self.until - self.since) / HOUR)
            return [self.since + number * HOUR for number in range(count)]
        points, day = [self.since], self.since.astimezone(HERE)
        while (day := next_midnight(day)) < self.until:
            points.append(day.astimezone(UTC))
        return points


def window_of(period: str, until: datetime) -> Window:
    """The day, week or month up to and including the hour of `until`.

    The period before is the same stretch of the clock one day, one week or 30 days earlier, so that
    half a Friday is compared with half a Friday.
    """
    if period not in DAYS:
        raise WindowError(_("Kies een periode: day, week of month."))
    check_moment(until)
    end = ceil_hour(until)
    if period == "day":
        return Window(end - 24 * HOUR, end, end - 48 * HOUR, end - 24 * HOUR)
    # The last hour decides what "today" is: at midnight sharp that is the day that ends.
    today = (end - HOUR).astimezone(HERE).replace(hour=0)
    start = _days_before(today, DAYS[period] - 1)
    return Window(
        start,
        end,
        _days_before(start.astimezone(HERE), DAYS[period]),
        _days_before(end.astimezone(HERE), DAYS[period]),
    )


def window_between(since: datetime, until: datetime) -> Window:
    """From the hour of `since` to the end of the hour of `until`, beside as long just before it."""
    check_moment(since)
    check_moment(until)
    start, end = floor_hour(since), ceil_hour(until)
    if start >= end:
        raise WindowError(_("Het begin moet voor het einde liggen."))
    return Window(start, end, start - (end - start), start)


def check_moment(moment: datetime) -> None:
    """Refuse what can only be a slip of the keyboard, before it overflows a calendar."""
    if moment.year not in YEARS:
        raise WindowError(
            _("Het jaar %(year)s kan niet; kies er een na %(first)s.")
            % {"year": moment.year, "first": YEARS.start}
        )


def floor_hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def ceil_hour(moment: datetime) -> datetime:
    floor = floor_hour(moment)
    return floor if floor == moment else floor + HOUR


def next_midnight(moment: datetime) -> datetime:
    return (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _days_before(moment: datetime, days: int) -> datetime:
    """The same time on the clock `days` earlier (local arithmetic keeps the wall clock)."""
    return floor_hour(moment - timedelta(days=days))
