"""Teams and the accounts they own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from webcare.organisation import queries
from webcare.organisation.access import check_role, check_team
from webcare.organisation.audit import record_audit
from webcare.organisation.models import Account, Person, Role, Team

# One year: a target beyond it is a typing error.
LONGEST_TARGET = 366 * 24 * 60


@transaction.atomic
def add_team(actor: Person, *, name: str, central: bool = False) -> Team:
    """Add a team. Its slug follows from its first name and stays when the name changes."""
    check_role(actor, Role.ADMINISTRATOR)
    name = check_name(actor, name)
    team = Team.objects.create(
        municipality_id=actor.municipality_id,
        slug=slugify(name)[:50] or "team",
        name=name,
        central=central,
    )
    record_audit("team.added", actor=actor, obj=team, detail={"central": central})
    return team


@transaction.atomic
def change_team(actor: Person, team_id: int, changes: Mapping[str, Any]) -> Team:
    """Change `name` or `central`. A central team watches all accounts."""
    check_role(actor, Role.ADMINISTRATOR)
    team = queries.teams_for(actor).select_for_update().get(pk=team_id)
    before = {"name": team.name, "central": team.central}
    team.name = check_name(actor, changes.get("name", team.name), but=team)
    team.central = changes.get("central", team.central)
    after = {"name": team.name, "central": team.central}
    changed = [field for field in after if after[field] != before[field]]
    if changed:
        team.save(update_fields=changed)
        record_audit(
            "team.changed",
            actor=actor,
            obj=team,
            detail={field: {"from": before[field], "to": after[field]} for field in changed},
        )
    return team


@transaction.atomic
def change_account(actor: Person, account_id: int, changes: Mapping[str, Any]) -> Account:
    """Change an account's targets, in minutes, or the team that owns it.

    Clocks that already run keep the target they started with, and open cases stay with the team
    that has them.
    """
    check_role(actor, Role.TEAM_LEAD, Role.ADMINISTRATOR)
    account = queries.accounts_for(actor).select_for_update(of=("self",)).get(pk=account_id)
    check_team(actor, account.team_id)
    fields = ("first_reaction_minutes", "answer_minutes", "team_id")
    changed = {f: changes[f] for f in fields if f in changes and changes[f] != getattr(account, f)}
    for field in ("first_reaction_minutes", "answer_minutes"):
        if not 1 <= changed.get(field, 1) <= LONGEST_TARGET:
            raise ValidationError({field: _("Kies een termijn tussen een minuut en een jaar.")})
    if "team_id" in changed and not queries.teams_for(actor).filter(pk=changed["team_id"]).exists():
        raise ValidationError({"team_id": _("Dit team bestaat niet.")})
    first, answer = (changed.get(f, getattr(account, f)) for f in fields[:2])
    if first > answer:
        raise ValidationError(
            {"first_reaction_minutes": _("De eerste reactie hoort niet na het antwoord te komen.")}
        )
    if changed:
        record_audit(
            "account.changed",
            actor=actor,
            obj=account,
            detail={f: {"from": getattr(account, f), "to": v} for f, v in changed.items()},
        )
        for field, value in changed.items():
            setattr(account, field, value)
        account.save(update_fields=list(changed))
    return account


def check_name(actor: Person, name: str, but: Team | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": _("Geef het team een naam.")})
    others = queries.teams_for(actor)
    if but:
        others = others.exclude(pk=but.pk)
    if others.filter(name__iexact=name).exists() or (
        not but and others.filter(slug=slugify(name)[:50] or "team").exists()
    ):
        raise ValidationError({"name": _("Er is al een team met deze naam.")})
    return name
