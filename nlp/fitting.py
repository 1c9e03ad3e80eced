"""Fitting probabilities and thresholds on scores of posts the scoring model had not seen."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from nlp.calibration import (
    FLAG,
    INTENT,
    TENOR,
    THEME,
    Calibration,
    Floats,
    Scores,
    sigmoid,
    softmax,
)
from nlp.labels import HEADS, INTENTS, TENORS

#: Pull of a head's own slope and offset towards those of its kind, in posts.
PULL = 4.0
#: Share of truly urgent or abusive posts that must not be missed.
RECALL = 0.95
#: No flag is raised below this, or nearly everything would be.
LOWEST_FLAG = 0.02

Truth = NDArray[np.bool_]


def _log_loss(p: Floats, truth: Truth) -> float:
    chosen = np.where(truth, p, 1 - p)
    return float(-np.log(np.maximum(chosen, 1e-12)).sum())


def _platt(scores: Floats, truth: Truth, prior: tuple[float, float] | None) -> tuple[float, float]:
    """Slope and offset that make the truth likeliest, drawn towards `prior` if there is one."""
    towards = prior or (1.0, 0.0)
    pull = PULL if prior else 1e-3

    def loss(x: Floats) -> float:
        away = (x[0] - towards[0]) ** 2 + 0.25 * (x[1] - towards[1]) ** 2
        return _log_loss(sigmoid(x[0] * scores + x[1]), truth) + pull * away

    slope, offset = minimize(loss, np.array(towards), method="L-BFGS-B").x
    return max(float(slope), 0.05), float(offset)


def _intent(scores: Floats, truth: Truth) -> tuple[float, Floats]:
    """Temperature and offsets of the intent softmax; offsets are drawn towards none."""
    answer = truth.argmax(1)
    rows = np.arange(len(answer))

    def loss(x: Floats) -> float:
        p = softmax(scores * np.exp(x[0]) + x[1:])
        return float(-np.log(np.maximum(p[rows, answer], 1e-12)).sum() + 2 * (x[1:] ** 2).sum())

    found = minimize(loss, np.zeros(1 + len(INTENTS)), method="L-BFGS-B").x
    return float(np.exp(-found[0])), found[1:]


def tenor_index(truth: Truth) -> NDArray[np.int64]:
    """Index in TENORS from the two yes/no columns support and criticism."""
    table = np.array([TENORS.index(n) for n in ("neutral", "support", "criticism", "mixed")])
    result: NDArray[np.int64] = table[truth[:, 0] + 2 * truth[:, 1]]
    return result


def _tenor(scores: Floats, truth: Truth) -> Floats:
    """(4, 3) weights of the tenor softmax, drawn towards independent heads."""
    answer = tenor_index(truth)
    rows = np.arange(len(answer))
    inputs = np.c_[scores, np.ones(len(scores))]
    start = np.zeros((len(TENORS), 3))
    for head, name in enumerate(("support", "criticism")):
        start[TENORS.index(name), head] = start[TENORS.index("mixed"), head] = 1.0

    def loss(x: Floats) -> float:
        weights = x.reshape(start.shape)
        p = softmax(inputs @ weights.T)
        away = ((weights - start)[:, :2] ** 2).sum()
        return float(-np.log(np.maximum(p[rows, answer], 1e-12)).sum() + away)

    found: Floats = minimize(loss, start.ravel(), method="L-BFGS-B").x.reshape(start.shape)
    return found


def best_threshold(p: Floats, truth: Truth) -> float:
    """The probability cut with the best F1, drawn towards one half where examples are few."""
    cuts = np.arange(0.2, 0.71, 0.02)
    said = p[:, None] >= cuts
    hits = (said & truth[:, None]).sum(0)
    f1 = 2 * hits / np.maximum(said.sum(0) + truth.sum(), 1)
    # Several cuts are often as good; the middle of them holds best on new texts.
    best = float(np.median(cuts[f1 >= f1.max() - 0.005]))
    trust = truth.sum() / (truth.sum() + 20)
    return round(trust * best + (1 - trust) * 0.4, 3)


def recall_threshold(p: Floats, truth: Truth) -> float:
    """The highest cut that still finds RECALL of the true ones; low where there are few."""
    hits = np.sort(p[truth])
    if len(hits) < 5:
        return 0.1
    missed = int((1 - RECALL) * len(hits))
    return round(float(np.clip(hits[missed] * 0.95, LOWEST_FLAG, 0.5)), 4)


def fit_calibration(scores: Scores, truth: Truth) -> Calibration:
    """Everything between scores and verdicts, from (posts, heads) scores and truths."""
    raw = scores.astype(np.float64)
    slope, offset = np.ones(len(HEADS)), np.zeros(len(HEADS))
    for kind in (INTENT, THEME, slice(TENOR.start, FLAG.start), FLAG):
        shared = _platt(raw[:, kind].ravel(), truth[:, kind].ravel(), None)
        for head in range(*kind.indices(len(HEADS))):
            slope[head], offset[head] = _platt(raw[:, head], truth[:, head], shared)
    temperature, intent_offset = _intent(raw[:, INTENT], truth[:, INTENT])
    p = sigmoid(raw * slope + offset)
    thresholds = {
        HEADS[head]: best_threshold(p[:, head], truth[:, head])
        for head in range(THEME.start, FLAG.start)
    }
    for head in range(FLAG.start, FLAG.stop):
        cut = best_threshold if HEADS[head] == "about_us" else recall_threshold
        thresholds[HEADS[head]] = cut(p[:, head], truth[:, head])
    return Calibration(
        slope=slope,
        offset=offset,
        temperature=temperature,
        intent_offset=intent_offset,
        tenor=_tenor(raw[:, TENOR], truth[:, TENOR]),
        thresholds=thresholds,
    )
