"""The one component of our own in the spaCy pipeline: many linear heads over shared features.

It writes the raw score of every head (see `nlp.labels.HEADS`) to `doc.user_data["heads"]`, a
float32 row. Turning scores into probabilities is the business of `nlp.calibration`.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from nlp.features import (
    BEGIN,
    BLOCKS,
    END,
    MIXED_BITS,
    NEGATION_SPAN,
    PAIR_FACTOR,
    PLACE_SPAN,
    WORD,
)
from nlp.labels import HEADS
from nlp.lexicon import PHRASE_WORDS
from nlp.words import Weights, WordTable

FACTORY = "stadspraat_heads"
SCORES = "heads"
#: Where a document may carry its own text; putting it together again from tokens is slow.
TEXT = "text"
FILE = "weights.npz"


class Heads:
    """Scores documents with the weights it was given; without weights every score is the bias."""

    def __init__(self, vocab: Vocab, weights: Weights | None = None) -> None:
        self.vocab = vocab
        self.use(weights or no_weights())

    def use(self, weights: Weights) -> None:
        """Score with `weights` from now on."""
        self.weights = weights
        self.table = WordTable(weights)

    def __call__(self, doc: Doc) -> Doc:
        doc.user_data[SCORES] = self.scores([doc])[0]
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 500) -> Iterator[Doc]:
        stream = iter(stream)
        while batch := list(islice(stream, batch_size)):
            for doc, row in zip(batch, self.scores(batch), strict=True):
                doc.user_data[SCORES] = row
                yield doc

    def token_rows(self, docs: list[Doc]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(row per token with how each stands applied, document per token), texts end to end."""
        sizes = np.fromiter(map(len, docs), np.int64, len(docs))
        owner = np.repeat(np.arange(len(docs)), sizes)
        if not len(owner):
            return np.zeros(0, np.int64), owner
        names = np.concatenate([doc.to_array(ORTH) for doc in docs])
        distinct, where = np.unique(names, return_inverse=True)
        strings, word = self.vocab.strings, self.table.word
        rows = np.fromiter(
            (word(name, strings[name]) for name in distinct.tolist()), np.int64, len(distinct)
        )[where]
        return self._stand(rows, owner), owner

    def _stand(self, rows: NDArray[np.int64], owner: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give every word the row of how it stands: see `features.stands`."""
        table = self.table
        negates, placers = table.negates[rows], table.placers[rows]
        told = np.cumsum(table.tells[rows])
        sentence = np.cumsum(table.ends[rows]) + owner * len(rows)
        negated, placed = np.zeros((2, len(rows)), np.int64)
        for back in range(1, min(max(NEGATION_SPAN, PLACE_SPAN), len(rows) - 1) + 1):
            same = sentence[:-back] == sentence[back:]
            if back <= NEGATION_SPAN:
                negated[back:] |= negates[:-back] & same
            if back <= PLACE_SPAN:
                placed[back:] |= placers[:-back] & same & (told[back - 1 : -1] == told[:-back])
        return table.standing[rows, negated + 2 * placed]

    def phrase_rows(
        self, rows: NDArray[np.int64], owner: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(row, document) of every phrase of the lexicon among the tokens."""
        hashes = names = self.table.hashes[rows]
        found, owners = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for back in range(1, PHRASE_WORDS[-1]):
            names = names[:-1] * np.uint64(PAIR_FACTOR) + hashes[back:]
            at, phrases = self.table.find_phrases(names)
            same = owner[at] == owner[at + back]
            found.append(phrases[same])
            owners.append(owner[at[same]])
        return np.concatenate(found), np.concatenate(owners)

    def pair_rows(
        self, rows: NDArray[np.int64], owner: NDArray[np.int64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """(position in the pair table, document) of every known pair of neighbours, once per text.

        Every text is read between a beginning and an end, so the first and last word count too.
        """
        if not len(rows):
            return np.zeros(0, np.intp), np.zeros(0, np.int64)
        begin, end = (self.table.canonical_word(word) for word in (BEGIN, END))
        hashes = self.table.hashes[rows]
        starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
        first = np.insert(hashes, starts, self.table.hashes[begin])
        closing = np.append(starts[1:], len(rows))
        second = np.insert(hashes, closing, self.table.hashes[end])
        owners = np.insert(owner, starts, owner[starts])
        at, known = self.table.find_pairs(first, second)
        size = len(self.weights.pairs) + 1
        distinct = np.unique(owners[known] * size + at[known])
        return distinct % size, distinct // size

    def known_pairs(self, rows: NDArray[np.int64]) -> tuple[list[int], list[tuple[int, int]]]:
        """(positions in the pair table, places of both words) of one text; -1 and len(rows) are
        its beginning and end."""
        begin, end = (self.table.canonical_word(word) for word in (BEGIN, END))
        hashes = self.table.hashes[np.r_[begin, rows, end]]
        at, known = self.table.find_pairs(hashes[:-1], hashes[1:])
        found = np.flatnonzero(known)
        return at[found].tolist(), [(int(n) - 1, int(n)) for n in found]

    def scores(self, docs: list[Doc]) -> NDArray[np.float32]:
        """The raw score of every head for every document: (documents, heads)."""
        if self.table.full:
            self.table.forget()
        count, heads = len(docs), self.weights.heads
        looks = np.fromiter(
            (self.table.look(doc.user_data.get(TEXT) or doc.text) for doc in docs), np.int64, count
        )
        rows, owner = self.token_rows(docs)
        size = len(self.table)
        # A word said twice counts once: repetition is emphasis, not evidence.
        phrases, phrase_doc = self.phrase_rows(rows, owner)
        said = np.concatenate([looks, rows, phrases])
        distinct = np.unique(said + size * np.r_[np.arange(count), owner, phrase_doc])
        row_of, doc_of = distinct % size, distinct // size
        starts = np.searchsorted(doc_of, np.arange(count))
        sums = np.add.reduceat(self.table.sums[row_of].reshape(len(row_of), -1), starts)
        sums = sums.reshape(count, BLOCKS, heads)
        lengths = np.add.reduceat(self.table.lengths[row_of], starts)
        mixed = np.bitwise_or.reduceat(self.table.bits[row_of], starts)
        for bits in (mixed & MIXED_BITS, mixed & ~MIXED_BITS):
            mixes = np.fromiter(map(self.table.mix, bits.tolist()), np.int64, count)
            sums += self.table.sums[mixes]
            lengths += self.table.lengths[mixes]
        at, pair_doc = self.pair_rows(rows, owner)
        if len(at):
            np.add.at(lengths[:, WORD], pair_doc, self.weights.pair_length[at])
            np.add.at(sums[:, WORD], pair_doc, self.weights.pair_weights[at])
        scale = 1 / np.sqrt(np.maximum(lengths, 1e-9))
        return np.einsum("dbh,db->dh", sums, scale, optimize=False) + self.weights.bias

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        w = self.weights
        np.savez_compressed(
            folder / FILE,
            features=w.features,
            feature_weights=w.feature_weights.astype(np.float16),
            feature_length=w.feature_length,
            pairs=w.pairs,
            pair_weights=w.pair_weights.astype(np.float16),
            pair_length=w.pair_length,
            bias=w.bias,
            heads=np.array(HEADS),
        )

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "Heads":
        with np.load(Path(path) / FILE) as stored:
            if tuple(stored["heads"].tolist()) != HEADS:
                raise ValueError("the trained model has other labels than this program: retrain")
            self.use(
                Weights(
                    features=stored["features"],
                    feature_weights=stored["feature_weights"].astype(np.float32),
                    feature_length=stored["feature_length"],
                    pairs=stored["pairs"],
                    pair_weights=stored["pair_weights"].astype(np.float32),
                    pair_length=stored["pair_length"],
                    bias=stored["bias"],
                )
            )
        return self


def make_pipeline(weights: Weights) -> Language:
    """A Dutch tokeniser and the heads with `weights`."""
    pipeline = bare(spacy.blank("nl"))
    heads = pipeline.add_pipe(FACTORY)
    if not isinstance(heads, Heads):
        raise TypeError(f"{FACTORY} is registered by something else")
    heads.use(weights)
    return pipeline


def bare(pipeline: Language) -> Language:
    """`pipeline` without the fourteen attributes spaCy works out for every new word: none is read
    here, and they cost more than the tokenising itself."""
    vocab: Any = pipeline.vocab
    vocab.lex_attr_getters = {}
    return pipeline


def no_weights() -> Weights:
    """What an untrained pipeline holds."""
    heads = len(HEADS)
    return Weights(
        features=np.zeros(0, np.uint32),
        feature_weights=np.zeros((0, heads), np.float32),
        feature_length=np.zeros(0, np.float32),
        pairs=np.zeros(0, np.uint64),
        pair_weights=np.zeros((0, heads), np.float32),
        pair_length=np.zeros(0, np.float32),
        bias=np.zeros(heads, np.float32),
    )


@Language.factory(FACTORY)
def make_heads(nlp: Language, name: str) -> Heads:
    """Built by spaCy when a pipeline names the component."""
    return Heads(nlp.vocab)
