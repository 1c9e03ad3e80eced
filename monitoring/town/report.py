"""The talk of the town over a window: volume, tenor, themes, authors, and what it cannot show.

Four statements, whatever the size: counters, authors, labels, rounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection

import nlp
from monitoring.town.gaps import Gap, find_gaps
from monitoring.town.windows import HERE, Window, window_between
from nlp.labels import TENORS

#: "A voice, not the voice": how much of the talk comes from this many most active authors.
TOP_AUTHORS: Final = 5
#: At most about twice this many labels are read to say how sure the machine was.
LABEL_SAMPLE: Final = 1000

# Both ways of cutting the same rows: by theme and tenor, and along the time line.
_COUNTS: Final = """
SELECT grouping(theme) = 1 AS on_line, hour >= %(since)s AS now, theme, tenor,
       date_trunc(%(step)s, hour, %(zone)s) AS at,
       sum(count), sum(count) FILTER (WHERE theme = '')
FROM town_hourcount
WHERE municipality_id = %(municipality)s AND hour >= %(previous_since)s AND hour < %(until)s
  AND (hour >= %(since)s OR hour < %(previous_until)s)
GROUP BY GROUPING SETS ((2, 3, 4), (2, 5))
"""

# One pass over both periods. A post without a handle is counted as its source's.
_AUTHORS: Final = """
WITH said AS MATERIALIZED (
    SELECT l.posted_at >= %(since)s AS now, m.platform,
           CASE m.author_handle WHEN '' THEN m.source_id::text ELSE '@' || m.author_handle END
           AS author,
           l.themes
    FROM monitoring_labelset l
    JOIN monitoring_mention m ON m.id = l.mention_id
    WHERE l.municipality_id = %(municipality)s AND l.current
      AND l.posted_at >= %(previous_since)s AND l.posted_at < %(until)s
      AND (l.posted_at >= %(since)s OR l.posted_at < %(previous_until)s)
      -- The same bounds once more, so that the mentions are read along their own index too.
      AND m.municipality_id = %(municipality)s
      AND m.posted_at >= %(previous_since)s AND m.posted_at < %(until)s
      AND NOT m.own AND NOT m.private
), per_author AS (
    SELECT now, NULL::text AS theme, platform, author, count(*) AS said
    FROM said GROUP BY now, platform, author
    UNION ALL
    SELECT now, t.theme, platform, author, count(*)
    FROM said CROSS JOIN LATERAL unnest(themes) AS t(theme) WHERE now
    GROUP BY now, t.theme, platform, author
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY now, theme ORDER BY said DESC) AS rank FROM per_author
)
SELECT now, theme, NULL::text AS platform, count(*) AS authors, sum(said),
       sum(said) FILTER (WHERE rank <= %(top)s)
FROM ranked GROUP BY now, theme
UNION ALL
SELECT now, NULL, platform, count(*), sum(said), 0
FROM per_author WHERE now AND theme IS NULL GROUP BY now, platform
"""

# One in every few mentions: whatever is busy in the window weighs as much as it should.
_LABELS: Final = """
SELECT l.tenor, 'tenor' = ANY(l.corrected) AS by_person, coalesce(l.verdict->>'model', ''),
       l.verdict->'tenor_p'
FROM monitoring_labelset l JOIN monitoring_mention m ON m.id = l.mention_id
WHERE l.municipality_id = %(municipality)s AND l.current
  AND l.posted_at >= %(since)s AND l.posted_at < %(until)s
  AND NOT m.own AND NOT m.private AND l.mention_id %% %(every)s = 0
"""


@dataclass(frozen=True, slots=True)
class Theme:
    theme: str
    count: int
    previous: int
    tenor: dict[str, int]
    authors: int
    top_authors_share: float


@dataclass(frozen=True, slots=True)
class Platform:
    platform: str
    count: int


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Labels:
    """Who labelled: the model behind most of the labels, and how often it was not sure."""

    model: str
    unsure_share: float


@dataclass(frozen=True, slots=True)
class TenorShare:
    """An estimated share with its 95 % interval, all 0–1 (see `nlp.estimate_shares`)."""

    tenor: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the town page shows. Shares are 0–1; themes by count, most first."""

    since: datetime
    until: datetime
    previous_since: datetime
    previous_until: datetime
    total: int
    previous_total: int
    authors: int
    previous_authors: int
    top_authors_share: float
    tenor: dict[str, int]
    platforms: list[Platform]
    themes: list[Theme]
    series: list[Point]
    gaps: list[Gap]
    labels: Labels
    # What the counts in `tenor` would be without the machine's mistakes; empty without mentions.
    tenor_shares: list[TenorShare]


