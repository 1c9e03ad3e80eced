"""From texts to the sparse matrix the heads learn from: the very features they score with."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import spacy
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from nlp.features import (
    BEGIN,
    BLOCKS,
    END,
    TOPIC,
    WORD,
    canonical,
    class_bits,
    class_features,
    hash_pair,
    mark_features,
    mix_bits,
    mix_features,
    stands,
    word_features,
)
from nlp.heads import bare
from nlp.lexicon import PHRASE_WORDS, lexicon
from nlp.normalise import normalise
from nlp.words import Weights

#: Posts a feature must occur in, per block, and word pairs.
MIN_POSTS = (1, 2, 1, 1, 1, 1)
MIN_POSTS_PAIR = 2


@dataclass(frozen=True, slots=True)
class Counted:
    """The features of one text. Pairs have names of their own, so they stand apart."""

    features: list[tuple[int, int]]
    pairs: list[int]


def count_features(texts: Sequence[str]) -> list[Counted]:
    """(block, feature) with repeats over distinct words, and distinct pairs, per text."""
    tokeniser = bare(spacy.blank("nl")).tokenizer
    return [_count(text, tokeniser) for text in map(normalise, texts)]


def _count(text: str, tokeniser: spacy.tokenizer.Tokenizer) -> Counted:
    words = [canonical(token.text) for token in tokeniser(text)]
    features = mark_features(text)
    bits = 0
    distinct = dict.fromkeys(zip(words, stands(words), strict=True))
    for word, (negated, placed) in distinct:
        features += word_features(word, negated, placed)
        bits |= mix_bits(word)
    for classes in _phrases(words):
        features += class_features(classes)
        bits |= class_bits(classes)
    features += mix_features(bits)
    pairs = {hash_pair(*pair) for pair in pairwise([BEGIN, *words, END])}
    return Counted(features, sorted(pairs))


def _phrases(words: Sequence[str]) -> set[frozenset[str]]:
    """The classes of the phrases in a row of words; phrases that say the same count once."""
    known = lexicon().phrases
    starts = range(len(words))
    found = (tuple(words[at : at + size]) for size in PHRASE_WORDS for at in starts)
    return {known[phrase] for phrase in found if phrase in known}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features worth a weight: their column, block and inverse document frequency."""

    features: dict[int, int]
    pairs: dict[int, int]
    block: NDArray[np.int64]
    idf: NDArray[np.float64]

    @classmethod
    def of(cls, counted: Sequence[Counted]) -> "Vocabulary":
        """Features and pairs frequent enough in `counted`; columns sorted by name, pairs last."""
        posts: dict[int, int] = {}
        block_of: dict[int, int] = {}
        pair_posts: dict[int, int] = {}
        for one in counted:
            for kind, feature in set(one.features):
                posts[feature] = posts.get(feature, 0) + 1
                block_of[feature] = kind
            for pair in one.pairs:
                pair_posts[pair] = pair_posts.get(pair, 0) + 1
        kept = sorted(name for name, n in posts.items() if n >= MIN_POSTS[block_of[name]])
        pairs = sorted(name for name, n in pair_posts.items() if n >= MIN_POSTS_PAIR)
        seen = np.array([posts[n] for n in kept] + [pair_posts[n] for n in pairs], float)
        block = np.array([block_of[n] for n in kept] + [WORD] * len(pairs), np.int64)
        idf = np.log((1 + len(counted)) / (1 + seen)) + 1
        # Cues are few and common: how rare one is says nothing about how much it tells.
        idf[block >= TOPIC] = 1.0
        return cls(
            {name: column for column, name in enumerate(kept)},
            {name: len(kept) + column for column, name in enumerate(pairs)},
            block,
            idf,
        )

    def matrix(self, counted: Sequence[Counted]) -> csr_matrix:
        """(texts, columns): idf, each block of a text brought to length one."""
        starts, columns, values = [0], [], []
        for one in counted:
            found = [self.features[f] for _, f in one.features if f in self.features]
            found += [self.pairs[p] for p in one.pairs if p in self.pairs]
            at = np.array(found, np.int64)
            block, idf = self.block[at], self.idf[at]
            length = np.bincount(block, idf**2, minlength=BLOCKS)
            columns.append(at)
            values.append(idf / np.sqrt(np.maximum(length, 1e-9))[block])
            starts.append(starts[-1] + len(at))
        shape = (len(counted), len(self.idf))
        made = csr_matrix((np.concatenate(values), np.concatenate(columns), starts), shape)
        made.sum_duplicates()
        return made

    def weights(self, coefficients: NDArray[np.float64], bias: NDArray[np.float64]) -> Weights:
        """What the heads need, from one column of `coefficients` (columns, heads) per head."""
        ready = coefficients * self.idf[:, None]
        length = (self.idf**2).astype(np.float32)
        cut = len(self.features)
        return Weights(
            features=np.fromiter(self.features, np.uint32, cut),
            feature_weights=ready[:cut].astype(np.float32),
            feature_length=length[:cut],
            pairs=np.fromiter(self.pairs, np.uint64, len(self.pairs)),
            pair_weights=ready[cut:].astype(np.float32),
            pair_length=length[cut:],
            bias=bias.astype(np.float32),
        )
