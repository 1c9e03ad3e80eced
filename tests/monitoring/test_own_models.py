"""A municipality's own model: made, held against the frozen test, put to use, taken back."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from monitoring import backlog, own_models, retraining
from monitoring.labels import correct
from nlp.model import Model
from nlp.training import train
from nlp.verdicts import ModelMissing
from nlp.versions import META
from tests.makers import make_municipality, make_person, make_source
from tests.monitoring.town.voices import say
from tests.nlp.small_corpus import write_corpus

SAID = "De wijkboot vaart alweer niet"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """(corpus, models) of a small shared model."""
    folder = tmp_path_factory.mktemp("shared")
    corpus = write_corpus(folder / "corpus")
    train(corpus, folder / "models", say=lambda line: None)
    return corpus, folder / "models"


@pytest.fixture
def town(db, settings, shared, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr("nlp.model.default_model", lambda: Model.load(shared[1]))
    own_models._slug.cache_clear()
    return make_municipality()


@pytest.fixture
def taught(town):
    """The desk said eight times that news of the boat is news."""
    source, person = make_source(town), make_person(town).pk
    for number in range(8):
        correct(say(source, text=f"{SAID} ({number})"), "intent", "news", person)
    return town


def retrain(town, shared, **options):
    corpus, models = shared
    return retraining.retrain(
        town, corpus_dir=corpus, shared_dir=models, say=lambda line: None, **options
    )


def run(command, town, *words):
    out = StringIO()
    call_command(command, "--municipality", town.slug, *words, stdout=out)
    return out.getvalue()


def test_without_a_model_of_its_own_there_is_none(town):
    assert own_models.find_model(town.pk) is None


def test_a_model_is_used_from_its_promotion_on(taught, shared):
    made = retrain(taught, shared)
    assert own_models.find_model(taught.pk) is None
    assert retrain(taught, shared, to_use=True).promoted
    assert own_models.find_model(taught.pk).name == made.model


def test_mentions_are_read_with_the_municipalitys_own_model(taught, shared):
    name = retrain(taught, shared, to_use=True).model
    mention = say(make_source(taught), text=f"{SAID} hoor")
    ((_, verdict),) = backlog.classify([(mention, 1)])
    assert (verdict["model"], verdict["intent"]) == (name, "news")


def test_a_model_that_does_worse_is_not_put_to_use(taught, shared, monkeypatch):
    monkeypatch.setattr(retraining, "objections", lambda before, after: ["intent: worse"])
    outcome = retrain(taught, shared, to_use=True)
    assert (outcome.promoted, outcome.objections) == (False, ("intent: worse",))
    assert own_models.promoted(taught.slug) == []


def test_rolling_back_goes_one_step_at_a_time_to_the_shared_model(taught, shared):
    first = retrain(taught, shared, to_use=True).model
    source, person = make_source(taught), make_person(taught).pk
    correct(say(source, text="Nog iets anders"), "intent", "idea", person)
    second = retrain(taught, shared, to_use=True).model
    assert own_models.promoted(taught.slug) == [first, second]
    assert run("rollback_model", taught) == f"in use: {first}\n"
    assert own_models.find_model(taught.pk).name == first
    assert run("rollback_model", taught) == "in use: the shared model\n"
    assert own_models.find_model(taught.pk) is None
    with pytest.raises(CommandError, match="no model of its own"):
        run("rollback_model", taught)


def test_a_model_of_another_make_than_the_shared_one_is_left_aside(taught, shared):
    name = retrain(taught, shared, to_use=True).model
    path = own_models.folder_of(taught.slug) / name / META
    meta = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(meta | {"fingerprint": "other"}), encoding="utf-8")
    own_models._load.cache_clear()
    assert own_models.find_model(taught.pk) is None


def test_a_broken_model_is_left_aside(taught, shared):
    name = retrain(taught, shared, to_use=True).model
    (own_models.folder_of(taught.slug) / name / META).write_text("{", encoding="utf-8")
    own_models._load.cache_clear()
    assert own_models.find_model(taught.pk) is None


def test_an_outdated_shared_model_is_made_anew_first(taught, shared, tmp_path):
    corpus = write_corpus(tmp_path / "newer")
    with (corpus / "part-01.jsonl").open("a", encoding="utf-8") as more:
        more.write("\n")
    with pytest.raises(ModelMissing, match=r"manage\.py train"):
        retraining.retrain(taught, corpus_dir=corpus, shared_dir=shared[1])


def test_two_cannot_make_it_at_once(taught, shared):
    with own_models.sole_use(taught.slug), pytest.raises(own_models.ModelBusy):
        retrain(taught, shared)


def test_what_was_never_made_cannot_be_promoted(town):
    with pytest.raises(ModelMissing):
        own_models.promote(town.slug, "1.0")


def test_the_command_makes_promotes_and_tells(taught, shared):
    corpus, models = shared
    words = ("--corpus", str(corpus), "--model", str(models))
    assert "not put to use" in run("retrain", taught, *words)
    told = run("retrain", taught, "--promote", *words)
    assert "with 8 corrected texts" in told
    assert "in use from now on" in told


def test_the_command_lists_corrections_as_data(taught):
    lines = [json.loads(line) for line in run("retrain", taught, "--list").splitlines()]
    assert len(lines) == 8
    assert lines[0]["head"] == "intent"
