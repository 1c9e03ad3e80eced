"""A case by the page: messages, notes and history, newest first, in a fixed number of queries.

A page is told by where the one after it ended (a cursor), never by a number to skip, so that what
comes in meanwhile moves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from monitoring.models import Mention
from webcare.desk.cursors import make_cursor, moment, read_cursor
from webcare.desk.models import Case, CaseEvent, Note, Reply

#: Messages, notes and events a page holds at most.
PAGE: Final = 100
#: Replies that wait for somebody and are shown whatever page they are on.
MOST_IN_TROUBLE: Final = 20

#: ("mention" | "reply", id)
Key = tuple[str, int]

# What residents said and what we did, in the order of the thread.
_SAID: Final = """
    SELECT m.posted_at AS at, 'mention' AS type, m.id
    FROM desk_casemessage x JOIN monitoring_mention m ON m.id = x.mention_id
    WHERE x.case_id = %(case)s
    UNION ALL
    SELECT coalesce(r.sent_at, r.created_at), 'reply', r.id
    FROM desk_reply r WHERE r.case_id = %(case)s
"""


def list_messages(case: Case, cursor: str = "") -> tuple[list[Key], str | None]:
    """Return (keys of the newest messages before `cursor`, oldest first; cursor of the next page).

    Raises `ValidationError` for a cursor that means nothing.
    """
    values: dict[str, Any] = {"case": case.pk, "limit": PAGE + 1}
    older = ""
    if cursor:
        values["at"], values["type"], values["id"] = read_cursor(cursor, moment, str, int)
        older = "WHERE (at, type, id) < (%(at)s::timestamptz, %(type)s, %(id)s)"
    with connection.cursor() as db:
        db.execute(
            f"SELECT at, type, id FROM ({_SAID}) said {older}"
            " ORDER BY at DESC, type DESC, id DESC LIMIT %(limit)s",
            values,
        )
        rows = db.fetchall()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return [(type, id) for _at, type, id in reversed(rows)], make_cursor(
        *rows[-1]
    ) if more else None


def list_pinned(case: Case, shown: Iterable[Key]) -> list[Key]:
    """Return what an answer depends on and `shown` lacks, oldest first.

    The message that is answered, and answers of ours that are under way or wait for somebody.
    """
    to = find_addressee(case)
    waiting = case.replies.filter(
        state__in=(
            Reply.State.QUEUED,
            Reply.State.SENDING,
            Reply.State.UNKNOWN,
            Reply.State.FAILED,
        )
    )
    there = set(shown)
    pinned = [(to.posted_at, ("mention", to.pk))] + [
        (at, ("reply", number))
        for at, number in waiting.order_by("-pk").values_list("created_at", "pk")[:MOST_IN_TROUBLE]
    ]
    return [key for _at, key in sorted(pinned) if key not in there]


def find_addressee(case: Case) -> Mention:
    """The newest message of the resident who asked: whom an answer goes to unless one is chosen.

    Not just the newest: a stranger may have joined, and an answer is as public as what it answers.
    """
    theirs = Mention.objects.filter(
        case_message__case=case, own=False, author_handle=case.author_handle
    )
    return theirs.defer("search").order_by("-posted_at", "-pk").first() or case.first_mention


def read_keys(words: str) -> list[Key]:
    """Read `mention-12,reply-3`. Raises `ValidationError` for anything else, or too many."""
    keys = []
    for word in words.split(","):
        type, _dash, number = word.strip().partition("-")
        if type not in ("mention", "reply") or not re.fullmatch("[0-9]{1,18}", number):
            raise ValidationError({"only": _("Noem berichten zo: mention-12,reply-3.")})
        keys.append((type, int(number)))
    if len(keys) > PAGE:
        raise ValidationError({"only": _("Noem hooguit %(most)s berichten.") % {"most": PAGE}})
    return keys


def list_notes(case: Case, cursor: str = "") -> tuple[list[Note], str | None]:
    """Return (the newest notes before `cursor`, oldest first; cursor of the next page)."""
    return _newest(case.notes, cursor)


def list_events(case: Case, cursor: str = "") -> tuple[list[CaseEvent], str | None]:
    """Return (the newest steps before `cursor`, oldest first; cursor of the next page)."""
    return _newest(case.events, cursor)


def _newest(rows: Any, cursor: str) -> tuple[list[Any], str | None]:
    found = rows.order_by("-pk")
    if cursor:
        (before,) = read_cursor(cursor, int)
        found = found.filter(pk__lt=before)
    page = list(found[: PAGE + 1])
    more, page = len(page) > PAGE, page[:PAGE]
    return page[::-1], make_cursor(page[-1].pk) if more else None
