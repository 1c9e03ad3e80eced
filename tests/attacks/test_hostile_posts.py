"""What a resident, or a platform that lies, can put in a post: it is stored, and stops nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from archive.models import Record
from monitoring.models import Mention, Waiting
from monitoring.platforms.base import Author, Medium, Page, Post
from tests.cast import Cast
from tests.webcare.desk.makers import make_case, make_post, read_and_triage, store_posts
from webcare import pipeline
from webcare.desk.models import Case, Clock
from webcare.desk.triage import preview_of


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"in": value}
    return value


def store(cast: Cast, *posts: Post) -> None:
    pipeline.store(cast.account.source, Page(posts, {}), keep_cursor=True)


ODD_POSTS = {
    "an author with more followers than a column holds": {"author": Author("@r@x", "R", 2**40)},
    "an author with fewer than no followers": {"author": Author("@r@x", "R", -(2**40))},
    "a handle of 5,000 characters": {"author": Author("@" + "r" * 5000, "R" * 5000)},
    "an id of 5,000 characters": {"id": "9" * 5000},
    "an id with a NUL": {"id": "1\x002"},
    "a parent with a NUL": {"in_reply_to": "1\x002", "conversation": "\x00"},
    "half a surrogate pair in every field": {
        "author": Author("@\ud83d@x", "\ud83d"),
        "url": "https://x.example/\ud83d",
        "place": "\ud83d",
        "lang": "\ud83d",
    },
    "a raw number that JSON here cannot hold": {"raw": {"n": 2**80}},
    "raw numbers that canonical JSON cannot hold": {"raw": {"n": 2**60, "m": 1e300, "o": -0.0}},
    "a raw number that is none": {"raw": {"n": float("nan"), "m": float("inf")}},
    "a raw payload of 2,000 levels": {"raw": nested(2000)},
    "a raw payload with a NUL in a name": {"raw": {"a\x00": "\x00"}},
    "a picture with a NUL": {"media": (Medium("https://x.example/\x00", "\x00"),)},
    "a text of 200 kB": {"text": "Waarom? " * 25_000},
    "a text of more words than can be searched": {
        "text": " ".join(f"woord{number}" for number in range(150_000))
    },
    "a text of one word of 3 MB": {"text": "w" * 3_000_000},
    "a moment in the year 1": {"posted_at": datetime(1, 1, 1, tzinfo=UTC)},
    "a moment in the year 9999": {"posted_at": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)},
    "a script": {"text": "<script>alert(1)</script>\u202e\u2066\x07"},
    "nothing but handles": {"text": "@a:" * 60_000},
}


@pytest.mark.parametrize("odd", ODD_POSTS)
def test_an_odd_post_is_stored_beside_the_others_and_becomes_a_case(cast: Cast, odd: str) -> None:
    store(cast, make_post("Voor"), make_post(**{"text": "Vreemd", **ODD_POSTS[odd]}), make_post())
    pipeline.process_batch(0)

    assert Mention.objects.count() == 3
    assert not Waiting.objects.exists()
    assert Case.objects.count() == 3


def test_two_long_ids_that_begin_alike_are_two_posts(cast: Cast) -> None:
    store(cast, make_post(id="9" * 400 + "a"), make_post(id="9" * 400 + "b"))

    assert Mention.objects.count() == 2


def test_an_edit_of_a_post_with_an_odd_id_finds_that_post(cast: Cast) -> None:
    name = "\x00" + "9" * 400
    store(cast, make_post("Voor", id=name))
    store(cast, make_post("Na", id=name, change="edited"))

    assert Mention.objects.get().current_text == "Na"


def test_an_answer_to_a_post_with_an_odd_id_joins_its_case(cast: Cast) -> None:
    store(cast, make_post("Vraag", id="9" * 400))
    store(cast, make_post("Nog wat", in_reply_to="9" * 400))
    pipeline.process_batch(0)

    assert Case.objects.get().message_count == 2


def test_a_page_with_the_same_post_twice_stores_it_once(cast: Cast) -> None:
    post = make_post(id="1")
    store(cast, post, post)
    pipeline.process_batch(0)

    assert (Mention.objects.count(), Case.objects.count()) == (1, 1)


def test_a_post_from_the_future_is_due_like_one_from_now(cast: Cast) -> None:
    case = make_case(cast.account, posted_at=datetime(2100, 1, 1, tzinfo=UTC))

    assert case.deadline <= timezone.now() + timedelta(minutes=121)


def test_a_question_from_before_computers_opens_a_case_all_the_same(cast: Cast) -> None:
    make_case(cast.account, posted_at=datetime(1970, 1, 1, tzinfo=UTC))

    assert Case.objects.get().clocks.filter(stopped_at=None).count() == 2


def test_an_edit_before_anybody_read_the_post_is_sealed_and_in_the_history(cast: Cast) -> None:
    store(cast, make_post("Er is feest", id="1"))
    store(cast, make_post("Er is geen feest", id="1", change="edited"))
    pipeline.process_batch(0)

    case = Case.objects.get()
    assert list(case.events.order_by("pk").values_list("kind", flat=True)) == [
        "opened",
        "message_edited",
    ]
    assert set(Record.objects.values_list("kind", flat=True)) == {"incoming", "edit"}


def test_a_deletion_before_anybody_read_the_post_is_sealed_and_in_the_history(cast: Cast) -> None:
    make_case(cast.account, id="1")
    store(cast, make_post("Nog een vraag", id="2", in_reply_to="1"))
    store(cast, make_post("", id="2", change="deleted"))
    pipeline.process_batch(0)

    assert Case.objects.get().events.filter(kind="message_deleted").count() == 1


def test_taking_off_the_handles_takes_no_time_whatever_they_look_like() -> None:
    for odd in ("@", "@:", "@a,:", "@a "):
        assert len(preview_of(odd * 100_000)) <= 280


def test_a_bystander_reopens_no_case_that_was_closed(cast: Cast) -> None:
    case = make_case(cast.account, id="1")
    Case.objects.filter(pk=case.pk).update(state="closed", close_reason="no_action")
    Clock.objects.update(stopped_at=timezone.now(), met_by_reply=False)
    chatter = make_post("Haha", in_reply_to="1", direct=False, author=Author("@ander@x", "Ander"))
    read_and_triage(store_posts(cast.account.source, chatter))

    case.refresh_from_db()
    assert (case.state, case.message_count) == ("closed", 2)
    assert not case.clocks.filter(stopped_at=None).exists()


def test_the_writer_of_a_case_reopens_it_without_naming_us(cast: Cast) -> None:
    case = make_case(cast.account, id="1")
    Case.objects.filter(pk=case.pk).update(state="closed", close_reason="no_action")
    read_and_triage(
        store_posts(cast.account.source, make_post("En nu?", in_reply_to="1", direct=False))
    )

    case.refresh_from_db()
    assert case.state == "open"
