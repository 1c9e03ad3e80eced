"""spaCy's own text classifiers, trained on the same posts and held against the same test part.

They learn what ours learns, so that "linear heads over shared features" stays a measured choice.
Kept small: bags of words and a convolution over words, a few rounds, minutes on one core.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.language import Language
from spacy.training import Example

from nlp.labels import INTENTS, TENORS, THEMES
from nlp.metrics import Flags, Floats, bootstrap, macro_f1, micro_f1
from nlp.model import Model
from nlp.normalise import normalise
from nlp.posts import TEST, Post, read_posts

ROUNDS = 8
BATCH = 64
DROPOUT = 0.2
#: From which probability a theme counts as said.
CUT = 0.35

_TOKENS: Mapping[str, Any] = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 64,
        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
        "rows": [2000, 500, 1000, 500],
        "include_static_vectors": False,
    },
    "encode": {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": 64,
        "depth": 2,
        "window_size": 1,
        "maxout_pieces": 3,
    },
}


def _bag(exclusive: bool) -> dict[str, Any]:
    return {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": exclusive,
        "ngram_size": 2,
        "no_output_layer": False,
        "length": 262144,
    }


def _convolution(exclusive: bool) -> dict[str, Any]:
    return {
        "@architectures": "spacy.TextCatReduce.v1",
        "exclusive_classes": exclusive,
        "use_reduce_first": False,
        "use_reduce_last": False,
        "use_reduce_max": True,
        "use_reduce_mean": True,
        "tok2vec": _TOKENS,
    }


VARIANTS: Mapping[str, Callable[[bool], dict[str, Any]]] = {
    "spaCy bow": _bag,
    "spaCy cnn": _convolution,
}
#: Labels of a head, and whether exactly one of them is said.
HEADS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "intent": (INTENTS, True),
    "tenor": (TENORS, True),
    "themes": (THEMES, False),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """How one way did on one head. `seconds` is training time; ours learns all heads at once."""

    way: str
    head: str
    f1: float
    low: float
    high: float
    seconds: float
    texts_per_second: float


def compare(
    corpus_dir: Path,
    models_dir: Path,
    *,
    rounds: int = ROUNDS,
    say: Callable[[str], object] = print,
) -> list[Compared]:
    """Our model and every variant on the test part. Raises ModelMissing, CorpusError."""
    posts = read_posts(corpus_dir)
    known = [post for post in posts if post.split != TEST]
    unseen = [post for post in posts if post.split == TEST]
    found = _ours(Model.load(models_dir), unseen)
    for way, architecture in VARIANTS.items():
        for head, (_, exclusive) in HEADS.items():
            say(f"{way}, {head} …")
            started = time.perf_counter()
            pipeline = _train(known, head, architecture(exclusive), rounds)
            learned = time.perf_counter()
            p = _read(pipeline, unseen, head)
            rate = len(unseen) / (time.perf_counter() - learned)
            found.append(_scored(way, head, p, unseen, learned - started, rate))
    return found


def comparison_table(found: Sequence[Compared]) -> str:
    """The result for a terminal."""
    lines = [f"{'way':<12}{'head':<9}{'F1':>7}{'95 % interval':>16}{'trained':>10}{'texts/s':>9}"]
    for one in found:
        interval = f"{one.low:.3f} - {one.high:.3f}"
        trained = f"{one.seconds:.0f} s" if one.seconds else "-"
        lines.append(
            f"{one.way:<12}{one.head:<9}{one.f1:>7.3f}{interval:>16}{trained:>10}"
            f"{one.texts_per_second:>9.0f}"
        )
    lines.append("texts/s of ours is for all 43 heads at once, of the others for one head")
    return "\n".join(lines)


def as_data(found: Sequence[Compared]) -> list[dict[str, Any]]:
    return [asdict(one) for one in found]


def _ours(model: Model, posts: Sequence[Post]) -> list[Compared]:
    from nlp.calibration import THEME

    started = time.perf_counter()
    p = model.probabilities([post.text for post in posts])
    rate = len(posts) / (time.perf_counter() - started)
    # What counts as said is learned; told as one and nought so that one rule reads every way.
    themes = model.calibration.said(p.heads)[:, THEME].astype(float)
    return [
        _scored("ours", head, rows, posts, 0.0, rate)
        for head, rows in (("intent", p.intent), ("tenor", p.tenor), ("themes", themes))
    ]


def _scored(
    way: str, head: str, p: Floats, posts: Sequence[Post], seconds: float, rate: float
) -> Compared:
    labels, exclusive = HEADS[head]
    true = np.array([[_says(post, head, label) for label in labels] for post in posts])
    said: Flags = p == p.max(1, keepdims=True) if exclusive else p >= CUT
    measure = macro_f1 if exclusive else micro_f1
    return Compared(way, head, measure(said, true), *bootstrap(measure, said, true), seconds, rate)


def _says(post: Post, head: str, label: str) -> bool:
    value = getattr(post.labels, head)
    return bool(value == label if isinstance(value, str) else label in value)


def _train(
    posts: Sequence[Post], head: str, architecture: Mapping[str, Any], rounds: int
) -> Language:
    labels, exclusive = HEADS[head]
    spacy.util.fix_random_seed(0)
    pipeline = spacy.blank("nl")
    name = "textcat" if exclusive else "textcat_multilabel"
    component: Any = pipeline.add_pipe(name, config={"model": architecture})
    for label in labels:
        component.add_label(label)
    examples = [
        Example.from_dict(
            pipeline.make_doc(normalise(post.text)),
            {"cats": {label: float(_says(post, head, label)) for label in labels}},
        )
        for post in posts
    ]
    optimizer = pipeline.initialize(lambda: examples[:200])
    order = random.Random(0)
    for _ in range(rounds):
        order.shuffle(examples)
        for batch in _batches(examples):
            pipeline.update(batch, sgd=optimizer, drop=DROPOUT)
    return pipeline


def _batches(examples: Sequence[Example]) -> Iterator[Sequence[Example]]:
    return (examples[start : start + BATCH] for start in range(0, len(examples), BATCH))


def _read(pipeline: Language, posts: Sequence[Post], head: str) -> Floats:
    labels, _ = HEADS[head]
    docs = pipeline.pipe((normalise(post.text) for post in posts), batch_size=BATCH)
    return np.array([[doc.cats[label] for label in labels] for doc in docs])
