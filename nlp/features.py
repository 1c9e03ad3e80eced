"""From tokens to features: words, word pairs, character 3–5-grams, cues and marks, all hashed.

Four blocks, each scaled to length one per text so that a long mail and a short tweet weigh alike:
WORD (words and pairs of neighbours), CHAR (character n-grams within a word), TOPIC (what the
lexicon says a word is about) and MANNER (what it says a word does, and the look of the text). A
feature is named by the CRC-32 of its string: the trained model holds numbers, never words of
residents.

Everything about a single word depends on that word alone, so it is computed once and kept.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import combinations
from zlib import crc32

from nlp.lexicon import NEGATOR, VALENCE, lexicon

WORD, CHAR, TOPIC, MANNER = range(4)
BLOCKS = 4

#: Words after a negator whose valence turns round.
NEGATION_SPAN = 3
#: Stand-ins for the beginning and the end of a text in word pairs.
BEGIN, END = "<s>", "</s>"
#: Odd constant that keeps "a b" and "b a" apart when two word hashes make one pair hash.
PAIR_FACTOR = 0x9E3779B1

_REPEATED = re.compile(r"(.)\1{2,}")
_DIGITS = re.compile(r"\d+")
_GRAM_CHARS = 30
_AROUND_WORD = ".,!?:;()'\"‘’“”"

#: Who is spoken of, what is done and how it feels: what counts is which of these come together
#: ("negative" with "municipal" is criticism, with "others" it is not), in whatever order.
MIXED = (
    "feelings.abuse",
    "feelings.negative",
    "feelings.positive",
    "intents.asking",
    "intents.complimenting",
    "intents.irony",
    "intents.municipal",
    "intents.negator",
    "intents.others",
    "intents.proposing",
    "intents.repetition",
    "intents.reporting",
    "intents.self",
    "intents.you",
)


def canonical(token: str) -> str:
    """A token without what varies by hand: case, accents, digits, held keys, the hash sign."""
    word = token.lower()
    if not word.isascii():
        decomposed = unicodedata.normalize("NFKD", word)
        word = "".join(c for c in decomposed if not unicodedata.combining(c)) or word
    word = _DIGITS.sub("0", _REPEATED.sub(r"\1\1", word))
    return word.lstrip("#") or word


def hash_feature(kind: str, value: str) -> int:
    """The 32-bit name of a feature."""
    return crc32(f"{kind}\x1f{value}".encode("utf-8", "replace"))


def hash_pair(first: str, second: str) -> int:
    """The 64-bit name of two neighbouring canonical words; `words` takes the same sum in bulk."""
    return (hash_feature("h", first) * PAIR_FACTOR + hash_feature("h", second)) & 0xFFFFFFFFFFFFFFFF


@lru_cache(maxsize=50_000)
def word_classes(word: str) -> frozenset[str]:
    """What the lexicon knows of a canonical word."""
    return lexicon().classes(word)


def is_negator(word: str) -> bool:
    return NEGATOR in word_classes(word)


def turns_round(word: str) -> bool:
    """Whether a negator before this canonical word changes what it tells."""
    return not VALENCE.isdisjoint(word_classes(word))


def is_sentence_end(word: str) -> bool:
    """Whether negation stops here."""
    return word in {".", "!", "?", ",", ";", ":", "↵"}


def word_features(word: str, negated: bool) -> list[tuple[int, int]]:
    """(block, feature) of one canonical word, each once; `negated` turns its valence round."""
    found = {(WORD, hash_feature("w", word))}
    if any(map(str.isalpha, word)):
        padded = f"_{word[:_GRAM_CHARS]}_"
        for size in (3, 4, 5):
            for start in range(len(padded) - size + 1):
                found.add((CHAR, hash_feature("c", padded[start : start + size])))
    for name in word_classes(word):
        block = TOPIC if name.startswith("themes.") else MANNER
        turned = "not " if negated and name in VALENCE else ""
        found.add((block, hash_feature("l", turned + name)))
    return sorted(found)


def mix_bits(word: str) -> int:
    """Which of MIXED a canonical word has, as bits."""
    classes = word_classes(word)
    bits = sum(1 << bit for bit, name in enumerate(MIXED) if name in classes)
    return bits | (1 << len(MIXED)) if word == "?" else bits


def mix_features(bits: int) -> list[tuple[int, int]]:
    """(block, feature) of every two things of MIXED a text has together."""
    present = [name for bit, name in enumerate((*MIXED, "?")) if bits >> bit & 1]
    return [(MANNER, hash_feature("x", f"{a} {b}")) for a, b in combinations(present, 2)]


def marks(text: str) -> list[str]:
    """The look of a normalised text, as names: how it begins and ends, how loud, how long."""
    found = [f"length {min(len(text).bit_length(), 10)}"]
    opening = canonical(text.partition(" ")[0].strip(_AROUND_WORD))
    found += [f"begins {name}" for name in sorted(word_classes(opening))]
    if "?" in text:
        found.append("asks")
        if text.endswith("?"):
            found.append("ends asking")
        if "??" in text:
            found.append("asks loudly")
    if "!" in text:
        found.append("calls")
        if "!!" in text:
            found.append("calls loudly")
    if text[-1:].isalnum():
        found.append("ends bare")
    if "..." in text or "…" in text:
        found.append("trails off")
    if '"' in text or "“" in text or "‘" in text:
        found.append("quotes")
    if "#" in text:
        found.append("tags")
    if "http" in text:
        found.append("links")
    if text.startswith("@"):
        found.append("addresses")
    if "↵" in text:
        found.append("paragraphs")
    capitals = sum(map(str.isupper, text))
    if capitals > 12 and capitals > 0.5 * sum(map(str.isalpha, text)):
        found.append("shouts")
    elif not capitals:
        found.append("no capitals")
    return found


def mark_features(text: str) -> list[tuple[int, int]]:
    """(block, feature) of the look of a normalised text."""
    return [(MANNER, hash_feature("m", name)) for name in marks(text)]
