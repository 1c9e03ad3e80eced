"""Answers between people, residents and platforms that act at the worst moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from monitoring.platforms.base import Author, DeliveryUnknown, PublishedRef, RetryAfter
from tests.cast import Cast
from tests.webcare.desk.makers import make_case, make_post, read_and_triage, store_posts
from tests.webcare.desk.test_replies import approve, send
from webcare.api import PreconditionFailed
from webcare.desk import cases, delivery, outbox, replies
from webcare.desk.models import Attempt, Case, Clock, Reply
from webcare.organisation.models import Role


@pytest.fixture
def case(cast: Cast) -> Case:
    return make_case(cast.account, id="1")


def say(cast: Cast, text: str = "Hallo?", **fields) -> None:
    fields.setdefault("in_reply_to", "1")
    read_and_triage(store_posts(cast.account.source, make_post(text, **fields)))


def claim(reply: Reply) -> Attempt:
    Reply.objects.filter(pk=reply.pk).update(send_at=timezone.now())
    attempt = outbox.start_attempt(reply.pk)
    assert attempt is not None
    return attempt


def running(case: Case) -> list[tuple[str, int]]:
    return list(case.clocks.filter(stopped_at=None).values_list("kind", "round"))


def test_what_the_resident_says_while_an_answer_is_under_way_gets_a_clock(
    cast: Cast, case: Case
) -> None:
    reply = approve(cast, case)
    say(cast, posted_at=timezone.now())
    send(reply)

    case.refresh_from_db()
    assert running(case) == [("answer", 2)]
    assert case.deadline is not None


def test_an_answer_that_closes_does_not_close_over_a_new_question(cast: Cast, case: Case) -> None:
    reply = approve(cast, case, close_after=True)
    say(cast, posted_at=timezone.now())
    send(reply)

    case.refresh_from_db()
    assert (case.state, running(case)) == ("open", [("answer", 2)])


def test_a_bystander_does_not_keep_a_case_open_that_an_answer_closes(
    cast: Cast, case: Case
) -> None:
    reply = approve(cast, case, close_after=True)
    say(cast, "Haha", direct=False, author=Author("@ander@x", "Ander"), posted_at=timezone.now())
    send(reply)

    case.refresh_from_db()
    assert (case.state, running(case)) == ("closed", [])


@pytest.mark.parametrize("year", [1970, 2100])
def test_a_platform_whose_clock_is_wrong_still_stops_ours(
    cast: Cast, case: Case, year: int
) -> None:
    reply = approve(cast, case)
    ref = PublishedRef("900", "", datetime(year, 1, 1, tzinfo=UTC))
    outbox.note_sent(reply.pk, ref, Attempt.Outcome.SENT, claim(reply).pk)

    case.refresh_from_db()
    reply.refresh_from_db()
    assert running(case) == []
    assert abs(reply.sent_at - timezone.now()) < timedelta(minutes=1)


def test_a_platform_that_gives_two_answers_one_id_leaves_the_second_to_a_person(
    cast: Cast, case: Case
) -> None:
    other = make_case(cast.account, id="2")
    first, second = approve(cast, case), approve(cast, other)
    send(first, "900")
    ref = PublishedRef("900", "", timezone.now())
    outbox.note_sent(second.pk, ref, Attempt.Outcome.SENT, claim(second).pk)

    second.refresh_from_db()
    assert (second.state, second.platform_id) == ("unknown", "")


def test_a_platform_that_answers_with_an_endless_id_leaves_the_answer_sent(
    cast: Cast, case: Case
) -> None:
    reply = approve(cast, case)
    ref = PublishedRef("9" * 5000, "", timezone.now())
    outbox.note_sent(reply.pk, ref, Attempt.Outcome.SENT, claim(reply).pk)

    reply.refresh_from_db()
    assert reply.state == "sent"


class _Broken:
    """An adapter that fails in a way nobody foresaw."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def publish(self, outgoing):
        raise self.error

    find_published = publish

    def close(self) -> None:
        pass


def test_an_adapter_that_breaks_while_publishing_leaves_the_question_to_a_lookup(
    cast: Cast, case: Case, monkeypatch
) -> None:
    reply = approve(cast, case)
    Reply.objects.update(send_at=timezone.now())
    monkeypatch.setattr(delivery, "make_adapter", lambda source: _Broken(KeyError("id")))
    delivery.deliver(reply.pk)

    reply.refresh_from_db()
    assert reply.state == "sending"


def test_an_adapter_that_stays_broken_leaves_the_question_to_a_person(
    cast: Cast, case: Case, monkeypatch
) -> None:
    reply = approve(cast, case)
    attempt = claim(reply)
    Attempt.objects.filter(pk=attempt.pk).update(started_at=timezone.now() - timedelta(hours=1))
    monkeypatch.setattr(delivery, "make_adapter", lambda source: _Broken(KeyError("id")))
    delivery.look_up(reply.pk)

    reply.refresh_from_db()
    assert reply.state == "unknown"


