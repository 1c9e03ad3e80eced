"""Reads of the desk. The hot ones are one hand-written statement each; see docs/desk.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from webcare.desk.cursors import make_cursor, moment, read_cursor
from webcare.desk.models import Case
from webcare.organisation.access import ANSWERING, READING, check_role, readable_teams
from webcare.organisation.models import Person

LIMIT = 50

_ITEM = """
    c.id, c.version, c.state, c.close_reason, c.closed_at, c.opened_at, c.last_message_at,
    c.deadline, c.platform, c.account_id, c.team_id, c.assignee_id, c.author_handle, c.author_name,
    c.preview, c.message_count, c.intent, c.tenor, c.themes, c.urgent, c.unclassified,
    (SELECT k.kind FROM desk_clock k WHERE k.case_id = c.id AND k.stopped_at IS NULL
     ORDER BY k.due_at LIMIT 1) AS clock,
    (SELECT r.state FROM desk_reply r WHERE r.case_id = c.id
     AND (r.state IN ('queued', 'sending', 'unknown', 'failed')
          OR r.state = 'sent' AND c.state = 'open' AND c.deadline IS NULL)
     ORDER BY r.state = 'sent', r.id DESC LIMIT 1) AS reply_state
"""
_SAYS = """
    EXISTS (SELECT FROM desk_casemessage x JOIN monitoring_mention m ON m.id = x.mention_id
    WHERE x.case_id = c.id AND m.search @@ websearch_to_tsquery('dutch', %(q)s))
