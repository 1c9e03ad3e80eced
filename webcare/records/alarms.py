"""What is wrong with the archive now: a line in the audit log, and a banner until it is right.

A check of some parts that holds takes back nothing: only the whole archive, checked later, does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from archive.models import Verification
from webcare.live.events import announce
from webcare.organisation.audit import record_audit
from webcare.organisation.models import Municipality, Person, Role

#: The same trouble is written down again after this long, not at every round.
AGAIN_AFTER: Final = timedelta(hours=1)
SCOPE: Final = "sealing"
FULL: Final = "full"
#: Who is told on every page: they can do something about it.
TOLD: Final = (Role.TEAM_LEAD, Role.ARCHIVIST, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR)


def raise_alarm(municipality_id: int, what: str) -> None:
    """Note that a log cannot go on; repeated trouble is noted once an hour."""
    now = timezone.now()
    recent = Verification.objects.filter(
        municipality_id=municipality_id, scope=SCOPE, started_at__gt=now - AGAIN_AFTER
    )
    if recent.filter(findings=[what]).exists():
        return
    Verification.objects.create(
        municipality_id=municipality_id, scope=SCOPE, finished_at=now, wrong=1, findings=[what]
    )
    record_audit(
        "archive.verified",
        actor=None,
        municipality=Municipality.objects.get(pk=municipality_id),
        object_type="log",
        object_id=municipality_id,
        result="failed",
        detail={"scope": SCOPE},
    )
    tell_of(municipality_id)


def tell_of(municipality_id: int) -> None:
    """Let open pages look again how the archive is."""
    announce("archive.changed", [municipality_id], municipality_id=municipality_id)


def find_alarm(municipality_id: int) -> Verification | None:
    """The newest check that found something wrong and was not made good since.

    A failed check is made good by a later one of everything; sealing that goes on, by itself.
    """
    checks = Verification.objects.filter(municipality_id=municipality_id, finished_at__isnull=False)
    held = checks.filter(scope=FULL, wrong=0, started_at__gt=OuterRef("started_at"))
    quiet = Q(scope=SCOPE, started_at__lt=timezone.now() - 2 * AGAIN_AFTER)
    standing = checks.filter(wrong__gt=0).exclude(Exists(held)).exclude(quiet)
    return standing.order_by("-started_at").first()


def find_alarm_for(person: Person) -> Verification | None:
    """The alarm, for those who can do something about it; else None, without a query."""
    return find_alarm(person.municipality_id) if person.has_role(*TOLD) else None
