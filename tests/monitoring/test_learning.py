"""What the desk says about the machine's labels becomes the machine's next lesson."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from monitoring.labels import correct, restore
from monitoring.learning import corrections, training_texts
from monitoring.models import LabelSet, Mention, Revision
from tests.makers import make_municipality, make_person, make_source
from tests.monitoring.town.voices import say


@pytest.fixture
def source(db):
    return make_source(make_municipality())


@pytest.fixture
def person(source):
    return make_person(source.municipality).pk


def lessons(source):
    return [(one.text, dict(one.labels)) for one in training_texts(source.municipality_id)]


def test_a_correction_tells_what_was_changed_by_whom_and_why_it_was_on_screen(source, person):
    mention = say(source, tenor="neutral", tenor_p=0.6)
    correct(mention, "tenor", "criticism", person, why="uncertain")
    (one,) = corrections(source.municipality_id)
    assert (one.head, one.old, one.new) == ("tenor", "neutral", "criticism")
    assert (one.model, one.shown_p) == ("2026.11.1", 0.6)
    assert (one.person_id, one.why, one.mention_id) == (person, "uncertain", mention.pk)
    assert one.at == LabelSet.objects.get(mention=mention, current=True).created_at


def test_only_what_somebody_said_is_learned(source, person):
    say(source, "waste", text="Niemand keek hiernaar.")
    mention = say(source, "waste", text="De bak is vol.")
    correct(mention, "intent", "report", person)
    correct(mention, "urgent", False, person)
    assert lessons(source) == [("De bak is vol.", {"intent": "report", "urgent": False})]


def test_saying_it_is_right_is_a_lesson_too(source, person):
    mention = say(source, "waste", "roads")
    correct(mention, "themes", None, person)
    (one,) = corrections(source.municipality_id)
    assert one.old == one.new == ["waste", "roads"]


def test_the_last_word_on_a_head_counts(source, person):
    mention = say(source)
    correct(mention, "intent", "report", person, why="random")
    correct(mention, "tenor", "mixed", person)
    correct(mention, "intent", "complaint", person)
    assert lessons(source)[0][1] == {"intent": "complaint", "tenor": "mixed"}
    assert {one.head: one.why for one in corrections(source.municipality_id)} == {
        "intent": "found",
        "tenor": "found",
    }


def test_what_was_taken_back_is_not_learned(source, person):
    restore(correct(say(source), "intent", "report", person))
    assert lessons(source) == []


def test_a_correction_from_before_heads_were_kept_is_still_known(source, person):
    mention = say(source)
    correct(mention, "intent", "report", person)
    correct(mention, "tenor", "mixed", person)
    LabelSet.objects.update(head="")
    assert [one.head for one in corrections(source.municipality_id)] == ["intent", "tenor"]


def test_erasure_of_a_text_takes_it_out_of_what_is_learned(source, person):
    kept, erased = say(source, text="Blijft."), say(source, text="Moet weg.")
    for mention in (kept, erased):
        correct(mention, "intent", "report", person)
    Mention.objects.filter(pk=erased.pk).update(text="")
    assert [text for text, _ in lessons(source)] == ["Blijft."]


def test_what_its_writer_deleted_is_not_learned(source, person):
    mention = say(source)
    correct(mention, "intent", "report", person)
    gone = Revision.objects.create(mention=mention, kind=Revision.Kind.DELETED)
    Mention.objects.filter(pk=mention.pk).update(revision=gone)
    assert lessons(source) == []


def test_private_words_are_not_learned(source, person):
    correct(say(source, private=True), "intent", "report", person)
    assert lessons(source) == []


def test_the_neighbours_corrections_stay_with_the_neighbours(source, person):
    other = make_source(make_municipality())
    correct(say(other), "intent", "report", make_person(other.municipality).pk)
    assert lessons(source) == []


def test_corrections_take_one_query_however_many(source, person, django_assert_num_queries):
    for _ in range(5):
        correct(say(source), "intent", "report", person)
    with django_assert_num_queries(1):
        assert len(list(corrections(source.municipality_id))) == 5


def test_a_reason_that_does_not_exist_is_refused(source, person):
    with pytest.raises(ValidationError), transaction.atomic():
        correct(say(source), "intent", "report", person, why="bored")
