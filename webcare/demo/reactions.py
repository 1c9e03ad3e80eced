"""How a resident takes an answer: thanks, a question back, anger, a favourite, or silence."""

from __future__ import annotations

import random
import re
from functools import cache

from webcare.demo.residents import Resident
from webcare.demo.texts import read_lists

DELAY_SECONDS = (3.0, 20.0)
KINDS = ("thanks", "follow-up", "angry", "like", "silence")
_CHANCES = {
    "friendly": (50, 15, 1, 18, 16),
    "matter-of-fact": (30, 25, 2, 13, 30),
    "worried": (22, 45, 5, 8, 20),
    "grumbling": (12, 25, 30, 5, 28),
    "angry": (4, 20, 52, 2, 22),
    "ironic": (15, 25, 20, 15, 25),
    "cheerful": (52, 10, 1, 22, 15),
    "quiet": (14, 8, 2, 26, 50),
}
_PATIENT_AFTER = 3
_PROMISE = re.compile(
    r"zoeken (het|dit) uit|hoort u|hoor je|komen (we )?.*terug|laten .* weten", re.I
)


def choose(resident: Resident, answer: str, times: int, rng: random.Random) -> str:
    """Return the kind of reaction to `answer`, the `times`-th one in the thread.

    A question from the municipality is mostly answered (`detail`), a promise awaited (`wait`), and
    after a few answers nobody starts a new round.
    """
    if "?" in answer and rng.random() < 0.75:
        return "detail"
    if _PROMISE.search(answer) and resident.mood != "angry" and rng.random() < 0.5:
        return "wait"
    kind: str = rng.choices(KINDS, _CHANCES[resident.mood])[0]
    if times >= _PATIENT_AFTER and kind in ("follow-up", "angry"):
        return "silence"
    return kind


@cache
def _texts() -> dict[str, list[str]]:
    return read_lists("reactions")


def words(resident: Resident, kind: str, rng: random.Random) -> str:
    """Return a hand-written reaction in the resident's language."""
    return rng.choice(_texts()[f"{resident.language} {kind}"])
