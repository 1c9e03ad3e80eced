"""Makes posts: picks a hand-written text, a resident who would say it, and how they type it.

No two posts of one town are the same text. Everything follows from the seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from webcare.demo import markup, voices
from webcare.demo.residents import HABITS, MOODS, RESIDENTS, Resident
from webcare.demo.scenes import ORDINARY, Scene
from webcare.demo.texts import Piece, read_pieces
from webcare.demo.town import FACILITIES, NEIGHBOURHOODS, STREETS, TOWN_NAME, TOWN_TAG

LANGUAGES = ("nl", "en", "tr", "pl")
NEIGHBOUR_SHARE = 0.04
THEME_ACCOUNT_SHARE = 0.5
_TERMS = (
    "drie dagen",
    "een week",
    "anderhalve week",
    "twee weken",
    "drie weken",
    "een maand",
)
_TAGS = {
    "parking": ("parkeren",),
    "waste": ("afval", "afvalwijzer"),
    "swimming": ("zwembad", "elzenbron"),
    "cycling": ("fiets", "fietspad"),
    "football": ("evv34",),
    "fireworks": ("vuurwerk",),
    "trees": ("bomen", "groen"),
    "council": ("gemeenteraad",),
    "shelter": ("opvang",),
    "fire": ("polydrecht", "brand"),
    "closure": ("langedrechtstraat",),
    "bus": ("rivierlijn",),
}
_MAX_TRIES = 60
_LOCAL = re.compile("|".join((*map(re.escape, FACILITIES.values()), "Elze", "Markt", "Drecht")))
"""What only this town has, so that nobody asks the neighbour about it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A post on its way into the world. `piece` and `slots` let replies continue it."""

    resident: Resident
    text: str
    private: bool
    piece: Piece
    slots: dict[str, str]


@dataclass(slots=True)
class Deck:
    """Texts in shuffled order: none returns before all have been heard."""

    pieces: list[Piece]
    left: list[Piece] = field(default_factory=list)

    def draw(self, rng: random.Random) -> Piece:
        if not self.left:
            self.left = list(self.pieces)
            rng.shuffle(self.left)
        return self.left.pop()


@cache
def ordinary_pieces() -> tuple[Piece, ...]:
    """Every text that can be heard on any day."""
    return tuple(piece for name in ORDINARY for piece in read_pieces(name))


class Storyteller:
    """One stream of posts. `said` holds hashes of everything said in the town, shared by all."""

    def __init__(
        self, scene: Scene, seed: int, said: set[int], neighbour_share: float = NEIGHBOUR_SHARE
    ) -> None:
        self._neighbour_share = neighbour_share
        self.rng = random.Random(seed)
        self.said = said
        self._scene = scene
        ordinary = [one for one in ordinary_pieces() if one.turns[0].speaker != "town"]
        self._ordinary = {flag: Deck([p for p in ordinary if p.direct == flag]) for flag in (0, 1)}
        own = read_pieces(scene.texts) if scene.texts else []
        phases = sorted({piece.since for piece in own})
        self._phases = [
            (since, {flag: Deck([p for p in own if p.since == since and p.direct == flag])
                     for flag in (0, 1)})
            for since in phases
        ]  # fmt: skip

    def begin(self, progress: float, direct: bool) -> Draft:
        """Return a new post; `progress` (0-1) is how far the scene is."""
        return self.begin_with(self._pick(progress, direct))

    def begin_with(self, piece: Piece) -> Draft:
        """Return a new post with this text."""
        resident = self._resident(piece.voice)
        slots = self.slots_for(resident)
        text = self._unsaid(piece.turns[0].text, resident, slots, self._address(piece), piece.theme)
        return Draft(resident, text, "private" in piece.voice.split(), piece, slots)

    def slots_for(self, resident: Resident) -> dict[str, str]:
        """Return what fills the slots of a text this resident says now."""
        rng = self.rng
        return {
            "straat": rng.choice(STREETS),
            "straat2": rng.choice(STREETS),
            "wijk": resident.neighbourhood if rng.random() < 0.6 else rng.choice(NEIGHBOURHOODS),
            "dag": rng.choice(voices.dressing()[f"{resident.language} days"]),
            "uur": str(rng.randrange(7, 23)),
            "aantal": str(rng.randrange(2, 9)),
            "nummer": str(rng.randrange(1, 180)),
            "termijn": rng.choice(_TERMS),
            "plaats": TOWN_NAME,
            "naam": resident.name.split()[0],
        }

    def go_on(self, draft: Draft, turn: int, others: Iterable[str]) -> Draft:
        """Return the next post of a thread, addressed to the handles in `others`."""
        first = draft.piece.turns[turn].speaker == "first"
        resident = draft.resident if first else self._resident(draft.resident.language)
        while not first and resident == draft.resident:
            resident = self._resident(draft.resident.language)
        prefix = " ".join(f"@{one}" for one in dict.fromkeys(others) if one != resident.handle)
        slots = draft.slots | {"naam": resident.name.split()[0]}
        said = self._unsaid(
            draft.piece.turns[turn].text, resident, slots, (prefix, ""), draft.piece.theme
        )
        return Draft(resident, said, draft.private, draft.piece, draft.slots)

    def answer_town(self, piece: Piece, turn: int, handle: str) -> Draft:
        """Return a resident's reply to what the municipality published by itself."""
        resident = self._resident("nl")
        slots = self.slots_for(resident)
        said = self._unsaid(
            piece.turns[turn].text, resident, slots, (f"@{handle}", ""), piece.theme
        )
        return Draft(resident, said, False, piece, slots)

    def react(self, text: str, resident: Resident, prefix: str, kind: str) -> str:
        """Return `text` as `resident` says it to the municipality, with fresh slots."""
        return self._unsaid(text, resident, self.slots_for(resident), (prefix, ""), kind)

    def _pick(self, progress: float, direct: bool) -> Piece:
        if self._phases and self.rng.random() < self._scene.share:
            heard = [decks for since, decks in self._phases if since <= progress]
            decks = heard[-1] if self.rng.random() < 0.85 else self.rng.choice(heard)
            if decks[direct].pieces:
                return decks[direct].draw(self.rng)
        return self._ordinary[direct].draw(self.rng)

    def _resident(self, voice: str) -> Resident:
        return self.rng.choice(_who_could_say(voice))

    def _address(self, piece: Piece) -> tuple[str, str]:
        """Return what goes before and after the text: a mention or the town's tags."""
        rng = self.rng
        if not piece.direct:
            extra = rng.choice((*_TAGS.get(piece.theme, ()), ""))
            tag = rng.choice((TOWN_TAG, TOWN_TAG.capitalize(), TOWN_TAG.capitalize()))
            return "", f"#{tag}" + (f" #{extra}" if extra else "")
        handle = "@gemeente"
        if piece.theme == "parking" and rng.random() < THEME_ACCOUNT_SHARE:
            handle = "@parkeren"
        elif rng.random() < self._neighbour_share and not _LOCAL.search(piece.turns[0].text):
            handle = "@klaverwaard"
        return ("", handle) if rng.random() < 0.2 else (handle, "")

    def _unsaid(
        self,
        text: str,
        resident: Resident,
        slots: dict[str, str],
        around: tuple[str, str],
        theme: str,
    ) -> str:
        """Return the text as the resident types it, different from all that was said before."""
        rng = self.rng
        before, after = around
        if "@klaverwaard" in around:
            slots["plaats"] = "Klaverwaard"
        for attempt in range(_MAX_TRIES):
            filled = text
            if attempt > 2 or rng.random() < 0.08:
                filled = voices.dress(text, resident.language, rng, attempt // 3)
            typed = voices.type_as(resident, voices.fill(filled, slots), theme, rng)
            whole = " ".join(part for part in (before, typed, after) if part)
            mark = hash(whole)
            if mark not in self.said and markup.counted_length(whole) <= markup.MAX_CHARACTERS:
                self.said.add(mark)
                return whole
            if attempt > 5:
                slots["straat"], slots["uur"] = (
                    rng.choice(STREETS),
                    str(rng.randrange(7, 23)),
                )
                slots["dag"] = rng.choice(voices.dressing()[f"{resident.language} days"])
        count = len(self.said)
        whole = f"{whole[:440]} ({count})"
        self.said.add(hash(whole))
        return whole


@cache
def _who_could_say(voice: str) -> tuple[Resident, ...]:
    """Return the residents with this voice; without a language they write Dutch."""
    asked = set(voice.split()) - {"private"}
    language = next((one for one in LANGUAGES if one in asked), "nl")
    habits, moods = asked & set(HABITS), asked & set(MOODS)
    found = tuple(
        one
        for one in RESIDENTS
        if one.language == language
        and habits <= set(one.habits)
        and (not moods or one.mood in moods)
    )
    if not found:
        raise ValueError(f"nobody in town has the voice '{voice}'")
    return found
