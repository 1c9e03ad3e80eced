"""The two clocks of a case, kept apart: first reaction and substantive answer.

Time runs from when the resident posted. An acknowledgement stops the first only, so that a
quick "we are finding out" is never reported as an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max, Min

from webcare.desk.models import Case, Clock, Reply
from webcare.organisation.models import Account

# Where no account sets a target: first reaction within two hours, answer within a day.
DEFAULT_MINUTES = {Clock.Kind.FIRST_REACTION: 120, Clock.Kind.ANSWER: 24 * 60}
STOPPED_BY = {
    Reply.Kind.ACKNOWLEDGEMENT: (Clock.Kind.FIRST_REACTION,),
    Reply.Kind.ANSWER: (Clock.Kind.FIRST_REACTION, Clock.Kind.ANSWER),
}


def due_at(kind: str, started_at: datetime, account: Account | None) -> datetime:
    if account is None:
        minutes = DEFAULT_MINUTES[Clock.Kind(kind)]
    elif kind == Clock.Kind.FIRST_REACTION:
        minutes = account.first_reaction_minutes
    else:
        minutes = account.answer_minutes
    return started_at + timedelta(minutes=minutes)


def first_clocks(case: Case, account: Account | None) -> list[Clock]:
    """Unsaved clocks of round 1, running since the resident posted."""
    return [
        Clock(
            case=case,
            kind=kind,
            started_at=case.opened_at,
            due_at=due_at(kind, case.opened_at, account),
        )
        for kind in (Clock.Kind.FIRST_REACTION, Clock.Kind.ANSWER)
    ]


def start_next_answer(case: Case, started_at: datetime) -> None:
    """A resident's message after our answer needs an answer again, unless a clock still runs."""
    if case.clocks.filter(stopped_at=None).exists():
        return
    last = case.clocks.filter(kind=Clock.Kind.ANSWER).aggregate(last=Max("round"))["last"] or 0
    case.clocks.create(
        kind=Clock.Kind.ANSWER,
        round=last + 1,
        started_at=started_at,
        due_at=due_at(Clock.Kind.ANSWER, started_at, case.account),
    )


def stop_by_reply(case: Case, kind: str, at: datetime) -> None:
    """Stop what this reply answers. A clock that started later than the reply runs on."""
    case.clocks.filter(
        stopped_at=None, kind__in=STOPPED_BY[Reply.Kind(kind)], started_at__lte=at
    ).update(stopped_at=at, met_by_reply=True)


def stop_without_reply(case: Case, at: datetime) -> list[int]:
    """Stop all that runs because the case is closed. Returns the ids, so that it can be undone."""
    running = list(case.clocks.filter(stopped_at=None).values_list("pk", flat=True))
    case.clocks.filter(pk__in=running).update(stopped_at=at, met_by_reply=False)
    return running


def run_again(case: Case, clock_ids: Iterable[int]) -> None:
    case.clocks.filter(pk__in=list(clock_ids), met_by_reply=False).update(
        stopped_at=None, met_by_reply=None
    )


def nearest_due(case: Case) -> datetime | None:
    return case.clocks.filter(stopped_at=None).aggregate(due=Min("due_at"))["due"]
