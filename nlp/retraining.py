"""The shared corpus and a municipality's own corrections make a model of its own.

A correction knows one or a few heads of a text; of the others nobody said anything, and silence is
no label. So every head learns from the whole corpus plus the texts of which somebody said that very
head. Probabilities and thresholds are calibrated on the corpus alone: corrections gather where the
machine was in doubt or wrong, and would teach it to doubt everything.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.calibration import FLAG, INTENT, TENOR, THEME, Calibration
from nlp.evaluation import Report
from nlp.fitting import fit_calibration
from nlp.heads import make_pipeline
from nlp.labels import FLAGS, HEADS, INTENTS, THEMES
from nlp.matrix import Vocabulary, count_features
from nlp.metrics import bootstrap
from nlp.model import Model
from nlp.posts import TEST, Partial, Post, read_posts, truth
from nlp.training import FOLDS, fit_heads
from nlp.versions import META, PIPELINE, fingerprint, model_name
from nlp.words import Weights

#: Columns of HEADS a correction of one head speaks about.
COLUMNS: Mapping[str, slice] = {
    "intent": INTENT,
    "themes": THEME,
    "tenor": TENOR,
    **{name: slice(FLAG.start + at, FLAG.start + at + 1) for at, name in enumerate(FLAGS)},
}
#: Points of recall a label may lose before a new model is refused.
MOST_LOST = 0.05
#: With fewer test posts of a label one post is more than that: chance, not a loss.
ENOUGH = 20


def retrain(
    corpus_dir: Path,
    partials: Sequence[Partial],
    out_dir: Path,
    *,
    say: Callable[[str], object] = print,
) -> Model:
    """Learn from the corpus (not its test part) and `partials`; put the model in `out_dir`.

    The model's name is the shared model's with the hash of what was added: equal names mean equal
    models, and a model that exists is not made again. Raises CorpusError, ValueError for a head or
    label that does not exist.
    """
    posts = [post for post in read_posts(corpus_dir) if post.split != TEST]
    mark = fingerprint(corpus_dir)
    name = f"{model_name(mark)}.{_hash(partials)}"
    place = out_dir / name
    if not (place / META).exists():
        say(f"learning from {len(posts)} shared posts and {len(partials)} corrected texts")
        weights, calibration = learn_with(posts, partials)
        meta = {
            "name": name,
            "fingerprint": mark,
            "posts": len(posts),
            "corrected": len(partials),
            "calibration": calibration.as_dict(),
        }
        out_dir.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=out_dir))
        try:
            make_pipeline(weights).to_disk(fresh / PIPELINE)
            (fresh / META).write_text(json.dumps(meta, indent=1), encoding="utf-8")
            shutil.rmtree(place, ignore_errors=True)
            os.replace(fresh, place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return Model.load(place)


def learn_with(posts: Sequence[Post], partials: Sequence[Partial]) -> tuple[Weights, Calibration]:
    """As `nlp.training.learn`, each head with the corrections that are about it."""
    counted = count_features([*(post.text for post in posts), *(one.text for one in partials)])
    answers = np.array([*(truth(post.labels) for post in posts), *map(_truth, partials)])
    sets = list(_row_sets(len(posts), partials))
    scores = np.zeros((len(posts), len(HEADS)), np.float32)
    fold = np.random.default_rng(0).permutation(len(posts)) % FOLDS
    for number in range(FOLDS):
        unseen = np.flatnonzero(fold == number)
        vocabulary, coefficients, bias = _fit(counted, answers, sets, without=unseen)
        scores[unseen] = vocabulary.matrix([counted[i] for i in unseen]) @ coefficients + bias
    vocabulary, coefficients, bias = _fit(counted, answers, sets, without=np.zeros(0, np.int64))
    calibration = fit_calibration(scores, answers[: len(posts)])
    return vocabulary.weights(coefficients, bias), calibration


def objections(before: Report, after: Report) -> list[str]:
    """Why a model with the report `after` must not replace one with `before`; empty when it may."""
    found = []
    for old, new in zip(before.groups, after.groups, strict=True):
        low, _ = bootstrap(old.measure, old.said, old.true)
        if new.score < low:
            found.append(f"{new.name}: F1 {new.score:.3f}, below the interval from {low:.3f}")
    for was, now in zip(before.rows(), after.rows(), strict=True):
        if was["support"] >= ENOUGH and was["recall"] - now["recall"] > MOST_LOST + 1e-9:
            found.append(
                f"{now['head']} {now['label']}: recall {was['recall']:.2f} → {now['recall']:.2f}"
            )
    return found


def _hash(partials: Sequence[Partial]) -> str:
    digest = hashlib.sha256()
    for one in partials:
        digest.update(json.dumps([one.text, dict(one.labels)], sort_keys=True).encode())
    return digest.hexdigest()[:8]


def _truth(partial: Partial) -> list[bool]:
    """One yes/no per head; a head nobody spoke about is left at no and never learned from."""
    row = np.zeros(len(HEADS), np.bool_)
    for head, value in partial.labels.items():
        if head not in COLUMNS:
            raise ValueError(f"nobody can correct the head {head!r}")
        row[COLUMNS[head]] = _columns(head, value)
    return [bool(one) for one in row]


def _columns(head: str, value: Any) -> list[bool]:
    if head == "tenor":
        return [value in ("support", "mixed"), value in ("criticism", "mixed")]
    if head == "intent":
        return [name == value for name in INTENTS]
    if head == "themes":
        return [name in value for name in THEMES]
    return [bool(value)]


def _row_sets(
    shared: int, partials: Sequence[Partial]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """(rows to learn from, columns of HEADS that learn from them); each column once."""
    alone = np.ones(len(HEADS), np.bool_)
    for head, columns in COLUMNS.items():
        about = [shared + at for at, one in enumerate(partials) if head in one.labels]
        if about:
            chosen = np.zeros(len(HEADS), np.bool_)
            chosen[columns] = True
            alone &= ~chosen
            yield np.array([*range(shared), *about]), chosen
    if alone.any():
        yield np.arange(shared), alone


def _fit(
    counted: Sequence[Any],
    answers: NDArray[np.bool_],
    sets: Sequence[tuple[NDArray[np.int64], NDArray[np.bool_]]],
    *,
    without: NDArray[np.int64],
) -> tuple[Vocabulary, NDArray[np.float64], NDArray[np.float64]]:
    kept = np.setdiff1d(np.arange(len(counted)), without)
    vocabulary = Vocabulary.of([counted[i] for i in kept])
    matrix = vocabulary.matrix(counted)
    coefficients, bias = np.zeros((matrix.shape[1], len(HEADS))), np.zeros(len(HEADS))
    for rows, columns in sets:
        rows = np.setdiff1d(rows, without)
        # Columns of no concern are given no answer at all, which costs no fitting.
        learned = fit_heads(matrix[rows], vocabulary.block, answers[rows] & columns)
        coefficients[:, columns], bias[columns] = learned[0][:, columns], learned[1][columns]
    return vocabulary, coefficients, bias
