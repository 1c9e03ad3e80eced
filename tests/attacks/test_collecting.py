"""A platform that lies or breaks in a way nobody foresaw costs its own rounds, and says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, OperationalError
from django.utils import timezone

from monitoring import collecting
from monitoring.models import Mention, Round, Source
from monitoring.platforms.base import Page, Post, RetryAfter
from tests.cast import Cast
from tests.makers import make_source
from tests.webcare.desk.makers import make_post
from webcare import collector, health, pipeline

pytestmark = pytest.mark.django_db(transaction=True)


class Lying:
    """An adapter that says what it is told to."""

    def __init__(self, *said: Any) -> None:
        self.said = iter(said)
        self.fetched = 0

    def fetch(self, cursor: Any) -> Page:
        self.fetched += 1
        said = next(self.said)
        if isinstance(said, Exception):
            raise said
        return said

    def listen(self, opened: Callable[[], object]) -> Iterator[Post]:
        opened()
        yield from self.said
        threading.Event().wait(5)

    def close(self) -> None:
        pass


@pytest.fixture
def source(cast: Cast) -> Source:
    return cast.account.source


def lie(monkeypatch: pytest.MonkeyPatch, adapter: Lying) -> Lying:
    monkeypatch.setattr(collecting, "make_adapter", lambda source: adapter)
    monkeypatch.setattr(collector, "make_adapter", lambda source: adapter)
    return adapter


@pytest.mark.parametrize("error", [KeyError("id"), RecursionError(), DataError("no"), OSError()])
def test_an_error_nobody_foresaw_is_in_the_ledger_and_waits_for_the_next_round(
    source: Source, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    lie(monkeypatch, Lying(error))
    outcome = pipeline.collect(source.pk)

    source.refresh_from_db()
    assert outcome.problem
    assert source.trouble
    assert source.next_round > timezone.now()
    assert not Round.objects.get().ok


def test_a_database_that_is_away_is_no_fault_of_the_source(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie(monkeypatch, Lying(OperationalError("away")))

    with pytest.raises(OperationalError):
        pipeline.collect(source.pk)


def test_a_cursor_that_runs_in_circles_ends_with_the_round(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post(id="1")
    adapter = lie(monkeypatch, Lying(*(Page((post,), {"at": "1"}, more=True) for _ in range(99))))
    outcome = pipeline.collect(source.pk)

    assert (adapter.fetched, outcome.new, outcome.repeated) == (50, 1, 49)


def test_a_platform_cannot_keep_us_away_for_ever(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie(monkeypatch, Lying(RetryAfter("later", float("inf"))))
    pipeline.collect(source.pk)

    source.refresh_from_db()
    assert source.next_round < timezone.now() + timedelta(minutes=20)


def refuse_posts_that_say(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = pipeline.store_page

    def store_or_refuse(source: Source, page: Page, **options: Any) -> Any:
        if any(words in post.text for post in page.posts):
            raise DataError("value out of range")
        return store(source, page, **options)

    monkeypatch.setattr(pipeline, "store_page", store_or_refuse)


def test_a_post_that_no_row_can_hold_is_left_out_and_counted(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_posts_that_say("vergif", monkeypatch)
    posts = make_post("Voor"), make_post("vergif"), make_post("Na")
    lie(monkeypatch, Lying(Page(posts, {"at": "3"})))
    outcome = pipeline.collect(source.pk)

    source.refresh_from_db()
    assert (outcome.new, source.cursor) == (2, {"at": "3"})
    assert "berichten: 1" in source.trouble


def test_a_post_that_no_row_can_hold_does_not_end_the_stream(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_posts_that_say("vergif", monkeypatch)
    lie(monkeypatch, Lying(make_post("vergif"), make_post("Na")))
    listener = collector.Listener(source)
    listener.start()
    deadline = time.monotonic() + 20
    while not Mention.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    listener.close()
    listener.storer.join(10)

    assert [mention.text for mention in Mention.objects.all()] == ["Na"]


def test_a_source_of_a_platform_that_is_gone_stops_no_other(cast: Cast, source: Source) -> None:
    make_source(cast.municipality, "verdwenen")

    assert [found.pk for found in collector._find_active() if found.platform == "verdwenen"] == []
    assert source in collector._find_active()


def test_a_source_that_is_never_collected_does_not_look_late(cast: Cast) -> None:
    Source.objects.update(next_round=timezone.now())
    make_source(cast.municipality, "phone", next_round=timezone.now() - timedelta(days=1))

    assert health.check_collector()["ok"]
