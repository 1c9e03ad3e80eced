from dataclasses import replace

import numpy as np
import pytest

from nlp.evaluation import report_on
from nlp.labels import HEADS
from nlp.model import Model
from nlp.posts import TEST, Partial, read_posts
from nlp.retraining import COLUMNS, learn_with, objections, retrain
from nlp.training import learn
from nlp.versions import META

QUIET = {"say": lambda line: None}
#: The small corpus calls this a report.
TEXT = "Straatlamp brandt niet bij nummer 12"


@pytest.fixture(scope="module")
def posts(corpus_dir):
    return [post for post in read_posts(corpus_dir) if post.split != TEST]


def test_without_corrections_it_learns_exactly_what_training_learns(posts) -> None:
    weights, calibration = learn_with(posts, [])
    shared, expected = learn(posts)
    np.testing.assert_allclose(weights.feature_weights, shared.feature_weights, atol=1e-5)
    np.testing.assert_allclose(weights.bias, shared.bias, atol=1e-5)
    assert calibration.thresholds == pytest.approx(expected.thresholds)


def test_a_correction_teaches_its_own_head_and_leaves_the_others(posts) -> None:
    before, _ = learn_with(posts, [])
    after, _ = learn_with(posts, [Partial(TEXT, {"urgent": True})] * 4)
    assert set(before.features) == set(after.features)
    urgent = HEADS.index("urgent")
    changed = np.abs(after.bias - before.bias) > 1e-4
    assert changed[urgent]
    # Words are weighed by how rare they are, so all heads move a little in their weights; an
    # answer nobody gave would move their bias.
    assert (
        not changed[COLUMNS["abuse"]].any()
        or abs(after.bias - before.bias)[urgent]
        > 3 * abs(after.bias - before.bias)[COLUMNS["abuse"]].max()
    )


def test_corrections_change_what_the_model_says(corpus_dir, models_dir, tmp_path) -> None:
    said = [Partial(f"{TEXT}, weer {n}", {"intent": "complaint"}) for n in range(30)]
    own = retrain(corpus_dir, said, tmp_path, **QUIET)
    intents = [next(iter(m.classify([said[0].text]))).intent for m in (Model.load(models_dir), own)]
    assert intents == ["report", "complaint"]
    assert own.meta["corrected"] == 30


def test_the_same_corrections_make_no_second_model(corpus_dir, tmp_path) -> None:
    said = [Partial(TEXT, {"intent": "complaint"})]
    first = retrain(corpus_dir, said, tmp_path, **QUIET)
    written = (tmp_path / first.name / META).stat().st_mtime_ns
    assert retrain(corpus_dir, said, tmp_path, **QUIET).name == first.name
    assert (tmp_path / first.name / META).stat().st_mtime_ns == written
    assert len(first.name) <= 40


def test_a_head_nobody_can_correct_is_refused(posts) -> None:
    with pytest.raises(ValueError, match="'mood'"):
        learn_with(posts, [Partial(TEXT, {"mood": "bad"})])


@pytest.fixture(scope="module")
def report(corpus_dir, models_dir):
    return report_on(Model.load(models_dir), list(read_posts(corpus_dir)) * 3)


def test_an_equal_model_meets_no_objection(report) -> None:
    assert objections(report, report) == []


def test_a_model_that_finds_less_of_one_label_is_refused(report) -> None:
    intent = report.groups[0]
    said = intent.said.copy()
    said[:, 0] = False
    worse = replace(report, groups=(replace(intent, said=said), *report.groups[1:]))
    reasons = objections(report, worse)
    assert any(reason.startswith("intent question: recall") for reason in reasons)
    assert any(reason.startswith("intent: F1") for reason in reasons)


def test_a_label_with_few_test_posts_decides_nothing(report) -> None:
    rare = [row for row in report.rows() if 0 < row["support"] < 20]
    assert rare
    themes = report.groups[2]
    column = next(i for i in range(themes.true.shape[1]) if 0 < themes.true[:, i].sum() < 20)
    said = themes.said.copy()
    said[:, column] = False
    worse = replace(
        report, groups=(*report.groups[:2], replace(themes, said=said), *report.groups[3:])
    )
    assert not any("recall" in reason for reason in objections(report, worse))
