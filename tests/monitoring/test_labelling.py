"""The weekly list: what to look at, for what reason, and by how many people."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from monitoring.labelling import labelling_queue
from monitoring.labels import correct, restore
from monitoring.models import Mention, Revision
from tests.makers import make_municipality, make_person, make_source
from tests.monitoring.town.voices import say

#: A Wednesday; the list is made of the week that ended three days before.
DAY = datetime(2026, 11, 18, 12, tzinfo=UTC)
LAST_WEEK = DAY - timedelta(days=6)


@pytest.fixture
def source(db):
    return make_source(make_municipality())


def fill(source, size: int = 60) -> list[Mention]:
    """As many mentions last week, each about something else, some of them uncertain."""
    return [
        say(
            source,
            "waste" if number else "migration",
            text=" ".join(sha256(f"{number} {word}".encode()).hexdigest()[:9] for word in "abcd"),
            tenor_p=0.4 if number % 6 == 0 else 0.95,
            posted_at=LAST_WEEK + timedelta(minutes=number),
        )
        for number in range(size)
    ]


def queue(source, **options):
    return labelling_queue(source.municipality_id, DAY.date(), **options)


def test_the_list_holds_uncertain_random_and_rare_ones(source):
    fill(source)
    assert Counter(item.why for item in queue(source, size=20)) == {
        "uncertain": 8,
        "random": 8,
        "rare": 4,
    }


def test_the_uncertain_ones_are_those_the_machine_doubts(source):
    doubted = {mention.pk for mention in fill(source)[::6]}
    uncertain = {item.mention_id for item in queue(source, size=10) if item.why == "uncertain"}
    assert uncertain
    assert uncertain <= doubted


def test_it_is_the_same_all_week_and_another_next_week(source):
    fill(source)
    monday = labelling_queue(source.municipality_id, (DAY - timedelta(days=2)).date(), size=20)
    assert queue(source, size=20) == monday
    assert labelling_queue(source.municipality_id, (DAY + timedelta(days=7)).date()) == []


def test_a_tenth_is_for_two_people(source):
    fill(source)
    assert sum(item.double for item in queue(source, size=20)) == 2


def test_what_is_labelled_stays_on_the_list_as_done(source):
    fill(source)
    first, second = queue(source, size=20)[:2]
    assert (first.double, second.double) == (True, False)
    for item in (first, second):
        mention = Mention.objects.get(pk=item.mention_id)
        correct(mention, "intent", None, make_person(source.municipality).pk, why=item.why)
    after = queue(source, size=20)
    assert [item.mention_id for item in after[:2]] == [first.mention_id, second.mention_id]
    assert [item.done for item in after[:3]] == [False, True, False]


def test_texts_that_say_the_same_are_listed_once(source):
    for number in range(12):
        say(source, text=f"Wanneer komt de nieuwe brug klaar {'?' * number}", posted_at=LAST_WEEK)
    assert len(queue(source)) == 1


def test_same_words_read_differently_come_with_the_rare_ones(source):
    fill(source, 30)
    twins = [
        say(source, text="Sluisdeur noordoost hangt", tenor_p=0.99, posted_at=LAST_WEEK)
        for _ in range(2)
    ]
    for twin, intent in zip(twins, ("opinion", "report"), strict=True):
        sure = {"intent_p": {intent: 0.99}, "tenor_p": {"neutral": 0.99}}
        twin.label_sets.update(intent=intent, verdict=sure)
    rare = {item.mention_id for item in queue(source, size=10) if item.why != "uncertain"}
    assert rare & {mention.pk for mention in twins}


def test_private_own_and_erased_ones_are_not_listed(source):
    say(source, private=True, posted_at=LAST_WEEK)
    say(source, own=True, posted_at=LAST_WEEK)
    erased = say(source, posted_at=LAST_WEEK)
    Mention.objects.filter(pk=erased.pk).update(text="")
    assert queue(source) == []


def test_a_list_takes_two_queries_and_a_full_one_is_made_once(source, django_assert_num_queries):
    fill(source, 30)
    with django_assert_num_queries(2):
        queue(source, size=10)
    with django_assert_num_queries(1):
        queue(source, size=10)


def test_what_comes_in_late_leaves_a_full_list_as_it_is(source):
    fill(source, 30)
    before = queue(source, size=10)
    say(source, text="Dit bericht kwam te laat binnen", tenor_p=0.1, posted_at=LAST_WEEK)
    assert queue(source, size=10) == before


def test_what_its_writer_deleted_since_leaves_the_list(source):
    fill(source, 30)
    first = queue(source, size=10)[0].mention_id
    gone = Revision.objects.create(mention_id=first, kind=Revision.Kind.DELETED)
    Mention.objects.filter(pk=first).update(revision=gone)
    assert first not in {item.mention_id for item in queue(source, size=10)}


def test_an_answer_taken_back_is_no_answer(source):
    fill(source, 30)
    item = queue(source, size=10)[1]
    mention = Mention.objects.get(pk=item.mention_id)
    restore(correct(mention, "intent", None, make_person(source.municipality).pk))
    assert queue(source, size=10)[1].people == ()


def test_the_command_prints_the_list(source):
    fill(source)
    slug, out = source.municipality.slug, StringIO()
    words = ("--municipality", slug, "--week", "2026-11-18", "--size", "10")
    call_command("labelling_queue", *words, stdout=out)
    assert "10 to label, 0 done" in out.getvalue()
    out = StringIO()
    call_command("labelling_queue", *words, "--json", stdout=out)
    assert json.loads(out.getvalue().splitlines()[0])["double"] is True


def test_a_week_that_is_no_day_is_refused(source):
    with pytest.raises(CommandError, match="no day"):
        call_command(
            "labelling_queue", "--municipality", source.municipality.slug, "--week", "soon"
        )