@pytest.mark.parametrize("seconds", [1e12, float("inf"), float("nan"), -5.0])
def test_a_platform_cannot_put_an_answer_off_for_ever(
    cast: Cast, case: Case, monkeypatch, seconds: float
) -> None:
    reply = approve(cast, case)
    Reply.objects.update(send_at=timezone.now())
    monkeypatch.setattr(
        delivery, "make_adapter", lambda source: _Broken(RetryAfter("later", seconds))
    )
    delivery.deliver(reply.pk)

    reply.refresh_from_db()
    assert reply.state == "queued"
    assert reply.send_at <= timezone.now() + timedelta(minutes=16)


def test_a_version_from_the_future_has_not_seen_everything(cast: Cast, case: Case) -> None:
    with pytest.raises(PreconditionFailed):
        approve(cast, case, seen_version=10**6)


def test_an_answer_goes_to_whoever_asked_and_not_to_a_bystander(cast: Cast, case: Case) -> None:
    say(cast, "Ik ook!", author=Author("@ander@x", "Ander"), posted_at=timezone.now())

    assert approve(cast, case).in_reply_to == case.first_mention


def test_a_private_question_is_not_answered_in_public_because_a_stranger_joined(
    cast: Cast,
) -> None:
    case = make_case(cast.account, "Mijn adres is Dorpsstraat 1", id="7", private=True)
    say(cast, "Ja!", in_reply_to="7", author=Author("@ander@x", "Ander"), posted_at=timezone.now())

    assert approve(cast, case).in_reply_to.private


def test_an_answer_a_person_wrote_off_is_recognised_when_it_turns_up(
    cast: Cast, case: Case
) -> None:
    reply = approve(cast, case)
    claim(reply)
    Reply.objects.filter(pk=reply.pk).update(state="unknown")
    replies.resolve_reply(cast.agent, reply.pk, "not_sent")
    say(cast, "@ria Om negen uur. ^SG", id="900", own=True, direct=False)

    reply.refresh_from_db()
    assert (reply.state, reply.platform_id) == ("sent", "900")


def test_our_answer_is_recognised_although_the_platform_shortened_a_handle(
    cast: Cast, case: Case
) -> None:
    reply = approve(cast, case, "Vraag het @parkeren@plein.example even.")
    claim(reply)
    say(cast, "@ria Vraag het @parkeren even. ^SG", id="900", own=True, direct=False)

    reply.refresh_from_db()
    assert reply.state == "sent"


def test_the_same_words_to_somebody_else_are_not_taken_for_our_answer(
    cast: Cast, case: Case
) -> None:
    reply = approve(cast, case)
    claim(reply)
    say(cast, "Om negen uur. ^SG", id="900", own=True, direct=False, in_reply_to="")

    reply.refresh_from_db()
    assert reply.state == "sending"


def test_an_answer_of_ours_to_another_thread_of_the_conversation_stops_no_clock(
    cast: Cast, case: Case
) -> None:
    say(
        cast,
        "Graag gedaan!",
        own=True,
        direct=False,
        in_reply_to="555",
        conversation="1",
        posted_at=timezone.now(),
    )

    case.refresh_from_db()
    assert case.state == "open"
    assert len(running(case)) == 2


def test_a_failed_answer_does_not_wake_clocks_that_were_closed_long_before(
    cast: Cast, case: Case
) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")
    say(cast)
    reply = approve(cast, case, close_after=True)
    outbox.note_refused(reply.pk, claim(reply).pk, "404")

    assert running(case) == [("answer", 2)]


def test_withdrawing_after_a_new_question_leaves_one_open_case_with_its_clocks(
    cast: Cast, case: Case
) -> None:
    reply = approve(cast, case, close_after=True)
    say(cast)
    replies.withdraw_reply(cast.colleague, reply.pk)

    case.refresh_from_db()
    assert (case.state, len(running(case))) == ("open", 2)
    assert case.deadline == case.clocks.get(kind=Clock.Kind.FIRST_REACTION).due_at


def test_who_is_no_agent_any_more_undoes_nothing(cast: Cast, case: Case) -> None:
    cases.move_case(cast.agent, case.pk, cast.other_team.pk)
    cast.agent.roles = [str(Role.ADVISER)]
    cast.agent.save()
    event = case.events.order_by("-pk")[0]

    with pytest.raises(PermissionDenied):
        cases.undo(cast.agent, case.pk, event.pk)


def test_a_label_on_what_the_machine_could_not_read_can_be_set_and_taken_back(cast: Cast) -> None:
    mentions = store_posts(cast.account.source, make_post("☃"))
    read_and_triage(mentions, unread=True)
    case = Case.objects.get()
    cases.label_mention(cast.agent, case.pk, mentions[0].pk, "intent", "question")
    cases.undo(cast.agent, case.pk, case.events.order_by("-pk")[0].pk)

    case.refresh_from_db()
    assert (case.intent, case.unclassified) == ("", True)


def test_a_lost_answer_to_the_platform_is_no_reason_to_send_again(
    cast: Cast, case: Case, monkeypatch
) -> None:
    reply = approve(cast, case)
    Reply.objects.update(send_at=timezone.now())
    monkeypatch.setattr(delivery, "make_adapter", lambda source: _Broken(DeliveryUnknown("lost")))
    delivery.deliver(reply.pk)
    delivery.deliver(reply.pk)

    assert reply.attempts.count() == 1
