"""What a word means to us before any corpus has been read: classes of words, kept as data.

Files in `nlp/lexicon/*.txt` hold sections `[class]` with words; `word*` begins with, `*word` ends
with, `*word*` contains, `two_words` is a phrase. The classes of a word or phrase become features
whose weight the corpus decides, so a wrong entry costs little, and a word the corpus never saw
still carries what it is about.

The words of `core_*.txt` tell a theme by themselves. There the longest of overlapping entries
holds, so that "gemeentewinkel" is no shop, while both parts of "schooltuin" may tell.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "lexicon"

NEGATOR = "intents.negator"
#: Classes whose meaning turns round after a negator ("niet blij").
VALENCE = frozenset({"feelings.positive", "feelings.negative"})
#: Kind of the files whose words tell a theme by themselves; `themes_*.txt` only hint at one.
CORE, HINT = "core", "themes."
#: What the core lists only to say that it tells no theme ("geweldig" is no violence).
NOTHING = "core.none"
#: Letters of the longest part looked for inside a word.
LONGEST_PART = 24
#: Letters by which a part inside a word is looked up; shorter parts are not listed.
OPENING = 3
#: Words of a phrase.
PHRASE_WORDS = (2, 3)


class Patterns:
    """Word patterns and the classes they stand for."""

    def __init__(self) -> None:
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._begins: dict[str, set[str]] = defaultdict(set)
        self._ends: dict[str, set[str]] = defaultdict(set)
        self._holds: dict[str, set[str]] = defaultdict(set)
        #: First letters of what a word may hold: most words hold nothing, and so say it soon.
        self._openings: set[str] = set()

    def add(self, entry: str, section: str) -> None:
        stem = entry.strip("*")
        if entry.startswith("*") and entry.endswith("*") and len(entry) > 1:
            table = self._holds
            self._openings.add(stem[:OPENING])
        elif entry.endswith("*"):
            table = self._begins
        elif entry.startswith("*"):
            table = self._ends
        else:
            table = self._exact
        table[stem].add(section)

    def spans(self, word: str) -> dict[tuple[int, int], set[str]]:
        """(start, end) of every part of `word` that is listed, with its classes."""
        size = len(word)
        found: dict[tuple[int, int], set[str]] = defaultdict(set)
        if word in self._exact:
            found[0, size] |= self._exact[word]
        for cut in range(2, size + 1):
            if word[:cut] in self._begins:
                found[0, cut] |= self._begins[word[:cut]]
            if word[size - cut :] in self._ends:
                found[size - cut, size] |= self._ends[word[size - cut :]]
        for start in range(size - OPENING + 1):
            if word[start : start + OPENING] not in self._openings:
                continue
            for end in range(start + OPENING, min(size, start + LONGEST_PART) + 1):
                if word[start:end] in self._holds:
                    found[start, end] |= self._holds[word[start:end]]
        return found


class Lexicon:
    """Looks up the classes of a word, and holds those of phrases."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._hints, self._core = Patterns(), Patterns()
        self.phrases: dict[tuple[str, ...], frozenset[str]] = {}
        for path in sorted(folder.glob("*.txt")):
            # themes_more.txt goes on where themes.txt stops.
            section, kind = "", path.stem.partition("_")[0]
            patterns = self._core if kind == CORE else self._hints
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.startswith("["):
                    section = f"{kind}.{line.strip(' []')}"
                elif not line.startswith("#"):
                    for entry in line.split():
                        if "_" in entry:
                            phrase = tuple(entry.split("_"))
                            if len(phrase) not in PHRASE_WORDS:
                                raise ValueError(f"{path.name}: {entry} is no phrase")
                            known = self.phrases.get(phrase, frozenset())
                            self.phrases[phrase] = known | {section}
                        else:
                            patterns.add(entry, section)

    def classes(self, word: str) -> frozenset[str]:
        """Every class of a lower-case word without accents; empty for an unknown word."""
        found = set().union(*self._hints.spans(word).values())
        core = self._core.spans(word)
        taken: list[tuple[int, int]] = []
        for start, end in sorted(core, key=lambda span: (span[0] - span[1], span)):
            if all(end <= first or last <= start for first, last in taken):
                taken.append((start, end))
                found |= core[start, end]
        if NOTHING in found:
            found = {name for name in found if not name.startswith(HINT)}
        return frozenset(found - {NOTHING})


@cache
def lexicon() -> Lexicon:
    """The one lexicon of this process."""
    return Lexicon()
