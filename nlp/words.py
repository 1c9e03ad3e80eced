"""What every known word adds to every head, computed at first sight and kept.

A word's features depend on the word alone, so its share in the scores is one row: the sums of the
weights of its features, per block, and the square of their length. A text is then a sum of rows,
taken for a whole batch at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.features import (
    BLOCKS,
    PAIR_FACTOR,
    PLACERS,
    canonical,
    class_bits,
    class_features,
    hash_feature,
    hash_phrase,
    is_negator,
    is_sentence_end,
    mark_features,
    marks,
    mix_bits,
    mix_features,
    tells_theme,
    turns_round,
    word_features,
)
from nlp.lexicon import lexicon

#: How a word may stand in a text: (after a negator, in a phrase of place).
STANDS = ((False, False), (True, False), (False, True), (True, True))
_PER_ROW = ["sums", "lengths", "hashes", "bits", "negates", "ends", "placers", "tells", "standing"]
#: Rows kept before starting afresh; bounds memory whatever is thrown at it (about 30 MB).
MAX_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Weights:
    """The trained numbers. Features are 32-bit names, pairs 64-bit; both sorted.

    `feature_weights` and `pair_weights` are (n, heads) with the inverse document frequency and
    block scale already in them; `feature_length` and `pair_length` are the squared idf.
    """

    features: NDArray[np.uint32]
    feature_weights: NDArray[np.float32]
    feature_length: NDArray[np.float32]
    pairs: NDArray[np.uint64]
    pair_weights: NDArray[np.float32]
    pair_length: NDArray[np.float32]
    bias: NDArray[np.float32]

    @property
    def heads(self) -> int:
        return int(self.bias.shape[0])


class WordTable:
    """Rows of contributions per word, filled as words come by. Not for two threads at once."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._feature_row = {name: row for row, name in enumerate(weights.features.tolist())}
        self.forget()

    def forget(self) -> None:
        """Drop every row; they come back as words come by."""
        self._rows: dict[Any, int] = {}
        self._row_of_name: dict[int, int] = {}
        self._allocate(1024)
        self._learn_phrases()

    def _learn_phrases(self) -> None:
        """Rows of the lexicon's phrases; phrases of the same classes share one."""
        phrases = lexicon().phrases
        names = np.array([hash_phrase(words) for words in phrases], np.uint64)
        rows = np.array([self._phrase(classes) for classes in phrases.values()], np.int64)
        order = np.argsort(names)
        self.phrase_names, self.phrase_rows = names[order], rows[order]

    def _phrase(self, classes: frozenset[str]) -> int:
        row = self._rows.get(classes)
        if row is None:
            row = self._add(classes, sorted(class_features(classes)))
            self.bits[row] = class_bits(classes)
        return row

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def full(self) -> bool:
        return max(len(self._rows), len(self._row_of_name) // 2) > MAX_ROWS

    def _allocate(self, size: int) -> None:
        heads = self._weights.heads
        self.sums = np.zeros((size, BLOCKS, heads), np.float32)
        self.lengths = np.zeros((size, BLOCKS), np.float32)
        self.hashes = np.zeros(size, np.uint64)
        self.bits = np.zeros(size, np.int64)
        self.negates = np.zeros(size, np.bool_)
        self.ends = np.zeros(size, np.bool_)
        self.placers = np.zeros(size, np.bool_)
        self.tells = np.zeros(size, np.bool_)
        #: Row of the same word after a negator, in a phrase of place, and both (columns of
        #: `STANDS`); itself where that changes nothing.
        self.standing = np.zeros((size, len(STANDS)), np.int64)

    def _grow(self) -> None:
        for name in _PER_ROW:
            old = getattr(self, name)
            new = np.zeros((2 * len(old), *old.shape[1:]), old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)

    def _add(self, key: Any, features: Sequence[tuple[int, int]]) -> int:
        row = len(self._rows)
        if row == len(self.sums):
            self._grow()
        self._rows[key] = row
        known, lengths = self._feature_row, self._weights.feature_length
        by_block: list[list[int]] = [[] for _ in range(BLOCKS)]
        for block, feature in features:
            found = known.get(feature)
            if found is not None:
                by_block[block].append(found)
        for block, found_rows in enumerate(by_block):
            if found_rows:
                self.sums[row, block] = self._weights.feature_weights[found_rows].sum(0)
                self.lengths[row, block] = lengths[found_rows].sum()
        self.standing[row] = row
        return row

    def word(self, name: int, token: str) -> int:
        """The row of a token; `name` is its 64-bit hash, as spaCy gives it."""
        row = self._row_of_name.get(name)
        if row is None:
            row = self._row_of_name[name] = self.canonical_word(canonical(token))
        return row

    def canonical_word(self, word: str) -> int:
        """The row of a canonical word, whatever ways of writing led to it."""
        row = self._rows.get(word)
        if row is not None:
            return row
        turns, tells = turns_round(word), tells_theme(word)
        rows: dict[tuple[bool, bool], int] = {}
        for negated, placed in STANDS:
            stand = negated and turns, placed and tells
            if stand not in rows:
                # A word that stands by itself goes by its own name.
                key = (word, stand) if any(stand) else word
                made = rows[stand] = self._add(key, word_features(word, *stand))
                self.hashes[made] = hash_feature("h", word)
                self.bits[made] = mix_bits(word)
                self.negates[made] = is_negator(word)
                self.ends[made] = is_sentence_end(word)
                self.placers[made] = word in PLACERS
                self.tells[made] = tells
        row = rows[False, False]
        self.standing[row] = [rows[n and turns, p and tells] for n, p in STANDS]
        return row

    def look(self, text: str) -> int:
        """The row of the look of a normalised text (its marks)."""
        key = tuple(marks(text))
        row = self._rows.get(key)
        return self._add(key, mark_features(text)) if row is None else row

    def mix(self, bits: int) -> int:
        """The row of what comes together in a text (see `features.MIXED`)."""
        row = self._rows.get(("mix", bits))
        return self._add(("mix", bits), mix_features(bits)) if row is None else row

    def find_phrases(self, names: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """(places in `names` that name a phrase, row of each)."""
        at = np.searchsorted(self.phrase_names, names)
        at[at == len(self.phrase_names)] = 0
        known = np.flatnonzero(self.phrase_names[at] == names)
        return known, self.phrase_rows[at[known]]

    def find_pairs(
        self, first: NDArray[np.uint64], second: NDArray[np.uint64]
    ) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Positions in the pair table of neighbouring word hashes, and which of them are known."""
        pairs = self._weights.pairs
        wanted = first * np.uint64(PAIR_FACTOR) + second
        if not len(pairs):
            return np.zeros(len(wanted), np.intp), np.zeros(len(wanted), np.bool_)
        at = np.searchsorted(pairs, wanted)
        at[at == len(pairs)] = 0
        return at, pairs[at] == wanted
