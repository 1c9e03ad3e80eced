"""The archive's own rounds: check, time-stamp, and let checkpoints leave our control."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.schedules import crontab
from django.utils import timezone

from archive import verify
from archive.models import ErasureRequest, Verification
from webcare.celery import app
from webcare.organisation.audit import record_audit
from webcare.organisation.models import Municipality
from webcare.records import erasing, sending, sequencing
from webcare.records.alarms import FULL, find_alarm, tell_of

__all__ = ["sequencing"]

MOST_FINDINGS = 50


@shared_task(queue="default", ignore_result=True)
def check_sample() -> None:
    """Every day: some parts of every log and its newest head; all of it while there is an alarm."""
    check_all("sample", verify.SAMPLE)


@shared_task(queue="default", ignore_result=True)
def check_everything() -> None:
    """Every month: every record of every log."""
    check_all(FULL, None)


@shared_task(queue="default", ignore_result=True)
def sweep_erased() -> None:
    """Every night after something was erased: let the bytes go from the files as well."""
    since = timezone.now() - timedelta(hours=25)
    if ErasureRequest.objects.filter(approved_at__gt=since).exists():
        erasing.sweep()


@shared_task(queue="default", ignore_result=True)
def send_checkpoints() -> None:
    """Every minute: let new heads leave our control."""
    sending.send_all()


def check_all(scope: str, sample: int | None) -> None:
    for municipality in Municipality.objects.filter(archive_log__isnull=False):
        if find_alarm(municipality.pk):
            check_log(municipality, FULL, None)
        else:
            check_log(municipality, scope, sample)


def check_log(municipality: Municipality, scope: str, sample: int | None) -> Verification:
    """Check one log, keep what came out, and tell the audit log."""
    found = Verification.objects.create(municipality=municipality, scope=scope)
    secrets = verify.configured_secrets()
    for step in verify.verify_all(secrets, municipality.pk, processes=1, sample=sample):
        found.records += step.records
        found.wrong += len(step.findings)
        words = [f"{one.record}: {'; '.join(one.reasons)}" for one in step.findings]
        found.findings = [*found.findings, *words][:MOST_FINDINGS]
    found.finished_at = timezone.now()
    found.save()
    record_audit(
        "archive.verified",
        actor=None,
        obj=found,
        municipality=municipality,
        result="failed" if found.wrong else "ok",
        detail={"scope": scope, "records": found.records, "wrong": found.wrong},
    )
    tell_of(municipality.pk)
    return found


@app.on_after_finalize.connect
def plan(sender: Any, **_: object) -> None:
    sender.add_periodic_task(crontab(hour="4", minute="20"), check_sample.s(), name="check sample")
    sender.add_periodic_task(60.0, send_checkpoints.s(), name="send checkpoints", expires=60.0)
    sender.add_periodic_task(crontab(hour="3", minute="10"), sweep_erased.s(), name="sweep erased")
    sender.add_periodic_task(
        crontab(hour="5", minute="5", day_of_month="1"), check_everything.s(), name="check all"
    )
