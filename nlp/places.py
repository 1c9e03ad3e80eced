"""Where a text is about: names from a municipality's own gazetteer, and words built like a street.

A raw list of names fires on everyday words (Een, Heel, Wie, Meer, Bus and Echt are Dutch places),
so a name counts only when written as a name, an everyday word only with a cue beside it ("in
Echt"), and a name without capitals only when its form or a cue gives it away. Works on the text as
received, so that positions are those the reader sees. Time is linear in the length of the text.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from nlp.lexicon import FOLDER
from nlp.normalise import MAX_CHARS
from nlp.verdicts import Place


def _read_words(name: str) -> frozenset[str]:
    """The words of a data file, comments left out."""
    lines = (FOLDER / "places" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


#: Names that are also words people use all day. In a gazetteer they need a cue.
EVERYDAY = _read_words("everyday")

#: Words that announce a place.
CUES = _read_words("cues")
ARTICLES = frozenset({"de", "het", "den", "'t", "'s", "’t", "’s"})

#: Endings that make a street, and what the place then is.
SUFFIXES = {
    "straat": "street",
    "straatje": "street",
    "str": "street",
    "laan": "street",
    "laantje": "street",
    "weg": "street",
    "pad": "street",
    "steeg": "street",
    "dreef": "street",
    "kade": "street",
    "gracht": "street",
    "singel": "street",
    "dijk": "street",
    "baan": "street",
    "boulevard": "street",
    "allee": "street",
    "hof": "street",
    "plantsoen": "street",
    "plein": "square",
    "pleintje": "square",
    "markt": "square",
    "brink": "square",
}

#: Common nouns that end like a street and name none.
NO_STREET = _read_words("no_street")

_TITLE = (
    r"(?:Burgemeester|Burg\.|Wethouder|Prins|Prinses|Koningin|Koning|Kon\.|Sint|St\.|Dr\.|Dokter|Mr\."
    r"|Meester|Prof\.|Professor|Ds\.|Dominee|Pastoor|Pater|Kapelaan|Graaf|Hertog|Generaal|Gen\."
    r"|Admiraal|Kapitein|President|Minister|Ir\.|Jan|Willem|Karel|Anna|Oude|Nieuwe|Korte|Lange"
    r"|Kleine|Grote|Eerste|Tweede|Derde|1e|2e|3e|Hoge|Lage|Achter|Van|Laan)"
)
#: One of these is in every text with a street; looking costs a tenth of the patterns below.
_STEMS = tuple(s for s in SUFFIXES if not any(t != s and t in s for t in SUFFIXES))
_SUFFIX = "|".join(sorted(SUFFIXES, key=len, reverse=True))
_NUMBER = (
    r"(?:\s(?:nr\.?\s?|nummer\s)?\d{1,4}(?:\s?-\s?\d{1,4}|[a-zA-Z](?!\w))?"
    # "Kerkplein 3 uur", "Dorpsstraat 30 km": a time, a sum or a speed is no house number.
    r"(?![\d:.,]*\d|\s?(?:uur|euro|€|%|km|keer|x|jaar|minuten|dagen|weken|maanden|meter)\b))"
)
# With capitals: the name of a street, titles and particles before it, a number after.
_WRITTEN = re.compile(
    rf"(?<![\w@#/.-])(?P<name>(?:{_TITLE}\s(?:(?:van|de|der|den|ten|ter|het|'t)\s){{0,2}}){{0,3}}"
    rf"[A-Z\u00c0-\u00de][\w'’-]{{0,38}}?(?:{_SUFFIX})|Laan van (?:de |het )?[A-Z][\w'’-]{{1,38}})"
    rf"(?P<number>{_NUMBER})?(?![\w@/-])"
)
# No capitals: only after a cue, or with a house number.
_LOOSE = re.compile(
    rf"(?<![\w@#/.-])(?P<name>[a-z\u00df-\u00ff][\w'’]{{2,38}}?(?:{_SUFFIX}))"
    rf"(?P<number>{_NUMBER})?(?![\w@/-])"
)
_WORD = re.compile(r"[^\W_](?:[\w'’.-]{0,60}[^\W_])?|['’][ts](?!\w)")
_BEFORE = re.compile(r"([\w.'’]{1,14})\s+(?:(de|het|den|'t|’t)\s+)?$", re.IGNORECASE)


class Gazetteer:
    """The names of a municipality: (name, kind) with kind in street, neighbourhood, facility,
    square, water, … Built once, shared freely; later entries of the same name are ignored."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...], str]]]
        self._by_first = defaultdict(list)
        seen: set[tuple[str, ...]] = set()
        for name, kind in entries:
            words = tuple(_WORD.findall(name))
            folded = tuple(word.lower() for word in words)
            if folded and folded not in seen:
                seen.add(folded)
                self._by_first[folded[0]].append((folded, words, kind))
        for named in self._by_first.values():
            named.sort(key=lambda entry: -len(entry[0]))
        self.size = len(seen)

    def __len__(self) -> int:
        return self.size

    def find(self, text: str) -> list[Place]:
        """Every name in `text`, longest first from the left, no two over each other."""
        found: list[Place] = []
        words = list(_WORD.finditer(text))
        folded = [word.group().lower() for word in words]
        shouting = text.isupper()
        at = 0
        while at < len(words):
            step = 1
            for names, written, kind in self._by_first.get(folded[at], ()):
                size = len(names)
                if tuple(folded[at : at + size]) != names:
                    continue
                spelled = tuple(word.group() for word in words[at : at + size])
                if not _is_name(spelled, written, shouting, _cued(text, words[at].start())):
                    continue
                start, end = words[at].start(), words[at + size - 1].end()
                end = _with_number(text, end, kind)
                found.append(Place(text[start:end], start, end, kind))
                step = size
                break
            at += step
        return found


