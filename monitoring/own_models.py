"""A municipality's own language models on disk: every version kept, one in use, each way back.

`VAR_DIR/models/<slug>/` holds a folder per version, `promoted.json`, the names of those that were
put to use, the last of them now, and `tried.json`, what came of the last attempt. Workers read the
names with every batch, so a promotion or a roll-back works at once and nobody has to restart.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.conf import settings

from nlp.verdicts import ModelMissing

if TYPE_CHECKING:
    from nlp.model import Model

logger = logging.getLogger(__name__)

PROMOTED: Final = "promoted.json"
TRIED: Final = "tried.json"
#: Versions kept besides the one in use; older ones are of no use to go back to.
KEPT: Final = 10


class ModelBusy(RuntimeError):
    """Somebody else is making or choosing this municipality's model."""


def folder_of(slug: str) -> Path:
    return Path(settings.VAR_DIR) / "models" / slug


def promoted(slug: str) -> list[str]:
    """Names of the versions put to use, oldest first; empty means the shared model."""
    try:
        names = json.loads((folder_of(slug) / PROMOTED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [str(name) for name in names]


def promote(slug: str, name: str) -> None:
    """Put the version `name` to use from now on."""
    if not _is_model(folder_of(slug) / name):
        raise ModelMissing(f"no version {name} for {slug}")
    before = promoted(slug)
    if before[-1:] != [name]:
        _put(slug, PROMOTED, [*before, name])
    _forget_old(slug)


def roll_back(slug: str) -> str | None:
    """Put to use what was before; returns its name, or None for the shared model.

    Raises ModelMissing when there is nothing to go back from.
    """
    before = promoted(slug)
    if not before:
        raise ModelMissing(f"{slug} has no model of its own to go back from")
    left = [name for name in before[:-1] if _is_model(folder_of(slug) / name)]
    _put(slug, PROMOTED, left)
    return left[-1] if left else None


def find_model(municipality_id: int) -> Model | None:
    """The municipality's own model; None when it has none, or none that can be used.

    A model made with other code or another lexicon than the shared one reads words differently and
    is left aside until it is made anew.
    """
    slug = _slug(municipality_id)
    try:
        names = promoted(slug)
        if not names:
            return None
        from nlp.model import default_model

        model = _load(folder_of(slug) / names[-1])
        fits = model.meta["fingerprint"] == default_model().meta["fingerprint"]
    except (OSError, ValueError, KeyError, ModelMissing):
        logger.exception("model of municipality %s cannot be used", municipality_id)
        return None
    if not fits:
        logger.warning("model of municipality %s is older than the shared one", municipality_id)
        return None
    return model


def find_speaker(municipality_id: int, name: str) -> Model:
    """The very model called `name` if it is still here, else the one now in use.

    Raises ModelMissing when there is none at all.
    """
    from nlp.model import default_model

    shared = default_model()
    if name == shared.name:
        return shared
    place = folder_of(_slug(municipality_id)) / Path(name).name
    if name and _is_model(place):
        with suppress(OSError, ValueError, KeyError, ModelMissing):
            model = _load(place)
            if model.meta["fingerprint"] == shared.meta["fingerprint"]:
                return model
    return find_model(municipality_id) or shared


@dataclass(frozen=True, slots=True)
class InUse:
    """The model a municipality's mentions are read with; `corrected` texts of its own are in it."""

    name: str
    own: bool
    made_at: datetime
    corrected: int


def describe_in_use(slug: str) -> InUse | None:
    """What `find_model` would choose, told from the files alone; None without any model."""
    from nlp.versions import META, MODELS

    shared = _read_meta(MODELS / META)
    if shared is None:
        return None
    for name in promoted(slug)[-1:]:
        place = folder_of(slug) / name / META
        own = _read_meta(place)
        if own is not None and own.get("fingerprint") == shared.get("fingerprint"):
            return InUse(str(own["name"]), True, _made_at(place), int(own.get("corrected", 0)))
    return InUse(str(shared["name"]), False, _made_at(MODELS / META), 0)


@dataclass(frozen=True, slots=True)
class Try:
    """The last time a model was made to be put to use.

    `model` is empty when none came of it. `objections` are why it was not put to use, in English.
    `lesson` names what there was to learn (`learning.lesson_of`), never its words.
    """

    at: datetime
    model: str
    corrections: int
    promoted: bool
    objections: tuple[str, ...]
    lesson: str


def note_try(slug: str, outcome: Try) -> None:
    """Keep what came of it, for people to see; in place of the one before."""
    folder_of(slug).mkdir(parents=True, exist_ok=True)
    _put(slug, TRIED, asdict(outcome) | {"at": outcome.at.isoformat()})


def last_try(slug: str) -> Try | None:
    kept = _read_meta(folder_of(slug) / TRIED)
    if kept is None:
        return None
    try:
        at, objections = datetime.fromisoformat(kept["at"]), tuple(kept["objections"])
        return Try(**kept | {"at": at, "objections": objections})
    except (KeyError, TypeError, ValueError):
        # Written by another version: as good as none.
        return None


def _read_meta(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _made_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


@contextmanager
def sole_use(slug: str) -> Iterator[Path]:
    """The municipality's folder, for nobody else to change; raises ModelBusy at once if taken."""
    folder = folder_of(slug)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ModelBusy(f"the model of {slug} is being made") from None
        yield folder


@lru_cache(maxsize=64)
def _slug(municipality_id: int) -> str:
    municipality = apps.get_model(settings.MUNICIPALITY_MODEL)
    slug: str = municipality.objects.values_list("slug", flat=True).get(pk=municipality_id)
    return slug


# Whatever reads no text imports this module too, and must not pay for the machinery.
@lru_cache(maxsize=4)
def _load(place: Path) -> Model:
    from nlp.model import Model

    return Model.load(place)


def _is_model(place: Path) -> bool:
    from nlp.versions import META

    return (place / META).exists()


def _put(slug: str, name: str, content: Any) -> None:
    """Write whole or not at all: somebody may be reading."""
    folder = folder_of(slug)
    fresh = folder / f".{name}.new"
    fresh.write_text(json.dumps(content), encoding="utf-8")
    os.replace(fresh, folder / name)


def _forget_old(slug: str) -> None:
    """Delete the oldest versions beyond KEPT; those in use last are kept longest."""
    folder, names = folder_of(slug), promoted(slug)
    versions = [path for path in folder.iterdir() if _is_model(path)]
    rank = {name: place for place, name in enumerate(names)}
    versions.sort(key=lambda path: (rank.get(path.name, -1), path.stat().st_mtime))
    for path in versions[: -(KEPT + 1)]:
        shutil.rmtree(path)
