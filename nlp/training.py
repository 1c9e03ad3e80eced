"""From corpus to model: count features, fit the heads, calibrate, write everything in one move."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import spacy
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from nlp.calibration import INTENT
from nlp.fitting import fit_calibration
from nlp.heads import SCORES, make_pipeline
from nlp.labels import HEADS
from nlp.matrix import Vocabulary, count_features
from nlp.model import META, MODELS, PIPELINE, Model, fingerprint, model_name
from nlp.normalise import normalise
from nlp.posts import CORPUS, Post, read_posts, truth
from nlp.words import Weights

Say = Callable[[str], None]

#: Weight of the blocks WORD, CHAR, TOPIC, MANNER against each other, by kind of head.
SCALE = {
    "intent": (1.5, 0.7, 0.2, 0.6),
    "theme": (2.0, 2.0, 1.5, 0.2),
    "tenor": (1.5, 0.7, 0.2, 1.0),
    "emotion": (1.5, 0.7, 0.2, 1.0),
    "flag": (1.0, 1.0, 0.5, 0.7),
}
#: Inverse strength of the pull towards zero, by kind of head.
STRENGTH = {"intent": 3.0, "theme": 20.0, "tenor": 3.0, "emotion": 5.0, "flag": 5.0}


def train(corpus_dir: Path = CORPUS, out_dir: Path = MODELS, *, say: Say = print) -> Model:
    """Build the model of `corpus_dir` and put it in `out_dir`, replacing what was there.

    Raises CorpusError on a corpus that cannot be used; `out_dir` is then left as it was.
    """
    posts = read_posts(corpus_dir)
    learn = [post for post in posts if post.split == "train"]
    tune = [post for post in posts if post.split == "calibration"]
    say(f"corpus: {len(posts)} posts, {len(learn)} to learn from, {len(tune)} to calibrate on")
    weights = fit_weights(learn)
    say(f"heads: {len(HEADS)} over {len(weights.features)} features, {len(weights.pairs)} pairs")
    pipeline = make_pipeline(weights)
    calibration = fit_calibration(*score_posts(pipeline, tune))
    mark = fingerprint(corpus_dir)
    meta = {
        "name": model_name(mark),
        "fingerprint": mark,
        "posts": {"train": len(learn), "calibration": len(tune)},
        "calibration": calibration.as_dict(),
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=out_dir))
    pipeline.to_disk(fresh / PIPELINE)
    (fresh / META).write_text(json.dumps(meta, indent=1), encoding="utf-8")
    replace_model(fresh, out_dir)
    say(f"model {meta['name']} is ready")
    return Model.load(out_dir)


def replace_model(fresh: Path, out_dir: Path) -> None:
    """Put the files of `fresh` in place; META last, so a half-moved model never looks whole."""
    (out_dir / META).unlink(missing_ok=True)
    shutil.rmtree(out_dir / PIPELINE, ignore_errors=True)
    os.replace(fresh / PIPELINE, out_dir / PIPELINE)
    os.replace(fresh / META, out_dir / META)
    fresh.rmdir()


def fit_weights(posts: Sequence[Post]) -> Weights:
    """The heads learned from `posts`."""
    counted = count_features([post.text for post in posts])
    vocabulary = Vocabulary.of(counted)
    matrix = vocabulary.matrix(counted)
    answers = np.array([truth(post.labels) for post in posts])
    return vocabulary.weights(*fit_heads(matrix, vocabulary.block, answers))


def kind_of(head: str) -> str:
    """Under which name SCALE and STRENGTH keep the settings of a head."""
    kind, _, label = head.partition(":")
    return kind if label else "flag"


def fit_heads(
    matrix: csr_matrix, block: NDArray[np.int64], answers: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(columns, heads) coefficients and (heads,) bias of class-weighted logistic regressions."""
    coefficients = np.zeros((matrix.shape[1], len(HEADS)))
    scaled = {kind: diags(np.array(scale)[block]) for kind, scale in SCALE.items()}
    bias = np.zeros(len(HEADS))
    intents = answers[:, INTENT].argmax(1)
    present = np.unique(intents)
    together = LogisticRegression(C=STRENGTH["intent"], class_weight="balanced", max_iter=300)
    together.fit(matrix @ scaled["intent"], intents)
    if len(present) == 2:
        coefficients[:, present] = np.c_[-together.coef_[0], together.coef_[0]] / 2
    else:
        coefficients[:, present] = together.coef_.T
        bias[present] = together.intercept_
    bias[np.setdiff1d(np.arange(INTENT.stop), present)] = -5.0
    for head in range(INTENT.stop, len(HEADS)):
        answer = answers[:, head]
        if answer.all() or not answer.any():
            bias[head] = 5.0 if answer.all() else -5.0
            continue
        kind = kind_of(HEADS[head])
        one = LogisticRegression(
            C=STRENGTH[kind],
            class_weight="balanced",
            solver="liblinear",
            random_state=0,
        ).fit(matrix @ scaled[kind], answer)
        coefficients[:, head], bias[head] = one.coef_[0], one.intercept_[0]
    for head, name in enumerate(HEADS):
        coefficients[:, head] *= np.array(SCALE[kind_of(name)])[block]
    return coefficients, bias


def score_posts(
    pipeline: spacy.language.Language, posts: Sequence[Post]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(scores, truths), one row per post, one column per head."""
    docs = pipeline.pipe(normalise(post.text) for post in posts)
    scores = np.array([doc.user_data[SCORES] for doc in docs])
    return scores, np.array([truth(post.labels) for post in posts])
