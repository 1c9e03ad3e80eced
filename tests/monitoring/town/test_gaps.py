from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.models import Round
from monitoring.town.gaps import find_gaps
from tests.makers import make_municipality, make_source

HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def source(db, now):
    """A source asked every minute; its last round was just now."""
    return make_source(
        make_municipality(),
        name="Mastodon",
        created_at=now - 40 * HOUR,
        last_round=now,
        next_round=now + timedelta(minutes=1),
    )


def listened(source, since, until, *, ok=True, error=""):
    Round.objects.create(source=source, started_at=since, ended_at=until, ok=ok, error=error)


def gaps(source, now):
    return [
        (gap.since, gap.until, gap.reason)
        for gap in find_gaps(source.municipality_id, now - 24 * HOUR, now)
    ]


def test_without_interruption_there_is_no_gap(source, now):
    listened(source, now - 30 * HOUR, now)
    assert gaps(source, now) == []


def test_a_failing_stretch_is_a_gap_from_the_last_good_round_to_the_next_with_its_reason(
    source, now
):
    listened(source, now - 30 * HOUR, now - 5 * HOUR)
    listened(
        source, now - 4.9 * HOUR, now - 3 * HOUR, ok=False, error="De bron is niet bereikbaar."
    )
    listened(source, now - 2.9 * HOUR, now)
    assert gaps(source, now) == [(now - 5 * HOUR, now - 2.9 * HOUR, "De bron is niet bereikbaar.")]


def test_a_hole_between_two_good_rounds_is_a_gap(source, now):
    listened(source, now - 30 * HOUR, now - 8 * HOUR)
    listened(source, now - 6 * HOUR, now)
    assert gaps(source, now) == [(now - 8 * HOUR, now - 6 * HOUR, "geen ophaalronde")]


def test_a_hiccup_is_not_a_gap(source, now):
    listened(source, now - 30 * HOUR, now - 5 * HOUR)
    listened(source, now - 4.99 * HOUR, now - 4.95 * HOUR, ok=False, error="even niet")
    listened(source, now - 4.9 * HOUR, now)
    assert gaps(source, now) == []


def test_a_source_that_is_asked_once_an_hour_has_no_gap_every_hour(source, now):
    source.next_round = now + HOUR
    source.save()
    for hours in range(26, 0, -1):
        listened(source, now - hours * HOUR, now - hours * HOUR)
    assert gaps(source, now) == []


def test_an_outage_that_lasts_is_a_gap_up_to_now_and_not_into_the_future(source, now):
    listened(source, now - 30 * HOUR, now - 2 * HOUR)
    listened(source, now - 1.9 * HOUR, now, ok=False, error="weg")
    found = find_gaps(source.municipality_id, now - 24 * HOUR, now + 5 * HOUR)
    assert [gap.since for gap in found] == [now - 2 * HOUR]
    assert found[0].until <= timezone.now()


def test_a_gap_that_began_before_the_window_starts_with_the_window(source, now):
    listened(source, now - 40 * HOUR, now - 30 * HOUR)
    listened(source, now - 20 * HOUR, now)
    assert gaps(source, now) == [(now - 24 * HOUR, now - 20 * HOUR, "geen ophaalronde")]


def test_nothing_is_claimed_from_before_a_source_existed(source, now):
    source.created_at = now - 2 * HOUR
    source.save()
    listened(source, now - 2 * HOUR, now)
    assert gaps(source, now) == []


def test_a_source_that_was_switched_off_says_so(source, now):
    source.active = False
    source.save()
    listened(source, now - 30 * HOUR, now - 3 * HOUR)
    assert gaps(source, now) == [(now - 3 * HOUR, now, "bron staat uit")]


def test_imports_and_the_neighbours_sources_have_no_gaps_here(source, now):
    listened(source, now - 30 * HOUR, now)
    make_source(source.municipality, "street", active=False)
    make_source(make_municipality(), last_round=now - 20 * HOUR)
    assert gaps(source, now) == []


def test_all_sources_are_read_in_one_statement(source, now, django_assert_num_queries):
    for _ in range(5):
        other = make_source(source.municipality, last_round=now)
        listened(other, now - 3 * HOUR, now)
    with django_assert_num_queries(1):
        gaps(source, now)
