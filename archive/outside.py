"""What was signed, remembered outside the database: one folder per log under ARCHIVE_DROP.

`checkpoint` holds the newest signed head; a database that was rolled back or rewritten does not
extend it, and then nothing more is signed. `history/` has a file per day with every head of that
day, only ever appended to, for whoever copies the folder away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone

from archive import notes


class RolledBack(RuntimeError):
    """The database does not hold what was signed before; nothing may be signed over it."""


def folder_of(origin: str) -> Path:
    return Path(settings.ARCHIVE_DROP) / quote(origin, safe="")


def remember(origin: str, note: str) -> None:
    """Leave a signed head there, whole or not at all. An older head never replaces a newer one."""
    folder = folder_of(origin)
    (folder / "history").mkdir(parents=True, exist_ok=True)
    head = notes.read_checkpoint(note)
    with (folder / "history" / f"{timezone.now():%Y-%m-%d}.txt").open("a") as history:
        history.write(f"{note}\n")
    newest = recall(origin)
    if newest is None or newest.size < head.size:
        _write(folder / "checkpoint", note)


def recall(origin: str) -> notes.Checkpoint | None:
    """The newest head that was left there, or None. Raises `RolledBack` when it is unreadable."""
    try:
        note = (folder_of(origin) / "checkpoint").read_text()
    except FileNotFoundError:
        return None
    try:
        return notes.read_checkpoint(note)
    except notes.InvalidNote as error:
        raise RolledBack(f"{origin}: the remembered checkpoint is unreadable: {error}") from None


def check_remembered(origin: str, size: int, root_at: Callable[[int], bytes]) -> None:
    """Raise `RolledBack` unless a tree of `size` extends the head that was remembered."""
    head = recall(origin)
    if head is None:
        return
    if head.origin != origin:
        raise RolledBack(f"{origin}: the remembered checkpoint is of another log")
    if head.size > size:
        raise RolledBack(f"{origin}: {head.size} records were signed, the database holds {size}")
    if root_at(head.size) != head.root:
        raise RolledBack(f"{origin}: the first {head.size} records are not those that were signed")


def list_origins() -> Iterator[str]:
    """Every log that was ever remembered here, by its own word."""
    base = Path(settings.ARCHIVE_DROP)
    for path in sorted(base.glob("*/checkpoint")):
        yield path.read_text().split("\n", 1)[0]


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
