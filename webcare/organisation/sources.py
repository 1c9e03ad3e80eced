"""Where we listen: trying a source, adding it, changing it.

What belongs to a platform (its settings, which of them are secret, how it is reached) comes from
`monitoring.platforms.registry`; nothing here knows a platform's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import SecretStr
from pydantic import ValidationError as ConfigError

from monitoring.explaining import explain
from monitoring.models import Source
from monitoring.platforms.base import (
    AccessDenied,
    Author,
    Config,
    PlatformError,
    Post,
    RetryAfter,
)
from monitoring.platforms.registry import PLATFORMS, Platform
from webcare.organisation import queries
from webcare.organisation.access import check_role
from webcare.organisation.audit import record_audit
from webcare.organisation.models import Account, Person, Role, Team

SAMPLE = 5


@runtime_checkable
class HasAccount(Protocol):
    """An adapter that knows whose access token it holds."""

    def whoami(self) -> Author: ...


@dataclass(frozen=True, slots=True)
class Check:
    """How trying a source went: newest posts, or why not in words for the screen.

    `handle` and `name` are the account's own, where the platform is one we publish on.
    """

    sample: tuple[Post, ...] = ()
    problem: str | None = None
    handle: str = ""
    name: str = ""

    @property
    def ok(self) -> bool:
        return self.problem is None


def platform_label(platform: Platform) -> str:
    return platform.label_en if get_language() == "en" else platform.label


def secret_fields(platform: Platform) -> set[str]:
    return {
        name
        for name, field in platform.config.model_fields.items()
        if field.annotation is SecretStr
    }


def read_config(
    name: str, config: Mapping[str, Any], secrets: Mapping[str, Any]
) -> tuple[Platform, Config]:
    """Validate what somebody typed against the platform's own settings.

    Raises ValidationError per field; nothing secret is repeated in it.
    """
    platform = PLATFORMS.get(name)
    if platform is None or platform.offline:
        raise ValidationError({"platform": _("Dit platform kan niet worden verzameld.")})
    if misplaced := secret_fields(platform) & config.keys():
        raise ValidationError({field: _("Dit hoort bij de geheimen.") for field in misplaced})
    try:
        return platform, platform.config.model_validate({**config, **secrets})
    except ConfigError as error:
        raise ValidationError(
            {str(one["loc"][0]) if one["loc"] else "config": _reason(one) for one in error.errors()}
        ) from None


def _reason(error: Any) -> str:
    known = {"missing": _("Dit veld is nodig."), "extra_forbidden": _("Dit veld bestaat niet.")}
    cause = error.get("ctx", {}).get("error")
    return known.get(error["type"]) or (_(str(cause)) if cause else _("Dit klopt niet."))


def check_source(
    actor: Person, *, platform: str, config: Mapping[str, Any], secrets: Mapping[str, Any]
) -> Check:
    """Fetch once from what was typed, storing nothing but a line in the audit log.

    Raises ValidationError when the settings themselves are wrong.
    """
    check_role(actor, Role.ADMINISTRATOR)
    found, wanted = read_config(platform, config, secrets)
    check = _try(found, wanted)
    record_audit(
        "source.checked",
        actor=actor,
        object_type="source",
        result="ok" if check.ok else "failed",
        detail={"platform": platform},
    )
    return check


def _try(platform: Platform, config: Config) -> Check:
    if "history" in platform.config.model_fields:
        config = config.model_copy(update={"history": SAMPLE})
    try:
        adapter = platform.make(config, allow=settings.FETCH_ALLOW)
        try:
            author = adapter.whoami() if isinstance(adapter, HasAccount) else None
            posts = adapter.fetch({}).posts
        finally:
            adapter.close()
    except AccessDenied:
        return Check(problem=_("De toegang wordt geweigerd. Klopt de toegangssleutel?"))
    except RetryAfter:
        return Check(
            problem=_("Er komt nu geen antwoord. Klopt het adres? Probeer het straks weer.")
        )
    except PlatformError as error:
        return Check(problem=_("Dit werkt niet: %(reason)s.") % {"reason": explain(error)})
    return Check(
        sample=posts[-SAMPLE:][::-1],
        handle=author.handle if author else "",
        name=author.name if author else "",
    )


def add_source(
    actor: Person,
    *,
    platform: str,
    name: str,
    purpose: str,
    config: Mapping[str, Any],
    secrets: Mapping[str, Any],
    team_id: int | None = None,
) -> Source:
    """Add a source after it answered once.

    Where the platform is one we publish on, its account comes with it, owned by `team_id` (None:
    the central team).
    Raises ValidationError when it does not answer, is there already, or lacks a purpose (AVG).
    """
    check_role(actor, Role.ADMINISTRATOR)
    found, wanted = read_config(platform, config, secrets)
    name = check_name(actor, name)
    if not purpose.strip():
        raise ValidationError({"purpose": _("Schrijf op waarvoor we dit verzamelen (AVG).")})
    team = None
    if found.capabilities.publishes:
        # Nobody named: the central team watches it until somebody takes it over.
        wanted_team = {"pk": team_id} if team_id else {"central": True}
        team = queries.teams_for(actor).filter(**wanted_team).first()
        if team is None:
            raise ValidationError({"team_id": _("Kies het team dat hier antwoordt.")})
    # Asked outside the transaction: somebody else's server may take its time.
    check = _try(found, wanted)
    if not check.ok:
        raise ValidationError({"config": check.problem})
    return _store(actor, found, wanted, check, name=name, purpose=purpose.strip(), team=team)


@transaction.atomic
def _store(
    actor: Person,
    platform: Platform,
    config: Config,
    check: Check,
    *,
    name: str,
    purpose: str,
    team: Team | None,
) -> Source:
    plain, secret = split_config(platform, config)
    source = Source.objects.create(
        municipality_id=actor.municipality_id,
        platform=platform.name,
        name=name,
        purpose=purpose,
        config=plain,
        secrets=secret,
    )
    record_audit("source.added", actor=actor, obj=source, detail={"platform": platform.name})
    if team is not None:
        taken = Account.objects.filter(
            source__platform=platform.name, handle__iexact=check.handle, source__active=True
        )
        if taken.exists():
            raise ValidationError({"config": _("Dit account is al aangesloten.")})
        account = Account.objects.create(
            municipality_id=actor.municipality_id,
            team=team,
            source=source,
            name=check.name[:100] or name,
            handle=check.handle,
        )
        record_audit("account.added", actor=actor, obj=account, detail={"team": team.pk})
    return source


def split_config(platform: Platform, config: Config) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what may be shown and what is kept encrypted; defaults are left to the platform."""
    given = config.model_dump(mode="json", exclude_unset=True)
    secret = {
        field: getattr(config, field).get_secret_value()
        for field in secret_fields(platform) & given.keys()
    }
    return {field: value for field, value in given.items() if field not in secret}, secret


