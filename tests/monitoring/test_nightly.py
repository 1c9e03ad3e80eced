"""What happens at night: who learns, in what process, for how long, and what people see of it."""

from __future__ import annotations

import logging
import sys
import threading
import time
from urllib.parse import quote

import pytest
from celery import Celery
from django.conf import settings as django_settings
from django.db import connection

from monitoring import nightly, own_models, tasks
from monitoring.labels import correct, restore
from monitoring.models import LabelSet, Mention
from nlp.model import Model
from nlp.training import train
from nlp.versions import META
from tests.makers import make_municipality, make_person, make_source
from tests.monitoring.town.voices import say
from tests.nlp.small_corpus import write_corpus
from webcare import pipeline

SAID = "De wijkboot vaart alweer niet"
SLEEP = "import time; time.sleep(600)"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """(corpus, models) of a small shared model."""
    folder = tmp_path_factory.mktemp("shared")
    corpus = write_corpus(folder / "corpus")
    train(corpus, folder / "models", say=lambda line: None)
    return corpus, folder / "models"


@pytest.fixture
def own(settings, tmp_path):
    """Models of their own for this test."""
    settings.VAR_DIR = tmp_path
    own_models._slug.cache_clear()


@pytest.fixture
def town(db, own):
    return make_municipality()


def teach(town, text=SAID) -> LabelSet:
    return correct(say(make_source(town), text=text), "intent", "news", make_person(town).pk)


def program(body: str):
    """Stands for the program that learns; `body` is Python."""
    return lambda slug: [sys.executable, "-c", body]


def learn_with(shared, body, **options):
    """A night in which Python's `body` stands for the program that learns."""
    return nightly.learn_from_all(
        make=program(body), corpus_dir=shared[0], shared_dir=shared[1], **options
    )


@pytest.fixture
def learner(monkeypatch, shared):
    """Learns in this process instead of another, and names whom it was asked to teach."""
    asked: list[str] = []

    def run(words, limit):
        from monitoring.municipality import find_municipality
        from monitoring.retraining import retrain

        asked.append(words[-1])
        corpus, models = shared
        municipality = find_municipality(words[-1])
        retrain(municipality, to_use=True, corpus_dir=corpus, shared_dir=models, say=str)
        return ""

    monkeypatch.setattr(nightly, "_run", run)
    monkeypatch.setattr("nlp.model.default_model", lambda: Model.load(shared[1]))
    return asked


def tonight(shared):
    return nightly.learn_from_all(
        make=lambda slug: [slug], corpus_dir=shared[0], shared_dir=shared[1]
    )


def test_who_said_nothing_has_nothing_to_learn(town, learner, shared):
    say(make_source(town))
    assert tonight(shared) == {}
    assert learner == []


def test_a_new_correction_is_learned_once(town, learner, shared):
    teach(town)
    assert list(tonight(shared)) == [town.slug]
    assert tonight(shared) == {}
    assert learner == [town.slug]


def test_what_was_taken_back_or_erased_since_is_unlearned(town, learner, shared):
    kept, undone = teach(town), teach(town, "Nog een bericht")
    tonight(shared)
    restore(undone)
    assert list(tonight(shared)) == [town.slug]
    Mention.objects.filter(pk=kept.mention_id).update(text="")
    assert tonight(shared)[town.slug].corrections == 0


def test_each_municipality_learns_its_own(town, learner, shared):
    teach(town)
    other = make_municipality()
    teach(other)
    make_municipality()
    assert sorted(tonight(shared)) == sorted([town.slug, other.slug])


def test_a_model_that_is_refused_says_why_and_is_not_made_again(
    town, learner, shared, monkeypatch, caplog
):
    monkeypatch.setattr("monitoring.retraining.objections", lambda before, after: ["intent: worse"])
    teach(town)
    with caplog.at_level(logging.INFO):
        refused = tonight(shared)[town.slug]
    assert (refused.promoted, refused.objections) == (False, ("intent: worse",))
    assert own_models.last_try(town.slug) == refused
    assert "not in use: intent: worse" in caplog.text
    assert tonight(shared) == {}


def test_a_program_that_fails_is_tried_again_and_keeps_nobody_from_learning(town, shared, caplog):
    other = make_municipality()
    for each in (town, other):
        teach(each)
    with caplog.at_level(logging.DEBUG):
        done = learn_with(shared, f"raise SystemExit({SAID!r})")
    assert {one.objections for one in done.values()} == {(nightly.BROKEN,)}
    assert sorted(done) == sorted([town.slug, other.slug])
    assert SAID not in caplog.text
    assert len(learn_with(shared, "raise SystemExit(1)")) == 2


def test_a_program_that_does_not_end_is_ended(town, shared):
    teach(town)
    done = learn_with(shared, SLEEP, limit=0.5)
    assert done[town.slug].objections == (nightly.TOO_LONG,)


def test_an_outdated_shared_model_is_made_anew_first(town, shared, tmp_path):
    teach(town)
    newer = write_corpus(tmp_path / "newer")
    with (newer / "part-01.jsonl").open("a", encoding="utf-8") as more:
        more.write("\n")
    done = nightly.learn_from_all(corpus_dir=newer, shared_dir=shared[1], make=program(SLEEP))
    assert done[town.slug].objections == (nightly.OUTDATED,)


def test_only_one_night_at_a_time(town, shared):
    teach(town)
    with nightly._alone() as first:
        assert first
        assert learn_with(shared, "raise SystemExit(1)") == {}


def test_the_task_leaves_the_lane_to_others_and_logs_no_words(monkeypatch, caplog):
    begun, goes_on = threading.Event(), threading.Event()

    def learn():
        begun.set()
        goes_on.wait(30)
        raise ValueError(SAID)

    monkeypatch.setattr(nightly, "learn_from_all", learn)
    tasks.learn_from_the_desk()
    assert begun.wait(30)
    (night,) = [thread for thread in threading.enumerate() if thread.name == "nightly"]
    goes_on.set()
    night.join(30)
    assert "ValueError" in caplog.text
    assert SAID not in caplog.text


def test_the_clock_asks_for_it_every_night():
    clock = Celery(set_as_current=False)
    pipeline.plan(clock)
    (entry,) = [
        entry
        for entry in clock.conf.beat_schedule.values()
        if entry["task"] == tasks.learn_from_the_desk.name
    ]
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({2}, {40})


@pytest.mark.django_db(transaction=True)
def test_a_process_of_its_own_learns_and_the_model_is_in_use(
    own, shared, tmp_path, monkeypatch, settings
):
    town = make_municipality()
    for number in range(8):
        teach(town, f"{SAID} ({number})")
    entry = connection.settings_dict
    address = f"postgres://{entry['USER']}@/{entry['NAME']}?host={quote(entry['HOST'])}"
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("REDIS_URL", django_settings.REDIS_URL)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "webcare.settings")
    corpus, models = shared

    def make(slug):
        return [*nightly.command(slug), "--corpus", str(corpus), "--model", str(models)]

    started = time.time()
    outcome = nightly.learn_from_all(make=make, corpus_dir=corpus, shared_dir=models)[town.slug]
    assert (outcome.promoted, outcome.corrections) == (True, 8)
    assert own_models.promoted(town.slug) == [outcome.model]
    made = own_models.folder_of(town.slug) / outcome.model / META
    assert made.stat().st_mtime >= started - 1
    assert nightly.learn_from_all(make=make, corpus_dir=corpus, shared_dir=models) == {}
