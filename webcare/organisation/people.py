"""Colleagues come, change roles, deputise and go. Everything here is checked, locked and logged.

Functions take the acting person first and raise PermissionDenied (own municipality, not one's
work), ValidationError (in words for the screen) or the model's DoesNotExist (not in one's
municipality).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from webcare.organisation import queries
from webcare.organisation.access import check_role, visible_teams
from webcare.organisation.audit import record_audit
from webcare.organisation.models import (
    Deputyship,
    Membership,
    Municipality,
    Person,
    Role,
)

PLAIN_FIELDS = ("name", "initials", "email", "roles", "language", "is_active")


@transaction.atomic
def add_person(
    actor: Person,
    *,
    name: str,
    email: str,
    initials: str,
    roles: Iterable[str] = (),
    team_ids: Iterable[int] = (),
    language: str = "nl",
) -> Person:
    """Add a colleague to the actor's municipality, without a password: `invitations` sends one.

    The administrator vouches for the address, so it counts as verified and single sign-on with
    that address finds this person.
    """
    check_role(actor, Role.ADMINISTRATOR)
    _lock(actor)
    person = Person(
        municipality_id=actor.municipality_id,
        name=name.strip(),
        email=check_email(email),
        initials=check_initials(actor, initials),
        roles=check_roles(roles),
        language=language,
    )
    person.set_unusable_password()
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    _set_teams(actor, person, set(team_ids))
    record_audit(
        "person.added",
        actor=actor,
        obj=person,
        detail={"roles": person.roles, "teams": [*team_ids]},
    )
    return person


@transaction.atomic
def change_person(actor: Person, person_id: int, changes: Mapping[str, Any]) -> Person:
    """Change fields of a colleague: those in PLAIN_FIELDS and `team_ids`. Other keys are refused.

    A municipality always keeps one active administrator, or nobody could mend it any more.
    """
    check_role(actor, Role.ADMINISTRATOR)
    _lock(actor)
    person = queries.people_for(actor).get(pk=person_id)
    before = {field: getattr(person, field) for field in PLAIN_FIELDS}
    before["team_ids"] = sorted(one.team_id for one in person.membership_set.all())
    after = before | dict(changes)
    if unknown := after.keys() - before.keys():
        raise ValidationError(_("Onbekend veld: %s") % ", ".join(sorted(unknown)))

    after["roles"] = check_roles(after["roles"])
    after["initials"] = check_initials(actor, after["initials"], but=person)
    after["email"] = check_email(after["email"], but=person)
    after["team_ids"] = sorted(set(after["team_ids"]))
    changed = {field for field in after if after[field] != before[field]}
    if not changed:
        return person
    for field in changed - {"team_ids"}:
        setattr(person, field, after[field])
    person.save()
    if "team_ids" in changed:
        _set_teams(actor, person, set(after["team_ids"]))
    if "email" in changed:
        EmailAddress.objects.update_or_create(
            user=person,
            primary=True,
            defaults={"email": person.email, "verified": True},
        )
    _check_administrator_left(actor)
    told = changed & {"roles", "team_ids", "is_active"}
    record_audit(
        "person.changed",
        actor=actor,
        obj=person,
        detail={"fields": sorted(changed)}
        | {field: {"from": before[field], "to": after[field]} for field in sorted(told)},
    )
    return queries.people_for(actor).get(pk=person_id)


def change_language(person: Person, language: str) -> Person:
    """Everyone chooses the language of their own screen."""
    person.language = language
    person.save(update_fields=["language"])
    return person


@transaction.atomic
def add_deputyship(
    actor: Person, *, absent_id: int, deputy_id: int, starts: date, ends: date
) -> Deputyship:
    """Let `deputy_id` work in the teams of `absent_id`, both ends included.

    A team lead only for colleagues all of whose teams are the team lead's own: a deputyship must
    not open a team that was closed to whoever arranges it.
    """
    check_role(actor, Role.TEAM_LEAD, Role.ADMINISTRATOR)
    people = queries.people_for(actor)
    absent, deputy = people.get(pk=absent_id), people.get(pk=deputy_id, is_active=True)
    _check_may_arrange(actor, absent)
    if absent == deputy:
        raise ValidationError({"deputy_id": _("Iemand kan zichzelf niet vervangen.")})
    if ends < starts:
        raise ValidationError({"ends": _("De laatste dag ligt voor de eerste.")})
    deputyship = Deputyship.objects.create(absent=absent, deputy=deputy, starts=starts, ends=ends)
    record_audit(
        "deputyship.added",
        actor=actor,
        obj=deputyship,
        detail={
            "absent": absent.pk,
            "deputy": deputy.pk,
            "starts": starts.isoformat(),
            "ends": ends.isoformat(),
        },
    )
    return deputyship


@transaction.atomic
def end_deputyship(actor: Person, deputyship_id: int) -> None:
    check_role(actor, Role.TEAM_LEAD, Role.ADMINISTRATOR)
    deputyship = queries.deputyships_for(actor).select_related("absent").get(pk=deputyship_id)
    _check_may_arrange(actor, deputyship.absent)
    record_audit(
        "deputyship.ended",
        actor=actor,
        obj=deputyship,
        detail={"absent": deputyship.absent_id, "deputy": deputyship.deputy_id},
    )
    deputyship.delete()


def check_initials(actor: Person, initials: str, but: Person | None = None) -> str:
    """Return the initials as they sign a reply (2 to 5 letters, unique among colleagues)."""
    initials = initials.strip().lstrip("^")
    if not re.fullmatch(r"[^\W\d_]{2,5}", initials):
        raise ValidationError({"initials": _("Kies twee tot vijf letters.")})
    others = queries.people_for(actor).filter(initials__iexact=initials)
    if but:
        others = others.exclude(pk=but.pk)
    if other := others.first():
        raise ValidationError({"initials": _("%(name)s ondertekent al zo.") % {"name": other.name}})
    return initials


def check_email(email: str, but: Person | None = None) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise ValidationError({"email": _("Dit is geen e-mailadres.")}) from None
    others = Person.objects.filter(email__iexact=email)
    if but:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise ValidationError({"email": _("Dit e-mailadres is al in gebruik.")})
    return email


def check_roles(roles: Iterable[str]) -> list[str]:
    """Return the roles in their fixed order, each once."""
    wanted = set(roles)
    if unknown := wanted - set(Role.values):
        raise ValidationError({"roles": _("Onbekende rol: %s") % ", ".join(sorted(unknown))})
    return [role for role in Role.values if role in wanted]


def _lock(actor: Person) -> None:
    """One change of people at a time per municipality: initials and the last administrator."""
    Municipality.objects.select_for_update().get(pk=actor.municipality_id)


def _check_administrator_left(actor: Person) -> None:
    left = queries.people_for(actor).filter(is_active=True, roles__contains=[Role.ADMINISTRATOR])
    if not left.exists():
        raise ValidationError(
            _("Er moet een actieve functioneel beheerder blijven. Wijs eerst een ander aan.")
        )


def _check_may_arrange(actor: Person, absent: Person) -> None:
    if actor.has_role(Role.ADMINISTRATOR):
        return
    teams = {one.team_id for one in absent.membership_set.all()}
    if not teams or not teams <= visible_teams(actor):
        raise PermissionDenied(_("Deze collega werkt in een team waarin jij niet werkt."))


def _set_teams(actor: Person, person: Person, team_ids: set[int]) -> None:
    known = set(queries.teams_for(actor).filter(pk__in=team_ids).values_list("pk", flat=True))
    if known != team_ids:
        raise ValidationError({"team_ids": _("Dit team bestaat niet.")})
    Membership.objects.filter(person=person).exclude(team_id__in=team_ids).delete()
    Membership.objects.bulk_create(
        (Membership(person=person, team_id=team_id) for team_id in sorted(team_ids)),
        ignore_conflicts=True,
    )
