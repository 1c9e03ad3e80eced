"""People's steps that cross each other, and what may be taken back afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from archive.models import Record
from monitoring.platforms.base import Page
from tests.cast import Cast
from tests.makers import make_deputyship, make_source
from tests.webcare.desk.makers import make_case, make_post, read_and_triage, store_posts
from tests.webcare.desk.test_replies import approve, send
from webcare import pipeline
from webcare.api import Conflict
from webcare.desk import cases, outbox, replies
from webcare.desk.models import Case, CaseEvent, Reply
from webcare.organisation.models import Membership


@pytest.fixture
def case(cast: Cast) -> Case:
    return make_case(cast.account, id="1")


def last_step(case: Case) -> int:
    return case.events.order_by("-pk").values_list("pk", flat=True)[0]


def test_a_step_cannot_be_taken_back_after_a_colleagues(cast: Cast, case: Case) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")
    step = last_step(case)
    cases.add_note(cast.colleague, case.pk, "Waarom?")

    with pytest.raises(ValidationError):
        cases.undo(cast.agent, case.pk, step)


def test_a_close_cannot_be_taken_back_after_the_resident_reopened_it(
    cast: Cast, case: Case
) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")
    step = last_step(case)
    read_and_triage(store_posts(cast.account.source, make_post("Hallo?", in_reply_to="1")))

    with pytest.raises(ValidationError):
        cases.undo(cast.agent, case.pk, step)


def test_a_step_is_taken_back_once(cast: Cast, case: Case) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")
    step = last_step(case)
    cases.undo(cast.agent, case.pk, step)

    with pytest.raises(ValidationError):
        cases.undo(cast.agent, case.pk, step)


def test_a_step_of_another_case_cannot_be_taken_back_here(cast: Cast, case: Case) -> None:
    other = make_case(cast.account, id="2")
    cases.close_case(cast.agent, other.pk, "no_action")
    cases.take_case(cast.agent, case.pk)

    with pytest.raises(ValidationError):
        cases.undo(cast.agent, case.pk, last_step(other))


def test_a_close_by_an_answer_under_way_is_not_taken_back_as_a_close(
    cast: Cast, case: Case
) -> None:
    approve(cast, case, close_after=True)

    with pytest.raises(ValidationError):
        cases.undo(cast.agent, case.pk, last_step(case))


def test_who_moved_a_case_and_then_left_the_team_does_not_get_it_back(
    cast: Cast, case: Case
) -> None:
    cases.move_case(cast.agent, case.pk, cast.other_team.pk)
    Membership.objects.filter(person=cast.agent).delete()

    with pytest.raises(PermissionDenied):
        cases.undo(cast.agent, case.pk, last_step(case))


def test_a_deputy_whose_days_are_over_touches_nothing(cast: Cast, case: Case) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    make_deputyship(cast.agent, cast.other_agent, starts=yesterday, ends=yesterday)

    with pytest.raises(PermissionDenied):
        cases.take_case(cast.other_agent, case.pk)


def test_a_case_is_not_moved_to_a_neighbours_team(cast: Cast, case: Case) -> None:
    with pytest.raises(ValidationError):
        cases.move_case(cast.agent, case.pk, cast.neighbour_team.pk)


def test_a_message_of_another_case_is_neither_labelled_nor_answered_here(
    cast: Cast, case: Case
) -> None:
    other = make_case(cast.neighbour_account, id="1")

    with pytest.raises(ValidationError):
        cases.label_mention(cast.agent, case.pk, other.first_mention_id, "intent", "complaint")
    with pytest.raises(ValidationError):
        approve(cast, case, in_reply_to=other.first_mention_id)


def test_an_acknowledgement_that_closes_leaves_no_clock_running(cast: Cast, case: Case) -> None:
    send(approve(cast, case, "We zoeken het uit.", kind="acknowledgement", close_after=True))

    case.refresh_from_db()
    assert case.state == "closed"
    assert sorted(case.clocks.values_list("kind", "met_by_reply")) == [
        ("answer", False),
        ("first_reaction", True),
    ]


def test_reopening_after_an_acknowledgement_that_closed_lets_the_answer_clock_run(
    cast: Cast, case: Case
) -> None:
    send(approve(cast, case, "We zoeken het uit.", kind="acknowledgement", close_after=True))
    cases.reopen_case(cast.colleague, case.pk)

    case.refresh_from_db()
    assert [clock.kind for clock in case.clocks.filter(stopped_at=None)] == ["answer"]
    assert case.deadline is not None


def test_a_failed_answer_is_not_tried_again_beside_a_colleagues(cast: Cast, case: Case) -> None:
    failed = approve(cast, case)
    Reply.objects.filter(pk=failed.pk).update(send_at=timezone.now())
    outbox.note_refused(failed.pk, outbox.start_attempt(failed.pk).pk, "404")
    approve(cast, case, "Om tien uur.", person=cast.colleague)

    with pytest.raises(Conflict):
        replies.retry_reply(cast.agent, failed.pk)


def test_an_answer_that_was_sent_by_another_road_is_not_tried_again(cast: Cast, case: Case) -> None:
    failed = approve(cast, case)
    Reply.objects.filter(pk=failed.pk).update(send_at=timezone.now())
    outbox.note_refused(failed.pk, outbox.start_attempt(failed.pk).pk, "404")
    own = make_post("@ria Om negen uur. ^SG", id="900", own=True, direct=False, in_reply_to="1")
    read_and_triage(store_posts(cast.account.source, own))

    with pytest.raises(ValidationError):
        replies.retry_reply(cast.agent, failed.pk)


def test_an_edit_of_a_post_of_ours_in_no_case_is_sealed_and_opens_none(cast: Cast) -> None:
    source = cast.account.source
    read_and_triage(store_posts(source, make_post("Wij zijn open", id="5", own=True)))
    edited = make_post("Wij zijn dicht", id="5", own=True, change="edited")
    pipeline.store(source, Page((edited,), {}), keep_cursor=True)

    assert sorted(Record.objects.values_list("kind", flat=True)) == ["edit", "own_post"]
    assert not Case.objects.exists()


def test_an_edit_of_a_strangers_post_in_no_case_is_not_kept_in_the_archive(cast: Cast) -> None:
    source = cast.account.source
    read_and_triage(store_posts(source, make_post("Lekker weer", id="5", direct=False)))
    edited = make_post("Rotweer", id="5", change="edited")
    pipeline.store(source, Page((edited,), {}), keep_cursor=True)

    assert not Record.objects.exists()


def test_a_deleted_message_cannot_be_brought_back_by_an_edit(cast: Cast, case: Case) -> None:
    source = cast.account.source
    for post in (
        make_post("", id="1", change="deleted"),
        make_post("Hè?", id="1", change="edited"),
    ):
        pipeline.store(source, Page((post,), {}), keep_cursor=True)

    case.first_mention.refresh_from_db()
    assert case.first_mention.deleted
    assert not CaseEvent.objects.filter(kind="message_edited").exists()


def test_an_import_that_claims_to_answer_a_case_does_not_get_into_it(
    cast: Cast, case: Case
) -> None:
    client = Client()
    client.force_login(cast.adviser)
    line = (
        '{"platform": "mastodon", "id": "2", "text": "Ik ook", "in_reply_to": "1", "direct": true,'
        ' "posted_at": "2026-11-01T12:00:00+01:00", "author": {"handle": "@gemeente@x.example"}}'
    )
    file = SimpleUploadedFile("x.jsonl", line.encode())
    assert client.post("/api/v1/imports", {"file": file}).status_code == 200
    pipeline.process_batch(0)

    case.refresh_from_db()
    assert case.message_count == 1
    assert Case.objects.exclude(pk=case.pk).get().account is None


def test_a_private_message_is_no_talk_of_the_town(cast: Cast) -> None:
    make_case(cast.account, "Mijn BSN is 111222333", private=True)
    client = Client()
    client.force_login(cast.adviser)

    assert client.get("/api/v1/mentions").json()["items"] == []


def test_a_source_of_the_neighbour_with_the_same_ids_reopens_nothing_here(
    cast: Cast, case: Case
) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")
    stranger = make_source(cast.neighbour)
    read_and_triage(store_posts(stranger, make_post("Hallo?", in_reply_to="1", conversation="1")))

    case.refresh_from_db()
    assert (case.state, case.message_count) == ("closed", 1)
