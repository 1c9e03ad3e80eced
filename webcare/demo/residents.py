"""The invented residents of the town: who they are, how they feel and how they type."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from webcare.demo.town import NEIGHBOURHOODS

MOODS = (
    "friendly",
    "matter-of-fact",
    "worried",
    "grumbling",
    "angry",
    "ironic",
    "cheerful",
    "quiet",
)
_REGISTER = Path(__file__).with_name("residents.txt")
_NOTES = {
    "nl": "Woont in {}. Praat mee over de stad.",
    "en": "Living in {}. Learning Dutch, slowly.",
    "tr": "{} semtinde oturuyorum.",
    "pl": "Mieszkam w dzielnicy {}.",
}
HABITS = (
    "plain",
    "lower",
    "typos",
    "emoji",
    "formal",
    "dialect",
    "youth",
    "shouting",
    "dots",
)


class Resident(NamedTuple):
    """`server` is empty for people on the town's own server; `language` is ISO 639-1."""

    handle: str
    name: str
    neighbourhood: str
    mood: str
    habits: tuple[str, ...]
    language: str
    server: str
    followers: int

    @property
    def note(self) -> str:
        """What the profile says, in the resident's language."""
        return _NOTES[self.language].format(self.neighbourhood)


def _read_register() -> tuple[Resident, ...]:
    people = []
    lines = _REGISTER.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(one for one in lines if not one.startswith("%")):
        handle, name, place, mood, habits, language, server = (
            cell.strip() for cell in line.split("|")
        )
        people.append(
            Resident(
                handle.replace(".", "_"),
                name,
                NEIGHBOURHOODS[int(place)],
                mood,
                tuple(habits.split()),
                language,
                server,
                followers=12 + (number * 37) % 410,
            )
        )
    return tuple(people)


RESIDENTS = _read_register()
