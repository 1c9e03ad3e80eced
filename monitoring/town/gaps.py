"""When we were not listening: stretches without a successful collection round of a source.

What a source missed is usually fetched when it comes back; until then, and where the platform
forgot it, silence in a chart may be ours. Nothing is claimed from before a source existed, and
imports have no rounds, so no gaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.db import connection
from django.utils import timezone

#: Shorter than this is a hiccup, not a gap; a source that is asked less often gets three rounds.
SHORTEST: Final = timedelta(minutes=15)
ROUNDS: Final = 3

_ROUNDS: Final = """
SELECT s.id AS source_id, s.name, s.active, s.created_at, s.failures, s.last_round, s.next_round,
       r.started_at, r.ended_at, r.ok, r.error
FROM monitoring_source s
LEFT JOIN monitoring_round r
    ON r.source_id = s.id AND r.ended_at >= %(since)s AND r.started_at < %(until)s
WHERE s.municipality_id = %(municipality)s
  AND s.created_at < %(until)s
  AND s.last_round IS NOT NULL AND (s.active OR r.id IS NOT NULL)
ORDER BY s.name, s.id, r.started_at
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was collected from this source between the two moments; why, in plain words."""

    source_id: int
    source: str
    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class _Row:
    source_id: int
    name: str
    active: bool
    created_at: datetime
    failures: int
    last_round: datetime
    next_round: datetime
    started_at: datetime | None
    ended_at: datetime | None
    ok: bool | None
    error: str | None


def find_gaps(municipality_id: int, since: datetime, until: datetime) -> list[Gap]:
    """Gaps that overlap the window, clipped to it, by source name and then by time. One query."""
    until = min(until, timezone.now())
    values: dict[str, Any] = {"municipality": municipality_id, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_ROUNDS, values)
        rows = [_Row(*row) for row in cursor.fetchall()]
    return [
        gap
        for _, group in groupby(rows, key=attrgetter("source_id"))
        for gap in _gaps_of(list(group), since, until)
    ]


def _gaps_of(rows: list[_Row], since: datetime, until: datetime) -> Iterator[Gap]:
    source = rows[0]
    shortest = max(SHORTEST, ROUNDS * _interval(source))
    heard, error = max(since, source.created_at), ""
    for row in rows:
        if row.started_at is None or row.ended_at is None:
            continue
        if not row.ok:
            error = row.error or "ophalen mislukt"
            continue
        if row.started_at - heard > shortest:
            yield Gap(source.source_id, source.name, heard, row.started_at, error or SILENT)
        heard, error = max(heard, row.ended_at), ""
    if until - heard > shortest:
        reason = error or (SILENT if source.active else "bron staat uit")
        yield Gap(source.source_id, source.name, heard, until, reason)


SILENT: Final = "geen ophaalronde"


def _interval(source: _Row) -> timedelta:
    """How often the source is asked when all is well; zero while it is backing off."""
    if source.failures or not source.active:
        return timedelta()
    return max(source.next_round - source.last_round, timedelta())
