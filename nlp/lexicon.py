"""What a word means to us before any corpus has been read: classes of words, kept as data.

Files in `nlp/lexicon/*.txt` hold sections `[class]` with words; `word*` begins with, `*word` ends
with, `*word*` contains. The classes of a word become features whose weight the corpus decides, so
a wrong entry costs little, and a word the corpus never saw still carries what it is about.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "lexicon"

NEGATOR = "intents.negator"
#: Classes whose meaning turns round after a negator ("niet blij").
VALENCE = frozenset({"feelings.positive", "feelings.negative"})


class Lexicon:
    """Looks up the classes of a word: exact, by beginning, by ending, by part."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._begins: dict[str, set[str]] = defaultdict(set)
        self._ends: dict[str, set[str]] = defaultdict(set)
        self._holds: dict[str, set[str]] = defaultdict(set)
        for path in sorted(folder.glob("*.txt")):
            # themes_more.txt goes on where themes.txt stops.
            section, kind = "", path.stem.partition("_")[0]
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.startswith("["):
                    section = f"{kind}.{line.strip(' []')}"
                elif not line.startswith("#"):
                    for entry in line.split():
                        self._add(entry, section)

    def _add(self, entry: str, section: str) -> None:
        stem = entry.strip("*")
        if entry.startswith("*") and entry.endswith("*") and len(entry) > 1:
            table = self._holds
        elif entry.endswith("*"):
            table = self._begins
        elif entry.startswith("*"):
            table = self._ends
        else:
            table = self._exact
        table[stem].add(section)

    def classes(self, word: str) -> frozenset[str]:
        """Every class of a lower-case word without accents; empty for an unknown word."""
        size = len(word)
        found = set(self._exact.get(word, ()))
        for cut in range(2, size + 1):
            found |= self._begins.get(word[:cut], set())
            found |= self._ends.get(word[size - cut :], set())
        for start in range(size):
            for end in range(start + 3, min(size, start + 16) + 1):
                found |= self._holds.get(word[start:end], set())
        return frozenset(found)


@cache
def lexicon() -> Lexicon:
    """The one lexicon of this process."""
    return Lexicon()
