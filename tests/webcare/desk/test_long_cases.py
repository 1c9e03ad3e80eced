"""A case that went on for long: read by the page, answered as any other, at a fixed price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.models import Mention, Revision
from monitoring.platforms.base import Author, Page
from tests.cast import Cast
from tests.webcare.desk.makers import make_case, make_post, read_and_triage, store_posts
from webcare import pipeline
from webcare.api import PreconditionFailed
from webcare.desk import cases, paging, replies
from webcare.desk.models import Case, CaseEvent, Clock, Note, Reply
from webcare.organisation.models import AuditEntry

STRANGER = Author("kees@plein.example", "Kees")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE", 10)


@pytest.fixture
def began() -> datetime:
    return timezone.now() - timedelta(hours=3)


@pytest.fixture
def case(cast: Cast, began: datetime) -> Case:
    return make_case(cast.account, "Bericht 0", id="1", posted_at=began)


@pytest.fixture
def agent(cast: Cast, client: Client) -> Client:
    client.force_login(cast.agent)
    return client


def join(cast: Cast, case: Case, began: datetime, numbers: range, **fields: Any) -> list[Mention]:
    """Messages that come into the case, a minute after each other."""
    fields.setdefault("author", STRANGER)
    mentions = store_posts(
        cast.account.source,
        *(
            make_post(
                f"Bericht {n}",
                id=f"j{n}",
                in_reply_to=case.first_mention.platform_id,
                direct=False,
                posted_at=began + timedelta(minutes=n),
                **fields,
            )
            for n in numbers
        ),
    )
    read_and_triage(mentions)
    return mentions


def read(client: Client, case: Case, rest: str = "") -> Any:
    answer = client.get(f"/api/v1/cases/{case.pk}{rest}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages]


def pages_back(client: Client, case: Case, what: str) -> Iterator[list[dict[str, Any]]]:
    """The newest page and all before it, as somebody reads who scrolls up."""
    dossier = read(client, case)
    yield dossier[what]
    cursor = dossier["older"][what]
    while cursor:
        page = read(client, case, f"/{what}?cursor={cursor}")
        yield page["items"]
        cursor = page["next"]


def test_a_case_opens_with_its_newest_messages_in_the_order_they_were_said(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    join(cast, case, began, range(1, 25))

    assert texts(read(agent, case)["messages"]) == [f"Bericht {n}" for n in range(15, 25)]


def test_the_pages_before_hold_every_message_once(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    join(cast, case, began, range(1, 25))

    pages = list(pages_back(agent, case, "messages"))
    assert [len(page) for page in pages] == [10, 10, 5]
    said = [text for page in reversed(pages) for text in texts(page)]
    assert said == [f"Bericht {n}" for n in range(25)]


def test_messages_of_one_moment_are_on_one_page_each(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    join(cast, case, began, range(1, 25))
    Mention.objects.filter(case_message__case=case).update(posted_at=began)

    said = [text for page in pages_back(agent, case, "messages") for text in texts(page)]
    assert sorted(said) == sorted(f"Bericht {n}" for n in range(25))


def test_what_comes_in_between_two_pages_moves_neither(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    join(cast, case, began, range(1, 15))
    cursor = read(agent, case)["older"]["messages"]
    join(cast, case, began, range(15, 18))

    older = read(agent, case, f"/messages?cursor={cursor}")
    assert texts(older["items"]) == [f"Bericht {n}" for n in range(5)]
    assert older["next"] is None


def test_our_answers_stand_between_the_messages_by_when_they_went_out(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    join(cast, case, began, range(1, 4))
    sent = began + timedelta(minutes=2, seconds=30)
    make_reply(cast, case, state="sent", sent_at=sent)

    assert texts(read(agent, case)["messages"]) == [
        *("Bericht 0", "Bericht 1", "Bericht 2"),
        "Tot vijf uur. ^SG",
        "Bericht 3",
    ]


def spent_on_cases(queries: CaptureQueriesContext) -> list[str]:
    """All but those of the session, which is written down now and then."""
    return [one["sql"] for one in queries if "django_session" not in one["sql"]]


def make_reply(cast: Cast, case: Case, **fields: Any) -> Reply:
    return Reply.objects.create(
        case=case,
        account=cast.account,
        in_reply_to=case.first_mention,
        author=cast.agent,
        text="Tot vijf uur. ^SG",
        **fields,
    )


def test_the_number_of_queries_does_not_grow_with_the_case(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as spent:
            read(agent, case)
        return len(spent_on_cases(spent))

    join(cast, case, began, range(1, 3))
    make_reply(cast, case, state="failed", created_at=began)
    read(agent, case)
    short = count()
    join(cast, case, began, range(3, 60))
    Note.objects.bulk_create(Note(case=case, author=cast.agent, text="x") for _ in range(30))
    make_reply(cast, case, state="unknown", created_at=began)

    assert count() == short
    assert short < 40


def test_a_page_costs_the_same_number_of_queries_however_far_back(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    join(cast, case, began, range(1, 60))
    spent = []
    cursor = read(agent, case)["older"]["messages"]
    while cursor:
        with CaptureQueriesContext(connection) as queries:
            cursor = read(agent, case, f"/messages?cursor={cursor}")["next"]
        spent.append(len(spent_on_cases(queries)))

    assert len(spent) == 5
    assert len(set(spent[:-1])) == 1


def test_the_message_that_is_answered_is_there_however_many_others_joined(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    join(cast, case, began, range(1, 30))

    dossier = read(agent, case)
    assert texts(dossier["pinned"]) == ["Bericht 0"]
    reply = replies.approve_reply(
        cast.agent, case.pk, "Om negen uur.", seen_version=dossier["version"]
    )
    assert reply.in_reply_to_id == dossier["pinned"][0]["id"]


def test_nothing_is_pinned_that_is_on_the_page(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    make_reply(cast, case, state="failed")

    assert read(agent, case)["pinned"] == []


@pytest.mark.parametrize("state", ["queued", "sending", "unknown", "failed"])
def test_an_answer_that_is_not_out_is_there_however_long_ago(
    cast: Cast, case: Case, began: datetime, agent: Client, state: str
) -> None:
    waiting = make_reply(cast, case, state=state, created_at=began + timedelta(seconds=1))
    make_reply(cast, case, state="withdrawn", created_at=began)
    join(cast, case, began, range(1, 30))

    pinned = read(agent, case)["pinned"]
    assert [one["id"] for one in pinned if one["type"] == "reply"] == [waiting.pk]


def test_the_second_of_two_answers_is_stopped_also_after_many_messages(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    seen = read(agent, case)["version"]
    join(cast, case, began, range(1, 30))

    with pytest.raises(PreconditionFailed) as stopped:
        replies.approve_reply(cast.agent, case.pk, "Om negen uur.", seen_version=seen)
    assert len(stopped.value.extra["events"]) <= 100


def test_messages_are_read_again_by_name(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    (first, *_rest) = join(cast, case, began, range(1, 30))
    cases.label_mention(cast.agent, case.pk, first.pk, "tenor", "criticism")

    again = read(agent, case, f"/messages?only=mention-{first.pk}")
    assert [one["labels"]["tenor"] for one in again["items"]] == ["criticism"]
    assert again["next"] is None


def test_a_label_that_is_taken_back_names_its_message_in_the_history(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    (first, *_rest) = join(cast, case, began, range(1, 30))
    cases.label_mention(cast.agent, case.pk, first.pk, "tenor", "criticism")
    cases.undo(cast.agent, case.pk, read(agent, case)["undo"]["eventId"])

    event = read(agent, case)["events"][-1]
    assert (event["kind"], event["data"]["mention"]) == ("undone", first.pk)


def test_a_message_of_another_case_is_not_read_through_this_one(
    cast: Cast, case: Case, agent: Client
) -> None:
    other = make_case(cast.other_account, "Geheim")
    theirs = make_reply(cast, other)

    only = f"mention-{other.first_mention_id},reply-{theirs.pk},mention-{case.first_mention_id}"
    assert texts(read(agent, case, f"/messages?only={only}")["items"]) == ["Bericht 0"]


@pytest.mark.parametrize(
    "query",
    [
        "only=",
        "only=mention",
        "only=note-1",
        "only=mention--1",
        f"only=mention-{10**19}",
        "only=" + ",".join(f"mention-{n}" for n in range(11)),
        "cursor=onzin",
        "cursor=WzFd",
        "cursor=WyJpbmZpbml0eSIsIm1lbnRpb24iLDk5OTk5OTk5OTk5OTk5OTk5OTk5OTld",
    ],
)
def test_nonsense_in_the_query_is_400(case: Case, agent: Client, query: str) -> None:
    assert agent.get(f"/api/v1/cases/{case.pk}/messages?{query}").status_code == 400


@pytest.mark.parametrize("what", ["messages", "notes", "events"])
def test_another_team_and_a_neighbour_read_no_older_page(
    cast: Cast, case: Case, client: Client, what: str
) -> None:
    for person, refusal in ((cast.other_agent, 403), (cast.neighbour_agent, 404)):
        client.force_login(person)
        assert client.get(f"/api/v1/cases/{case.pk}/{what}").status_code == refusal


@pytest.mark.parametrize("what", ["messages", "notes", "events"])
def test_reading_an_older_page_is_in_the_audit_log_as_a_look(
    cast: Cast, case: Case, agent: Client, what: str
) -> None:
    read(agent, case, f"/{what}")

    assert AuditEntry.objects.filter(action="case.looked", actor=cast.agent).count() == 1


def test_notes_and_history_come_by_the_page_too(cast: Cast, case: Case, agent: Client) -> None:
    for number in range(24):
        cases.add_note(cast.agent, case.pk, f"Notitie {number}")

    notes = [note for page in reversed(list(pages_back(agent, case, "notes"))) for note in page]
    assert [note["text"] for note in notes] == [f"Notitie {n}" for n in range(24)]
    events = [one for page in reversed(list(pages_back(agent, case, "events"))) for one in page]
    assert [one["id"] for one in events] == list(
        CaseEvent.objects.filter(case=case).order_by("pk").values_list("pk", flat=True)
    )


def test_of_many_edits_the_newest_are_shown_and_all_are_counted(
    cast: Cast, case: Case, agent: Client
) -> None:
    Revision.objects.bulk_create(
        Revision(mention=case.first_mention, kind="edited", text=f"Versie {n}") for n in range(30)
    )

    (message,) = read(agent, case)["messages"]
    assert [one["text"] for one in message["revisions"]] == [f"Versie {n}" for n in range(10, 30)]
    assert message["revisionCount"] == 30


def test_of_many_rounds_the_clocks_of_the_newest_are_shown(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    Clock.objects.bulk_create(
        Clock(case=case, kind="answer", round=n, started_at=began, due_at=began)
        for n in range(2, 60)
    )

    rounds = [clock["round"] for clock in read(agent, case)["clocks"]]
    assert (len(rounds), rounds[-1]) == (20, 59)


def test_an_edit_of_an_old_message_names_it_in_the_newest_history(
    cast: Cast, case: Case, began: datetime, agent: Client
) -> None:
    join(cast, case, began, range(1, 30))
    edited = make_post("Bericht 0, anders", id="1", posted_at=began, change="edited")
    pipeline.store(cast.account.source, Page((edited,), {}))

    event = read(agent, case)["events"][-1]
    assert event["kind"] == "message_edited"
    assert event["data"]["mention"] == case.first_mention_id
