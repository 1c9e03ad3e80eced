import numpy as np
import pytest

from nlp.labels import HEADS, TENORS
from nlp.shares import corpus_shares, estimate_shares, labels_of


def said(shares: list[float], size: int, seed: int = 3) -> list[dict[str, float]]:
    """Calibrated answers of a machine of middling sight, about texts with the true `shares`."""
    random = np.random.default_rng(seed)
    prior = np.array(corpus_shares("tenor"))
    true = random.choice(4, size, p=shares)
    # What it sees of a text of label k: noise, and one more of k.
    seen = random.normal(size=(size, 4)) + 1.5 * np.eye(4)[true]
    p = prior * np.exp(1.5 * seen)
    return [dict(zip(TENORS, row, strict=True)) for row in p / p.sum(1, keepdims=True)]


def counted(rows: list[dict[str, float]], label: str) -> float:
    return sum(max(row, key=row.__getitem__) == label for row in rows) / len(rows)


def test_shares_unlike_those_of_the_corpus_are_found_where_counting_misses_them() -> None:
    rows = said([0.1, 0.6, 0.2, 0.1], 2000)
    found = estimate_shares(rows)
    assert abs(found["criticism"].share - 0.6) < 0.05 < abs(counted(rows, "criticism") - 0.6)


def test_the_interval_holds_the_truth_nearly_always() -> None:
    true = dict(zip(TENORS, (0.2, 0.3, 0.4, 0.1), strict=True))
    inside = [
        one.low <= true[label] <= one.high
        for seed in range(40)
        for label, one in estimate_shares(said(list(true.values()), 300, seed)).items()
    ]
    assert np.mean(inside) > 0.9


def test_more_texts_make_a_narrower_interval() -> None:
    few, many = (estimate_shares(said([0.25] * 4, size))["support"] for size in (30, 3000))
    assert many.high - many.low < few.high - few.low


def test_the_shares_make_one() -> None:
    found = estimate_shares(said([0.7, 0.1, 0.1, 0.1], 50))
    assert sum(one.share for one in found.values()) == pytest.approx(1)
    assert all(0 <= one.low <= one.share <= one.high <= 1 for one in found.values())


def test_nothing_said_has_no_shares() -> None:
    assert estimate_shares([]) == {}


def test_what_people_said_counts_as_it_is() -> None:
    found = estimate_shares([], known={"support": 30, "criticism": 10})
    assert found["support"].share == pytest.approx(0.75)
    assert found["mixed"].share == 0
    assert found["support"].low < 0.75 < found["support"].high


def test_one_text_leaves_nearly_everything_open() -> None:
    one = estimate_shares(said([0, 1, 0, 0], 1))["criticism"]
    assert one.high - one.low > 0.5


def test_a_yes_no_head_gives_the_share_of_yes() -> None:
    found = estimate_shares([0.95] * 90 + [0.02] * 10, "about_us")
    assert 0.8 < found["yes"].share < 0.95


@pytest.mark.parametrize("head", ["intent", "tenor", *HEADS])
def test_every_head_has_shares_in_the_corpus(head: str) -> None:
    shares = corpus_shares(head)
    assert len(shares) == len(labels_of(head))
    assert sum(shares) == pytest.approx(1)


def test_a_head_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown head 'mood'"):
        estimate_shares([0.5], "mood")
