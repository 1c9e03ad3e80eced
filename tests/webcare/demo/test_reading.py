"""The reading half of the town's Mastodon API, over real HTTP."""

from __future__ import annotations

import httpx
import pytest

from tests.webcare.demo.town_process import TownProcess
from webcare.demo.town import ACCOUNTS, TOWN_TAG

NOTIFICATIONS = "/api/v1/notifications"


def _newest(api: httpx.Client) -> str:
    return str(api.get(NOTIFICATIONS, params={"limit": 1}).json()[0]["id"])


def _burst(town: TownProcess, count: int, word: str) -> list[str]:
    return [town.say(f"@gemeente {word} nummer {n}")["id"] for n in range(count)]


def _status_ids(page: list[dict[str, dict[str, str]]]) -> list[str]:
    return [one["status"]["id"] for one in page]


def test_a_burst_is_fetched_whole_with_min_id(town: TownProcess, api: httpx.Client) -> None:
    before = _newest(api)
    said = _burst(town, 23, "stortvloed")
    collected: list[str] = []
    cursor = before
    while page := api.get(
        NOTIFICATIONS, params={"min_id": cursor, "limit": 5, "types[]": "mention"}
    ).json():
        collected += _status_ids(page)[::-1]
        cursor = page[0]["id"]
    assert collected == said


def test_since_id_gives_only_the_newest_of_a_burst(town: TownProcess, api: httpx.Client) -> None:
    before = _newest(api)
    said = _burst(town, 12, "sindsdien")
    page = api.get(NOTIFICATIONS, params={"since_id": before, "limit": 5}).json()
    assert _status_ids(page) == said[:-6:-1]


def test_max_id_goes_back_in_time(town: TownProcess, api: httpx.Client) -> None:
    said = _burst(town, 6, "terug")
    newest = api.get(NOTIFICATIONS, params={"limit": 3}).json()
    older = api.get(NOTIFICATIONS, params={"limit": 3, "max_id": newest[-1]["id"]}).json()
    assert _status_ids(older) == said[2::-1]


def test_the_link_header_leads_to_the_older_and_the_newer_page(
    town: TownProcess, api: httpx.Client
) -> None:
    said = _burst(town, 6, "schakel")
    first = api.get(NOTIFICATIONS, params={"limit": 2, "types[]": "mention"})
    second = api.get(first.links["next"]["url"])
    assert _status_ids(second.json()) == [said[3], said[2]]
    assert _status_ids(api.get(second.links["prev"]["url"]).json()) == [said[5], said[4]]


def test_a_page_holds_at_most_twice_the_default(town: TownProcess, api: httpx.Client) -> None:
    _burst(town, 90, "veel")
    assert len(api.get(NOTIFICATIONS, params={"limit": 500}).json()) == 80
    assert len(api.get(NOTIFICATIONS).json()) == 40


def test_the_tag_timeline_pages_with_min_id_too(town: TownProcess, api: httpx.Client) -> None:
    path = f"/api/v1/timelines/tag/{TOWN_TAG}"
    before = api.get(path, params={"limit": 1}).json()[0]["id"]
    said = [town.say(f"Praatje {n} #Elzendrecht")["id"] for n in range(9)]
    page = api.get(path, params={"min_id": before, "limit": 4}).json()
    assert [one["id"] for one in page] == said[3::-1]


def test_ids_grow_with_time_and_are_strings(api: httpx.Client) -> None:
    page = api.get("/api/v1/timelines/public", params={"limit": 40}).json()
    times = [one["created_at"] for one in page]
    assert all(isinstance(one["id"], str) for one in page)
    assert times == sorted(times, reverse=True)


def test_a_private_message_is_seen_by_its_two_sides_only(town: TownProcess) -> None:
    said = town.say("@gemeente dit is alleen voor jullie", visibility="direct")
    with town.client() as ours, town.client(ACCOUNTS[2].token) as neighbour:
        path = f"/api/v1/statuses/{said['id']}"
        assert ours.get(path).json()["visibility"] == "direct"
        assert neighbour.get(path).status_code == 404
        assert httpx.get(f"{town.url}{path}").status_code == 404
        found = neighbour.get("/api/v2/search", params={"q": "alleen voor jullie"}).json()
        assert found["statuses"] == []


def test_the_context_holds_the_whole_thread_in_reading_order(
    town: TownProcess, api: httpx.Client
) -> None:
    first = town.say("@gemeente begin van de draad")
    second = town.say("antwoord", in_reply_to_id=first["id"], handle="els_vogel")
    third = town.say("antwoord daarop", in_reply_to_id=second["id"], handle="daan_skate")
    side = town.say("zijtak", in_reply_to_id=first["id"], handle="kees_hengel")
    context = api.get(f"/api/v1/statuses/{second['id']}/context").json()
    assert [one["id"] for one in context["ancestors"]] == [first["id"]]
    assert [one["id"] for one in context["descendants"]] == [third["id"]]
    whole = api.get(f"/api/v1/statuses/{first['id']}/context").json()["descendants"]
    assert [one["id"] for one in whole] == [second["id"], third["id"], side["id"]]


def test_search_needs_every_word_and_gives_the_newest_first(
    town: TownProcess, api: httpx.Client
) -> None:
    older = town.say("De zeldzame kwartelkoning zit in de Beemden")
    newer = town.say("Weer die kwartelkoning, zeldzaam hard")
    found = api.get("/api/v2/search", params={"q": "KWARTELKONING zeldza", "type": "statuses"})
    assert [one["id"] for one in found.json()["statuses"]] == [newer["id"], older["id"]]


def test_an_account_is_found_by_its_handle(api: httpx.Client) -> None:
    found = api.get("/api/v1/accounts/lookup", params={"acct": "wies_elders@praatpaal.example"})
    assert found.json()["acct"] == "wies_elders@praatpaal.example"
    assert api.get("/api/v1/accounts/lookup", params={"acct": "niemand"}).status_code == 404


@pytest.mark.parametrize("token", [None, "wrong"])
def test_without_a_valid_token_notifications_answer_401(
    town: TownProcess, token: str | None
) -> None:
    with town.client(token) as stranger:
        assert stranger.get(NOTIFICATIONS).status_code == 401


def test_an_unknown_status_answers_404(api: httpx.Client) -> None:
    for number in ("1", "abc", "999999999999999999999999"):
        assert api.get(f"/api/v1/statuses/{number}").json() == {"error": "Record not found"}


def test_the_instance_tells_its_limits(api: httpx.Client) -> None:
    for version in ("v1", "v2"):
        statuses = api.get(f"/api/{version}/instance").json()["configuration"]["statuses"]
        assert statuses["max_characters"] == 500
        assert statuses["characters_reserved_per_url"] == 23


def test_markup_in_a_post_arrives_escaped(town: TownProcess, api: httpx.Client) -> None:
    said = town.say(
        "<script>alert(1)</script> & #Elzendrecht @gemeente https://krant.example/a?b=1"
    )
    content = api.get(f"/api/v1/statuses/{said['id']}").json()["content"]
    assert "<script>" not in content
    assert "&lt;script&gt;" in content
    assert f'href="{town.url}/@gemeente"' in content
    assert 'href="https://krant.example/a?b=1"' in content
