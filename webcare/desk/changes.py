"""The one way a case changes: locked, allowed, recorded, announced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from webcare.api import PreconditionFailed
from webcare.desk import clocks
from webcare.desk.models import Case, CaseEvent
from webcare.live.events import announce
from webcare.organisation.access import ANSWERING, check_role, visible_teams
from webcare.organisation.models import Person


@dataclass(slots=True)
class Change:
    """A locked case being changed by `person` (None: the machine)."""

    case: Case
    person: Person | None

    def event(self, kind: CaseEvent.Kind, /, **data: Any) -> CaseEvent:
        """A line of the history. `data` holds ids and choices, never what somebody wrote."""
        return CaseEvent(
            case=self.case,
            kind=kind,
            actor=self.person,
            version=self.case.version + 1,
            data=data,
        )

    def record(self, kind: CaseEvent.Kind, /, **data: Any) -> CaseEvent:
        """Append to the history."""
        event = self.event(kind, **data)
        event.save()
        return event


def check_may_work(person: Person, case: Case) -> None:
    """Raise `PermissionDenied` unless the person may change this case."""
    check_role(person, *ANSWERING)
    if case.team_id not in visible_teams(person):
        raise PermissionDenied(_("Dit gesprek is van een ander team."))


@contextmanager
def changing(
    case_id: int,
    person: Person | None,
    *,
    version: int | None = None,
    check: Callable[[Person, Case], None] = check_may_work,
) -> Iterator[Change]:
    """Lock the case, check that `person` may change it, and save and announce what was changed.

    Raises `Case.DoesNotExist` for a neighbour's case, `PermissionDenied` for another team's, and
    `PreconditionFailed` when `version` is given and the case has moved on.
    """
    with transaction.atomic():
        cases = Case.objects.select_for_update(of=("self",)).select_related("account__source")
        if person is not None:
            cases = cases.filter(municipality_id=person.municipality_id)
        case = cases.get(pk=case_id)
        if person is not None:
            check(person, case)
        if version is not None and version != case.version:
            raise PreconditionFailed(_("Het gesprek is intussen veranderd. Bekijk het opnieuw."))
        team_before = case.team_id
        yield Change(case, person)
        case.version += 1
        case.deadline = clocks.nearest_due(case) if case.state == Case.State.OPEN else None
        case.save()
        for team_id in {team_before, case.team_id}:
            announce(
                "case.changed",
                [case.pk],
                municipality_id=case.municipality_id,
                team_id=team_id,
            )
