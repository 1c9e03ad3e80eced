"""Log-in through the real pages, as a browser without scripts would."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.cast import Cast
from tests.makers import PASSWORD, make_person
from webcare.organisation import invitations, people
from webcare.organisation.models import AuditEntry, Person, Role

LOGIN = "/accounts/login/"


@pytest.fixture
def agent(cast: Cast) -> Person:
    return make_person(
        cast.municipality, Role.AGENT, password=PASSWORD, email="noor@stad.example", initials="ND"
    )


def log_in(client: Client, password: str = PASSWORD, email: str = "noor@stad.example") -> Any:
    return client.post(LOGIN, {"login": email, "password": password})


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_the_page_is_dutch_whatever_the_browser_speaks(client: Client, db: None) -> None:
    page = client.get(LOGIN, headers={"accept-language": "en"}).content.decode()
    assert '<html lang="nl"' in page
    assert "Wachtwoord vergeten?" in page


def test_the_page_is_english_for_who_chose_so(client: Client, db: None) -> None:
    client.post("/accounts/language/", {"language": "en", "next": LOGIN})
    page = client.get(LOGIN).content.decode()
    assert '<html lang="en"' in page
    assert "Forgot your password?" in page


def test_the_right_password_opens_the_desk_and_is_logged(client: Client, agent: Person) -> None:
    response = log_in(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.origin) == ("person.logged_in", agent, "127.0.0.1")


def test_a_wrong_password_is_said_clearly_and_logged_without_what_was_typed(
    client: Client, agent: Person
) -> None:
    page = log_in(client, "iets-heel-anders").content.decode()
    assert "klopt niet" in page
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.object_id) == (
        "person.login_failed",
        None,
        str(agent.pk),
    )
    assert "anders" not in str(entry.detail)


def test_an_unknown_address_gets_the_same_answer_as_a_wrong_password(
    client: Client, agent: Person
) -> None:
    def said(email: str) -> str:
        page = log_in(client, "iets-heel-anders", email).content.decode()
        return re.sub(r'value="[^"]*"|<script.*?</script>', "", page, flags=re.DOTALL)

    assert said("noor@stad.example") == said("niemand@stad.example")


def test_ten_wrong_passwords_lock_the_person_out(client: Client, agent: Person) -> None:
    for _ in range(10):
        log_in(client, "iets-heel-anders")
    assert "Te veel" in log_in(client).content.decode()
    assert actions()[-1] == "person.login_locked"
    assert "_auth_user_id" not in client.session


def test_a_lock_does_not_hit_a_colleague_at_the_same_desk(client: Client, agent: Person) -> None:
    make_person(agent.municipality, Role.AGENT, password=PASSWORD, email="kees@stad.example")
    for _ in range(10):
        log_in(client, "iets-heel-anders")
    assert log_in(client, email="kees@stad.example").status_code == 302


def test_without_the_counter_of_attempts_nobody_logs_in_and_it_is_explained(
    client: Client, agent: Person, settings: Any
) -> None:
    cache_settings = settings.CACHES["default"]
    settings.CACHES = {"default": {**cache_settings, "LOCATION": "redis://127.0.0.1:1/0"}}
    response = log_in(client)
    assert response.status_code == 503
    assert "even niet bereikbaar" in response.content.decode()


def test_somebody_who_left_cannot_log_in(client: Client, agent: Person) -> None:
    Person.objects.filter(pk=agent.pk).update(is_active=False)
    log_in(client)
    assert client.get("/api/v1/me").status_code == 401


def test_who_is_made_inactive_is_out_at_once(client: Client, cast: Cast, agent: Person) -> None:
    log_in(client)
    assert client.get("/api/v1/me").status_code == 200
    people.change_person(cast.administrator, agent.pk, {"is_active": False})
    assert client.get("/api/v1/me").status_code == 401


def test_logging_out_ends_the_session_and_is_logged(client: Client, agent: Person) -> None:
    log_in(client)
    client.post("/accounts/logout/")
    assert client.get("/api/v1/me").status_code == 401
    assert actions() == ["person.logged_in", "person.logged_out"]


def test_logging_out_needs_a_click_and_not_a_link(client: Client, agent: Person) -> None:
    log_in(client)
    client.get("/accounts/logout/")
    assert client.get("/api/v1/me").status_code == 200


def test_nobody_signs_up(client: Client, db: None) -> None:
    client.post(
        "/accounts/signup/",
        {"email": "x@stad.example", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not Person.objects.filter(email="x@stad.example").exists()


def test_after_log_in_nobody_is_sent_to_another_site(client: Client, agent: Person) -> None:
    response = client.post(
        LOGIN,
        {"login": agent.email, "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert response["Location"] == "/"


def test_an_invitation_lets_a_new_colleague_choose_a_password(client: Client, cast: Cast) -> None:
    person = people.add_person(
        cast.administrator, name="Noor Dijk", email="n@stad.example", initials="ND"
    )
    invitations.send_invitation(cast.administrator, person.pk, "https://desk.example/")
    (message,) = mail.outbox
    assert message.to == ["n@stad.example"]
    found = re.search(r"https://desk.example(/\S+)", message.body)
    assert found
    form = client.get(found[1], follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert log_in(client, email="n@stad.example").status_code == 302
    assert "person.invited" in actions()


def test_an_invitation_works_once(client: Client, cast: Cast) -> None:
    link = invitations.make_link(cast.agent)
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    page = Client().get(link, follow=True).content.decode()
    assert "password1" not in page


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def confirm(client: Client) -> None:
    """Changing one's access asks for the password once more."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def add_authenticator_app(client: Client) -> str:
    confirm(client)
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    response = client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)})
    assert response.status_code == 302
    return str(secret)


def test_an_authenticator_app_is_added_asked_for_and_logged(client: Client, agent: Person) -> None:
    log_in(client)
    secret = add_authenticator_app(client)
    assert "person.second_factor_added" in actions()
    client.post("/accounts/logout/")

    response = log_in(client)
    assert response["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/api/v1/me").status_code == 401
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert "person.second_factor_failed" in actions()
    # A code is used once; the one that set it up is remembered for its half minute.
    cache.clear()
    client.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
    assert client.get("/api/v1/me").status_code == 200


def test_changing_ones_access_asks_for_the_password_again(client: Client, agent: Person) -> None:
    log_in(client)
    response = client.get("/accounts/2fa/totp/activate/")
    assert response["Location"].startswith("/accounts/reauthenticate/")


def test_the_secret_of_an_authenticator_app_is_encrypted_at_rest(
    client: Client, agent: Person
) -> None:
    log_in(client)
    secret = add_authenticator_app(client)
    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret not in str(stored.data)


@pytest.mark.parametrize(
    "page",
    [
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/password/change/",
        "/accounts/logout/",
    ],
)
def test_the_pages_of_ones_own_access_run_no_inline_script(
    client: Client, agent: Person, page: str
) -> None:
    log_in(client)
    confirm(client)
    html = client.get(page).content.decode()
    assert "<h1>" in html
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL):
        assert "src=" in attributes or 'type="application/json"' in attributes, body
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", html)
