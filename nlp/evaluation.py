"""Holding the model against texts it never saw: the frozen test part of the corpus."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from nlp.baselines import guess_by_lexicon
from nlp.calibration import EMOTION, FLAG, INTENT, TENOR, THEME, Probabilities, calibration_error
from nlp.fitting import tenor_index
from nlp.labels import EMOTIONS, FLAGS, INTENTS, TENORS, THEMES, UNKNOWN_LANGUAGE
from nlp.language import detect_language
from nlp.metrics import (
    Flags,
    Floats,
    alpha,
    bootstrap,
    coverage_at,
    macro_f1,
    micro_f1,
    one_hot,
    precision_recall,
)
from nlp.model import Model
from nlp.normalise import normalise
from nlp.posts import STRANGERS, TEST, Labels, Post, read_posts, truth

SHORT = 6
#: Heads of which exactly one label is said.
COMPETING = ("intent", "tenor")
#: Groups told of texts by strangers.
_TOLD = ("intent", "themes", "tenor", "flags")


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of label: what the model said and what was true, a column per label."""

    name: str
    labels: tuple[str, ...]
    said: Flags
    true: Flags
    p: Floats
    measure: Callable[[Flags, Flags], float]
    baselines: dict[str, float] = field(default_factory=dict)
    human: dict[str, float] = field(default_factory=dict)

    @property
    def score(self) -> float:
        return self.measure(self.said, self.true)

    @property
    def error(self) -> float:
        """Calibration error: of the label shown where labels compete, of all labels elsewhere."""
        if self.name in COMPETING:
            return calibration_error(self.p.max(1), np.any(self.said & self.true, axis=1))
        return calibration_error(self.p.ravel(), self.true.ravel())


@dataclass(frozen=True, slots=True)
class Report:
    """What `evaluate` found. `as_dict` is the same as data; `table` is for people."""

    model: str
    posts: int
    groups: tuple[Group, ...]
    slices: dict[str, dict[str, float]]
    coverage: dict[str, float]
    language: float
    #: The same on texts by strangers, per hand.
    strangers: dict[str, "Report"] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """One row per label: precision, recall, F1, support, calibration error, agreement."""
        found = []
        for group in self.groups:
            for column, label in enumerate(group.labels):
                said, true = group.said[:, column], group.true[:, column]
                precision, recall, f1 = precision_recall(said, true)
                found.append(
                    {
                        "head": group.name,
                        "label": label,
                        "precision": precision,
                        "recall": recall,
                        "f1": f1,
                        "support": int(true.sum()),
                        "calibration_error": calibration_error(group.p[:, column], true),
                        "human": group.human.get(label),
                    }
                )
        return found

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "posts": self.posts,
            "labels": self.rows(),
            "heads": {
                group.name: {
                    "f1": group.score,
                    "interval": bootstrap(group.measure, group.said, group.true),
                    "calibration_error": group.error,
                    "baselines": group.baselines,
                    "human_alpha": group.human.get("alpha"),
                }
                for group in self.groups
            },
            "slices": self.slices,
            "coverage_at_90": self.coverage,
            "language_accuracy": self.language,
            "strangers": {hand: report.as_dict() for hand, report in self.strangers.items()},
        }

    def table(self) -> str:
        """The report for a terminal, plain text."""
        head = f"{'head':<10}{'label':<14}{'prec':>7}{'recall':>8}{'F1':>7}{'support':>9}"
        lines = [
            f"model {self.model}, {self.posts} test posts never trained or tuned on",
            "",
            f"{head}{'cal.err':>9}{'human':>7}",
        ]
        for row in self.rows():
            human = "" if row["human"] is None else f"{row['human']:.2f}"
            lines.append(
                f"{row['head']:<10}{row['label']:<14}{row['precision']:>7.2f}{row['recall']:>8.2f}"
                f"{row['f1']:>7.2f}{row['support']:>9}{row['calibration_error']:>9.3f}{human:>7}"
            )
        lines += [
            "",
            f"{'head':<10}{'F1':>6}{'95 % interval':>16}{'cal.err':>9}{'alpha':>8}  below it",
        ]
        for name, found in self.as_dict()["heads"].items():
            low, high = found["interval"]
            human = "" if found["human_alpha"] is None else f"{found['human_alpha']:.2f}"
            below = ", ".join(f"{key} {value:.2f}" for key, value in found["baselines"].items())
            lines.append(
                f"{name:<10}{found['f1']:>6.3f}{f'{low:.3f} - {high:.3f}':>16}"
                f"{found['calibration_error']:>9.3f}{human:>8}  {below}"
            )
        lines += ["", "F1: macro for intent, tenor, emotions and flags; micro for themes.", ""]
        lines.append(f"{'slice':<24}{'posts':>6}{'intent':>8}{'themes':>8}{'tenor':>8}")
        for name, found in self.slices.items():
            lines.append(
                f"{name:<24}{found['posts']:>6.0f}{found['intent']:>8.2f}{found['themes']:>8.2f}"
                f"{found['tenor']:>8.2f}"
            )
        lines.append("slices: share right for intent and tenor, micro F1 for themes")
        for name, share in self.coverage.items():
            lines.append(f"{name}: {share:.0%} of the posts can be decided at 90 % accuracy")
        lines.append(f"language of three words and more: {self.language:.1%} right")
        if self.strangers:
            lines += ["", "Texts by people who saw neither the corpus nor its guide", ""]
            lines.append(f"{'set':<16}{'posts':>6}" + "".join(f"{h:>22}" for h in _TOLD))
        for hand, report in self.strangers.items():
            lines.append(f"{hand:<16}{report.posts:>6}" + report._line())
        return "\n".join(lines)

    def _line(self) -> str:
        """F1 with its interval of each group of _TOLD, in columns."""
        cells = []
        for name in _TOLD:
            group = next(group for group in self.groups if group.name == name)
            low, high = bootstrap(group.measure, group.said, group.true)
            cells.append(f"{group.score:.3f} ({low:.3f} - {high:.3f})")
        return "".join(f"{cell:>22}" for cell in cells)


