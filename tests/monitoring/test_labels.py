"""What people say of the machine's labels: together, beside it, and taken back."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from monitoring.labels import correct, restore, say
from monitoring.learning import corrections
from monitoring.models import LabelSet
from monitoring.town.models import HourCount
from tests.makers import make_municipality, make_person, make_source
from tests.monitoring.town import voices


@pytest.fixture
def source(db):
    return make_source(make_municipality())


@pytest.fixture
def person(source):
    return make_person(source.municipality).pk


@pytest.fixture
def colleague(source):
    return make_person(source.municipality).pk


def current(mention) -> LabelSet:
    return LabelSet.objects.get(mention=mention, current=True)


def test_of_several_heads_each_is_an_event_and_the_last_holds_all(source, person):
    mention = voices.say(source, "waste")
    say(mention, {"intent": "complaint", "tenor": None, "urgent": True}, person, why="rare")
    events = LabelSet.objects.filter(mention=mention, person=person).order_by("pk")
    assert [(one.head, one.why, one.current) for one in events] == [
        ("intent", "rare", False),
        ("tenor", "rare", False),
        ("urgent", "rare", True),
    ]
    held = current(mention)
    assert (held.intent, held.tenor, held.urgent) == ("complaint", "neutral", 1.0)
    assert held.corrected == ["intent", "tenor", "urgent"]


def test_the_town_counts_what_was_said_together_once(source, person):
    mention = voices.say(source, "waste", tenor="neutral")
    say(mention, {"tenor": "criticism", "themes": ["roads"]}, person)
    counted = HourCount.objects.exclude(count=0).values_list("theme", "tenor", "count")
    assert sorted(counted) == [("", "criticism", 1), ("roads", "criticism", 1)]


def test_what_was_said_together_is_taken_back_together(source, person):
    mention = voices.say(source, "waste")
    last = say(mention, {"intent": "complaint", "tenor": "mixed"}, person)[-1]
    restore(last)
    assert (current(mention).person_id, current(mention).intent) == (None, "opinion")
    assert list(corrections(source.municipality_id)) == []


def test_taking_back_leaves_what_was_said_before_it(source, person):
    mention = voices.say(source)
    correct(mention, "intent", "complaint", person)
    restore(correct(mention, "intent", "idea", person))
    assert current(mention).intent == "complaint"


def test_what_was_taken_back_does_not_come_back_with_the_next_undo(source, person, colleague):
    mention = voices.say(source)
    restore(correct(mention, "intent", "complaint", person))
    restore(correct(mention, "intent", "idea", colleague))
    assert (current(mention).person_id, current(mention).intent) == (None, "opinion")


def test_what_somebody_built_on_cannot_be_taken_back(source, person, colleague):
    mention = voices.say(source)
    mine = correct(mention, "intent", "complaint", person)
    correct(mention, "tenor", "mixed", colleague)
    with pytest.raises(ValidationError, match="daarna"):
        restore(mine)
    assert current(mention).corrected == ["intent", "tenor"]


def test_it_cannot_be_taken_back_twice_and_the_machine_never(source, person):
    mention = voices.say(source)
    machine = current(mention)
    mine = correct(mention, "intent", "complaint", person)
    restore(mine)
    for label_set in (mine, machine):
        with pytest.raises(ValidationError):
            restore(label_set)
    assert current(mention) == machine


def test_saying_nothing_is_refused(source, person):
    with pytest.raises(ValidationError, match="minstens"):
        say(voices.say(source), {}, person)


def test_what_has_no_label_cannot_be_right(source, person):
    mention = voices.say(source)
    LabelSet.objects.filter(mention=mention).delete()
    with pytest.raises(ValidationError, match="bevestigen"):
        correct(mention, "intent", None, person)
    correct(mention, "tenor", "criticism", person)
    with pytest.raises(ValidationError, match="bevestigen"):
        correct(mention, "intent", None, person)
