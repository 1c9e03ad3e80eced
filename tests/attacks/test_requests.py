"""Requests no browser of ours would send: each gets a clear no, never a bare error."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.cast import Cast
from tests.makers import PASSWORD, make_person
from tests.webcare.desk.makers import make_case
from webcare.desk.models import Case
from webcare.organisation.models import AuditEntry, Role


@pytest.fixture
def agent(cast: Cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.agent)
    return client


def cursor(*pair: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(pair))).decode().rstrip("=")


ODD_FILTERS = [
    *({name: "\x00"} for name in ("q", "intent", "tenor", "platform", "theme", "state")),
    *({name: "9" * 30} for name in ("team", "account", "assignee")),
    *({name: "9" * 6000} for name in ("team", "limit")),
    *({name: "\ud83d"} for name in ("q", "theme")),
    {"q": "'\"\\ & | ! () :* <-> %_"},
    {"q": "@"},
    {"q": "a" * 5000},
    {"limit": "-1"},
    {"limit": "1e9"},
    {"cursor": "é"},
    {"cursor": cursor("2026-W01-1", 1)},
    {"cursor": cursor("2026-11-20", 1)},
    {"cursor": cursor("2026-11-20T10:00:00,5", 1)},
    {"cursor": cursor("0001-01-01T00:00:00+14:00", 1)},
    {"cursor": cursor("9999-12-31T23:59:59-14:00", 1)},
    {"cursor": cursor("infinity", 10**18), "state": "closed"},
    {"cursor": cursor("-infinity", 1)},
    {"cursor": cursor("infinity", 1e300)},
    {"cursor": cursor(None, 1)},
    {"cursor": cursor([], {})},
    {"cursor": cursor("2026-11-20T10:00:00Z", True)},
]


@pytest.mark.parametrize("filters", ODD_FILTERS, ids=repr)
def test_odd_filters_are_answered_or_refused(agent: Client, filters: dict[str, str]) -> None:
    query = "&".join(
        f"{name}={''.join(f'%{byte:02x}' for byte in value.encode('utf-8', 'surrogatepass'))}"
        for name, value in filters.items()
    )
    assert agent.get(f"/api/v1/cases?{query}").status_code in (200, 400)


@pytest.mark.parametrize("tag", ["v²", "v" + "9" * 6000, "v-1", "*", "v", "v1, v2", '"v1'])
def test_an_odd_version_is_refused(cast: Cast, agent: Client, tag: str) -> None:
    case = make_case(cast.account)
    answer = agent.post(
        f"/api/v1/cases/{case.pk}/replies",
        {"text": "Om negen uur."},
        content_type="application/json",
        HTTP_IF_MATCH=tag.encode().decode("latin-1"),
    )

    assert answer.status_code in (201, 400, 412)


ODD_BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"[" * 100_000,
    b'{"text": "\\ud83d"}',
    b'{"text": "\\u0000"}',
    b'{"text": {"a": 1}}',
    b'{"text": null}',
    b"\xff\xfe",
    b'{"personId": 1e400}',
    b'{"personId": 99999999999999999999999999, "teamId": 99999999999999999999999999, '
    b'"eventId": 99999999999999999999999999, "mentionId": 99999999999999999999999999, '
    b'"head": "themes", "value": [{"a": []}], "reason": [], "text": "x"}',
    b'{"personId": ' + b"9" * 5000 + b', "teamId": 1, "eventId": 1}',
    b'{"mentionId": 1, "head": "themes", "value": ' + b"[" * 900 + b"]" * 900 + b"}",
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda body: body[:40])
@pytest.mark.parametrize("step", ["assign", "move", "close", "undo", "notes", "labels", "replies"])
def test_an_odd_body_is_refused(cast: Cast, agent: Client, step: str, body: bytes) -> None:
    case = make_case(cast.account)
    answer = agent.generic(
        "POST",
        f"/api/v1/cases/{case.pk}/{step}",
        body,
        content_type="application/json",
        HTTP_IF_MATCH='"v1"',
    )

    assert answer.status_code in (201, 400, 412)
    assert answer.status_code == 400 or step in ("notes", "replies")


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**40])
def test_a_case_with_an_odd_number_does_not_exist(agent: Client, number: int) -> None:
    assert agent.get(f"/api/v1/cases/{number}").status_code == 404
    assert agent.post(f"/api/v1/cases/{number}/take").status_code == 404
    assert agent.post(f"/api/v1/replies/{number}/withdraw").status_code == 404


def test_paging_one_by_one_shows_every_case_once_also_with_equal_and_no_deadlines(
    cast: Cast, agent: Client
) -> None:
    made = [make_case(cast.account).pk for _ in range(9)]
    Case.objects.filter(pk__in=made[:4]).update(deadline=timezone.now())
    Case.objects.filter(pk__in=made[4:7]).update(deadline=None)
    seen, following = [], ""
    while following is not None:
        page = agent.get("/api/v1/cases", {"limit": 1, "cursor": following}).json()
        seen += [item["id"] for item in page["items"]]
        following = page["next"]

    assert sorted(seen) == sorted(made)
    assert seen[-3:] == sorted(made[4:7])


def test_a_change_without_the_token_of_our_page_is_refused(cast: Cast) -> None:
    case = make_case(cast.account)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.agent)

    assert client.post(f"/api/v1/cases/{case.pk}/take").status_code == 403


def test_a_session_somebody_planted_is_not_the_one_that_is_logged_in(cast: Cast) -> None:
    person = make_person(cast.municipality, Role.AGENT, password=PASSWORD)
    planted = SessionStore()
    planted["planted"] = True
    planted.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})

    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted.session_key
    assert not SessionStore(planted.session_key).get("_auth_user_id")


def test_a_body_of_ten_megabytes_is_refused(cast: Cast, agent: Client) -> None:
    case = make_case(cast.account)
    body = {"text": "x" * 10_000_000}

    answer = agent.post(f"/api/v1/cases/{case.pk}/notes", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("address", ["audit-entries", "mentions", "sources", "records", "people"])
def test_a_nul_in_any_filter_is_no_bare_error(cast: Cast, address: str) -> None:
    names = ("action", "actor", "objectType", "objectId", "q", "theme", "platform", "cursor")
    for person in cast.by_role.values():
        client = Client(raise_request_exception=False)
        client.force_login(person)
        for name in names:
            assert client.get(f"/api/v1/{address}?{name}=%00").status_code < 500


def test_who_searches_among_cases_is_logged_but_not_for_what(cast: Cast, agent: Client) -> None:
    agent.get("/api/v1/cases", {"q": "jansen"})

    entry = AuditEntry.objects.get(action="cases.searched")
    assert entry.actor == cast.agent
    assert "jansen" not in str(entry.detail)


def test_an_error_page_says_nothing_of_what_is_inside(cast: Cast, agent: Client) -> None:
    with connection.cursor() as db:
        db.execute("ALTER TABLE desk_case RENAME COLUMN preview TO voorproef")
    answer = agent.get("/api/v1/cases")

    assert answer.status_code == 500
    assert b"preview" not in answer.content
    assert b"Traceback" not in answer.content
