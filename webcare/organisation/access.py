"""Who may see and do what. Every question about access is answered here, and only here.

A row is reached through its municipality first (`queries.py`: somebody else's does not exist, 404)
and then through teams and roles (one's own municipality, but not one's work: 403).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from webcare.organisation.models import Account, Membership, Person, Role, Team

EVERYONE = tuple(Role)
ANSWERING = (Role.AGENT, Role.TEAM_LEAD)
# They read the cases of the whole municipality and change none.
READING = (Role.ADVISER, Role.ARCHIVIST, Role.PRIVACY_OFFICER)


def visible_teams(person: Person) -> set[int]:
    """Return the ids of the teams `person` works in today.

    Own teams, and those of colleagues they deputise (dates in local time, both ends included).
    Whoever works in the central team, and administrators, work in all teams of the municipality.
    """
    if person.has_role(Role.ADMINISTRATOR):
        return _all_teams(person)
    today = timezone.localdate()
    worked_in = dict(
        Membership.objects.filter(
            Q(person=person)
            | Q(
                person__absences__deputy=person,
                person__absences__starts__lte=today,
                person__absences__ends__gte=today,
            ),
            team__municipality_id=person.municipality_id,
        ).values_list("team_id", "team__central")
    )
    return _all_teams(person) if any(worked_in.values()) else set(worked_in)


def readable_teams(person: Person) -> set[int]:
    """Return the teams whose cases `person` may read; an administrator as such reads none."""
    if person.has_role(*READING):
        return _all_teams(person)
    return answerable_teams(person)


def answerable_teams(person: Person) -> set[int]:
    """Return the teams in whose cases `person` may write."""
    return visible_teams(person) if person.has_role(*ANSWERING) else set()


def _all_teams(person: Person) -> set[int]:
    return set(
        Team.objects.filter(municipality_id=person.municipality_id).values_list("id", flat=True)
    )


def visible_accounts(person: Person) -> QuerySet[Account]:
    return Account.objects.filter(
        municipality_id=person.municipality_id, team_id__in=visible_teams(person)
    )


def check_role(person: Person, *roles: Role) -> None:
    """Raise PermissionDenied, in words for the screen, unless `person` has one of `roles`."""
    if not person.has_role(*roles):
        raise PermissionDenied(_refusal(roles))


def check_team(person: Person, team_id: int) -> None:
    """Raise PermissionDenied unless `person` works in that team today."""
    if team_id not in visible_teams(person):
        raise PermissionDenied(_("Dit hoort bij een team waarin je niet werkt."))


def _refusal(roles: Iterable[Role]) -> str:
    names = [str(role.label) for role in roles]
    who = _(" of ").join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return _("Dit mag alleen een %(who)s.") % {"who": who}


def allow(*roles: Role, write: Iterable[Role] | None = None) -> type[BasePermission]:
    """Make the permission of a view: `roles` may read, `write` (else the same) may change.

    Views refuse early with it, before a body is parsed; domain functions check again.
    """
    writers = roles if write is None else tuple(write)

    class Allowed(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            if not isinstance(request.user, Person):
                return False
            allowed = roles if request.method in SAFE_METHODS else writers
            self.message = _refusal(allowed)
            return request.user.has_role(*allowed)

    return Allowed


@contextmanager
def absent_is_404() -> Iterator[None]:
    """What is not in one's municipality does not exist: one answer, whether it does or not."""
    try:
        yield
    except ObjectDoesNotExist:
        raise Http404 from None
