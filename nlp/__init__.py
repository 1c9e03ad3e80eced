"""Text in, verdict out. Knows Dutch residents; knows no Django and no other room.

    verdicts = nlp.classify(texts, gazetteer=nlp.Gazetteer([("Dorpsstraat", "street")]))

Heavy parts load at first use, so that importing the names costs nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp import labels
from nlp.doubt import unsure
from nlp.places import Gazetteer
from nlp.verdicts import ModelMissing, Place, Rejected, Verdict

if TYPE_CHECKING:
    from nlp.evaluation import Report
    from nlp.model import Model
    from nlp.shares import Share

__all__ = [
    "Gazetteer",
    "ModelMissing",
    "Place",
    "Rejected",
    "Verdict",
    "classify",
    "estimate_shares",
    "evaluate",
    "explain",
    "labels",
    "thresholds",
    "train",
    "unsure",
]


def classify(
    texts: Iterable[str], *, gazetteer: Gazetteer | None = None
) -> Iterator[Verdict | Rejected]:
    """One Verdict per text, in order, streaming; a Rejected in its place for what is no text.

    Never stops at a bad text. Raises ModelMissing, before the first text, when no model has been
    trained. Reads up to 500 texts ahead. Safe to call from several threads.
    """
    from nlp.model import default_model

    return default_model().classify(texts, gazetteer=gazetteer)


def explain(text: str, head: str) -> list[tuple[str, float]]:
    """The words that pushed `head` for this text, strongest first; see `nlp.explaining`."""
    from nlp.explaining import explain_text
    from nlp.model import default_model

    return explain_text(default_model(), text, head)


def estimate_shares(
    probabilities: "Sequence[Mapping[str, float]] | Sequence[float]",
    head: str = "tenor",
    *,
    known: Mapping[str, int] | None = None,
) -> "dict[str, Share]":
    """The share of every label among many texts, with its interval; see `nlp.shares`."""
    from nlp.shares import estimate_shares as estimate

    return estimate(probabilities, head, known=known)


def thresholds() -> dict[str, float]:
    """Per head the probability from which it counts as said ("urgent", "theme:waste", …)."""
    from nlp.model import default_model

    return dict(default_model().calibration.thresholds)


def train(corpus_dir: Path | None = None, out_dir: Path | None = None, **options: Any) -> "Model":
    """Build the model from the corpus; see `nlp.training.train`."""
    from nlp.model import forget_default_model
    from nlp.posts import CORPUS
    from nlp.training import train as build
    from nlp.versions import MODELS

    model = build(corpus_dir or CORPUS, out_dir or MODELS, **options)
    forget_default_model()
    return model


def evaluate(
    corpus_dir: Path | None = None, models_dir: Path | None = None, **options: Any
) -> "Report":
    """Hold the model against the frozen test part of the corpus; see `nlp.evaluation`."""
    from nlp.evaluation import evaluate as measure
    from nlp.posts import CORPUS
    from nlp.versions import MODELS

    return measure(corpus_dir or CORPUS, models_dir or MODELS, **options)
