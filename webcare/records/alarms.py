"""What is wrong with the archive now: a line in the audit log, and a banner until it is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone

from archive.models import Verification
from webcare.organisation.audit import record_audit
from webcare.organisation.models import Municipality

#: The same trouble is written down again after this long, not at every round.
AGAIN_AFTER: Final = timedelta(hours=1)
SCOPE: Final = "sealing"


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


def find_alarm(municipality_id: int) -> Verification | None:
    """The newest check when it found something wrong; sealing that went on again clears its own."""
    checks = Verification.objects.filter(municipality_id=municipality_id, finished_at__isnull=False)
    full = checks.exclude(scope=SCOPE).order_by("-started_at").first()
    if full and full.wrong:
        return full
    return checks.filter(scope=SCOPE, started_at__gt=timezone.now() - 2 * AGAIN_AFTER).last()
