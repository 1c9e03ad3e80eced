"""Why the machine said what it said: words, how strongly, and where their weight comes from."""

from __future__ import annotations

import logging

import pytest

from monitoring import own_models
from monitoring.why import LEAST_SHARE, MOST_WORDS, Kind, explain_verdict
from nlp.model import Model
from nlp.training import train
from tests.makers import make_municipality
from tests.nlp.small_corpus import write_corpus

TEXT = "@wethouder waardeloos, niemand belt terug over de lantaarnpaal! https://stad.example/klacht"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    return train(write_corpus(folder / "corpus"), folder / "models", say=lambda line: None)


@pytest.fixture
def town(db, settings, model, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr("nlp.model.default_model", lambda: model)
    own_models._slug.cache_clear()
    return make_municipality().pk


def read(model: Model, text: str = TEXT, **changed):
    (verdict,) = model.classify([text])
    return verdict.as_dict() | changed


def test_every_label_that_was_given_is_explained(town, model):
    verdict = read(
        model,
        intent="complaint",
        tenor="criticism",
        themes=[{"theme": "service", "p": 0.9}, {"theme": "lighting", "p": 0.6}],
    )
    explained = explain_verdict(town, TEXT, verdict)
    assert [(part.head, part.label) for part in explained.parts] == [
        ("intent", "complaint"),
        ("tenor", "criticism"),
        ("themes", "service"),
        ("themes", "lighting"),
        ("urgent", "urgent"),
        ("abuse", "abuse"),
        ("about_us", "about_us"),
    ]


@pytest.mark.parametrize("tenor", ["neutral", "mixed"])
def test_a_tenor_of_neither_or_both_is_explained_from_both_sides(town, model, tenor):
    explained = explain_verdict(town, TEXT, read(model, tenor=tenor))
    sides = [part.label for part in explained.parts if part.head == "tenor"]
    assert sides == ["support", "criticism"]


def test_words_come_with_the_strongest_first_and_the_weak_are_left_out(town, model):
    for part in explain_verdict(town, TEXT, read(model)).parts:
        strength = [abs(word.share) for word in part.words]
        assert strength == sorted(strength, reverse=True)
        assert len(strength) <= MOST_WORDS
        assert all(LEAST_SHARE <= share <= 1 for share in strength)


def test_a_word_may_speak_against_a_label(town, model):
    words = explain_verdict(town, TEXT, read(model, intent="compliment")).parts[0].words
    assert any(word.share < 0 for word in words)


def kinds(town, model, text):
    """Word → kind, of every word that pushed any label."""
    parts = explain_verdict(town, text, read(model, text)).parts
    return {word.word: word.kind for part in parts for word in part.words}


def test_words_of_its_own_list_are_told_from_those_it_learned(town, model):
    found = kinds(town, model, "lantaarnpaal jongens")
    assert (found["lantaarnpaal"], found["jongens"]) == (Kind.KNOWN, Kind.LEARNED)


def test_the_form_of_a_text_is_told_as_such(town, model):
    assert kinds(town, model, "???")[""] == Kind.FORM


def test_a_masked_name_is_told_as_what_stands_for_it(town, model):
    text = "@jantje @pietje @klaasje"
    words = explain_verdict(town, text, read(model, text)).parts[0].words
    assert all("jantje" not in word.word for word in words)
    assert {word.kind for word in words} <= {Kind.STAND_IN, Kind.FORM}


def test_it_tells_whether_the_model_that_explains_is_the_one_that_spoke(town, model):
    assert explain_verdict(town, TEXT, read(model)).exact
    later = explain_verdict(town, TEXT, read(model) | {"model": "2020.1+forgotten"})
    assert (later.model, later.exact) == (model.name, False)


def test_a_model_from_elsewhere_on_the_disk_is_not_opened(town, model):
    explained = explain_verdict(town, TEXT, read(model) | {"model": "../../elsewhere"})
    assert explained.model == model.name


@pytest.mark.parametrize(("text", "verdict"), [("", {"intent": "other"}), (TEXT, {})])
def test_without_text_or_verdict_there_is_nothing_to_explain(town, text, verdict):
    assert explain_verdict(town, text, verdict).parts == ()


def test_no_word_of_it_is_logged(town, model, caplog):
    with caplog.at_level(logging.DEBUG):
        explain_verdict(town, TEXT, read(model) | {"model": "gone"})
    assert "lantaarnpaal" not in caplog.text
