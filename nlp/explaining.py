"""Why a head said what it said: a linear model can name every word's share."""

import numpy as np

from nlp.calibration import INTENT
from nlp.features import BLOCKS, WORD
from nlp.labels import HEADS
from nlp.model import Model
from nlp.normalise import normalise

#: Name of the share of the text as a whole: question marks, length, phrases, what comes together.
LOOK = "(form)"


def explain_text(model: Model, text: str, head: str) -> list[tuple[str, float]]:
    """(word as normalised, share in the raw score), strongest first.

    `head` is a name in `nlp.labels.HEADS`.
    A pair of words gives half of its share to each. Intent labels compete, so their shares are
    counted against the mean of all intents. Shares and the bias of the head sum to its raw score.
    Raises ValueError for a head that does not exist.
    """
    if head not in HEADS:
        raise ValueError(f"unknown head {head!r}; choose from {', '.join(HEADS)}")
    with model.turn() as pipeline:
        doc = pipeline.make_doc(normalise(text))
        heads = model.heads
        table, weights = heads.table, heads.weights
        looks = table.look(doc.text)
        rows, _ = heads.token_rows([doc])
        owner = np.zeros(len(rows), np.int64)
        phrases = list(dict.fromkeys(heads.phrase_rows(rows, owner)[0].tolist()))
        together = np.r_[rows, np.array(phrases, np.int64)]
        mix = table.mix(int(np.bitwise_or.reduce(table.bits[together], initial=0)))
        distinct = list(dict.fromkeys([looks, mix, *phrases, *rows.tolist()]))
        lengths = table.lengths[distinct].sum(0)
        pairs, neighbours = heads.known_pairs(rows)
        lengths[WORD] += weights.pair_length[list(dict.fromkeys(pairs))].sum()
        scale = 1 / np.sqrt(np.maximum(lengths, 1e-9))
        column = _column(head)
        per_word = {
            row: float(sum(scale[b] * table.sums[row, b] @ column for b in range(BLOCKS)))
            for row in distinct
        }
        told: set[int] = set()
        for pair, (left, right) in zip(pairs, neighbours, strict=True):
            if pair not in told:
                told.add(pair)
                share = float(scale[WORD] * weights.pair_weights[pair] @ column) / 2
                ends = [rows[at] for at in (left, right) if 0 <= at < len(rows)]
                for row in ends:
                    per_word[int(row)] += share * 2 / len(ends)
        named = {int(row): doc[at].text for at, row in reversed(list(enumerate(rows)))}
    for row in (mix, *phrases):
        per_word[looks] += per_word.pop(row)
    named[looks] = LOOK
    shares = [(named[row], share) for row, share in per_word.items()]
    return sorted(shares, key=lambda one: -abs(one[1]))


def _column(head: str) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """Picks one head out of a row of weights; an intent against the mean of the intents."""
    column = np.zeros(len(HEADS), np.float32)
    at = HEADS.index(head)
    if at < INTENT.stop:
        column[INTENT] = -1 / INTENT.stop
    column[at] += 1
    return column
