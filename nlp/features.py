"""From tokens to features: words, word pairs, character 3–5-grams, cues and marks, all hashed.

Six blocks, each scaled to length one per text so that a long mail and a short tweet weigh alike:
WORD (words and pairs of neighbours), CHAR (character n-grams within a word), TOPIC (what the
lexicon says a word hints at), MANNER (what it says a word does, and the look of the text), CORE
(words that tell a theme by themselves) and TONE (phrases of blame, praise, irony, asking). A
feature is named by the CRC-32 of its string: the trained model holds numbers, never words of
residents.

Everything about a single word depends on that word and on how it stands (after a negator, in a
phrase of place), so it is computed once and kept.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import combinations
from zlib import crc32

from nlp.lexicon import CORE as CORE_KIND
from nlp.lexicon import NEGATOR, VALENCE, lexicon

WORD, CHAR, TOPIC, MANNER, CORE, TONE = range(6)
BLOCKS = 6
#: Block of a class by the kind of file it is kept in; MANNER for the others.
BLOCK_OF = {"themes": TOPIC, "core": CORE, "says": TONE, "feels": TONE}

#: Words after a negator whose valence turns round.
NEGATION_SPAN = 3
#: Words that open a phrase of place or relation: "bij de school" says where, not what about.
PLACERS = frozenset(
    (
        *("aan", "achter", "bij", "boven", "door", "in", "langs", "naar", "naast", "nabij", "om"),
        *("onder", "op", "richting", "rond", "tegenover", "tussen", "uit", "van", "vanaf", "voor"),
    )
)
#: Words after a placer that may stand in its phrase; it ends with the first that tells a theme.
PLACE_SPAN = 3
#: How classes of words that tell a theme by themselves begin.
CORE_PREFIX = f"{CORE_KIND}."
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
#: The same for phrases, with features of their own.
TONES = (
    "says.reproach",
    "says.sarcasm",
    "says.praise",
    "says.sting",
    "says.others",
    "intents.municipal",
    "intents.you",
    "says.asks",
    "says.requests",
    "says.fault",
    "says.proposes",
    "says.owncase",
    "says.stance",
)
#: Bit of a class in the number that says what a text holds; the question mark has one too.
BIT_OF_MIXED = {name: 1 << bit for bit, name in enumerate((*MIXED, "?"))}
BIT_OF_TONE = {name: 1 << bit for bit, name in enumerate(TONES, len(BIT_OF_MIXED))}
#: The bits of MIXED; those above are of TONES.
MIXED_BITS = (1 << len(BIT_OF_MIXED)) - 1


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
    return hash_phrase((first, second))


def hash_phrase(words: Iterable[str]) -> int:
    """The 64-bit name of canonical words in a row."""
    name = 0
    for word in words:
        name = (name * PAIR_FACTOR + hash_feature("h", word)) & 0xFFFFFFFFFFFFFFFF
    return name


@lru_cache(maxsize=50_000)
def word_classes(word: str) -> frozenset[str]:
    """What the lexicon knows of a canonical word."""
    return lexicon().classes(word)


def is_negator(word: str) -> bool:
    return NEGATOR in word_classes(word)


def turns_round(word: str) -> bool:
    """Whether a negator before this canonical word changes what it tells."""
    return not VALENCE.isdisjoint(word_classes(word))


def tells_theme(word: str) -> bool:
    """Whether a canonical word tells a theme by itself, so that it matters where it stands."""
    return any(name.startswith(CORE_PREFIX) for name in word_classes(word))


def is_sentence_end(word: str) -> bool:
    """Whether negation and phrases of place stop here."""
    return word in {".", "!", "?", ",", ";", ":", "↵"}


def stands(words: Sequence[str]) -> list[tuple[bool, bool]]:
    """(negated, placed) of every canonical word of a text: whether its valence turns round, and
    whether it only names a place. `heads` finds the same in bulk."""
    found = []
    negation = place = 0
    for word in words:
        telling = tells_theme(word)
        found.append((negation > 0 and turns_round(word), place > 0 and telling))
        ended = is_sentence_end(word)
        negation = NEGATION_SPAN if is_negator(word) else 0 if ended else negation - 1
        place = PLACE_SPAN if word in PLACERS else 0 if ended or telling else place - 1
    return found


def word_features(word: str, negated: bool, placed: bool) -> list[tuple[int, int]]:
    """(block, feature) of one canonical word, each once.

    `negated` turns its valence round; what is `placed` tells less of a theme.
    """
    found = {(WORD, hash_feature("w", word))}
    if any(map(str.isalpha, word)):
        padded = f"_{word[:_GRAM_CHARS]}_"
        for size in (3, 4, 5):
            for start in range(len(padded) - size + 1):
                found.add((CHAR, hash_feature("c", padded[start : start + size])))
    classes = word_classes(word)
    turned = {f"not {name}" if negated and name in VALENCE else name for name in classes}
    stood = {f"at {name}" if placed and name.startswith(CORE_PREFIX) else name for name in turned}
    return sorted(found | set(class_features(stood)))


def class_features(classes: Iterable[str]) -> list[tuple[int, int]]:
    """(block, feature) of every class."""
    return [_class_feature(name) for name in classes]


@cache
def _class_feature(name: str) -> tuple[int, int]:
    """A class that is turned round begins with "not ", one that names a place with "at "."""
    kind = name.rpartition(" ")[2].partition(".")[0]
    return BLOCK_OF.get(kind, MANNER), hash_feature("l", name)


def class_bits(classes: Iterable[str]) -> int:
    """Which of MIXED and TONES are among the classes, as bits."""
    bits = 0
    for name in classes:
        bits |= BIT_OF_MIXED.get(name, 0) | BIT_OF_TONE.get(name, 0)
    return bits


def mix_bits(word: str) -> int:
    """Which of MIXED and TONES a canonical word has, as bits."""
    return class_bits(word_classes(word)) | (BIT_OF_MIXED["?"] if word == "?" else 0)


def mix_features(bits: int) -> list[tuple[int, int]]:
    """(block, feature) of every two things of MIXED, and of TONES, a text has together."""
    found = []
    for kind, block, table in (("x", MANNER, BIT_OF_MIXED), ("t", TONE, BIT_OF_TONE)):
        present = [name for name, bit in table.items() if bits & bit]
        found += [(block, hash_feature(kind, f"{a} {b}")) for a, b in combinations(present, 2)]
    return found


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
