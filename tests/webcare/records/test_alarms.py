"""A check of the archive that failed stands before everyone who can do something about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from archive.models import Verification
from archive.records import Entry, record_many
from archive.sequencer import seal_all
from tests.archive.tools import attack
from tests.cast import Cast
from webcare.live import events
from webcare.organisation.models import Role
from webcare.records import alarms, tasks
from webcare.records.alarms import find_alarm

TOLD = {"team_lead", "archivist", "privacy_officer", "administrator"}


def check(cast: Cast, scope: str, wrong: int, hours_ago: float = 0) -> Verification:
    at = timezone.now() - timedelta(hours=hours_ago)
    return Verification.objects.create(
        municipality=cast.municipality,
        scope=scope,
        started_at=at,
        finished_at=at + timedelta(minutes=1),
        wrong=wrong,
        findings=["record 1: de inhoud past niet bij het watermerk"] * wrong,
    )


def ask(client: Client, person: Any) -> str | None:
    client.force_login(person)
    return client.get("/api/v1/organisation").json()["archiveAlarm"]


def test_an_alarm_is_told_to_those_who_can_do_something_about_it(
    client: Client, cast: Cast
) -> None:
    check(cast, "sample", wrong=1)

    told = {role for role, person in cast.by_role.items() if ask(client, person)}
    assert told == TOLD


def test_nobody_is_told_of_an_archive_that_holds(client: Client, cast: Cast) -> None:
    check(cast, "full", wrong=0)

    assert [ask(client, person) for person in cast.by_role.values()] == [None] * len(Role)


def test_a_neighbours_alarm_is_not_told_here(client: Client, cast: Cast) -> None:
    check(cast, "full", wrong=1)

    assert ask(client, cast.neighbour_administrator) is None


def test_a_later_check_of_some_parts_takes_nothing_back(cast: Cast) -> None:
    failed = check(cast, "full", wrong=2, hours_ago=30)
    check(cast, "sample", wrong=0)

    assert find_alarm(cast.municipality.pk) == failed


def test_a_later_check_of_everything_takes_the_alarm_back(cast: Cast) -> None:
    check(cast, "sample", wrong=2, hours_ago=30)
    check(cast, "full", wrong=0)

    assert find_alarm(cast.municipality.pk) is None


def test_an_earlier_check_of_everything_takes_nothing_back(cast: Cast) -> None:
    check(cast, "full", wrong=0, hours_ago=30)
    failed = check(cast, "sample", wrong=1)

    assert find_alarm(cast.municipality.pk) == failed


def test_a_check_that_still_runs_takes_nothing_back(cast: Cast) -> None:
    failed = check(cast, "sample", wrong=1, hours_ago=1)
    Verification.objects.create(municipality=cast.municipality, scope="full")

    assert find_alarm(cast.municipality.pk) == failed


def test_trouble_with_sealing_is_over_when_it_is_not_repeated(cast: Cast) -> None:
    alarms.raise_alarm(cast.municipality.pk, "9 records were signed, the database holds 3")
    assert find_alarm(cast.municipality.pk)
    Verification.objects.update(started_at=timezone.now() - timedelta(hours=3))

    assert find_alarm(cast.municipality.pk) is None


def test_while_there_is_an_alarm_everything_is_checked_every_night(cast: Cast) -> None:
    record_many([Entry(cast.municipality.pk, "incoming", "mention", 1, {"text": "x"})])
    seal_all()
    attack("UPDATE archive_content SET body = 'x'")
    scopes = []
    for _ in range(2):
        tasks.check_sample()
        scopes.append(Verification.objects.latest("pk").scope)

    assert scopes == ["sample", "full"]


@pytest.mark.parametrize("raise_it", ["sealing", "checking"])
def test_open_pages_hear_of_it(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    raise_it: str,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(events, "_send", told.append)
    with django_capture_on_commit_callbacks(execute=True):
        if raise_it == "sealing":
            alarms.raise_alarm(cast.municipality.pk, "het logboek kan niet verder")
        else:
            tasks.check_log(cast.municipality, "full", None)

    assert [(one["event"], one["municipality"], one["team"]) for one in told] == [
        ("archive.changed", cast.municipality.pk, None)
    ]


def test_the_alarm_costs_one_query_and_only_those_who_are_told(
    client: Client, cast: Cast, django_assert_num_queries: Any
) -> None:
    check(cast, "full", wrong=1)
    with django_assert_num_queries(1):
        alarms.find_alarm_for(cast.administrator)
    with django_assert_num_queries(0):
        alarms.find_alarm_for(cast.agent)


def test_a_team_lead_reads_how_the_log_is_and_no_record(client: Client, cast: Cast) -> None:
    client.force_login(cast.team_lead)

    assert client.get("/api/v1/archive-log").status_code == 200
    assert client.get("/api/v1/records").status_code == 403
