from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast
from tests.makers import make_deputyship, make_source
from webcare.organisation.audit import record_audit
from webcare.organisation.models import Person, Role


@pytest.fixture
def as_administrator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.administrator)
    return client


def send(client: Client, method: str, path: str, body: dict[str, Any]) -> Any:
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")


def test_me_says_who_and_where(client: Client, cast: Cast) -> None:
    make_deputyship(cast.other_agent, cast.agent)
    client.force_login(cast.agent)
    me = client.get("/api/v1/me", headers={"host": "localhost:8000"}).json()
    assert me["initials"] == "SG"
    assert me["municipality"]["slug"] == "elzendrecht"
    assert me["teams"] == [cast.team.pk]
    assert me["visibleTeams"] == [cast.team.pk, cast.other_team.pk]
    assert me["deputyFor"] == [cast.other_agent.pk]
    assert me["liveUrl"] == "ws://localhost:8001"


def test_everyone_chooses_the_language_of_the_screen(client: Client, cast: Cast) -> None:
    client.force_login(cast.agent)
    assert send(client, "patch", "me", {"language": "en"}).json()["language"] == "en"
    assert send(client, "patch", "me", {"language": "fr"}).status_code == 400


def test_a_refusal_speaks_the_persons_language(client: Client, cast: Cast) -> None:
    client.force_login(cast.agent)
    assert "functioneel beheerder" in client.get("/api/v1/people").json()["detail"]
    send(client, "patch", "me", {"language": "en"})
    assert "functional administrator" in client.get("/api/v1/people").json()["detail"]


def test_the_organisation_names_teams_accounts_people_and_labels(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.agent)
    house = client.get("/api/v1/organisation").json()
    assert {team["slug"] for team in house["teams"]} == {"webcare", "parkeren", "centraal"}
    account = next(one for one in house["accounts"] if one["id"] == cast.account.pk)
    assert account["capabilities"]["publishes"] is True
    assert account["capabilities"]["length"]["limit"] == 500
    assert {"value": "waste", "label": "afval"} in house["themes"]
    assert {"value": "no_action", "label": "geen actie nodig"} in house["closeReasons"]
    assert len(house["people"]) == Person.objects.filter(municipality=cast.municipality).count()


def test_the_organisation_costs_few_queries_however_large(
    client: Client, cast: Cast, django_assert_num_queries: Any
) -> None:
    client.force_login(cast.agent)
    client.get("/api/v1/me")
    # Session, person, teams, accounts with their sources, people, memberships.
    with django_assert_num_queries(6):
        client.get("/api/v1/organisation")


def test_an_administrator_adds_a_colleague(as_administrator: Client, cast: Cast) -> None:
    body = {
        "name": "Noor Dijk",
        "email": "n@stad.example",
        "initials": "ND",
        "roles": ["agent"],
        "teamIds": [cast.team.pk],
    }
    answer = send(as_administrator, "post", "people", body)
    assert answer.status_code == 201
    assert answer.json()["teamIds"] == [cast.team.pk]
    assert answer.json()["active"] is True


def test_a_refused_field_is_named_as_it_was_sent(as_administrator: Client, cast: Cast) -> None:
    body = {"name": "N", "email": "n@stad.example", "initials": "SG", "roles": []}
    problem = send(as_administrator, "post", "people", body).json()
    assert problem["invalidParams"][0]["name"] == "initials"
    assert "Sanne Groot" in problem["detail"]


def test_people_say_whether_they_have_a_second_factor(as_administrator: Client) -> None:
    items = as_administrator.get("/api/v1/people").json()["items"]
    assert all(item["secondFactor"] is False for item in items)


def test_a_colleague_is_made_inactive(as_administrator: Client, cast: Cast) -> None:
    answer = send(as_administrator, "patch", f"people/{cast.agent.pk}", {"active": False})
    assert answer.json()["active"] is False


def test_sources_show_their_settings_and_never_their_secrets(
    as_administrator: Client, cast: Cast
) -> None:
    make_source(cast.municipality, name="Plein", secrets={"access_token": "heel-geheim"})
    answer = as_administrator.get("/api/v1/sources")
    assert "heel-geheim" not in answer.content.decode()
    platform = next(one for one in answer.json()["platforms"] if one["name"] == "mastodon")
    fields = {field["name"]: field for field in platform["fields"]}
    assert fields["access_token"] == {"name": "access_token", "secret": True, "required": True}


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.TEAM_LEAD, 200), (Role.ADVISER, 200), (Role.ADMINISTRATOR, 200), (Role.AGENT, 403)],
)
def test_who_may_see_sources(client: Client, cast: Cast, role: Role, status: int) -> None:
    client.force_login(cast.by_role[role])
    assert client.get("/api/v1/sources").status_code == status


def test_a_team_lead_arranges_a_deputy_and_ends_it(client: Client, cast: Cast) -> None:
    client.force_login(cast.team_lead)
    body = {
        "absentId": cast.agent.pk,
        "deputyId": cast.other_agent.pk,
        "starts": "2026-12-24",
        "ends": "2027-01-03",
    }
    made = send(client, "post", "deputyships", body)
    assert made.status_code == 201
    assert client.delete(f"/api/v1/deputyships/{made.json()['id']}").status_code == 204
    assert client.get("/api/v1/deputyships").json()["items"] == []


def test_the_audit_log_pages_newest_first_and_notes_who_looked(client: Client, cast: Cast) -> None:
    for number in range(5):
        record_audit("source.changed", actor=cast.agent, object_type="source", object_id=number)
    client.force_login(cast.privacy_officer)
    first = client.get("/api/v1/audit-entries?limit=3&action=source.changed").json()
    assert [item["objectId"] for item in first["items"]] == ["4", "3", "2"]
    rest = client.get(
        f"/api/v1/audit-entries?limit=3&action=source.changed&cursor={first['next']}"
    ).json()
    assert [item["objectId"] for item in rest["items"]] == ["1", "0"]
    assert rest["next"] is None
    looked = client.get("/api/v1/audit-entries?action=audit.looked").json()["items"]
    assert looked[0]["actorId"] == cast.privacy_officer.pk
    assert looked[0]["origin"] == "127.0.0.1"
    assert looked[0]["label"] == "logboek bekeken"


def test_a_neighbours_entries_are_not_in_the_log(client: Client, cast: Cast) -> None:
    record_audit("source.changed", actor=cast.neighbour_agent)
    client.force_login(cast.privacy_officer)
    assert client.get("/api/v1/audit-entries?action=source.changed").json()["items"] == []


@pytest.mark.parametrize("query", ["cursor=abc", "limit=0", "limit=9999", "actor=x", "since=no"])
def test_nonsense_in_a_query_is_a_400(client: Client, cast: Cast, query: str) -> None:
    client.force_login(cast.privacy_officer)
    assert client.get(f"/api/v1/audit-entries?{query}").status_code == 400


def test_writes_are_throttled_far_above_any_hand(
    as_administrator: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webcare.organisation.throttling.WriteThrottle.rate", "3/min")
    codes = [send(as_administrator, "patch", "me", {"language": "nl"}) for _ in range(4)]
    assert [answer.status_code for answer in codes] == [200, 200, 200, 429]
    assert int(codes[-1]["Retry-After"]) > 0


def test_writing_goes_on_when_the_cache_is_away(
    as_administrator: Client, cast: Cast, settings: Any
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert send(as_administrator, "patch", "me", {"language": "en"}).status_code == 200
