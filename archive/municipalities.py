"""Which municipality a command is about; the archive knows them by number only."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Exists, OuterRef

from archive.models import Record


class NoMunicipality(ValueError):
    """There is none of that name, or it was not said which of several; in Dutch."""


def find_municipality(slug: str | None) -> int:
    """The number of the municipality, or of the only one with records. Raises `NoMunicipality`."""
    towns: Any = apps.get_model(settings.MUNICIPALITY_MODEL)._default_manager
    if slug:
        found = towns.filter(slug=slug).values_list("pk", flat=True).first()
        if found is None:
            raise NoMunicipality(f"Er is geen gemeente {slug!r}.")
        return int(found)
    known = list(towns.values_list("pk", "slug").order_by("slug")[:50])
    if len(known) > 1:
        kept = Record.objects.filter(municipality=OuterRef("pk"))
        known = list(towns.filter(Exists(kept)).values_list("pk", "slug").order_by("slug")) or known
    if len(known) != 1:
        names = ", ".join(name for _, name in known) or "geen"
        raise NoMunicipality(f"Zeg met --municipality welke gemeente: {names}.")
    return int(known[0][0])
