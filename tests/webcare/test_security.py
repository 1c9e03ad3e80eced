"""Headers, cookies and outages: what every answer has in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from tests.cast import Cast
from tests.makers import PASSWORD, make_person
from webcare.security import ExplainOutage


def test_the_policy_runs_and_styles_nothing_from_inside_the_page(client: Client, db: None) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_nothing_personal_is_kept_in_a_cache(client: Client, cast: Cast) -> None:
    client.force_login(cast.agent)
    assert client.get("/api/v1/me")["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ],
)
def test_every_answer_has_safe_headers(client: Client, db: None, header: str, value: str) -> None:
    assert client.get("/accounts/login/")[header] == value


def test_the_session_cookie_is_out_of_reach_of_scripts(client: Client, cast: Cast) -> None:
    make_person(cast.municipality, email="noor@stad.example", password=PASSWORD)
    client.post("/accounts/login/", {"login": "noor@stad.example", "password": PASSWORD})
    cookie = client.cookies["stadspraat"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_write_without_the_csrf_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.agent)
    answer = client.patch("/api/v1/me", {"language": "en"}, content_type="application/json")
    assert answer.status_code == 403


def test_a_database_that_is_away_is_explained(db: None) -> None:
    def broken(request: Any) -> Any:
        raise OperationalError("secret host name")

    middleware = ExplainOutage(broken)
    request = RequestFactory().get("/inbox")
    response = middleware.process_exception(request, OperationalError("secret host name"))
    assert response is not None
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    page = response.content.decode()
    assert "even niet bereikbaar" in page
    assert "secret" not in page


def test_a_database_that_is_away_is_a_problem_for_the_api() -> None:
    request = RequestFactory().get("/api/v1/cases")
    response = ExplainOutage(lambda r: None).process_exception(  # type: ignore[arg-type,return-value]
        request, OperationalError()
    )
    assert response is not None
    assert response["Content-Type"] == "application/problem+json"


def test_security_txt_names_a_contact_and_does_not_expire_soon(client: Client) -> None:
    answer = client.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert fields["Contact"].startswith("mailto:")
    assert datetime.fromisoformat(fields["Expires"]) > datetime.now(UTC) + timedelta(days=300)
