"""How large a share of many texts says something: never the count of the likeliest labels.

A machine that is unsure says what is common, so a count of top labels makes the common commoner:
5 % reported where 11 % was true. Calibrated probabilities are right on average only where labels
are as frequent as in the corpus they were calibrated on. `estimate_shares` takes that frequency out
and seeks the shares under which the probabilities are likeliest (expectation maximisation: Saerens,
Latinne & Decaestecker, 2002). Compared with other ways in docs/decisions/0019.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlp.labels import HEADS, INTENTS, TENORS
from nlp.posts import TEST, read_posts, truth

Floats = NDArray[np.float64]

#: What a yes/no head can be.
YES_NO = ("yes", "no")
#: Standard error of the frequencies the probabilities lean on, as a share of each: calibration is
#: never perfect, and more texts do not make it so.
PRIOR_ERROR = 0.06
#: Texts' worth of trust in the corpus's own shares: what is left when there is hardly anything.
TRUST = 1.0
_STEPS = 200
_CLOSE = 1e-5
_NORMAL = 1.96


@dataclass(frozen=True, slots=True)
class Share:
    """A share (0…1) with the ends of its 95 % interval."""

    share: float
    low: float
    high: float


def estimate_shares(
    probabilities: Sequence[Mapping[str, float]] | Sequence[float],
    head: str = "tenor",
    *,
    known: Mapping[str, int] | None = None,
) -> dict[str, Share]:
    """The share of every label of `head` among texts, from what the machine said of each.

    `head` is "intent" or "tenor", with one mapping of label to probability per text as in a
    verdict, or a yes/no head (see `nlp.labels.HEADS`) with one probability per text; its labels are
    "yes" and "no". `known` counts texts of which a person said the label; those are counted as they
    are. Empty without texts. Raises ValueError for a head that does not exist.
    """
    labels = labels_of(head)
    counted = np.array([(known or {}).get(label, 0) for label in labels], float)
    if not len(probabilities) and not counted.any():
        return {}
    p = _rows(probabilities, labels)
    share, spread = _mix(p, corpus_shares(head)) if len(p) else (np.zeros(len(labels)),) * 2
    size = len(p) + counted.sum()
    share = (share * len(p) + counted) / size
    # A person's answer is not in doubt; that others might have written is, as with every sample.
    drawn = share * (1 - share) * counted.sum() / size**2
    margin = _NORMAL * np.sqrt((spread * len(p) / size) ** 2 + drawn)
    return {
        label: Share(float(middle), max(0.0, float(middle - m)), min(1.0, float(middle + m)))
        for label, middle, m in zip(labels, share, margin, strict=True)
    }


def labels_of(head: str) -> tuple[str, ...]:
    """What a head can say."""
    competing = {"intent": INTENTS, "tenor": TENORS}
    if head not in competing and head not in HEADS:
        raise ValueError(f"unknown head {head!r}; choose from intent, tenor, {', '.join(HEADS)}")
    return competing.get(head, YES_NO)


@lru_cache(maxsize=len(HEADS) + 2)
def corpus_shares(head: str) -> tuple[float, ...]:
    """The share of every label of `head` in what the model learned from."""
    counts = np.ones(len(labels_of(head)))
    for labels in (post.labels for post in read_posts() if post.split != TEST):
        if head in ("intent", "tenor"):
            counts[labels_of(head).index(getattr(labels, head))] += 1
        else:
            counts[0 if truth(labels)[HEADS.index(head)] else 1] += 1
    return tuple((counts / counts.sum()).tolist())


def _rows(
    probabilities: Sequence[Mapping[str, float]] | Sequence[float], labels: Sequence[str]
) -> Floats:
    """(texts, labels); a verdict's rounded probabilities are made to sum to one."""
    rows = [
        [given.get(label, 0.0) for label in labels]
        if isinstance(given, Mapping)
        else [given, 1 - given]
        for given in probabilities
    ]
    p = np.maximum(np.array(rows, float).reshape(-1, len(labels)), 1e-6)
    result: Floats = p / p.sum(1, keepdims=True)
    return result


def _mix(p: Floats, corpus: Sequence[float]) -> tuple[Floats, Floats]:
    """(shares, standard errors) of the labels behind (texts, labels) probabilities."""
    prior = np.array(corpus)
    share = _likeliest(p, prior, prior)
    evidence = p / prior
    slope = (evidence[:, :-1] - evidence[:, -1:]) / (evidence @ share)[:, None]
    information = slope.T @ slope + np.diag(TRUST / prior[:-1])
    free = np.linalg.inv(information)
    whole = np.vstack([np.eye(len(prior) - 1), -np.ones(len(prior) - 1)])
    variance = np.diag(whole @ free @ whole.T).copy()
    for label in range(len(prior)):
        off = prior.copy()
        off[label] *= 1 + PRIOR_ERROR
        variance += (_likeliest(p, off / off.sum(), share) - share) ** 2
    return share, np.sqrt(variance)


def _likeliest(p: Floats, prior: Floats, start: Floats) -> Floats:
    evidence, share = p / prior, start
    for _ in range(_STEPS):
        belief = evidence * share
        belief /= belief.sum(1, keepdims=True)
        following = (belief.sum(0) + TRUST * prior) / (len(p) + TRUST)
        moved = float(np.abs(following - share).max())
        share = following
        if moved < _CLOSE:
            break
    return share
