"""The audit log: who did what to which object, with what result, from where (BIO2).

Written in the transaction of the change it tells about, so there is never one without the other.
A database trigger refuses to change or remove a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from webcare.organisation.models import AuditEntry, Municipality, Person

# What the log can tell, in words for the screen. Details hold ids and choices, never content and
# no personal data beyond that, so nothing in an entry has to be erased with a person.
ACTIONS = {
    "person.logged_in": _("ingelogd"),
    "person.login_failed": _("inloggen mislukt"),
    "person.login_locked": _("inloggen tijdelijk geblokkeerd"),
    "person.logged_out": _("uitgelogd"),
    "person.session_ended": _("sessie verlopen"),
    "person.password_changed": _("wachtwoord gewijzigd"),
    "person.second_factor_added": _("tweede factor toegevoegd"),
    "person.second_factor_removed": _("tweede factor verwijderd"),
    "person.second_factor_failed": _("tweede factor fout"),
    "person.added": _("collega toegevoegd"),
    "person.changed": _("collega gewijzigd"),
    "person.invited": _("collega uitgenodigd"),
    "deputyship.added": _("vervanging toegevoegd"),
    "deputyship.ended": _("vervanging beëindigd"),
    "team.added": _("team toegevoegd"),
    "team.changed": _("team gewijzigd"),
    "account.added": _("account toegevoegd"),
    "account.changed": _("account gewijzigd"),
    "source.added": _("bron toegevoegd"),
    "source.changed": _("bron gewijzigd"),
    "source.checked": _("bron geprobeerd"),
    "audit.looked": _("logboek bekeken"),
    "case.looked": _("gesprek bekeken"),
    "cases.searched": _("gesprekken doorzocht"),
    "record.looked": _("archiefstuk bekeken"),
    "record.erasure_requested": _("wissen van archiefinhoud gevraagd"),
    "record.erasure_refused": _("wissen van archiefinhoud afgewezen"),
    "record.erased": _("archiefinhoud gewist"),
    "records.searched": _("archief doorzocht"),
    "archive.verified": _("archief gecontroleerd"),
    "archive.exported": _("archief uitgegeven"),
    "mentions.searched": _("berichten doorzocht"),
    "mentions.imported": _("berichten geïmporteerd"),
}

_origin: ContextVar[str] = ContextVar("audit_origin", default="worker")


def get_origin(request: HttpRequest) -> str:
    """Return the caller's network address.

    Behind proxies only as many `X-Forwarded-For` hops are believed as ALLAUTH_TRUSTED_PROXY_COUNT
    says; what a caller writes there itself never counts.
    """
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    trusted = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    behind_proxy = 0 < trusted <= len(hops)
    address = hops[-trusted].strip() if behind_proxy else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(address))
    except ValueError:
        return ""


@contextmanager
def from_origin(origin: str) -> Iterator[None]:
    """Let every entry written inside say that it came from `origin`."""
    token = _origin.set(origin[:64])
    try:
        yield
    finally:
        _origin.reset(token)


def record_audit(
    action: str,
    *,
    actor: Person | None,
    obj: models.Model | None = None,
    object_type: str = "",
    object_id: str | int = "",
    municipality: Municipality | None = None,
    result: str = "ok",
    origin: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry in the caller's transaction.

    Object and municipality follow from `obj` and `actor` where they are not given. `origin` is by
    default the address of the request being answered, or "worker" outside one. `detail` holds ids
    and choices, never what somebody wrote.
    """
    if municipality is not None:
        municipality_id: int | None = municipality.pk
    else:
        municipality_id = getattr(obj, "municipality_id", None) or getattr(
            actor, "municipality_id", None
        )
    return AuditEntry.objects.create(
        municipality_id=municipality_id,
        actor=actor,
        action=action,
        object_type=object_type or (obj._meta.model_name or "" if obj else ""),
        object_id=str(obj.pk if obj and object_id == "" else object_id),
        result=result,
        origin=origin or _origin.get(),
        detail=dict(detail or {}),
    )
