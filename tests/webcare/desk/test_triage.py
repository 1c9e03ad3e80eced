"""Which mentions become a case, join one, or neither; and with which clocks."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from archive.models import Record
from monitoring.models import LabelSet, Waiting
from tests.cast import Cast
from tests.makers import make_source
from tests.webcare.desk.makers import (
    make_case,
    make_post,
    read_and_triage,
    store_posts,
    verdict,
)
from webcare.desk.models import Case, CaseEvent, Clock, Triage


def test_a_direct_question_opens_a_case_for_the_team_of_the_account(cast: Cast) -> None:
    case = make_case(cast.account)

    assert (case.team, case.state, case.intent) == (cast.team, "open", "question")
    assert case.themes == ["events"]


def test_clocks_run_from_when_the_resident_posted(cast: Cast) -> None:
    posted = timezone.now() - timedelta(hours=5)
    case = make_case(cast.account, posted_at=posted)

    due = {clock.kind: clock.due_at - posted for clock in case.clocks.all()}
    assert due == {
        Clock.Kind.FIRST_REACTION: timedelta(minutes=120),
        Clock.Kind.ANSWER: timedelta(hours=24),
    }


def test_the_deadline_of_a_new_case_is_its_first_reaction(cast: Cast) -> None:
    case = make_case(cast.account)

    assert case.deadline == case.clocks.get(kind=Clock.Kind.FIRST_REACTION).due_at


def test_a_general_mention_opens_no_case_and_the_reason_is_kept(cast: Cast) -> None:
    mentions = store_posts(cast.account.source, make_post(direct=False))
    read_and_triage(mentions)

    assert not Case.objects.exists()
    assert Triage.objects.get(mention=mentions[0]).outcome == Triage.Outcome.NOT_DIRECT


def test_what_the_machine_could_not_read_opens_as_unclassified(cast: Cast) -> None:
    mentions = store_posts(cast.account.source, make_post("☃"))
    read_and_triage(mentions, unread=True)

    assert Case.objects.get().unclassified


def test_a_follow_up_joins_the_case_it_answers(cast: Cast) -> None:
    case = make_case(cast.account, id="1")
    read_and_triage(store_posts(cast.account.source, make_post("En zondag?", in_reply_to="1")))

    case.refresh_from_db()
    assert (Case.objects.count(), case.message_count) == (1, 2)


def test_a_follow_up_in_the_same_batch_does_not_become_a_second_case(cast: Cast) -> None:
    now = timezone.now()
    posts = [
        make_post("Eerste vraag", id="1", posted_at=now - timedelta(minutes=3)),
        make_post("Tweede", id="2", in_reply_to="1", posted_at=now - timedelta(minutes=2)),
        make_post("Derde", id="3", in_reply_to="2", posted_at=now - timedelta(minutes=1)),
    ]
    read_and_triage(store_posts(cast.account.source, *posts))

    assert Case.objects.get().message_count == 3


def test_the_same_platform_id_at_another_source_is_another_conversation(cast: Cast) -> None:
    make_case(cast.account, id="1")
    read_and_triage(store_posts(cast.other_account.source, make_post("Ja?", in_reply_to="1")))

    assert Case.objects.count() == 2


def test_a_message_in_a_closed_case_opens_it_again(cast: Cast) -> None:
    case = make_case(cast.account, id="1")
    Case.objects.filter(pk=case.pk).update(state="closed", close_reason="no_action")
    read_and_triage(store_posts(cast.account.source, make_post("Hallo?", in_reply_to="1")))

    case.refresh_from_db()
    assert (case.state, case.close_reason) == ("open", "")


def test_every_message_of_a_case_is_sealed_in_the_archive(cast: Cast) -> None:
    make_case(cast.account, id="1")
    read_and_triage(store_posts(cast.account.source, make_post("En?", in_reply_to="1")))

    assert Record.objects.filter(subject_type="mention", kind="incoming").count() == 2


def test_an_answer_given_on_the_platform_itself_stops_the_clocks(cast: Cast) -> None:
    case = make_case(cast.account, id="1")
    answer = make_post("Om negen uur.", own=True, direct=False, in_reply_to="1")
    read_and_triage(store_posts(cast.account.source, answer))

    case.refresh_from_db()
    assert (case.state, case.close_reason) == ("closed", "answered")
    assert set(case.clocks.values_list("met_by_reply", flat=True)) == {True}


def test_an_answer_given_elsewhere_counts_even_if_it_was_triaged_first(cast: Cast) -> None:
    question = make_post(id="1")
    answer = make_post(
        "Om negen uur.", own=True, direct=False, in_reply_to="1", posted_at=timezone.now()
    )
    asked, answered = store_posts(cast.account.source, question, answer)
    read_and_triage([answered])
    read_and_triage([asked])

    assert Case.objects.get().state == "closed"


def test_what_was_asked_long_before_the_account_was_linked_opens_no_case(cast: Cast) -> None:
    old = make_post(posted_at=timezone.now() - timedelta(days=3))
    (mention,) = store_posts(cast.account.source, old)
    read_and_triage([mention])

    assert not Case.objects.exists()
    assert Triage.objects.get(mention=mention).outcome == Triage.Outcome.BEFORE_US


def test_the_inbox_shows_what_is_asked_not_whom(cast: Cast) -> None:
    case = make_case(cast.account, "@gemeente@plein.example @ria Wanneer is de markt?")

    assert case.preview == "Wanneer is de markt?"


def test_a_general_mention_is_not_archived(cast: Cast) -> None:
    read_and_triage(store_posts(cast.account.source, make_post(direct=False)))

    assert not Record.objects.exists()


def test_a_post_of_our_own_made_elsewhere_is_sealed_and_opens_no_case(cast: Cast) -> None:
    read_and_triage(store_posts(cast.account.source, make_post("Wij zijn open", own=True)))

    assert not Case.objects.exists()
    assert Record.objects.get().kind == "own_post"


def test_triage_empties_the_queue(cast: Cast) -> None:
    make_case(cast.account)

    assert not Waiting.objects.exists()


def test_an_offline_question_goes_to_the_central_team(cast: Cast) -> None:
    source = make_source(cast.municipality, "phone", name="telefoon")
    read_and_triage(store_posts(source, make_post("Mevrouw belt over de stoep")))

    case = Case.objects.get()
    assert (case.team, case.account) == (cast.central_team, None)


def test_an_urgent_message_shows_as_urgent(cast: Cast) -> None:
    mentions = store_posts(cast.account.source, make_post("Er ligt een kabel los op straat!"))
    read_and_triage(mentions, verdict(urgent=0.97))

    assert Case.objects.get().urgent


def test_a_batch_of_direct_mentions_costs_as_many_queries_as_two(
    cast: Cast, django_assert_max_num_queries
) -> None:
    mentions = store_posts(cast.account.source, *(make_post() for _ in range(200)))

    with django_assert_max_num_queries(25):
        read_and_triage(mentions)
    assert Case.objects.count() == 200


def test_an_edit_is_put_in_the_history_and_the_archive(cast: Cast) -> None:
    from monitoring.platforms.base import Page
    from webcare import pipeline

    case = make_case(cast.account, "Er is feest", id="1")
    edited = make_post("Er is géén feest", id="1", change="edited")
    pipeline.store(cast.account.source, Page((edited,), {}), keep_cursor=True)

    assert case.events.filter(kind=CaseEvent.Kind.MESSAGE_EDITED).exists()
    assert Record.objects.filter(kind="edit").count() == 1
    case.first_mention.refresh_from_db()
    assert case.first_mention.text == "Er is feest"
    assert case.first_mention.current_text == "Er is géén feest"


def test_the_label_set_of_the_machine_is_appended_once(cast: Cast) -> None:
    case = make_case(cast.account)

    assert LabelSet.objects.filter(mention=case.first_mention).count() == 1


@pytest.mark.parametrize("text", ["", "😀😀😀", "x" * 20_000, "nul\0in het midden", "half \ud83d"])
def test_odd_texts_open_a_case_like_any_other(cast: Cast, text: str) -> None:
    case = make_case(cast.account, text)

    assert case.state == "open"


def test_the_platforms_own_words_are_bound_into_the_record_by_hash(cast: Cast) -> None:
    case = make_case(cast.account, raw={"id": "7", "content": "<p>é</p>", "n": [1, 2.5]})
    record = Record.objects.select_related("content").get(subject_id=case.first_mention_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sha256(convert_to(payload::text, 'UTF8')) FROM monitoring_rawpayload"
            " WHERE mention_id = %s",
            [case.first_mention_id],
        )
        (digest,) = cursor.fetchone()
    salted = hashlib.sha256(bytes(record.content.salt) + digest).hexdigest()
    assert json.loads(bytes(record.header))["raw"] == salted
