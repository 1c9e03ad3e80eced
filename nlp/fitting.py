"""Fitting probabilities and thresholds on scores of posts the scoring model had not seen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from nlp.calibration import (
    COMPANY,
    FLAG,
    INTENT,
    TENOR,
    THEME,
    Calibration,
    Floats,
    Scores,
    near_likeliest,
    sigmoid,
    softmax,
    with_one,
)
from nlp.labels import HEADS, INTENTS, TENORS

#: Pull of a head's own slope and offset towards those of its kind, in posts.
PULL = 4.0
#: Pull of the layers of intent and tenor towards their own heads.
LAYER_PULL = 30.0
#: Share of truly urgent or abusive posts to find among those a cut is chosen on: above the .95 that
#: is promised, because texts that come differ from those.
RECALL = 0.975
#: No flag is raised below this, or nearly everything would be.
LOWEST_FLAG = 0.02

Truth = NDArray[np.bool_]


def _platt(scores: Floats, truth: Truth, prior: tuple[float, float] | None) -> tuple[float, float]:
    """Slope and offset that make the truth likeliest, drawn towards `prior` if there is one."""
    towards = prior or (1.0, 0.0)
    pull = PULL if prior else 1e-3
    weight = np.array([1.0, 0.25])

    def loss(x: Floats) -> tuple[float, Floats]:
        logits, away = x[0] * scores + x[1], x - towards
        wrong = sigmoid(logits) - truth
        value = np.logaddexp(0, logits).sum() - logits[truth].sum() + pull * weight @ away**2
        slopes = np.array([wrong @ scores, wrong.sum()])
        return float(value), slopes + 2 * pull * weight * away

    slope, offset = minimize(loss, np.array(towards), jac=True, method="L-BFGS-B").x
    return max(float(slope), 0.05), float(offset)


def tenor_index(truth: Truth) -> NDArray[np.int64]:
    """Index in TENORS from the two yes/no columns support and criticism."""
    table = np.array([TENORS.index(n) for n in ("neutral", "support", "criticism", "mixed")])
    result: NDArray[np.int64] = table[truth[:, 0] + 2 * truth[:, 1]]
    return result


def _layer(company: Floats, answer: NDArray[np.int64], start: Floats) -> Floats:
    """Weights like `start`, (labels, scores + 1), of the softmax that makes the answers likeliest;
    drawn towards `start`, the constants hardly."""
    inputs = with_one(company)
    true = np.eye(len(start))[answer]
    pull = np.full(start.shape, LAYER_PULL)
    pull[:, -1] *= 0.0004

    def loss(x: Floats) -> tuple[float, Floats]:
        weights = x.reshape(start.shape)
        p = softmax(inputs @ weights.T)
        away = weights - start
        value = -np.log(np.maximum(p[true.astype(bool)], 1e-12)).sum() + (pull * away**2).sum()
        return float(value), ((p - true).T @ inputs + 2 * pull * away).ravel()

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B").x
    return np.asarray(found).reshape(start.shape)


def _start(labels: int, own: Sequence[tuple[int, int]]) -> Floats:
    """A layer in which (label, head) listens to its own head only."""
    start = np.zeros((labels, len(COMPANY) + 1))
    place = {int(head): column for column, head in enumerate(COMPANY)}
    for label, head in own:
        start[label, place[head]] = 1.0
    return start


def _intent(raw: Floats, truth: Truth) -> Floats:
    start = _start(len(INTENTS), [(label, label) for label in range(len(INTENTS))])
    return _layer(raw[:, COMPANY], truth[:, INTENT].argmax(1), start)


def _tenor(raw: Floats, truth: Truth) -> Floats:
    """Begins with two heads on their own: mixed is both, neutral is neither."""
    own = [
        (TENORS.index(label), TENOR.start + head)
        for head, name in enumerate(("support", "criticism"))
        for label in (name, "mixed")
    ]
    return _layer(raw[:, COMPANY], tenor_index(truth[:, TENOR]), _start(len(TENORS), own))


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


def theme_threshold(p: Floats, truth: Truth) -> float:
    """The one cut for all themes with the best F1 over all labels of all texts at once.

    One number, because the cut with the best micro F1 is the same for every label whose
    probabilities are calibrated; themes with few examples would only tune themselves to luck.
    """
    cuts = np.arange(0.12, 0.41, 0.01)
    near = near_likeliest(p)
    f1 = np.array(
        [
            2 * (said & truth).sum() / max(said.sum() + truth.sum(), 1)
            for said in (near & (p >= cut) for cut in cuts)
        ]
    )
    return round(float(np.median(cuts[f1 >= f1.max() - 0.003])), 3)


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
    p = sigmoid(raw * slope + offset)
    thresholds = {
        HEADS[head]: best_threshold(p[:, head], truth[:, head])
        for head in range(TENOR.start, FLAG.start)
    }
    themes = theme_threshold(p[:, THEME], truth[:, THEME])
    thresholds |= {name: themes for name in HEADS[THEME]}
    for head in range(FLAG.start, FLAG.stop):
        cut = best_threshold if HEADS[head] == "about_us" else recall_threshold
        thresholds[HEADS[head]] = cut(p[:, head], truth[:, head])
    return Calibration(
        slope=slope,
        offset=offset,
        intent=_intent(raw, truth),
        tenor=_tenor(raw, truth),
        thresholds=thresholds,
    )
