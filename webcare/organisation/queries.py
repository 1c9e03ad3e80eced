"""Reads: everything a person can reach. What is not in here does not exist for them (404)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from monitoring.models import Source
from webcare.organisation.models import (
    Account,
    AuditEntry,
    Deputyship,
    Person,
    Team,
)


def teams_for(person: Person) -> QuerySet[Team]:
    return Team.objects.filter(municipality_id=person.municipality_id)


def accounts_for(person: Person) -> QuerySet[Account]:
    return Account.objects.filter(municipality_id=person.municipality_id).select_related("source")


def people_for(person: Person) -> QuerySet[Person]:
    return Person.objects.filter(municipality_id=person.municipality_id).prefetch_related(
        "membership_set"
    )


def people_with_factors_for(person: Person) -> QuerySet[Person]:
    """People, each saying in `second_factor` whether they have one."""
    factors = Authenticator.objects.filter(user_id=OuterRef("pk")).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    return people_for(person).annotate(second_factor=Exists(factors))


def deputyships_for(person: Person) -> QuerySet[Deputyship]:
    return Deputyship.objects.filter(absent__municipality_id=person.municipality_id).order_by(
        "-starts", "-id"
    )


def sources_for(person: Person) -> QuerySet[Source]:
    return Source.objects.filter(municipality_id=person.municipality_id).select_related("account")


def audit_entries_for(
    person: Person,
    *,
    before: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    **equal: Any,
) -> QuerySet[AuditEntry]:
    """Newest first; `before` is the id to go on from; `equal` are columns, None means any."""
    entries = AuditEntry.objects.filter(
        municipality_id=person.municipality_id,
        **{column: value for column, value in equal.items() if value is not None},
    )
    if before is not None:
        entries = entries.filter(id__lt=before)
    if since is not None:
        entries = entries.filter(at__gte=since)
    if until is not None:
        entries = entries.filter(at__lt=until)
    return entries.order_by("-id")
