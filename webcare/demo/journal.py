"""The world's memory on disk: one JSON line per event, written before anybody is told.

A line is handed to the operating system in one write, so a process that is killed loses nothing
it has acknowledged. A half-written last line (the write was cut) was never acknowledged and is
cut off at the next start. Power loss is not covered: this is a demo town, not an archive.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

Event = dict[str, Any]


class JournalBroken(Exception):
    """A line in the middle of the journal is not an event; the text names the file and line."""


class Journal:
    """Append-only events. Without a folder they live in memory only and `read` is empty."""

    def __init__(self, folder: Path | None) -> None:
        self._waiting: list[bytes] = []
        self._file: int | None = None
        self.path: Path | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self.path = folder / "town.jsonl"

    def read(self) -> Iterator[Event]:
        """Yield every event in order, then stay open for appending."""
        if self.path is None:
            return
        whole = 0
        if self.path.exists():
            with self.path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    if not line.endswith(b"\n"):
                        break
                    try:
                        event = orjson.loads(line)
                    except orjson.JSONDecodeError as error:
                        raise JournalBroken(f"{self.path}, line {number}: {error}") from error
                    whole += len(line)
                    yield event
            os.truncate(self.path, whole)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, event: Event) -> None:
        """Remember `event` for the next `flush`."""
        if self.path is not None:
            self._waiting.append(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))

    def flush(self) -> None:
        """Write what waits. Raises OSError when the disk refuses; nothing is then acknowledged."""
        if not self._waiting or self._file is None:
            return
        rest = memoryview(b"".join(self._waiting))
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self._waiting.clear()

    def close(self) -> None:
        self.flush()
        if self._file is not None:
            os.close(self._file)
            self._file = None
