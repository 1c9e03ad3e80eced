"""Publishing, editing and deleting on the town's server, and what can go wrong on order."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.webcare.demo.town_process import TownProcess, running_town
from webcare.demo.town import ACCOUNTS

STATUSES = "/api/v1/statuses"


@pytest.fixture
def own_town() -> Iterator[TownProcess]:
    with running_town() as running:
        yield running


def test_an_answer_appears_under_the_question(town: TownProcess, api: httpx.Client) -> None:
    asked = town.say("@gemeente hoe laat gaat de balie open?")
    answer = api.post(
        STATUSES,
        data={"status": "@tineke_o Om negen uur. ^SG", "in_reply_to_id": asked["id"]},
    ).json()
    assert answer["in_reply_to_id"] == asked["id"]
    assert [one["acct"] for one in answer["mentions"]] == ["tineke_o"]
    below = api.get(f"{STATUSES}/{asked['id']}/context").json()["descendants"]
    assert [one["id"] for one in below] == [answer["id"]]


def test_the_same_idempotency_key_publishes_once(town: TownProcess, api: httpx.Client) -> None:
    posts = [
        api.post(STATUSES, json={"status": "Eén keer"}, headers={"Idempotency-Key": "sleutel-1"})
        for _ in range(3)
    ]
    assert len({one.json()["id"] for one in posts}) == 1
    said = [one for one in town.ask("replies") if one["text"] == "Eén keer"]
    assert [one["idempotency_key"] for one in said] == ["sleutel-1"]


def test_two_accounts_may_use_the_same_key(town: TownProcess) -> None:
    ids = set()
    for account in ACCOUNTS:
        with town.client(account.token) as client:
            answer = client.post(
                STATUSES, json={"status": "Hallo"}, headers={"Idempotency-Key": "gedeeld"}
            )
            ids.add(answer.json()["id"])
    assert len(ids) == len(ACCOUNTS)


@pytest.mark.parametrize("text", ["", "   \n ", "a" * 501])
def test_an_empty_or_too_long_text_answers_422(api: httpx.Client, text: str) -> None:
    answer = api.post(STATUSES, json={"status": text})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("Validation failed")


def test_a_long_link_counts_23_and_an_emoji_family_one(api: httpx.Client) -> None:
    link = "https://krant.example/" + "a" * 300
    assert api.post(STATUSES, json={"status": "b" * 476 + " " + link}).is_success
    assert api.post(STATUSES, json={"status": "b" * 477 + " " + link}).status_code == 422
    assert api.post(STATUSES, json={"status": "👨‍👩‍👧‍👦🇳🇱" * 250}).is_success


def test_answering_a_post_that_is_gone_answers_404(town: TownProcess, api: httpx.Client) -> None:
    asked = town.say("@gemeente dit haal ik zo weg")
    httpx.delete(f"{town.url}/_town/posts/{asked['id']}").raise_for_status()
    answer = api.post(STATUSES, json={"status": "Te laat", "in_reply_to_id": asked["id"]})
    assert answer.status_code == 404


def test_an_edit_is_marked_and_a_delete_gives_the_text_back(api: httpx.Client) -> None:
    own = api.post(STATUSES, json={"status": "Eerste versie"}).json()
    edited = api.put(f"{STATUSES}/{own['id']}", json={"status": "Tweede versie"}).json()
    assert edited["edited_at"] is not None
    assert api.get(f"{STATUSES}/{own['id']}/source").json()["text"] == "Tweede versie"
    assert api.delete(f"{STATUSES}/{own['id']}").json()["text"] == "Tweede versie"
    assert api.get(f"{STATUSES}/{own['id']}").status_code == 404


def test_nobody_edits_or_deletes_for_another(town: TownProcess, api: httpx.Client) -> None:
    path = f"{STATUSES}/{town.say('@gemeente van mij')['id']}"
    assert api.put(path, json={"status": "van ons"}).status_code == 404
    assert api.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"{", "application/json", 400), (b"[]", "application/json", 400), (b"x", "text/plain", 415)],
)
def test_a_body_that_is_no_form_is_refused(
    api: httpx.Client, content: bytes, kind: str, status: int
) -> None:
    answer = api.post(STATUSES, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status


def test_the_rate_limit_counts_down_and_then_answers_429(own_town: TownProcess) -> None:
    own_town.order("faults", limit=3)
    with own_town.client() as client:
        answers = [client.get("/api/v1/accounts/verify_credentials") for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
        assert answers[-1].headers["X-RateLimit-Reset"].endswith("Z")
    with own_town.client(ACCOUNTS[1].token) as other:
        assert other.get("/api/v1/accounts/verify_credentials").is_success


def test_a_lost_answer_was_published_and_its_key_finds_it(own_town: TownProcess) -> None:
    own_town.order("faults", publish_lost=1)
    key = {"Idempotency-Key": "verloren"}
    with own_town.client() as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post(STATUSES, json={"status": "Komt aan"}, headers=key, timeout=0.5)
        again = client.post(STATUSES, json={"status": "Komt aan"}, headers=key).json()
    said = [one["id"] for one in own_town.ask("replies") if one["text"] == "Komt aan"]
    assert said == [again["id"]]


@pytest.mark.parametrize(("fault", "status"), [("publish_500", 500), ("publish_429", 429)])
def test_an_ordered_failure_publishes_nothing(
    own_town: TownProcess, fault: str, status: int
) -> None:
    before = len(own_town.ask("replies"))
    own_town.order("faults", **{fault: 1})
    with own_town.client() as client:
        assert client.post(STATUSES, json={"status": "Nee"}).status_code == status
        assert len(own_town.ask("replies")) == before
        assert client.post(STATUSES, json={"status": "Ja"}).is_success


def test_a_silent_town_answers_nobody_but_its_controls(own_town: TownProcess) -> None:
    own_town.order("faults", silent=30)
    with own_town.client() as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/api/v1/notifications", timeout=0.5)
        own_town.order("faults", silent=0)
        assert client.get("/api/v1/notifications").is_success
