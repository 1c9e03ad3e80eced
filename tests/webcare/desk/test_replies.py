"""Answers: approved once, never two at a time, and stopping the right clocks."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone

from archive.models import Record
from monitoring.platforms.base import PublishedRef
from tests.cast import Cast
from tests.webcare.desk.makers import make_case, make_post, read_and_triage, store_posts
from webcare.api import Conflict, PreconditionFailed
from webcare.desk import cases, outbox, replies
from webcare.desk.models import Attempt, Case, Clock, Reply


@pytest.fixture
def case(cast: Cast) -> Case:
    return make_case(cast.account, id="1")


def approve(cast: Cast, case: Case, text: str = "Om negen uur.", **fields) -> Reply:
    fields.setdefault("seen_version", Case.objects.get(pk=case.pk).version)
    return replies.approve_reply(fields.pop("person", cast.agent), case.pk, text, **fields)


def send(reply: Reply, platform_id: str = "900") -> None:
    """What delivery does when the platform took it."""
    Reply.objects.filter(pk=reply.pk).update(send_at=timezone.now())
    attempt = outbox.start_attempt(reply.pk)
    assert attempt is not None
    ref = PublishedRef(platform_id, f"https://plein.example/{platform_id}", timezone.now())
    outbox.note_sent(reply.pk, ref, Attempt.Outcome.SENT, attempt.pk)
    reply.refresh_from_db()


def test_an_answer_is_signed_with_the_initials_of_its_writer(cast: Cast, case: Case) -> None:
    assert approve(cast, case).text == "Om negen uur. ^SG"


def test_a_signature_is_not_written_twice(cast: Cast, case: Case) -> None:
    assert approve(cast, case, "Om negen uur. ^SG").text == "Om negen uur. ^SG"


@pytest.mark.parametrize("text", ["", "   ", "\n", "^SG"])
def test_an_empty_answer_is_refused(cast: Cast, case: Case, text: str) -> None:
    with pytest.raises(ValidationError, match="Schrijf eerst een antwoord"):
        approve(cast, case, text)


def test_a_text_that_is_too_long_is_refused_and_says_by_how_much(cast: Cast, case: Case) -> None:
    with pytest.raises(ValidationError, match="Kort het in met"):
        approve(cast, case, "x" * 600)


def test_a_long_link_counts_as_the_platform_counts_it(cast: Cast, case: Case) -> None:
    reply = approve(cast, case, "Zie https://stad.example/" + "a" * 600)

    assert reply.state == Reply.State.QUEUED


def test_the_second_of_two_answers_is_stopped_with_the_first_beside_it(
    cast: Cast, case: Case
) -> None:
    seen = case.version
    approve(cast, case, seen_version=seen)

    with pytest.raises(Conflict) as refusal:
        approve(cast, case, "Om tien uur.", person=cast.colleague, seen_version=seen)
    assert refusal.value.extra["reply"]["text"] == "Om negen uur. ^SG"
    assert Reply.objects.count() == 1


def test_an_answer_to_what_was_answered_meanwhile_is_stopped(cast: Cast, case: Case) -> None:
    seen = case.version
    send(approve(cast, case, seen_version=seen))

    with pytest.raises(PreconditionFailed):
        approve(cast, case, "Om tien uur.", person=cast.colleague, seen_version=seen)


def test_an_answer_that_did_not_see_the_residents_last_words_is_stopped(
    cast: Cast, case: Case
) -> None:
    seen = case.version
    read_and_triage(store_posts(cast.account.source, make_post("Laat maar", in_reply_to="1")))

    with pytest.raises(PreconditionFailed):
        approve(cast, case, seen_version=seen)


def test_a_colleagues_note_does_not_stop_an_answer(cast: Cast, case: Case) -> None:
    seen = case.version
    cases.add_note(cast.colleague, case.pk, "Bel even met de markt")

    assert approve(cast, case, seen_version=seen).pk


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_the_same_moment_one_is_stopped(cast: Cast) -> None:
    case = make_case(cast.account)
    start, outcomes = threading.Barrier(2), []

    def answer(person) -> None:
        start.wait()
        try:
            approve(cast, case, person=person, seen_version=case.version)
            outcomes.append("queued")
        except (Conflict, PreconditionFailed):
            outcomes.append("stopped")
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=[p]) for p in (cast.agent, cast.colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["queued", "stopped"]
    assert Reply.objects.count() == 1


def test_an_answer_stops_both_clocks_when_it_is_out_and_not_before(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)
    assert case.clocks.filter(stopped_at=None).count() == 2

    send(reply)
    assert set(case.clocks.values_list("met_by_reply", flat=True)) == {True}


def test_an_acknowledgement_is_never_counted_as_the_answer(cast: Cast, case: Case) -> None:
    send(approve(cast, case, "We zoeken het uit.", kind="acknowledgement"))

    running = case.clocks.get(stopped_at=None)
    assert running.kind == Clock.Kind.ANSWER


def test_a_message_after_our_answer_starts_a_second_answer_clock(cast: Cast, case: Case) -> None:
    send(approve(cast, case))
    read_and_triage(store_posts(cast.account.source, make_post("En morgen?", in_reply_to="900")))

    rounds = case.clocks.filter(kind=Clock.Kind.ANSWER).order_by("round")
    assert [(c.round, c.stopped_at is None) for c in rounds] == [(1, False), (2, True)]
    assert case.clocks.filter(kind=Clock.Kind.FIRST_REACTION).count() == 1


def test_a_sent_answer_is_sealed_in_the_archive_with_its_reference(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)
    send(reply)

    assert Record.objects.get(subject_type="reply", subject_id=reply.pk).kind == "own_post"


def test_answer_and_close_takes_the_case_from_the_inbox_at_once(cast: Cast, case: Case) -> None:
    approve(cast, case, close_after=True)

    case.refresh_from_db()
    assert (case.state, case.close_reason) == ("closed", "answered")


def test_an_answer_taken_back_in_time_opens_the_case_again(cast: Cast, case: Case) -> None:
    reply = approve(cast, case, close_after=True)
    replies.withdraw_reply(cast.agent, reply.pk)

    case.refresh_from_db()
    assert case.state == "open"
    assert case.clocks.filter(stopped_at=None).count() == 2


def test_an_answer_under_way_cannot_be_taken_back(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)
    Reply.objects.filter(pk=reply.pk).update(send_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(ValidationError):
        replies.withdraw_reply(cast.agent, reply.pk)


def test_a_refused_answer_opens_the_case_again_and_says_why(cast: Cast, case: Case) -> None:
    reply = approve(cast, case, close_after=True)
    Reply.objects.filter(pk=reply.pk).update(send_at=timezone.now())
    attempt = outbox.start_attempt(reply.pk)
    outbox.note_refused(reply.pk, attempt.pk, "404 Not Found")

    reply.refresh_from_db()
    case.refresh_from_db()
    assert (reply.state, case.state) == ("failed", "open")
    assert "404" in reply.trouble


def test_a_reply_is_claimed_by_one_worker_only(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)
    Reply.objects.filter(pk=reply.pk).update(send_at=timezone.now())

    assert outbox.start_attempt(reply.pk) is not None
    assert outbox.start_attempt(reply.pk) is None


def test_our_own_answer_coming_back_is_recognised(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)
    send(reply, "900")
    post = make_post("@ria Om negen uur. ^SG", id="900", own=True, in_reply_to="1")
    read_and_triage(store_posts(cast.account.source, post))

    assert Record.objects.filter(kind="own_post").count() == 1


def test_our_answer_seen_on_the_platform_settles_an_unknown_one(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)
    Reply.objects.filter(pk=reply.pk).update(state="unknown")
    post = make_post("@ria Om negen uur. ^SG", id="900", own=True, in_reply_to="1")
    read_and_triage(store_posts(cast.account.source, post))

    reply.refresh_from_db()
    assert (reply.state, reply.platform_id) == ("sent", "900")


def test_an_unknown_answer_blocks_a_second_until_a_person_looked(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)
    Reply.objects.filter(pk=reply.pk).update(state="unknown")
    with pytest.raises(Conflict):
        approve(cast, case, "Nog eens")

    replies.resolve_reply(cast.agent, reply.pk, "not_sent")
    assert approve(cast, case, "Nog eens").state == "queued"


def test_late_news_of_an_older_try_does_not_stop_a_newer_one(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)
    Reply.objects.filter(pk=reply.pk).update(send_at=timezone.now())
    first = outbox.start_attempt(reply.pk)
    outbox.note_surely_not_sent(reply.pk, first.pk)
    second = outbox.start_attempt(reply.pk)
    outbox.note_surely_not_sent(reply.pk, first.pk)

    reply.refresh_from_db()
    assert (reply.state, second is not None) == ("sending", True)


def test_a_neighbour_cannot_touch_our_answer(cast: Cast, case: Case) -> None:
    reply = approve(cast, case)

    for step in (replies.withdraw_reply, replies.retry_reply):
        with pytest.raises(Reply.DoesNotExist):
            step(cast.neighbour_agent, reply.pk)


def test_an_adviser_cannot_answer(cast: Cast, case: Case) -> None:
    with pytest.raises(PermissionDenied):
        approve(cast, case, person=cast.adviser)