def make_report(
    municipality_id: int, since: datetime, until: datetime, *, window: Window | None = None
) -> Report:
    """Report on `since` ≤ posted < `until` (widened to whole hours), beside the period before it.

    `window` (see `windows.window_of`) compares with another stretch than the one just before.
    Raises `WindowError` when the moments make no window.
    """
    window = window or window_between(since, until)
    counts = _read_counts(municipality_id, window)
    voices = _read_voices(municipality_id, window)
    labels, tenor_shares = _read_labels(municipality_id, window, counts.total(""))
    return Report(
        since=window.since,
        until=window.until,
        previous_since=window.previous_since,
        previous_until=window.previous_until,
        total=counts.total(""),
        previous_total=counts.previous.get("", 0),
        authors=voices.authors.get((True, None), 0),
        previous_authors=voices.authors.get((False, None), 0),
        top_authors_share=voices.share(None),
        tenor=counts.tenor_of(""),
        platforms=voices.platforms,
        themes=_themes(counts, voices),
        series=[Point(at, counts.line.get(at, 0)) for at in window.points],
        gaps=find_gaps(municipality_id, window.since, window.until),
        labels=labels,
        tenor_shares=tenor_shares,
    )


def _themes(counts: _Counts, voices: _Voices) -> list[Theme]:
    names = sorted(
        {*counts.tenors, *counts.previous} - {""},
        key=lambda name: (-counts.total(name), -counts.previous.get(name, 0), name),
    )
    return [
        Theme(
            theme=name,
            count=counts.total(name),
            previous=counts.previous.get(name, 0),
            tenor=counts.tenor_of(name),
            authors=voices.authors.get((True, name), 0),
            top_authors_share=voices.share(name),
        )
        for name in names
        if counts.total(name) or counts.previous.get(name, 0)
    ]


@dataclass(frozen=True, slots=True)
class _Counts:
    # theme → tenor → count, now
    tenors: dict[str, dict[str, int]]
    # theme → count, in the period before
    previous: dict[str, int]
    line: dict[datetime, int]

    def total(self, theme: str) -> int:
        return sum(self.tenors.get(theme, {}).values())

    def tenor_of(self, theme: str) -> dict[str, int]:
        found = self.tenors.get(theme, {})
        return {tenor: found.get(tenor, 0) for tenor in TENORS}


@dataclass(frozen=True, slots=True)
class _Voices:
    # (now?, theme or None for all) → number of authors
    authors: dict[tuple[bool, str | None], int]
    shares: dict[str | None, float]
    platforms: list[Platform]

    def share(self, theme: str | None) -> float:
        return self.shares.get(theme, 0.0)


def _read_counts(municipality_id: int, window: Window) -> _Counts:
    step = "hour" if window.hourly else "day"
    rows = _fetch(_COUNTS, municipality_id, window, step=step, zone=HERE.key)
    counts = _Counts({}, {}, {})
    for on_line, now, theme, tenor, at, count, everything in rows:
        if not on_line and now:
            counts.tenors.setdefault(theme, {})[tenor] = count
        elif not on_line:
            counts.previous[theme] = counts.previous.get(theme, 0) + count
        elif now:
            # The first day may start before the window does; its bar starts with the window.
            counts.line[max(at, window.since)] = everything or 0
    return counts


def _read_voices(municipality_id: int, window: Window) -> _Voices:
    rows = _fetch(_AUTHORS, municipality_id, window, top=TOP_AUTHORS)
    voices = _Voices({}, {}, [])
    for now, theme, platform, authors, said, top in rows:
        if platform is not None:
            voices.platforms.append(Platform(platform, int(said)))
            continue
        voices.authors[now, theme] = authors
        if now:
            voices.shares[theme] = float(top / said)
    voices.platforms.sort(key=lambda item: (-item.count, item.platform))
    return voices


def _read_labels(
    municipality_id: int, window: Window, total: int
) -> tuple[Labels, list[TenorShare]]:
    rows = _fetch(_LABELS, municipality_id, window, every=max(1, total // LABEL_SAMPLE))
    models, known, unsure = Counter[str](), Counter[str](), 0
    probabilities: list[Mapping[str, float]] = []
    for tenor, by_person, model, tenor_p in rows:
        models[model] += 1
        said = orjson.loads(tenor_p) if tenor_p else {}
        if by_person or not said:
            known[tenor] += 1
        else:
            probabilities.append(said)
            unsure += "tenor" in nlp.unsure({"tenor": tenor, "tenor_p": said})
    shares = nlp.estimate_shares(probabilities, "tenor", known=known)
    return (
        Labels(models.most_common(1)[0][0] if models else "", unsure / max(len(rows), 1)),
        [TenorShare(name, one.share, one.low, one.high) for name, one in shares.items()],
    )


def _fetch(sql: str, municipality_id: int, window: Window, **more: Any) -> list[tuple[Any, ...]]:
    values: Mapping[str, Any] = {
        "municipality": municipality_id,
        "since": window.since,
        "until": window.until,
        "previous_since": window.previous_since,
        "previous_until": window.previous_until,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
