"""From corpus to model: count features, fit the heads, calibrate, write everything in one move."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from nlp.calibration import Calibration, Floats
from nlp.fitting import fit_calibration
from nlp.heads import make_pipeline
from nlp.labels import HEADS
from nlp.matrix import Counted, Vocabulary, count_features
from nlp.model import Model
from nlp.posts import CORPUS, TEST, CorpusError, Post, read_posts, truth
from nlp.versions import META, MODELS, PIPELINE, fingerprint, model_name
from nlp.words import Weights

Say = Callable[[str], None]

#: Parts the posts are cut in for calibration.
FOLDS = 3
#: Bias of a head that saw no example.
NEVER = -5.0

#: Weight of the blocks WORD, CHAR, TOPIC, MANNER, CORE, TONE against each other, by kind of head.
SCALE = {
    "intent": (1.5, 1.0, 0.4, 0.6, 0.5, 0.3),
    "theme": (2.5, 3.0, 1.0, 0.2, 1.5, 0.2),
    "tenor": (1.5, 0.7, 0.2, 1.0, 0.2, 0.5),
    "emotion": (1.5, 0.7, 0.2, 1.0, 0.2, 0.5),
    "flag": (1.0, 1.0, 0.5, 0.7, 0.4, 0.3),
}
#: Inverse strength of the pull towards zero, by kind of head.
STRENGTH = {"intent": 9.0, "theme": 6.0, "tenor": 10.0, "emotion": 5.0, "flag": 5.0}


def train(corpus_dir: Path = CORPUS, out_dir: Path = MODELS, *, say: Say = print) -> Model:
    """Build the model of `corpus_dir` and put it in `out_dir`, replacing what was there.

    The test part of the corpus is not read further than its split. Raises CorpusError on a corpus
    that cannot be used; `out_dir` is then left as it was.
    """
    posts = [post for post in read_posts(corpus_dir) if post.split != TEST]
    say(f"learning {len(HEADS)} heads from {len(posts)} posts, {FOLDS + 1} times")
    weights, calibration = learn(posts)
    say(f"{len(weights.features)} features and {len(weights.pairs)} pairs of words carry weight")
    mark = fingerprint(corpus_dir)
    meta = {
        "name": model_name(mark),
        "fingerprint": mark,
        "posts": len(posts),
        "calibration": calibration.as_dict(),
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=out_dir))
    make_pipeline(weights).to_disk(fresh / PIPELINE)
    (fresh / META).write_text(json.dumps(meta, indent=1), encoding="utf-8")
    replace_model(fresh, out_dir)
    say(f"model {meta['name']} is ready")
    return Model.load(out_dir)


def learn(posts: Sequence[Post]) -> tuple[Weights, Calibration]:
    """Weights from all of `posts`; calibration from scores each given by a model that had not
    seen the post, one fold at a time."""
    if len(posts) < FOLDS:
        raise CorpusError(f"{len(posts)} posts to learn from; at least {FOLDS} are needed")
    counted = count_features([post.text for post in posts])
    answers = np.array([truth(post.labels) for post in posts])
    fold = np.random.default_rng(0).permutation(len(posts)) % FOLDS
    scores = np.zeros(answers.shape, np.float32)
    for number in range(FOLDS):
        known, unseen = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        vocabulary, coefficients, bias = fit([counted[i] for i in known], answers[known])
        scores[unseen] = vocabulary.matrix([counted[i] for i in unseen]) @ coefficients + bias
    vocabulary, coefficients, bias = fit(counted, answers)
    return vocabulary.weights(coefficients, bias), fit_calibration(scores, answers)


def replace_model(fresh: Path, out_dir: Path) -> None:
    """Put the files of `fresh` in place; META last, so a half-moved model never looks whole."""
    (out_dir / META).unlink(missing_ok=True)
    shutil.rmtree(out_dir / PIPELINE, ignore_errors=True)
    os.replace(fresh / PIPELINE, out_dir / PIPELINE)
    os.replace(fresh / META, out_dir / META)
    fresh.rmdir()


def fit(
    counted: Sequence[Counted], answers: NDArray[np.bool_]
) -> tuple[Vocabulary, Floats, Floats]:
    """The vocabulary of the texts and the heads learned over it."""
    vocabulary = Vocabulary.of(counted)
    return vocabulary, *fit_heads(vocabulary.matrix(counted), vocabulary.block, answers)


def kind_of(head: str) -> str:
    """Under which name SCALE and STRENGTH keep the settings of a head."""
    kind, _, label = head.partition(":")
    return kind if label else "flag"


def fit_heads(
    matrix: csr_matrix, block: NDArray[np.int64], answers: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """(columns, heads) coefficients and (heads,) bias of class-weighted logistic regressions."""
    scales = {kind: np.array(scale)[block] for kind, scale in SCALE.items()}
    scaled = {kind: matrix @ diags(scale) for kind, scale in scales.items()}
    coefficients, bias = np.zeros((matrix.shape[1], len(HEADS))), np.zeros(len(HEADS))

    for head, name in enumerate(HEADS):
        answer, kind = answers[:, head], kind_of(name)
        if answer.all() or not answer.any():
            bias[head] = -NEVER if answer.all() else NEVER
            continue
        # With far fewer posts than features the dual is solved ten times sooner.
        one = LogisticRegression(
            C=STRENGTH[kind],
            class_weight="balanced",
            solver="liblinear",
            dual=True,
            tol=1e-2,
            max_iter=1000,
            random_state=0,
        ).fit(scaled[kind], answer)
        coefficients[:, head] = one.coef_[0] * scales[kind]
        bias[head] = one.intercept_[0]
    return coefficients, bias