def _is_name(
    spelled: tuple[str, ...], written: tuple[str, ...], shouting: bool, cued: bool
) -> bool:
    """Whether words that match a name letter for letter are meant as that name."""
    single = spelled[0].lower() if len(spelled) == 1 else ""
    capital = all(a[0] == b[0] for a, b in zip(spelled, written, strict=True))
    if single in EVERYDAY:
        return capital and cued and not shouting
    if capital and not shouting:
        return True
    return len(spelled) > 1 or single.endswith(tuple(SUFFIXES)) or (cued and len(single) > 4)


def _cued(text: str, start: int) -> bool:
    """Whether the words before `start` announce a place."""
    before = _BEFORE.search(text, max(0, start - 24), start)
    return before is not None and before.group(1).lower() in CUES


_AFTER = re.compile(_NUMBER)


def _with_number(text: str, end: int, kind: str) -> int:
    """The end of a name with the house number that follows a street or square."""
    if kind in ("street", "square"):
        number = _AFTER.match(text, end)
        if number:
            return number.end()
    return end


def _by_form(text: str) -> list[Place]:
    """Words built like a street or square."""
    lowered = text.lower()
    if not any(ending in lowered for ending in _STEMS):
        return []
    found = []
    for pattern in (_WRITTEN, _LOOSE):
        for match in pattern.finditer(text):
            name = match.group("name")
            last = name.split()[-1].lower()
            if last in NO_STREET or len(last) < 5:
                continue
            if pattern is _LOOSE and not match["number"] and not _cued(text, match.start()):
                continue
            kind = next((k for s, k in SUFFIXES.items() if last.endswith(s)), "street")
            found.append(Place(match.group(), match.start(), match.end(), kind))
    return found


def find_places(text: str, gazetteer: Gazetteer | None = None) -> tuple[Place, ...]:
    """The places in a text as received, in order; the gazetteer wins over the form of a word."""
    text = text[:MAX_CHARS]
    known = gazetteer.find(text) if gazetteer else []
    taken = [(place.start, place.end) for place in known]
    formed = [
        place
        for place in _by_form(text)
        if all(place.end <= start or place.start >= end for start, end in taken)
    ]
    return tuple(sorted(known + formed, key=lambda place: place.start))
