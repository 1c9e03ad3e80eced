"""The posts behind a bar: what others said in public, newest first."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

LIMIT: Final = 50
MOST: Final = 200

# Counted are posts with labels; without a filter on labels the rest is listed too.
_LABELLED: Final = """
FROM monitoring_labelset l JOIN monitoring_mention m ON m.id = l.mention_id
LEFT JOIN monitoring_revision r ON r.id = m.revision_id
WHERE l.municipality_id = %(municipality)s AND l.current
"""
_ANY: Final = """
FROM monitoring_mention m
LEFT JOIN monitoring_labelset l ON l.mention_id = m.id AND l.current
LEFT JOIN monitoring_revision r ON r.id = m.revision_id
WHERE m.municipality_id = %(municipality)s
"""
_COLUMNS: Final = """
SELECT m.id, m.platform, m.source_id AS source, m.author_handle, m.author_name,
       CASE r.kind WHEN 'deleted' THEN '' WHEN 'edited' THEN r.text ELSE m.text END AS text,
       coalesce(r.kind = 'deleted', false) AS deleted, m.posted_at, m.url,
       coalesce(l.intent, '') AS intent, coalesce(l.tenor, '') AS tenor,
       coalesce(l.themes, '{}') AS themes
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list; None is everything. `words` searches as a web search does, in Dutch."""

    theme: str | None = None
    tenor: str | None = None
    platform: str | None = None
    source: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None


def list_mentions(
    municipality_id: int, wanted: Filter, *, cursor: str | None = None, limit: int = LIMIT
) -> tuple[list[dict[str, Any]], str | None]:
    """Rows, newest first, and the cursor of the next page or None. One query.

    A post its writer deleted keeps its place (it was said, and counted) but not its words. Raises
    `ValidationError` for a cursor that is not ours.
    """
    labelled = wanted.theme is not None or wanted.tenor is not None
    at = "l.posted_at, l.mention_id" if labelled else "m.posted_at, m.id"
    moment = at.split(",")[0]
    conditions = ["NOT m.own", "NOT m.private"]
    values: dict[str, Any] = {"municipality": municipality_id, "limit": limit + 1}
    for name, condition in {
        "theme": "%(theme)s = ANY(l.themes)",
        "tenor": "l.tenor = %(tenor)s",
        "platform": "m.platform = %(platform)s",
        "source": "m.source_id = %(source)s",
        "since": f"{moment} >= %(since)s",
        "until": f"{moment} < %(until)s",
        "words": "m.search @@ websearch_to_tsquery('dutch', %(words)s)",
    }.items():
        if (value := getattr(wanted, name)) is not None:
            conditions.append(condition)
            values[name] = value
    if cursor:
        values["cursor_at"], values["cursor_id"] = read_cursor(cursor)
        conditions.append(f"({at}) < (%(cursor_at)s, %(cursor_id)s)")
        # The same again for the index, which knows only the moment.
        conditions.append(f"{moment} <= %(cursor_at)s")
    descending = ", ".join(f"{column} DESC" for column in at.split(", "))
    sql = f"{_COLUMNS}{_LABELLED if labelled else _ANY} AND {' AND '.join(conditions)}"
    with connection.cursor() as db:
        db.execute(f"{sql} ORDER BY {descending} LIMIT %(limit)s", values)
        names = [column.name for column in db.description]
        rows = [dict(zip(names, row, strict=True)) for row in db.fetchall()]
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, make_cursor(rows[-1]["posted_at"], rows[-1]["id"]) if more else None


def make_cursor(at: datetime, number: int) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {number}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _space, number = text.partition(" ")
        at = parse_datetime(moment)
        if at is None or at.tzinfo is None or not 0 <= int(number) < 2**63:
            raise ValueError(cursor)
        return at, int(number)
    except (ValueError, binascii.Error):
        raise ValidationError({"cursor": _("Deze bladzijde bestaat niet (meer).")}) from None
