"""What the NL API Design Rules and our contract ask of every answer."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import Cast
from webcare.desk import queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(cast: Cast, client: Client) -> Client:
    client.force_login(cast.agent)
    return client


def test_every_answer_says_the_version_of_the_api(agent: Client) -> None:
    for path in ("/api/v1/cases", "/api/v1/nergens"):
        assert agent.get(path).headers["API-Version"] == "1.0.0"


def test_the_description_is_public_and_readable_from_any_site(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_an_address_that_leads_nowhere_is_a_problem_document(agent: Client) -> None:
    answer = agent.get("/api/v1/nergens")

    assert (answer.status_code, answer.headers["Content-Type"]) == (
        404,
        "application/problem+json",
    )


def test_our_own_fault_is_a_problem_document_without_a_trace(agent: Client, monkeypatch) -> None:
    agent.raise_request_exception = False
    monkeypatch.setattr(queries, "count_cases", lambda person: 1 / 0)
    answer = agent.get("/api/v1/cases/counts")

    assert (answer.status_code, answer.headers["Content-Type"]) == (
        500,
        "application/problem+json",
    )
    assert b"ZeroDivision" not in answer.content


def test_bad_input_is_400_and_names_the_field(agent: Client) -> None:
    answer = agent.get("/api/v1/cases?team=rood")

    assert answer.status_code == 400
    assert answer.json()["invalidParams"][0]["name"] == "team"


def test_a_bookmark_that_was_tampered_with_is_400(agent: Client) -> None:
    assert agent.get("/api/v1/cases?cursor=onzin").status_code == 400


def test_a_body_that_is_no_json_is_400(agent: Client) -> None:
    answer = agent.post("/api/v1/cases/1/notes", "{", content_type="application/json")

    assert answer.status_code == 400


def test_keys_are_camel_case(agent: Client, cast: Cast) -> None:
    assert "byTeam" in agent.get("/api/v1/cases/counts").json()
