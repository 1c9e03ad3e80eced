"""Two at the same moment: nobody waits in a circle, nothing is lost, nobody sees a bare error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from monitoring.models import LabelSet, Revision, Waiting
from monitoring.platforms.base import Page
from tests.cast import Cast
from tests.makers import make_municipality, make_source
from tests.webcare.desk.makers import make_case, make_post, read_and_triage, store_posts
from webcare import pipeline
from webcare.desk import cases
from webcare.desk.models import Case, CaseEvent
from webcare.organisation.models import Team

pytestmark = pytest.mark.django_db(transaction=True)


def together(*steps: Callable[[], object]) -> list[Exception]:
    """Run the steps at the same moment, each with a connection of its own; return what failed."""
    start, failed = threading.Barrier(len(steps)), []

    def run(step: Callable[[], object]) -> None:
        start.wait()
        try:
            step()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=run, args=[step]) for step in steps]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return failed


def change(cast: Cast, *posts: Any) -> None:
    pipeline.store(cast.account.source, Page(posts, {}), keep_cursor=True)


def test_an_edit_that_comes_in_while_somebody_labels_waits_for_nobody_in_a_circle(
    cast: Cast,
) -> None:
    case = make_case(cast.account, id="1")

    def label() -> None:
        for number in range(40):
            tenor = ("criticism", "support")[number % 2]
            cases.label_mention(cast.agent, case.pk, case.first_mention_id, "tenor", tenor)

    def edit() -> None:
        for number in range(40):
            change(cast, make_post(f"Tekst {number}", id="1", change="edited"))

    assert together(label, edit) == []
    assert Revision.objects.count() == 40


def test_edits_of_two_cases_in_opposite_order_wait_for_nobody_in_a_circle(cast: Cast) -> None:
    make_case(cast.account, id="1")
    make_case(cast.account, id="2")

    def edit(*ids: str) -> Callable[[], None]:
        def run() -> None:
            for number in range(30):
                change(
                    cast,
                    *(make_post(f"{ids} {number}", id=name, change="edited") for name in ids),
                )

        return run

    assert together(edit("1", "2"), edit("2", "1")) == []
    assert Revision.objects.count() == 120


def test_triage_and_edits_of_the_same_cases_wait_for_nobody_in_a_circle(cast: Cast) -> None:
    make_case(cast.account, id="1")
    make_case(cast.account, id="2")
    now = timezone.now()
    batches = [
        store_posts(
            cast.account.source,
            make_post("b", in_reply_to="2", posted_at=now - timedelta(seconds=20)),
            make_post("a", in_reply_to="1", posted_at=now - timedelta(seconds=10)),
        )
        for _ in range(30)
    ]

    def join() -> None:
        for batch in batches:
            read_and_triage(batch)

    def edit() -> None:
        for number in range(30):
            change(
                cast,
                make_post(f"{number}", id="1", change="edited"),
                make_post(f"{number}", id="2", change="edited"),
            )

    assert together(join, edit) == []
    assert sorted(Case.objects.values_list("message_count", flat=True)) == [31, 31]


def test_an_edit_during_triage_is_noted_once_whoever_is_first(cast: Cast) -> None:
    mentions = store_posts(
        cast.account.source, *(make_post(f"Vraag {n}", id=str(n)) for n in range(1, 41))
    )

    def read() -> None:
        for mention in mentions:
            read_and_triage([mention])

    def edit() -> None:
        for number in range(1, 41):
            change(cast, make_post("Anders", id=str(number), change="edited"))

    assert together(read, edit) == []
    assert CaseEvent.objects.filter(kind="message_edited").count() == 40


def test_two_people_labelling_one_message_both_count(cast: Cast) -> None:
    case = make_case(cast.account, id="1")

    def label(person, head, value):
        return lambda: cases.label_mention(person, case.pk, case.first_mention_id, head, value)

    assert (
        together(
            label(cast.agent, "tenor", "criticism"), label(cast.colleague, "intent", "complaint")
        )
        == []
    )
    current = LabelSet.objects.get(mention=case.first_mention, current=True)
    assert (current.tenor, current.intent) == ("criticism", "complaint")


def test_two_people_closing_one_case_are_told_who_was_first(cast: Cast) -> None:
    case = make_case(cast.account, id="1")

    def close(person):
        return lambda: cases.close_case(person, case.pk, "no_action")

    failed = together(close(cast.agent), close(cast.colleague))
    assert [type(error).__name__ for error in failed] == ["ValidationError"]


def test_a_mention_that_triage_cannot_take_does_not_hold_up_the_others(cast: Cast) -> None:
    nobody = make_municipality("Leegstad")
    store_posts(make_source(nobody, "phone"), make_post("Niemand om dit te beantwoorden"))
    store_posts(cast.account.source, make_post("Wanneer is de markt?"))
    for _ in range(12):
        try:
            while pipeline.process_batch(0):
                pass
        except Team.DoesNotExist:
            continue

    assert Case.objects.filter(municipality=cast.municipality).count() == 1
    assert Waiting.objects.count() == 1


def test_a_mention_that_is_tried_for_days_is_still_tried(cast: Cast) -> None:
    store_posts(cast.account.source, make_post())
    Waiting.objects.update(attempts=32767)

    assert pipeline.process_batch(0) == 1
    assert Case.objects.get().unclassified


def test_a_resident_who_floods_one_thread_costs_a_handful_of_statements(
    cast: Cast, django_assert_max_num_queries
) -> None:
    make_case(cast.account, id="1")
    flood = store_posts(
        cast.account.source, *(make_post(f"Hallo {n}", in_reply_to="1") for n in range(500))
    )

    with django_assert_max_num_queries(45):
        read_and_triage(flood)
    assert Case.objects.get().message_count == 501
