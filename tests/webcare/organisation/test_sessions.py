"""When a session ends, and what it needs to go on."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests.cast import Cast
from webcare.organisation.models import AuditEntry

ME = "/api/v1/me"


@pytest.fixture
def logged_in(client: Client, cast: Cast) -> Client:
    client.force_login(cast.agent)
    assert client.get(ME).status_code == 200
    return client


def set_session(client: Client, **values: Any) -> None:
    session = client.session
    session.update(values)
    session.save()


def test_fifteen_idle_minutes_end_the_session_with_a_reason(logged_in: Client, cast: Cast) -> None:
    set_session(logged_in, seen=time.time() - 15 * 60 - 1)
    response = logged_in.get(ME)
    assert response.status_code == 401
    assert response.json()["code"] == "session_ended"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("person.session_ended", cast.agent)
    assert logged_in.get(ME).status_code == 401


def test_fourteen_idle_minutes_do_not(logged_in: Client) -> None:
    set_session(logged_in, seen=time.time() - 14 * 60)
    assert logged_in.get(ME).status_code == 200


def test_a_page_that_refetches_by_itself_does_not_keep_the_session(logged_in: Client) -> None:
    before = time.time() - 10 * 60
    set_session(logged_in, seen=before)
    logged_in.get(ME, headers={"x-idle": str(10 * 60)})
    assert logged_in.session["seen"] == pytest.approx(before, abs=2)


def test_a_touch_keeps_the_session(logged_in: Client) -> None:
    set_session(logged_in, seen=time.time() - 10 * 60)
    logged_in.get(ME, headers={"x-idle": "3"})
    assert time.time() - logged_in.session["seen"] < 10


@pytest.mark.parametrize("idle", ["-900", "soon", "1e9"])
def test_nonsense_about_idleness_never_looks_into_the_future(logged_in: Client, idle: str) -> None:
    logged_in.get(ME, headers={"x-idle": idle})
    assert logged_in.session["seen"] <= time.time()


def test_a_session_ends_after_a_working_day_however_busy(logged_in: Client) -> None:
    set_session(logged_in, started=time.time() - 12 * 3600 - 1)
    assert logged_in.get(ME).status_code == 401


def test_an_ended_session_leads_to_log_in_and_back(logged_in: Client) -> None:
    set_session(logged_in, seen=time.time() - 3600)
    response = logged_in.get("/inbox/12?tab=notes")
    assert response["Location"] == "/accounts/login/?next=%2Finbox%2F12%3Ftab%3Dnotes"
    page = logged_in.get(response["Location"]).content.decode()
    assert "Je was een tijd niet actief" in page


def test_use_writes_the_session_at_most_twice_a_minute(
    logged_in: Client, django_assert_num_queries: Any
) -> None:
    logged_in.get(ME)
    with django_assert_num_queries(6) as queries:
        logged_in.get(ME)
    assert not [query for query in queries if "UPDATE" in query["sql"]]


def test_a_required_second_factor_closes_the_api_until_it_is_there(
    logged_in: Client, cast: Cast, settings: Any
) -> None:
    settings.REQUIRE_MFA = "everyone"
    response = logged_in.get(ME)
    assert (response.status_code, response.json()["code"]) == (403, "second_factor_required")
    assert logged_in.get("/inbox")["Location"] == "/accounts/2fa/"
    Authenticator.objects.create(user=cast.agent, type="totp", data={})
    assert logged_in.get(ME).status_code == 200


def test_recovery_codes_alone_are_no_second_factor(
    logged_in: Client, cast: Cast, settings: Any
) -> None:
    settings.REQUIRE_MFA = "everyone"
    Authenticator.objects.create(user=cast.agent, type="recovery_codes", data={})
    assert logged_in.get(ME).status_code == 403


def test_administrators_can_be_the_only_ones_who_need_it(
    logged_in: Client, cast: Cast, settings: Any
) -> None:
    settings.REQUIRE_MFA = "administrators"
    assert logged_in.get(ME).status_code == 200
    logged_in.force_login(cast.administrator)
    assert logged_in.get(ME).status_code == 403


def test_single_sign_on_brings_its_own_second_factor(logged_in: Client, settings: Any) -> None:
    settings.REQUIRE_MFA = "everyone"
    set_session(logged_in, account_authentication_methods=[{"method": "socialaccount"}])
    assert logged_in.get(ME).status_code == 200
