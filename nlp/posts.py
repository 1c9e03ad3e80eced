"""The corpus: invented posts, labelled by people, one JSON object per line (see docs)."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp.labels import EMOTIONS, FLAGS, INTENTS, TENORS, THEMES

CORPUS = Path(__file__).parent / "corpus"
#: Labels an independent second person gave, by id, without having seen the first.
SECOND = Path("second") / "labels.jsonl"
#: Test sets by people who saw neither the corpus nor its guide; nothing is learned from them.
STRANGERS = Path("strangers")
#: The part nothing is ever learned from.
TEST = "test"
SPLITS = ("train", "calibration", TEST)


class CorpusError(ValueError):
    """A line of the corpus that cannot be used; names file and line."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What one person said about a text."""

    intent: str
    tenor: str
    themes: tuple[str, ...]
    emotions: tuple[str, ...]
    urgent: bool
    abuse: bool
    about_us: bool


@dataclass(frozen=True, slots=True)
class Post:
    """One text with its labels. `hand` names the one whose file it is in, `second` are the labels
    of an independent second person."""

    id: str
    hand: str
    text: str
    lang: str
    platform: str
    split: str
    tags: tuple[str, ...]
    labels: Labels
    second: Labels | None


@dataclass(frozen=True, slots=True)
class Partial:
    """A text of which people said some heads: intent, tenor (a label), themes (labels), flags."""

    text: str
    labels: Mapping[str, Any]


def read_posts(folder: Path = CORPUS) -> list[Post]:
    """Every post under `folder`, in file order; CorpusError on the first line that is wrong."""
    posts: list[Post] = []
    doubles = _second_labels(folder)
    seen: set[str] = set()
    for path in sorted(folder.glob("*.jsonl")):
        for number, row in _rows(path):
            try:
                second = doubles.pop(row["id"], row.get("second"))
                post = _post({**row, "second": second}, hand=path.stem.partition("-")[0])
                _check(post)
            except (KeyError, TypeError, ValueError) as error:
                raise CorpusError(f"{path.name}:{number}: {error}") from error
            if post.id in seen:
                raise CorpusError(f"{path.name}:{number}: id {post.id} is there twice")
            seen.add(post.id)
            posts.append(post)
    if not posts:
        raise CorpusError(f"no posts in {folder.name}/*.jsonl")
    if doubles:
        raise CorpusError(f"{SECOND.name}: no post has the id {next(iter(doubles))}")
    return posts


def hash_corpus(folder: Path = CORPUS) -> str:
    """SHA-256 over names and bytes of the corpus files."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError as error:
                    raise CorpusError(f"{path.name}:{number}: not JSON: {error}") from error


def _second_labels(folder: Path) -> dict[str, dict[str, Any]]:
    """What the second person said, by post id."""
    path = folder / SECOND
    if not path.exists():
        return {}
    found: dict[str, dict[str, Any]] = {}
    for number, row in _rows(path):
        if "id" not in row or row["id"] in found:
            raise CorpusError(f"{path.name}:{number}: no id, or one that was there before")
        found[row["id"]] = row
    return found


def _labels(row: dict[str, Any], default: Labels | None = None) -> Labels:
    """Labels of a row; a second person may have left out what `default` then fills in."""

    def value(name: str) -> Any:
        return row[name] if default is None else row.get(name, getattr(default, name))

    return Labels(
        intent=value("intent"),
        tenor=value("tenor"),
        themes=tuple(value("themes")),
        emotions=tuple(value("emotions")),
        urgent=bool(value("urgent")),
        abuse=bool(value("abuse")),
        about_us=bool(value("about_us")),
    )


def _post(row: dict[str, Any], hand: str) -> Post:
    labels = _labels(row)
    second = row.get("second")
    return Post(
        id=row["id"],
        hand=hand,
        text=row["text"],
        lang=row["lang"],
        platform=row["platform"],
        split=row["split"],
        tags=tuple(row.get("tags", ())),
        labels=labels,
        second=_labels(second, labels) if second else None,
    )


def _check(post: Post) -> None:
    known = {"intent": INTENTS, "tenor": TENORS, "themes": THEMES, "emotions": EMOTIONS}
    for labels in filter(None, (post.labels, post.second)):
        for name, allowed in known.items():
            value = getattr(labels, name)
            for label in (value,) if isinstance(value, str) else value:
                if label not in allowed:
                    raise ValueError(f"unknown {name} {label!r} in {post.id}")
    if post.split not in SPLITS:
        raise ValueError(f"unknown split {post.split!r} in {post.id}")


def truth(labels: Labels) -> list[bool]:
    """The labels as one yes/no per head, in the order of `nlp.labels.HEADS`."""
    return [
        *(labels.intent == name for name in INTENTS),
        *(name in labels.themes for name in THEMES),
        labels.tenor in ("support", "mixed"),
        labels.tenor in ("criticism", "mixed"),
        *(name in labels.emotions for name in EMOTIONS),
        *(bool(getattr(labels, name)) for name in FLAGS),
    ]
