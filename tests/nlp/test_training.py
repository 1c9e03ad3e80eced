import json

import numpy as np
import pytest

from nlp.calibration import BESIDE, THEME, Calibration, calibration_error
from nlp.fitting import fit_calibration, recall_threshold, tenor_index, theme_threshold
from nlp.labels import HEADS, TENORS
from nlp.model import Model
from nlp.posts import CorpusError, read_posts
from nlp.training import train
from nlp.versions import META, is_current

from .small_corpus import post, write_corpus

TEXT = "Wanneer wordt het grofvuil opgehaald?"


def test_a_model_is_current_until_the_corpus_changes(tmp_path) -> None:
    corpus, out = write_corpus(tmp_path / "corpus"), tmp_path / "models"
    assert not is_current(corpus, out)
    train(corpus, out, say=lambda line: None)
    assert is_current(corpus, out)
    with (corpus / "part-01.jsonl").open("a", encoding="utf-8") as more:
        more.write(json.dumps(post(900, "train", text="Nieuw")) + "\n")
    assert not is_current(corpus, out)


def test_training_twice_gives_the_same_model(corpus_dir, models_dir, tmp_path) -> None:
    again = train(corpus_dir, tmp_path, say=lambda line: None)
    first = Model.load(models_dir)
    assert again.name == first.name
    np.testing.assert_allclose(
        again.probabilities([TEXT]).heads, first.probabilities([TEXT]).heads, atol=1e-6
    )


def test_the_test_part_is_never_learned_from(tmp_path) -> None:
    lines = [json.loads(line) for line in _lines(write_corpus(tmp_path / "a"))]
    kept = [line for line in lines if line["split"] != "test"]
    for name, rows in (("with", lines), ("without", kept)):
        train(
            write_corpus(tmp_path / name, rows), tmp_path / f"{name}-model", say=lambda line: None
        )
    with_test, without = (Model.load(tmp_path / f"{n}-model") for n in ("with", "without"))
    np.testing.assert_array_equal(
        with_test.heads.weights.feature_weights, without.heads.weights.feature_weights
    )
    assert with_test.calibration.as_dict() == without.calibration.as_dict()


def _lines(folder) -> list[str]:
    return (folder / "part-01.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"intent": "wish"}, "unknown intent 'wish'"),
        ({"themes": ["cars"]}, "unknown themes 'cars'"),
        ({"split": "exam"}, "unknown split 'exam'"),
        ({"second": {"tenor": "sour"}}, "unknown tenor 'sour'"),
    ],
)
def test_a_wrong_line_is_named_with_its_place(tmp_path, changed, message) -> None:
    write_corpus(tmp_path, [post(0, "train"), post(1, "train") | changed])
    with pytest.raises(CorpusError, match=r"part-01\.jsonl:2: .*") as raised:
        read_posts(tmp_path)
    assert message in str(raised.value)


def test_an_id_used_twice_is_refused(tmp_path) -> None:
    write_corpus(tmp_path, [post(0, "train"), post(0, "train")])
    with pytest.raises(CorpusError, match="t0000 is there twice"):
        read_posts(tmp_path)


def test_a_failed_training_leaves_the_model_that_was(corpus_dir, tmp_path) -> None:
    out = tmp_path / "models"
    train(corpus_dir, out, say=lambda line: None)
    before = (out / META).read_bytes()
    broken = write_corpus(tmp_path / "broken", [post(0, "train", intent="wish")])
    with pytest.raises(CorpusError):
        train(broken, out, say=lambda line: None)
    assert (out / META).read_bytes() == before
    assert Model.load(out).name


def test_mixed_is_both_heads_and_neutral_is_neither() -> None:
    truth = np.array([[False, False], [True, False], [False, True], [True, True]])
    assert [TENORS[i] for i in tenor_index(truth)] == ["neutral", "support", "criticism", "mixed"]


def test_calibration_makes_claimed_chances_come_true() -> None:
    random = np.random.default_rng(1)
    true_p = random.uniform(0.02, 0.98, (4000, len(HEADS)))
    truth = random.uniform(size=true_p.shape) < true_p
    overconfident = (3 * np.log(true_p / (1 - true_p))).astype(np.float32)
    fitted = fit_calibration(overconfident, truth)
    p = fitted.apply(overconfident).heads
    assert calibration_error(p[:, -1], truth[:, -1]) < 0.03
    assert Calibration.from_dict(fitted.as_dict()).apply(overconfident).heads == pytest.approx(p)


def test_the_recall_threshold_misses_no_more_than_one_in_twenty() -> None:
    random = np.random.default_rng(2)
    p = random.uniform(size=2000)
    truth = random.uniform(size=2000) < p**3
    cut = recall_threshold(p, truth)
    assert (p[truth] >= cut).mean() >= 0.95


def test_a_theme_far_behind_the_likeliest_is_not_named(model) -> None:
    cut = model.calibration.thresholds["theme:waste"]
    p = np.full((1, len(HEADS)), 0.0)
    p[0, THEME.start : THEME.start + 3] = 1.0, BESIDE + 0.01, BESIDE - 0.01
    assert cut < BESIDE - 0.01
    assert model.calibration.said(p)[0, THEME].tolist()[:3] == [True, True, False]


def test_the_cut_for_themes_is_where_most_labels_are_right() -> None:
    truth = np.eye(4, dtype=bool)
    p = np.where(truth, 0.35, 0.15)
    assert 0.15 < theme_threshold(p, truth) <= 0.35


def test_labels_of_a_second_person_come_from_a_file_beside_the_corpus(tmp_path) -> None:
    corpus = write_corpus(tmp_path)
    first = read_posts(corpus)[0]
    line = {"id": first.id, "intent": "idea", "tenor": "mixed", "themes": ["waste"]}
    (corpus / "second").mkdir()
    (corpus / "second" / "labels.jsonl").write_text(json.dumps(line), encoding="utf-8")
    second = read_posts(corpus)[0].second
    assert second is not None
    assert (second.intent, second.themes) == ("idea", ("waste",))
    assert second.about_us == first.labels.about_us


def test_a_second_label_of_no_post_is_refused(tmp_path) -> None:
    corpus = write_corpus(tmp_path)
    (corpus / "second").mkdir()
    (corpus / "second" / "labels.jsonl").write_text('{"id": "nobody"}', encoding="utf-8")
    with pytest.raises(CorpusError, match="nobody"):
        read_posts(corpus)