def evaluate(corpus_dir: Path, models_dir: Path, *, split: str = TEST) -> Report:
    """The report on one part of the corpus. Raises ModelMissing, CorpusError."""
    model = Model.load(models_dir)
    report = report_on(model, [post for post in read_posts(corpus_dir) if post.split == split])
    return replace(report, strangers=_strangers(model, corpus_dir / STRANGERS))


def _strangers(model: Model, folder: Path) -> dict[str, Report]:
    if not folder.is_dir():
        return {}
    by_hand: dict[str, list[Post]] = {}
    for post in read_posts(folder):
        by_hand.setdefault(post.hand, []).append(post)
    return {hand: report_on(model, posts) for hand, posts in by_hand.items()}


def report_on(model: Model, posts: Sequence[Post]) -> Report:
    """The report on any posts."""
    true = np.array([truth(post.labels) for post in posts])
    p = model.probabilities([post.text for post in posts])
    groups = _groups(model, posts, p, true)
    by_name = {group.name: group for group in groups}
    intent, tenor = by_name["intent"], by_name["tenor"]
    read = [(post.lang, detect_language(normalise(post.text))[0]) for post in posts]
    known = [float(lang == found) for lang, found in read if found != UNKNOWN_LANGUAGE]
    return Report(
        model=model.name,
        posts=len(posts),
        groups=groups,
        slices=_slices(posts, by_name),
        coverage={
            group.name: coverage_at(group.p.max(1), np.any(group.said & group.true, axis=1))
            for group in (intent, tenor)
        },
        language=float(np.mean(known or [0.0])),
    )


def _groups(
    model: Model, posts: Sequence[Post], p: Probabilities, true: Flags
) -> tuple[Group, ...]:
    said = model.calibration.said(p.heads)
    tenor_true = one_hot(tenor_index(true[:, TENOR]), len(TENORS))
    guess = guess_by_lexicon([post.text for post in posts])
    doubles = [(post.labels, post.second) for post in posts if post.second]

    def top(values: Floats) -> Flags:
        return one_hot(values.argmax(1), values.shape[1])

    def majority(answers: Flags) -> Flags:
        return one_hot(np.full(len(answers), answers.sum(0).argmax()), answers.shape[1])

    def group(name: str, labels: tuple[str, ...], made: Flags, answers: Flags, shown: Floats):  # type: ignore[no-untyped-def]
        measure = micro_f1 if name == "themes" else macro_f1
        below = {"majority": measure(majority(answers), answers)}
        if name in guess:
            below["lexicon"] = measure(guess[name], answers)
        return Group(name, labels, made, answers, shown, measure, below, _agreement(name, doubles))

    return (
        group("intent", INTENTS, top(p.intent), true[:, INTENT], p.intent),
        group("tenor", TENORS, top(p.tenor), tenor_true, p.tenor),
        group("themes", THEMES, said[:, THEME], true[:, THEME], p.heads[:, THEME]),
        group("emotions", EMOTIONS, said[:, EMOTION], true[:, EMOTION], p.heads[:, EMOTION]),
        group("flags", FLAGS, said[:, FLAG], true[:, FLAG], p.heads[:, FLAG]),
    )


def _agreement(name: str, doubles: Sequence[tuple[Labels, Labels | None]]) -> dict[str, float]:
    """Krippendorff's alpha between two people, for the head and for each of its labels."""
    pairs = [(first, second) for first, second in doubles if second]
    if not pairs:
        return {}
    names = {"intent": INTENTS, "tenor": TENORS, "themes": THEMES, "emotions": EMOTIONS}
    found: dict[str, float] = {}
    answers: list[list[object]] = [[], []]
    for label in names.get(name, FLAGS):
        sides = [[_says(name, label, one[side]) for one in pairs] for side in (0, 1)]
        if any(sides[0]) or any(sides[1]):
            found[label] = alpha(sides[0], sides[1])
        for side in (0, 1):
            answers[side] += [(label, value) for value in sides[side]]
    if name in ("intent", "tenor"):
        found["alpha"] = alpha(*([getattr(one[side], name) for one in pairs] for side in (0, 1)))
    else:
        found["alpha"] = float(np.mean(list(found.values()) or [0.0]))
    return found


def _says(name: str, label: str, labels: Labels) -> bool:
    if name == "flags":
        return bool(getattr(labels, label))
    value = getattr(labels, name)
    return bool(value == label if isinstance(value, str) else label in value)


def _slices(posts: Sequence[Post], groups: dict[str, Group]) -> dict[str, dict[str, float]]:
    """How the model does on parts of the test set, by what the texts are like."""
    members: dict[str, list[int]] = {}
    for row, post in enumerate(posts):
        names = [f"platform {post.platform}", *(f"tag {tag}" for tag in post.tags)]
        names.append("Dutch" if post.lang == "nl" else "other language")
        if len(post.text.split()) < SHORT:
            names.append(f"under {SHORT} words")
        for name in names:
            members.setdefault(name, []).append(row)
    found = {}
    for name, rows in sorted(members.items()):
        found[name] = {"posts": float(len(rows))}
        for head in ("intent", "tenor"):
            group = groups[head]
            found[name][head] = float((group.said[rows] & group.true[rows]).any(1).mean())
        themes = groups["themes"]
        found[name]["themes"] = micro_f1(themes.said[rows], themes.true[rows])
    return found
