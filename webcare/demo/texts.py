"""Reads the hand-written posts in `posts/*.txt`.

One line is one post. What stands before the text says who speaks:

    @ to the municipality          - to the town          = the municipality itself
      > somebody else replies        < the first author       = the municipality answers

A line that begins a post starts a thread; the indented lines below it belong to it. `[en]` and
the like after the marker ask for a voice (a language, a habit, a mood, or `private` for a message
only the municipality sees). `# theme` starts a theme, `## 0.4` a phase of a scene (the part of the
scene from which these lines are heard), `%` a remark. `\\n` is a new line. Slots such as `{straat}`
are filled when the post is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent / "posts"
_LINE = re.compile(r"(?P<indent>\s*)(?P<mark>[@\-=<>]) (?:\[(?P<voice>[\w -]+)\] )?(?P<text>\S.*)")

Speaker = Literal["first", "other", "town"]
_SPEAKERS: dict[str, Speaker] = {
    "<": "first",
    ">": "other",
    "=": "town",
    "@": "first",
    "-": "first",
}


class TextsBroken(Exception):
    """A line in a text file cannot be read; the message names the file and line."""


@dataclass(frozen=True, slots=True)
class Turn:
    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A post with what may follow it. `since` is the part of a scene from which it is heard."""

    theme: str
    direct: bool
    voice: str
    since: float
    turns: tuple[Turn, ...]

    def live_turns(self) -> tuple[Turn, ...]:
        """The turns up to the municipality's answer, which the desk has to give."""
        ends = [at for at, turn in enumerate(self.turns) if turn.speaker == "town"]
        return self.turns[: ends[0]] if ends else self.turns


def read_pieces(name: str) -> list[Piece]:
    """Read `posts/<name>.txt`. Raises TextsBroken."""
    path = FOLDER / f"{name}.txt"
    pieces: list[Piece] = []
    theme, since = name, 0.0
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.rstrip()
        if not line or line.startswith("%"):
            continue
        if line.startswith("## "):
            since = float(line[3:].split()[0])
            continue
        if line.startswith("# "):
            theme, since = line[2:].strip(), 0.0
            continue
        found = _LINE.fullmatch(line)
        if found is None or (found["indent"] and not pieces):
            raise TextsBroken(f"{path.name}, line {number}: no marker, or a reply to nothing")
        mark, text = found["mark"], found["text"].replace("\\n", "\n")
        turn = Turn(_SPEAKERS[mark], text)
        if found["indent"]:
            thread = pieces[-1]
            pieces[-1] = Piece(
                thread.theme,
                thread.direct,
                thread.voice,
                thread.since,
                (*thread.turns, turn),
            )
        elif mark in "@-=":
            pieces.append(Piece(theme, mark == "@", found["voice"] or "", since, (turn,)))
        else:
            raise TextsBroken(f"{path.name}, line {number}: a reply must be indented")
    return pieces


def read_lists(name: str) -> dict[str, list[str]]:
    """Read `posts/<name>.txt` as plain lists: `# key`, then one text per line."""
    lists: dict[str, list[str]] = {}
    key = name
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            key = line[2:].strip()
        elif line.strip() and not line.startswith("%"):
            lists.setdefault(key, []).append(line.strip().replace("\\n", "\n"))
    return lists
