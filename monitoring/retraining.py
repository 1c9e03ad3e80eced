"""A municipality's own model: made from what its desk corrected, judged, and put to use or not.

Loads the whole machine; `monitoring.learning` says what there is to learn without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from monitoring import own_models
from monitoring.learning import name_lesson, training_texts
from nlp.evaluation import report_on
from nlp.model import Model
from nlp.posts import CORPUS, TEST, read_posts
from nlp.retraining import objections
from nlp.retraining import retrain as learn
from nlp.verdicts import ModelMissing
from nlp.versions import MODELS, is_current


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a retraining led to. `objections` are the reasons not to put the model to use."""

    model: str
    corrections: int
    objections: tuple[str, ...]
    promoted: bool


def retrain(
    municipality: Any,
    *,
    to_use: bool = False,
    corpus_dir: Path = CORPUS,
    shared_dir: Path = MODELS,
    say: Callable[[str], object] = print,
) -> Outcome:
    """Make the municipality's own model and hold it against the one in use on the frozen test.

    With `to_use` it is promoted when nothing speaks against it. Raises ModelBusy, CorpusError, and
    ModelMissing without a shared model of this very corpus and code: the two must read alike.
    """
    if not is_current(corpus_dir, shared_dir):
        raise ModelMissing("the shared model is missing or outdated; make it with: manage.py train")
    texts = training_texts(municipality.pk)
    lesson = name_lesson(texts, shared_dir)
    with own_models.sole_use(municipality.slug) as folder:
        after = learn(corpus_dir, texts, folder, say=say)
        before = own_models.find_model(municipality.pk) or Model.load(shared_dir)
        test = [post for post in read_posts(corpus_dir) if post.split == TEST]
        reasons = tuple(objections(report_on(before, test), report_on(after, test)))
        promotes = to_use and not reasons
        if promotes:
            own_models.promote(municipality.slug, after.name)
        if to_use:
            tried = own_models.Try(
                timezone.now(), after.name, len(texts), promotes, reasons, lesson
            )
            own_models.note_try(municipality.slug, tried)
    return Outcome(after.name, len(texts), reasons, promotes)
