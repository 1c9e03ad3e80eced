"""From raw scores to probabilities that mean what they say.

Yes/no heads get a slope and an offset each (Platt), drawn towards the slope and offset all heads
share, so that a theme with three examples is not fitted to three examples. Intent and tenor are
each a softmax over the scores of all heads but the themes: whether a post is a complaint tells of
blame, and whose business it is tells whether blame is blame of the municipality.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.labels import FLAGS, HEADS, INTENTS, TENOR_HEADS, THEMES

Scores = NDArray[np.float32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

INTENT = slice(0, len(INTENTS))
THEME = slice(INTENT.stop, INTENT.stop + len(THEMES))
TENOR = slice(THEME.stop, THEME.stop + len(TENOR_HEADS))
EMOTION = slice(TENOR.stop, len(HEADS) - len(FLAGS))
FLAG = slice(EMOTION.stop, len(HEADS))
#: A theme is named only beside one that is not much likelier than it: most posts have one.
BESIDE = 0.6
#: Heads that intent and tenor are read from.
COMPANY = np.r_[INTENT, TENOR, EMOTION, FLAG]


@dataclass(frozen=True, slots=True)
class Probabilities:
    """One row per text. `heads` holds every head as yes/no; `intent` and `tenor` sum to one."""

    intent: Floats
    tenor: Floats
    heads: Floats


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers learned from scores of posts the scoring model had not seen.

    slope, offset: (heads,) · intent: (intents, n + 1), tenor: (4, n + 1), weights of the n scores
    of COMPANY and of one ·
    thresholds: the probability from which a theme or a flag counts as said, by head name.
    """

    slope: Floats
    offset: Floats
    intent: Floats
    tenor: Floats
    thresholds: Mapping[str, float]

    def apply(self, scores: Scores) -> Probabilities:
        raw = scores.astype(np.float64)
        logits = raw * self.slope + self.offset
        company = with_one(raw[:, COMPANY])
        return Probabilities(
            intent=softmax(company @ self.intent.T),
            tenor=softmax(company @ self.tenor.T),
            heads=sigmoid(logits),
        )

    def said(self, heads: Floats) -> Flags:
        """Which heads count as said, from their probabilities (texts, heads): those from their
        threshold, one half without any; a theme also needs BESIDE of the likeliest theme."""
        cuts = np.array([self.thresholds.get(name, 0.5) for name in HEADS])
        said: Flags = heads >= cuts
        said[:, THEME] &= near_likeliest(heads[:, THEME])
        return said

    def as_dict(self) -> dict[str, Any]:
        return {
            "slope": self.slope.tolist(),
            "offset": self.offset.tolist(),
            "intent": self.intent.tolist(),
            "tenor": self.tenor.tolist(),
            "thresholds": dict(self.thresholds),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Calibration":
        return cls(
            slope=np.array(stored["slope"]),
            offset=np.array(stored["offset"]),
            intent=np.array(stored["intent"]),
            tenor=np.array(stored["tenor"]),
            thresholds=dict(stored["thresholds"]),
        )


def with_one(scores: Floats) -> Floats:
    """`scores` with a column of ones, for the constant of a linear layer."""
    return np.c_[scores, np.ones(len(scores))]


def near_likeliest(themes: Floats) -> Flags:
    """Which themes are likely enough beside the likeliest one of their text."""
    result: Flags = themes >= BESIDE * themes.max(1, keepdims=True)
    return result


def sigmoid(logits: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    return result


def softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    result: Floats = powers / powers.sum(1, keepdims=True)
    return result


def calibration_error(p: Floats, truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error of yes/no probabilities: mean |claimed - true| over equal bins."""
    if not len(p):
        return 0.0
    which = np.minimum((p * bins).astype(int), bins - 1)
    gap = np.bincount(which, p - truth, minlength=bins)
    return float(np.abs(gap).sum() / len(p))
