"""Short Dutch names for narrow columns, of what the machine calls in English.

The screen has its own, longer ones (webcare.directory), in two languages.
"""

from __future__ import annotations

from typing import Final

from monitoring.platforms.registry import PLATFORMS

THEMES: Final[dict[str, str]] = {
    "waste": "Afval",
    "cleanliness": "Netheid",
    "roads": "Wegen en riolering",
    "traffic": "Verkeer",
    "parking": "Parkeren",
    "lighting": "Verlichting",
    "greenery": "Groen en water",
    "nuisance": "Overlast",
    "animals": "Dieren",
    "safety": "Veiligheid",
    "housing": "Wonen",
    "planning": "Bouwplannen",
    "climate": "Klimaat en energie",
    "taxes": "Belastingen",
    "documents": "Documenten",
    "income": "Inkomen",
    "care": "Zorg en welzijn",
    "education": "Onderwijs",
    "events": "Evenementen",
    "economy": "Economie",
    "council": "Gemeenteraad",
    "migration": "Migratie",
    "service": "Dienstverlening",
}

TENORS: Final[dict[str, str]] = {
    "support": "steun",
    "criticism": "kritiek",
    "neutral": "neutraal",
    "mixed": "gemengd",
}


def name_theme(theme: str) -> str:
    """A theme the municipality added itself is shown as it wrote it."""
    return THEMES.get(theme, theme)


def name_platform(platform: str) -> str:
    known = PLATFORMS.get(platform)
    return known.label if known else platform
