"""Counting how right a machine is, and how sure one may be of that count."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

RESAMPLES = 400


def precision_recall(said: Flags, true: Flags) -> tuple[float, float, float]:
    """(precision, recall, F1) of one label; nought where nothing was said or true."""
    hits = float((said & true).sum())
    precision = hits / said.sum() if said.any() else 0.0
    recall = hits / true.sum() if true.any() else 0.0
    both = precision + recall
    return float(precision), float(recall), float(2 * precision * recall / both if both else 0.0)


def macro_f1(said: Flags, true: Flags) -> float:
    """Mean F1 over the labels (columns) that occur."""
    columns = [c for c in range(true.shape[1]) if true[:, c].any()]
    return float(np.mean([precision_recall(said[:, c], true[:, c])[2] for c in columns] or [0.0]))


def micro_f1(said: Flags, true: Flags) -> float:
    """F1 over all labels of all texts at once."""
    return precision_recall(said.ravel(), true.ravel())[2]


def bootstrap(
    measure: Callable[[Flags, Flags], float], said: Flags, true: Flags
) -> tuple[float, float]:
    """95 % interval of a measure when the texts are drawn again and again."""
    random = np.random.default_rng(2026)
    size = len(true)
    values = []
    for _ in range(RESAMPLES):
        drawn = random.integers(0, size, size)
        values.append(measure(said[drawn], true[drawn]))
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)


def coverage_at(p: Floats, right: Flags, accuracy: float = 0.9) -> float:
    """The largest share of texts, surest first, of which at least `accuracy` is right."""
    if not len(p):
        return 0.0
    order = np.argsort(-p, kind="stable")
    running = np.cumsum(right[order]) / np.arange(1, len(p) + 1)
    enough = np.flatnonzero(running >= accuracy)
    return float((enough[-1] + 1) / len(p)) if len(enough) else 0.0


def alpha(first: Sequence[object], second: Sequence[object]) -> float:
    """Krippendorff's alpha for nominal labels of two people over the same texts."""
    if len(first) != len(second) or not first:
        raise ValueError("alpha needs two equally long, non-empty rows of labels")
    pooled = [*first, *second]
    size = len(pooled)
    counts = {label: pooled.count(label) for label in set(pooled)}
    expected = 1 - sum(n * (n - 1) for n in counts.values()) / (size * (size - 1))
    observed = sum(a != b for a, b in zip(first, second, strict=True)) / len(first)
    return 1.0 if expected == 0 else float(1 - observed / expected)


def one_hot(index: NDArray[np.int64], size: int) -> Flags:
    """(texts, size) with one True per row."""
    result: Flags = index[:, None] == np.arange(size)
    return result
