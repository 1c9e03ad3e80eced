"""A trained model on disk and in memory: texts in, verdicts out, in order, whatever comes."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from threadpoolctl import threadpool_limits

from nlp.calibration import EMOTION, FLAG, THEME, Calibration, Probabilities
from nlp.heads import FACTORY, SCORES, TEXT, Heads, bare, make_pipeline
from nlp.labels import EMOTIONS, FLAGS, HEADS, INTENTS, TENORS, THEMES
from nlp.language import languages
from nlp.normalise import normalise
from nlp.places import Gazetteer, find_places
from nlp.verdicts import ModelMissing, Rejected, Verdict
from nlp.versions import META, MODELS, PIPELINE

# Threads of the linear algebra would wait for each other longer than they count: its matrices are
# small here, and other programs want the other cores (docs/decisions/0081).
threadpool_limits(1, user_api="blas")

#: Texts scored together: large enough to be fast, small enough to stay in the cache.
BATCH = 500
DECIMALS = 4
#: Distinct words spaCy may hold before it starts afresh; bounds memory (about 60 MB).
MAX_STRINGS = 200_000


class Model:
    """One trained model. Safe to share between threads: scoring takes turns."""

    def __init__(self, pipeline: Language, calibration: Calibration, meta: Mapping[str, Any]):
        self.pipeline = pipeline
        self.calibration = calibration
        self.meta = meta
        self.name = str(meta["name"])
        self._turn = threading.Lock()

    @classmethod
    def load(cls, models_dir: Path = MODELS) -> "Model":
        """The model in `models_dir`; ModelMissing when there is none or it is of another make."""
        try:
            meta = json.loads((models_dir / META).read_text(encoding="utf-8"))
            pipeline = bare(spacy.load(models_dir / PIPELINE))
            calibration = Calibration.from_dict(meta["calibration"])
        except (OSError, ValueError, KeyError) as error:
            raise ModelMissing(
                f"no usable language model in {models_dir.name}/ ({error.__class__.__name__});"
                " make one with: manage.py train"
            ) from error
        return cls(pipeline, calibration, meta)

    @property
    def heads(self) -> Heads:
        component = self.pipeline.get_pipe(FACTORY)
        if not isinstance(component, Heads):
            raise TypeError(f"{FACTORY} is registered by something else")
        return component

    @contextmanager
    def turn(self) -> Iterator[Language]:
        """Sole use of the pipeline.

        spaCy keeps every word it ever saw. Its own remedy, a memory zone per batch, also forgets
        the everyday words and makes tokenising five times slower, so we start afresh now and then.
        """
        with self._turn:
            if len(self.pipeline.vocab.strings) > MAX_STRINGS:
                self.pipeline = make_pipeline(self.heads.weights)
            yield self.pipeline

    def classify(
        self, texts: Iterable[str], *, gazetteer: Gazetteer | None = None
    ) -> Iterator[Verdict | Rejected]:
        """One verdict or rejection per text, in order, read BATCH texts at a time."""
        stream = iter(texts)
        while batch := list(islice(stream, BATCH)):
            yield from self._classify_batch(batch, gazetteer)

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """The calibrated probabilities of every head for every text."""
        return self.calibration.apply(self._scores([normalise(text) for text in texts]))

    def _classify_batch(
        self, texts: Sequence[Any], gazetteer: Gazetteer | None
    ) -> list[Verdict | Rejected]:
        try:
            return self._judge(texts, gazetteer)
        except Exception as error:
            # One text in the batch broke it: find which, and lose only that one.
            if len(texts) == 1:
                return [Rejected(_reason(texts[0], error))]
            return [
                verdict for text in texts for verdict in self._classify_batch([text], gazetteer)
            ]

    def _scores(self, normalised: Sequence[str]) -> Any:
        with self.turn() as pipeline:
            docs = pipeline.pipe(map(_document(pipeline), normalised), batch_size=BATCH)
            return np.array([doc.user_data[SCORES] for doc in docs]).reshape(-1, len(HEADS))

    def _judge(self, texts: Sequence[str], gazetteer: Gazetteer | None) -> list[Verdict | Rejected]:
        normalised = [normalise(text) for text in texts]
        p = self.calibration.apply(self._scores(normalised))
        with self._turn:
            spoken = languages().detect(normalised)
        intents = p.intent.argmax(1).tolist()
        tenors = p.tenor.argmax(1).tolist()
        intent_p = p.intent.round(DECIMALS).tolist()
        tenor_p = p.tenor.round(DECIMALS).tolist()
        heads = p.heads.round(DECIMALS)
        emotions, flags = heads[:, EMOTION].tolist(), heads[:, FLAG].tolist()
        themes = self._themes(heads)
        verdicts: list[Verdict | Rejected] = []
        for row, text in enumerate(texts):
            lang, lang_p = spoken[row]
            verdicts.append(
                Verdict(
                    lang=lang,
                    lang_p=lang_p,
                    intent=INTENTS[intents[row]],
                    intent_p=dict(zip(INTENTS, intent_p[row], strict=True)),
                    themes=themes[row],
                    tenor=TENORS[tenors[row]],
                    tenor_p=dict(zip(TENORS, tenor_p[row], strict=True)),
                    emotions=dict(zip(EMOTIONS, emotions[row], strict=True)),
                    **dict(zip(FLAGS, flags[row], strict=True)),
                    places=find_places(text, gazetteer),
                    model=self.name,
                )
            )
        return verdicts

    def _themes(self, heads: Any) -> list[tuple[tuple[str, float], ...]]:
        """Per text the themes that count as said, likeliest first."""
        said: list[list[tuple[str, float]]] = [[] for _ in range(len(heads))]
        p = heads[:, THEME]
        for row, theme in np.argwhere(self.calibration.said(heads)[:, THEME]).tolist():
            said[row].append((THEMES[theme], float(p[row, theme])))
        return [tuple(sorted(found, key=lambda one: -one[1])) for found in said]


def _document(pipeline: Language) -> Callable[[str], Doc]:
    """Tokenises a text and lets the document carry it along."""
    tokenise = pipeline.tokenizer

    def document(text: str) -> Doc:
        doc: Doc = tokenise(text)
        doc.user_data[TEXT] = text
        return doc

    return document


def _reason(text: Any, error: Exception) -> str:
    if not isinstance(text, str):
        return f"a text must be a string, not {type(text).__name__}"
    return f"could not be read ({error.__class__.__name__}, {len(text)} characters)"


_default: Model | None = None
_loading = threading.Lock()


def default_model() -> Model:
    """The model of this installation, loaded once per process; ModelMissing when not trained."""
    global _default
    if _default is None:
        with _loading:
            if _default is None:
                _default = Model.load(MODELS)
    return _default


def forget_default_model() -> None:
    """Load the model afresh at the next text (after a retraining)."""
    global _default
    with _loading:
        _default = None