"""
_IS_CALLED = "(c.author_handle ILIKE %(like)s OR c.author_name ILIKE %(like)s)"
_TEXT_FILTERS = ("intent", "tenor", "platform")
_NUMBER_FILTERS = ("team", "account")
# What stands for something else in LIKE; many handles hold an underscore.
_LIKE_SIGNS, _ESCAPED = re.compile(r"([\\%_])"), r"\\\1"


def check_may_read(person: Person) -> set[int]:
    """Return the teams whose cases the person may read; `PermissionDenied` without a role."""
    check_role(person, *ANSWERING, *READING)
    return readable_teams(person)


def list_cases(
    person: Person, filters: Mapping[str, str], *, cursor: str = "", limit: int = LIMIT
) -> tuple[list[dict[str, Any]], str | None]:
    """Return (items in the API's shape, cursor of the next page or None).

    Open cases come with the nearest deadline first, closed ones newest first. Raises
    `ValidationError` for a filter that means nothing.
    """
    if named := [name for name, value in filters.items() if "\0" in value]:
        raise ValidationError({named[0]: _("Dit kan niet worden gezocht.")})
    where = ["c.municipality_id = %(municipality)s", "c.team_id = ANY(%(teams)s)"]
    values: dict[str, Any] = {
        "municipality": person.municipality_id,
        "teams": sorted(check_may_read(person)),
        "limit": limit + 1,
    }
    closed = filters.get("state", Case.State.OPEN) == Case.State.CLOSED
    where.append("c.state = 'closed'" if closed else "c.state = 'open'")
    for name in _NUMBER_FILTERS:
        if value := filters.get(name):
            where.append(f"c.{name}_id = %({name})s")
            values[name] = _number(name, value)
    for name in _TEXT_FILTERS:
        if value := filters.get(name):
            where.append(f"c.{name} = %({name})s")
            values[name] = value
    if theme := filters.get("theme"):
        where.append("%(theme)s = ANY(c.themes)")
        values["theme"] = theme
    if assignee := filters.get("assignee"):
        if assignee == "none":
            where.append("c.assignee_id IS NULL")
        else:
            where.append("c.assignee_id = %(assignee)s")
            values["assignee"] = person.pk if assignee == "me" else _number("assignee", assignee)
    if words := filters.get("q", "").strip():
        values["q"] = words
        values["like"] = f"%{_LIKE_SIGNS.sub(_ESCAPED, words.lstrip('@'))}%"
    # `infinity` stands for "nothing due", so that one comparison pages through all.
    key, order = (
        ("(c.closed_at, c.id)", "c.closed_at DESC, c.id DESC")
        if closed
        else ("(coalesce(c.deadline, 'infinity'), c.id)", "c.deadline NULLS LAST, c.id")
    )
    if cursor:
        values["after_at"], values["after_id"] = read_cursor(cursor, moment, int)
        where.append(f"{key} {'<' if closed else '>'} (%(after_at)s::timestamptz, %(after_id)s)")
        if not closed and values["after_at"] != "infinity":
            # The same condition again in the index's own terms.
            where.append("(c.deadline >= %(after_at)s::timestamptz OR c.deadline IS NULL)")
    filtered, in_order = " AND ".join(where), f"ORDER BY {order} LIMIT %(limit)s"
    if words:
        # Each way of finding is planned by itself: over a rare word from the word, over a common
        # one along the list. Tied together by OR, both would walk the whole list.
        ways = (
            f"(SELECT c.id FROM desk_case c WHERE {filtered} AND {way} {in_order})"
            for way in (_SAYS, _IS_CALLED)
        )
        filtered = f"c.id IN ({' UNION '.join(ways)})"
    with connection.cursor() as db:
        db.execute(f"SELECT {_ITEM} FROM desk_case c WHERE {filtered} {in_order}", values)
        names = [column.name for column in db.description]
        rows = [dict(zip(names, row, strict=True)) for row in db.fetchall()]
    more = len(rows) > limit
    rows = rows[:limit]
    next_cursor = None
    if more:
        last = rows[-1]
        at = last["closed_at"] if closed else last["deadline"]
        next_cursor = make_cursor(at or "infinity", last["id"])
    return [_as_item(row) for row in rows], next_cursor


def _number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ValidationError({name: _("Dit moet een nummer zijn.")}) from None


def _as_item(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "version": row["version"],
        "state": row["state"],
        "closeReason": row["close_reason"],
        "closedAt": row["closed_at"],
        "openedAt": row["opened_at"],
        "lastMessageAt": row["last_message_at"],
        "deadline": row["deadline"],
        "clock": row["clock"],
        "platform": row["platform"],
        "accountId": row["account_id"],
        "teamId": row["team_id"],
        "assigneeId": row["assignee_id"],
        "author": {"handle": row["author_handle"], "name": row["author_name"]},
        "preview": row["preview"],
        "messageCount": row["message_count"],
        "intent": row["intent"],
        "tenor": row["tenor"],
        "themes": row["themes"],
        "urgent": row["urgent"],
        "unclassified": row["unclassified"],
        "replyState": row["reply_state"],
    }


def get_item(case_id: int) -> dict[str, Any]:
    return list_by_ids([case_id])[0]


def list_by_ids(case_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Items of cases the caller has already checked, newest opened first."""
    with connection.cursor() as db:
        db.execute(
            f"SELECT {_ITEM} FROM desk_case c WHERE c.id = ANY(%s) ORDER BY c.opened_at DESC",
            [list(case_ids)],
        )
        names = [column.name for column in db.description]
        return [_as_item(dict(zip(names, row, strict=True))) for row in db.fetchall()]


def count_cases(person: Person) -> dict[str, Any]:
    """Counts of open cases the person may read, for the filters of the inbox."""
    values: dict[str, Any] = {
        "me": person.pk,
        "municipality": person.municipality_id,
        "teams": sorted(check_may_read(person)),
    }
    with connection.cursor() as db:
        db.execute(
            """
            SELECT c.team_id, count(*), count(*) FILTER (WHERE c.assignee_id = %(me)s),
                count(*) FILTER (WHERE c.assignee_id IS NULL),
                count(*) FILTER (WHERE c.deadline < now())
            FROM desk_case c
            WHERE c.municipality_id = %(municipality)s AND c.state = 'open'
                AND c.team_id = ANY(%(teams)s)
            GROUP BY c.team_id
            """,
            values,
        )
        rows = db.fetchall()
        db.execute(
            """
            SELECT count(*) FROM desk_reply r JOIN desk_case c ON c.id = r.case_id
            WHERE r.state IN ('unknown', 'failed') AND c.state = 'open'
                AND c.municipality_id = %(municipality)s
                AND c.team_id = ANY(%(teams)s)
            """,
            values,
        )
        (trouble,) = db.fetchone()
    return {
        "open": sum(row[1] for row in rows),
        "mine": sum(row[2] for row in rows),
        "unassigned": sum(row[3] for row in rows),
        "overdue": sum(row[4] for row in rows),
        "trouble": trouble,
        "byTeam": {str(row[0]): row[1] for row in rows},
    }


def get_case(person: Person, case_id: int) -> Case:
    """Return a case the person may read.

    Raises `Case.DoesNotExist` for a neighbour's, `PermissionDenied` for another team's.
    """
    teams = check_may_read(person)
    case = Case.objects.select_related("account__source").get(
        pk=case_id, municipality_id=person.municipality_id
    )
    if case.team_id not in teams:
        raise PermissionDenied(_("Dit gesprek is van een ander team."))
    return case


def find_case_team(person: Person, case_id: int) -> int | None:
    """The team of a case the person may read, or None."""
    try:
        return get_case(person, case_id).team_id
    except (Case.DoesNotExist, PermissionDenied):
        return None
