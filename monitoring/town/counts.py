"""The counters behind the talk of the town, moved in the transaction that labels or corrects.

Talk of the town is what others say in public: every collected mention with labels counts once under
theme "" and once under each of its themes. Our own posts and private messages never count. Whether
a post is about the municipality is not weighed here: sources are chosen with a purpose, and a
threshold on a machine's guess would hide exactly what it misjudges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db import connection, transaction

from monitoring.models import Mention

#: Counts every mention, whatever its themes.
ALL: Final = ""

#: (municipality id, when posted, themes, tenor, +1 or -1)
Delta = tuple[int, datetime, Iterable[str], str, int]

_ADD: Final = """
INSERT INTO town_hourcount (municipality_id, hour, theme, tenor, count)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::integer[])
ON CONFLICT (municipality_id, hour, theme, tenor)
DO UPDATE SET count = town_hourcount.count + EXCLUDED.count
"""

_DRIFT: Final = """
WITH truth AS (
    SELECT l.municipality_id, date_trunc('hour', l.posted_at, 'UTC') AS hour,
           t.theme, l.tenor, count(*)::integer AS count
    FROM monitoring_labelset l
    JOIN monitoring_mention m ON m.id = l.mention_id
    CROSS JOIN LATERAL (SELECT '' AS theme UNION SELECT unnest(l.themes)) t
    WHERE l.current AND NOT m.own AND NOT m.private
    GROUP BY 1, 2, 3, 4
)
SELECT municipality_id, hour, theme, tenor, coalesce(kept.count, 0), coalesce(truth.count, 0)
FROM truth FULL JOIN town_hourcount kept USING (municipality_id, hour, theme, tenor)
WHERE coalesce(kept.count, 0) <> coalesce(truth.count, 0)
ORDER BY municipality_id, hour, theme, tenor
"""

_SET: Final = """
INSERT INTO town_hourcount (municipality_id, hour, theme, tenor, count)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::integer[])
ON CONFLICT (municipality_id, hour, theme, tenor) DO UPDATE SET count = EXCLUDED.count
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """A counter that says something else than the mentions themselves."""

    municipality_id: int
    hour: datetime
    theme: str
    tenor: str
    kept: int
    true: int


def belongs(mention: Mention) -> bool:
    """Is this part of what the town says? The same condition stands in `_DRIFT`."""
    return not mention.own and not mention.private


def add(deltas: Iterable[Delta]) -> None:
    """Move the counters by all of `deltas` in one statement of the caller's transaction.

    Rows are always taken in the same order, so two workers never wait for each other in a circle;
    they do wait until the first commits, so this belongs at the end of a transaction.
    """
    moved: Counter[tuple[int, datetime, str, str]] = Counter()
    for municipality_id, posted_at, themes, tenor, sign in deltas:
        hour = posted_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        for theme in {ALL, *themes}:
            moved[municipality_id, hour, theme, tenor] += sign
    rows = [(*key, count) for key, count in sorted(moved.items()) if count]
    _write(_ADD, rows)


def find_drift() -> list[Drift]:
    """Counters that differ from a recount over all mentions; empty when all is well.

    While workers are writing it may see a change on one side only; `recount` cannot.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DRIFT)
        return [Drift(*row) for row in cursor.fetchall()]


def recount() -> list[Drift]:
    """Set every counter to what the mentions say; return what was wrong. Writers wait meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Who added but did not commit is waited for; who comes later adds to the result.
            cursor.execute("LOCK TABLE town_hourcount IN SHARE ROW EXCLUSIVE MODE")
        drift = find_drift()
        _write(_SET, [(d.municipality_id, d.hour, d.theme, d.tenor, d.true) for d in drift])
    return drift


def _write(sql: str, rows: list[tuple[int, datetime, str, str, int]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])
