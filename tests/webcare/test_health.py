"""Alive, ready, measured: what a monitor may ask, and what it never gets to see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from monitoring.models import Source
from tests import makers
from webcare import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def working() -> None:
    """Workers of both lanes are heard."""
    for lane in health.LANES:
        health.beat_heart(lane, f"{lane}@test")


def test_alive_needs_neither_database_nor_broker(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_when_everything_answers(client: Client, working: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["ready"] is True


def test_not_ready_without_a_worker_for_the_priority_lane(client: Client) -> None:
    health.beat_heart("default", "default@test")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"]["reason"] == "no worker for direct"


def test_a_worker_that_left_is_no_longer_counted(client: Client, working: None) -> None:
    health.stop_heart("default", "default@test")
    assert client.get("/readyz").json()["checks"]["worker"]["ok"] is False


def test_not_ready_when_collection_is_behind(client: Client, working: None) -> None:
    source = makers.make_source(makers.make_municipality())
    Source.objects.filter(pk=source.pk).update(next_round=timezone.now() - timedelta(minutes=9))
    check = client.get("/readyz").json()["checks"]["collector"]
    assert check["ok"] is False
    assert check["lagSeconds"] >= 540


def test_a_stopped_source_does_not_count_as_behind(client: Client, working: None) -> None:
    source = makers.make_source(makers.make_municipality())
    Source.objects.filter(pk=source.pk).update(
        next_round=timezone.now() - timedelta(days=9), active=False
    )
    assert client.get("/readyz").status_code == 200


def test_a_broker_that_is_away_is_said_in_words(
    client: Client, working: None, settings: object
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"  # type: ignore[attr-defined]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"] == {"ok": False, "reason": "Redis does not answer"}


def test_a_database_that_is_away_is_said_in_words_without_its_address(
    client: Client, working: None
) -> None:
    def refuse(*arguments: object) -> None:
        raise OperationalError("connection to server at 10.0.0.5 failed for user stad")

    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["reason"] == "PostgreSQL does not answer"
    assert b"10.0.0.5" not in answer.content


def test_metrics_are_for_this_machine(client: Client, working: None) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert 'stadspraat_check_ok{check="database"} 1.0' in answer.content.decode()
    assert 'stadspraat_queue_length{lane="direct"} 0.0' in answer.content.decode()


def test_metrics_are_not_for_other_machines(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403


def test_metrics_are_not_for_whoever_comes_through_a_proxy(client: Client) -> None:
    answer = client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert answer.status_code == 403


def test_with_a_token_metrics_are_for_whoever_carries_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "een-lang-geheim")
    given = client.get(
        "/metrics", REMOTE_ADDR="10.0.0.9", headers={"Authorization": "Bearer een-lang-geheim"}
    )
    assert given.status_code == 200
    assert client.get("/metrics").status_code == 403
