"""Which texts say the same, and what a heap of texts is about. Texts only: nobody's name counts.

Two texts are alike when they share the pieces (four letters) of the words that carry meaning, so a
typo, another ending or another order of words does not part them. How alike is estimated with
MinHash: of each of SIZE random orders of all pieces the first one present is kept, and the share of
equal keepers is the share of pieces two texts have in common (Broder, 1997).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nlp.features import canonical, hash_feature
from nlp.normalise import normalise

Signature = NDArray[np.uint32]

#: Numbers in a signature; the estimate has a standard error of 0.06.
SIZE = 64
#: Numbers that must be equal together before two texts are compared at all: at ALIKE that misses
#: one pair in a million.
BAND = 2
#: Share of pieces in common from which texts count as the same. Lower, two questions about one
#: subject (when is the paper collected, when is the bulky waste?) fall together.
ALIKE = 0.6
#: With fewer telling words than this every word counts, or all who say "top" would agree.
FEW = 3
#: Words read of a text; the rest of a longer one says no more about what it asks.
LONGEST = 400

_PRIME = np.uint64((1 << 31) - 1)
_random = np.random.default_rng(1997)
_FACTOR = _random.integers(1, int(_PRIME), SIZE, np.uint64)
_SHIFT = _random.integers(0, int(_PRIME), SIZE, np.uint64)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
#: What `normalise` leaves of a handle: whom a text is addressed to is not what it says.
_HANDLE = re.compile(r"@\w+")
#: What a greeting or a thank-you adds is not what is asked.
_POLITE = frozenset(
    re.findall(
        r"\w+",
        "hallo hoi hey dag beste goedemorgen goedemiddag goedenavond gemeente graag alvast bedankt"
        " dank dankjewel groet groeten groetjes gr mvg aub svp vraag vraagje iemand weet weten",
    )
)


@cache
def _empty_words() -> frozenset[str]:
    """Canonical words that say nothing of a subject."""
    # spaCy is loaded by whoever needs it: most programs of the desk never do.
    from spacy.lang.nl.stop_words import STOP_WORDS

    return _POLITE.union(map(canonical, STOP_WORDS))


def signature(text: str) -> Signature:
    """(SIZE,) numbers that stand for what a text says; `tobytes()` keeps 256 bytes of it.

    A text without a word gives numbers that are like no other text's, its own included.
    """
    found = _pieces(text)
    if not found:
        return np.zeros(0, np.uint32)
    pieces = np.fromiter(found, np.uint64, len(found)) % _PRIME
    ordered = (pieces[:, None] * _FACTOR + _SHIFT) % _PRIME
    return ordered.min(0).astype(np.uint32)


def likeness(one: Signature, other: Signature) -> float:
    """Estimated share (0…1) of pieces two texts have in common."""
    return float((one == other).mean()) if len(one) and len(other) else 0.0


class Groups:
    """Groups that grow as texts come in. A text joins the group whose first text it is most like.

    Comparing with first texts only keeps a group from drifting from one subject to the next, and
    makes a flood of one question cost one comparison per text.
    """

    def __init__(self) -> None:
        self._first: list[tuple[int, Signature]] = []
        self._bands: dict[tuple[int, bytes], list[int]] = {}
        self._size = 0

    def add(self, signed: Signature) -> int:
        """The number of the text that began this one's group: its own number when it is new.

        Texts are numbered from nought in the order they were added.
        """
        number = self._size
        self._size += 1
        bands = [
            (start, signed[start : start + BAND].tobytes()) for start in range(0, len(signed), BAND)
        ]
        near = {place for band in bands for place in self._bands.get(band, ())}
        if near:
            closest = max(sorted(near), key=lambda place: likeness(signed, self._first[place][1]))
            began, first = self._first[closest]
            if likeness(signed, first) >= ALIKE:
                return began
        for band in bands:
            self._bands.setdefault(band, []).append(len(self._first))
        self._first.append((number, signed))
        return number


def group(texts: Iterable[str]) -> list[int]:
    """Per text the place of the first text that says the same (its own place when none does)."""
    groups = Groups()
    return [groups.add(signature(text)) for text in texts]


def key_phrases(
    texts: Sequence[str], background: Sequence[str], limit: int = 10
) -> list[tuple[str, float]]:
    """(phrase, z) of the words and pairs of words that set `texts` apart, strongest first.

    Weighed log-odds with the words of both together as prior (Monroe, Colaresi & Quinn, 2008), by
    the number of texts that hold a phrase. Only phrases in two texts or more and with z above 1.96:
    what remains is not chance. Pass one text per group to keep a flood from drowning the rest.
    """
    here, there = _phrases(texts), _phrases(background)
    prior = here + there
    weight = prior.total()
    sizes = here.total() + weight, there.total() + weight
    scored = []
    for phrase, count in here.items():
        if count > 1:
            odds = [
                math.log((part + prior[phrase]) / max(size - part - prior[phrase], 1))
                for part, size in ((count, sizes[0]), (there[phrase], sizes[1]))
            ]
            spread = 1 / (count + prior[phrase]) + 1 / (there[phrase] + prior[phrase])
            scored.append((phrase, (odds[0] - odds[1]) / math.sqrt(spread)))
    scored = sorted((one for one in scored if one[1] > 1.96), key=lambda one: (-one[1], one[0]))
    return _without_parts(scored, here)[:limit]


def _words(text: str) -> list[str]:
    return [canonical(word) for word in _WORD.findall(_HANDLE.sub(" ", normalise(text)))[:LONGEST]]


def _pieces(text: str) -> set[int]:
    """Hashed four-letter pieces of the words that carry meaning; of all words when few do."""
    words = _words(text)
    told = set(words) - _empty_words()
    if len(told) < FEW:
        told = set(words)
    pieces = set()
    for word in told:
        padded = f"_{word}_"
        pieces |= {padded[at : at + 4] for at in range(max(1, len(padded) - 3))}
    return {hash_feature("s", piece) for piece in pieces}


def _phrases(texts: Iterable[str]) -> Counter[str]:
    """In how many texts a word or a pair of neighbours occurs."""
    counts: Counter[str] = Counter()
    empty = _empty_words()
    for text in texts:
        words = _words(text)
        telling = [len(word) > 2 and word.isalpha() and word not in empty for word in words]
        found = {word for word, tells in zip(words, telling, strict=True) if tells}
        both = zip(pairwise(words), pairwise(telling), strict=True)
        counts.update(found | {" ".join(pair) for pair, tells in both if all(tells)})
    return counts


def _without_parts(
    scored: Sequence[tuple[str, float]], counts: Counter[str]
) -> list[tuple[str, float]]:
    """Leave out a word that nearly always comes in a pair that is listed."""
    pairs = [phrase for phrase, _ in scored if " " in phrase]
    return [
        (phrase, z)
        for phrase, z in scored
        if not any(
            phrase in pair.split() and counts[pair] >= 0.7 * counts[phrase] for pair in pairs
        )
    ]
