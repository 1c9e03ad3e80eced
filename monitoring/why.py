"""Which words made the machine say what it said of a mention, and how strongly.

A verdict is a sum over words, so every word's share can be told. What is told holds words of
residents: it is for the screen of who may read the mention, and never for a log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from monitoring.labels import themes_of
from monitoring.own_models import find_speaker
from nlp.features import canonical, word_classes
from nlp.labels import FLAGS

#: Words told per label, and the share of all push below which a word says nothing.
MOST_WORDS: Final = 6
LEAST_SHARE: Final = 0.03


class Kind(StrEnum):
    """Where a word's weight comes from."""

    # Learned from examples alone.
    LEARNED = "learned"
    # In the machine's own list of words, with or without examples.
    KNOWN = "known"
    # Stands for what was masked before reading: a link, a handle, a number.
    STAND_IN = "stand_in"
    # No word: punctuation, length, set phrases and what comes together.
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Word:
    """`share` of all push for and against this label, -1 to 1; below 0 the word speaks against."""

    word: str
    share: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Part:
    """`head` as people correct it, `label` the value of it that the words speak for or against.

    For a yes/no head `label` is its own name: the words speak for or against yes.
    """

    head: str
    label: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`exact` tells whether `model` is the one that gave the verdict, or the one in use now."""

    model: str
    exact: bool
    parts: tuple[Part, ...]


def explain_verdict(municipality_id: int, text: str, verdict: Mapping[str, Any]) -> Explanation:
    """Explain a verdict on `text` (as received), in milliseconds once a model is in memory.

    No parts without a verdict, or when the text is gone. Raises `nlp.ModelMissing`.
    """
    spoke = str(verdict.get("model", ""))
    if not verdict or not text.strip():
        return Explanation(spoke, True, ())
    from nlp.explaining import LOOK, explain_text

    model = find_speaker(municipality_id, spoke)
    there = text.casefold()

    def kind_of(word: str) -> Kind:
        if word == LOOK:
            return Kind.FORM
        if word.casefold() not in there:
            return Kind.STAND_IN
        return Kind.KNOWN if word_classes(canonical(word)) else Kind.LEARNED

    def tell(head: str) -> tuple[Word, ...]:
        shares = explain_text(model, text, head)
        push = sum(abs(share) for _, share in shares) or 1.0
        return tuple(
            Word("" if word == LOOK else word, round(share / push, 4), kind_of(word))
            for word, share in shares[:MOST_WORDS]
            if abs(share) / push >= LEAST_SHARE
        )

    parts = tuple(Part(head, label, tell(name)) for head, label, name in _asked(verdict))
    return Explanation(model.name, model.name == spoke, parts)


def _asked(verdict: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(head, label, name of the model's own head) for everything the verdict says."""
    yield "intent", verdict["intent"], f"intent:{verdict['intent']}"
    for tenor in ("support", "criticism"):
        # Mixed is both, neutral is neither: then both are explained.
        if verdict["tenor"] not in {"support", "criticism"} - {tenor}:
            yield "tenor", tenor, f"tenor:{tenor}"
    for theme in themes_of(verdict):
        yield "themes", theme, f"theme:{theme}"
    for flag in FLAGS:
        yield flag, flag, flag
