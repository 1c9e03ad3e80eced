"""Finds the municipality a command is about, through the setting that names its model."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings


class MunicipalityNotFound(LookupError):
    """None or several fit; the text is Dutch and says which there are."""


def find_municipality(slug: str | None) -> Any:
    """The municipality called `slug`, or the only one. Raises `MunicipalityNotFound`."""
    everyone = apps.get_model(settings.MUNICIPALITY_MODEL)._default_manager.order_by("slug")
    fitting = list(everyone.filter(slug=slug) if slug else everyone.all()[:50])
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(everyone.values_list("slug", flat=True)[:50])
    if slug:
        raise MunicipalityNotFound(f"Er is geen gemeente {slug!r}; wel: {known or 'nog geen'}.")
    if not fitting:
        raise MunicipalityNotFound("Er is nog geen gemeente.")
    raise MunicipalityNotFound(f"Kies een gemeente met --municipality: {known}.")
