import shutil

import numpy as np
import pytest

from nlp.evaluation import evaluate
from nlp.labels import EMOTIONS, FLAGS, INTENTS, TENORS, THEMES
from nlp.metrics import alpha, bootstrap, coverage_at, macro_f1, micro_f1, precision_recall
from nlp.posts import STRANGERS, hash_corpus, read_posts
from nlp.sources import leave_sources_out, sources_table


def test_precision_recall_and_f1_are_counted_right() -> None:
    said = np.array([True, True, True, False])
    true = np.array([True, False, True, True])
    assert precision_recall(said, true) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert precision_recall(~said & said, true) == (0, 0, 0)


def test_macro_counts_labels_and_micro_counts_decisions() -> None:
    true = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], bool)
    said = np.array([[1, 0], [1, 0], [1, 0], [1, 0]], bool)
    assert macro_f1(said, true) == pytest.approx((6 / 7 + 0) / 2)
    assert micro_f1(said, true) == pytest.approx(0.75)


def test_krippendorffs_alpha_matches_a_worked_example() -> None:
    # Two coders, ten units, from Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011).
    first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(first, second) == pytest.approx(0.095, abs=0.001)
    assert alpha([1, 2, 3], [1, 2, 3]) == 1


def test_coverage_is_the_largest_share_still_right_enough() -> None:
    p = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, False])
    assert coverage_at(p, right, accuracy=0.9) == 0.5
    assert coverage_at(p, ~right, accuracy=0.9) == 0


def test_an_interval_holds_the_score_it_is_about() -> None:
    random = np.random.default_rng(3)
    true = random.uniform(size=(200, 3)) < 0.4
    said = true ^ (random.uniform(size=true.shape) < 0.1)
    low, high = bootstrap(micro_f1, said, true)
    assert low < micro_f1(said, true) < high


def test_the_report_names_every_label_with_its_figures(corpus_dir, models_dir) -> None:
    report = evaluate(corpus_dir, models_dir)
    assert [row["label"] for row in report.rows()] == [
        *(*INTENTS, *TENORS, *THEMES, *EMOTIONS, *FLAGS)
    ]
    assert report.posts == 16
    table = report.table()
    for word in ("prec", "recall", "support", "cal.err", "majority", "lexicon", "alpha", "slice"):
        assert word in table
    found = report.as_dict()
    assert found["heads"]["tenor"]["human_alpha"] is not None
    assert found["slices"]["under 6 words"]["posts"] > 0


def test_a_platform_left_out_is_tested_on(corpus_dir, monkeypatch) -> None:
    monkeypatch.setattr("nlp.sources.ENOUGH", 10)
    found = leave_sources_out(corpus_dir, say=lambda line: None)
    assert set(found) == {"platform x", "platform mail", "platform facebook"}
    assert "mail" in sources_table(found)


def test_a_hand_left_out_is_tested_on(corpus_dir, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("nlp.sources.ENOUGH", 10)
    lines = (corpus_dir / "part-01.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "anna-01.jsonl").write_text("".join(lines[::2]), encoding="utf-8")
    (tmp_path / "bert-01.jsonl").write_text("".join(lines[1::2]), encoding="utf-8")
    found = leave_sources_out(tmp_path, say=lambda line: None)
    assert {"hand anna", "hand bert"} < set(found)


def test_texts_by_strangers_are_told_apart_and_never_learned_from(
    corpus_dir, models_dir, tmp_path
) -> None:
    folder = tmp_path / "corpus"
    shutil.copytree(corpus_dir, folder)
    before = hash_corpus(folder)
    (folder / STRANGERS).mkdir()
    shutil.copy(folder / "part-01.jsonl", folder / STRANGERS / "visitor.jsonl")
    report = evaluate(folder, models_dir)
    assert report.strangers["visitor"].posts == len(read_posts(folder))
    assert "visitor" in report.table()
    assert report.as_dict()["strangers"]["visitor"]["heads"]["intent"]["f1"] > 0
    assert hash_corpus(folder) == before
