"""What the desk corrected becomes what the machine learns, per municipality.

The training set is read from the rows every time and never copied: a text that was erased, deleted
by its writer or written in private is not in the next model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from monitoring import own_models
from monitoring.labels import head_value
from monitoring.models import LabelSet, Revision
from nlp.posts import Partial
from nlp.versions import META, MODELS


@dataclass(frozen=True, slots=True)
class Correction:
    """One head of one text as a person left it; `old` and `shown_p` are what the machine said.

    An explicit "this is right" is one too: `old` then equals `new`.
    """

    mention_id: int
    platform: str
    text: str
    head: str
    old: Any
    new: Any
    model: str
    shown_p: float | None
    person_id: int
    at: datetime
    why: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "mention": self.mention_id,
            "platform": self.platform,
            "text": self.text,
            "head": self.head,
            "old": self.old,
            "new": self.new,
            "model": self.model,
            "shownP": self.shown_p,
            "person": self.person_id,
            "at": self.at.isoformat(),
            "why": self.why,
        }


def corrections(municipality_id: int) -> Iterator[Correction]:
    """Every head a person set that still stands, oldest mention first. One query, streamed."""
    rows = (
        LabelSet.objects.filter(municipality_id=municipality_id, taken_back=False)
        .filter(mention__in=_taught(municipality_id))
        .select_related("mention", "mention__revision")
        .defer("mention__search")
        .order_by("mention_id", "pk")
    )
    for _, label_sets in groupby(rows.iterator(chunk_size=2000), key=lambda one: one.mention_id):
        yield from _standing(list(label_sets))


def training_texts(municipality_id: int) -> list[Partial]:
    """The corrections as the language room learns them: one per text, with all heads said of it."""
    found: dict[int, tuple[str, dict[str, Any]]] = {}
    for one in corrections(municipality_id):
        found.setdefault(one.mention_id, (one.text, {}))[1][one.head] = one.new
    return [Partial(text, labels) for text, labels in found.values()]


def lesson_of(municipality: Any, shared_dir: Path = MODELS) -> str:
    """A name for all there is to learn now: another one means that a model would become another.

    It changes with a correction, an undo, an erasure and the shared model; empty when there are no
    corrections and no model of the municipality's own either.
    """
    texts = training_texts(municipality.pk)
    if not texts and not own_models.promoted(municipality.slug):
        return ""
    return name_lesson(texts, shared_dir)


def name_lesson(texts: list[Partial], shared_dir: Path) -> str:
    """A name for these texts beside the shared model."""
    meta = shared_dir / META
    digest = hashlib.sha256(meta.read_bytes() if meta.exists() else b"")
    for one in texts:
        digest.update(json.dumps([one.text, one.labels], sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _taught(municipality_id: int) -> Any:
    """Mentions whose current labels a person set, with words that may be learned from."""
    return (
        LabelSet.objects.filter(municipality_id=municipality_id, current=True, person__isnull=False)
        .exclude(mention__text="")
        .exclude(mention__private=True)
        .exclude(mention__revision__kind=Revision.Kind.DELETED)
        .values("mention_id")
    )


def _standing(label_sets: list[LabelSet]) -> Iterator[Correction]:
    """The heads people set in the current set of one mention."""
    current = next(one for one in label_sets if one.current)
    machine = next((one for one in reversed(label_sets) if one.person_id is None), None)
    last: dict[str, LabelSet] = {}
    before: LabelSet | None = None
    for one in label_sets:
        if one.person_id is not None:
            heads = [one.head] if one.head else _added(one, before)
            last |= dict.fromkeys(heads, one)
        before = one
    for head in current.corrected:
        event = last.get(head, current)
        if event.person_id is None:
            continue
        yield Correction(
            mention_id=current.mention_id,
            platform=current.mention.platform,
            text=current.mention.text,
            head=head,
            old=None if machine is None else head_value(machine, head),
            new=head_value(current, head),
            model=str(current.verdict.get("model", "")),
            shown_p=None if machine is None else _shown(current.verdict, head, machine),
            person_id=event.person_id,
            at=event.created_at,
            why=event.why,
        )


def _added(one: LabelSet, before: LabelSet | None) -> list[str]:
    """The heads of a correction made before `head` was kept."""
    return sorted({*one.corrected} - {*(before.corrected if before else ())})


def _shown(verdict: Mapping[str, Any], head: str, machine: LabelSet) -> float | None:
    """The probability that stood beside the machine's label; of the first of its themes."""
    if head in ("intent", "tenor"):
        p = verdict.get(f"{head}_p", {}).get(getattr(machine, head))
    elif head == "themes":
        p = next((theme["p"] for theme in verdict.get("themes", ())), None)
    else:
        p = verdict.get(head)
    return None if p is None else float(p)
