from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from monitoring.labels import append_verdicts, correct, restore
from monitoring.models import Mention
from monitoring.town import counts
from monitoring.town.models import HourCount
from tests.makers import make_municipality, make_person, make_source
from tests.monitoring.town.voices import NOW, say, verdict


@pytest.fixture
def source(db):
    return make_source(make_municipality())


def kept(**fields):
    return list(
        HourCount.objects.filter(count__gt=0, **fields)
        .order_by("theme", "tenor")
        .values_list("theme", "tenor", "count")
    )


def test_a_mention_counts_once_for_all_and_once_for_each_of_its_themes(source):
    say(source, "waste", "parking", tenor="criticism")
    assert kept() == [("", "criticism", 1), ("parking", "criticism", 1), ("waste", "criticism", 1)]


def test_a_mention_counts_in_the_hour_it_was_posted_and_not_in_which_it_came_in(source):
    say(source, posted_at=datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC))
    assert HourCount.objects.get().hour == datetime(2026, 3, 1, 23, tzinfo=UTC)


def test_own_posts_and_private_messages_are_not_talk_of_the_town(source):
    say(source, "waste", own=True)
    say(source, "waste", private=True)
    assert kept() == []
    assert counts.find_drift() == []


def test_a_correction_moves_the_count_and_taking_it_back_moves_it_back(source):
    person = make_person(source.municipality)
    mention = say(source, "waste")
    corrected = correct(mention, "themes", ["parking"], person.pk)
    assert kept() == [("", "neutral", 1), ("parking", "neutral", 1)]
    restore(corrected)
    assert kept() == [("", "neutral", 1), ("waste", "neutral", 1)]
    assert counts.find_drift() == []


def test_a_whole_batch_moves_the_counters_in_one_statement(source, django_assert_num_queries):
    rows = [
        (source.municipality_id, NOW + timedelta(minutes=n), ["waste"], "neutral", 1)
        for n in range(500)
    ]
    with django_assert_num_queries(1):
        counts.add(rows)
    assert sum(count for theme, _, count in kept() if theme == "") == 500


def test_deltas_that_cancel_out_touch_nothing(source, django_assert_num_queries):
    row = (source.municipality_id, NOW, ["waste"], "neutral")
    with django_assert_num_queries(0):
        counts.add([(*row, 1), (*row, -1)])


def test_a_counter_that_drifted_is_found_and_set_right(source):
    say(source, "waste")
    HourCount.objects.filter(theme="waste").update(count=7)
    HourCount.objects.filter(theme="").delete()
    HourCount.objects.create(
        municipality=source.municipality, hour=NOW, theme="care", tenor="neutral", count=3
    )
    found = counts.recount()
    assert {(d.theme, d.kept, d.true) for d in found} == {
        ("waste", 7, 1),
        ("", 0, 1),
        ("care", 3, 0),
    }
    assert kept() == [("", "neutral", 1), ("waste", "neutral", 1)]
    assert counts.recount() == []


@pytest.mark.django_db(transaction=True)
def test_counters_equal_a_recount_after_workers_and_correctors_worked_at_once():
    """Two classifiers, two correctors and a recount in the middle of it, all on the same hours.

    Every mention has one corrector, and was labelled before; who corrects is not the matter here.
    """
    source = make_source(make_municipality())
    person = make_person(source.municipality)
    mentions = Mention.objects.bulk_create(
        Mention(
            municipality=source.municipality,
            source=source,
            platform="mastodon",
            platform_id=str(number),
            text="tekst",
            posted_at=NOW - timedelta(minutes=number % 240),
            private=number % 11 == 0,
        )
        for number in range(400)
    )
    themes = ["waste", "parking", "roads", "care"]
    errors: list[BaseException] = []

    def work(task, some, seed):
        try:
            task(random.Random(seed), some)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def classify(chance, some):
        batches = [some[start : start + 20] for start in range(0, len(some), 20)]
        for batch in chance.sample(batches, len(batches)):
            with transaction.atomic():
                append_verdicts(
                    [
                        (
                            mention,
                            verdict(
                                *chance.sample(themes, chance.randint(0, 3)),
                                tenor=chance.choice(["support", "criticism"]),
                            ),
                        )
                        for mention in batch
                    ]
                )

    def set_right(chance, some):
        for mention in chance.sample(some, 60):
            head, value = chance.choice(
                [("tenor", "mixed"), ("themes", chance.sample(themes, 2)), ("intent", "news")]
            )
            labels = correct(mention, head, value, person.pk)
            if chance.random() < 0.3:
                restore(labels)

    def count_again(chance, some):
        for _ in range(5):
            counts.recount()

    done, coming = mentions[:200], mentions[200:]
    classify(random.Random(9), done)
    tasks = [
        (classify, coming),
        (classify, coming[::-1]),
        (set_right, done[::2]),
        (set_right, done[1::2]),
        (count_again, []),
    ]
    workers = [
        threading.Thread(target=work, args=(task, some, seed))
        for seed, (task, some) in enumerate(tasks)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    assert counts.find_drift() == []
    assert HourCount.objects.filter(theme="", count__gt=0).exists()