@transaction.atomic
def change_source(actor: Person, source_id: int, changes: Mapping[str, Any]) -> Source:
    """Change `name`, `purpose`, `active` or (some of) `secrets`.

    Switching on, or a new secret, forgets earlier trouble and lets the next round start now.
    """
    check_role(actor, Role.ADMINISTRATOR)
    source = queries.sources_for(actor).select_for_update(of=("self",)).get(pk=source_id)
    before = {field: getattr(source, field) for field in ("name", "purpose", "active", "secrets")}
    after = {**before, **{field: changes[field] for field in before if field in changes}}
    after["name"] = check_name(actor, after["name"], but=source)
    if not after["purpose"].strip() and before["purpose"]:
        raise ValidationError({"purpose": _("Schrijf op waarvoor we dit verzamelen (AVG).")})
    if "secrets" in changes:
        merged = {**before["secrets"], **changes["secrets"]}
        platform, config = read_config(source.platform, source.config, merged)
        after["secrets"] = split_config(platform, config)[1]
    changed = [field for field in after if after[field] != before[field]]
    if not changed:
        return source
    for field in changed:
        setattr(source, field, after[field])
    if "secrets" in changed or ("active" in changed and source.active):
        source.trouble, source.failures, source.next_round = "", 0, timezone.now()
        changed += ["trouble", "failures", "next_round"]
    source.save(update_fields=changed)
    told = set(changed) & {"name", "active"}
    record_audit(
        "source.changed",
        actor=actor,
        obj=source,
        detail={"fields": sorted(field for field in after if field in changed)}
        | {field: {"from": before[field], "to": after[field]} for field in sorted(told)},
    )
    return source


def check_name(actor: Person, name: str, but: Source | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": _("Geef de bron een naam.")})
    others = queries.sources_for(actor).filter(name__iexact=name)
    if but:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise ValidationError({"name": _("Er is al een bron met deze naam.")})
    return name
