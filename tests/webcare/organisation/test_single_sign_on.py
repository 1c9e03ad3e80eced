"""Single sign-on against a small real OpenID Connect issuer on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.cast import Cast
from tests.monitoring.platforms.local import LocalServer, Request, as_json, serving
from webcare.organisation.models import AuditEntry, Person


class Issuer:
    """Vouches for whoever `person` says is at the keyboard."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.url = ""

    def answer(self, request: Request) -> Any:
        if request.path == "/.well-known/openid-configuration":
            return as_json(
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "userinfo_endpoint": f"{self.url}/userinfo",
                    "jwks_uri": f"{self.url}/keys",
                }
            )
        if request.path == "/token":
            return as_json({"access_token": "token", "token_type": "Bearer"})
        return as_json(self.person)


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    issuer = Issuer()

    def answer(request: Request) -> Any:
        return issuer.answer(request)

    server: LocalServer
    with serving(answer) as server:
        issuer.url = server.url
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": "sso",
                        "name": "Gemeentelogin",
                        "client_id": "stadspraat",
                        "secret": "niet-echt",
                        "settings": {"server_url": server.url},
                    }
                ],
            }
        }
        yield issuer


def sign_on(client: Client, issuer: Issuer, **person: Any) -> Any:
    issuer.person = {"sub": "42", "name": "Sanne Groot", **person}
    start = client.post("/accounts/oidc/sso/login/?process=login")
    query = parse_qs(urlsplit(start["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    return client.get(
        "/accounts/oidc/sso/login/callback/", {"code": "code", "state": query["state"][0]}
    )


def test_the_log_in_page_offers_it(client: Client, cast: Cast, issuer: Issuer) -> None:
    assert "Inloggen met Gemeentelogin" in client.get("/accounts/login/").content.decode()


def test_a_known_colleague_with_a_verified_address_comes_in(
    client: Client, cast: Cast, issuer: Issuer
) -> None:
    sign_on(client, issuer, email=cast.agent.email.upper(), email_verified=True)
    assert client.get("/api/v1/me").json()["id"] == cast.agent.pk
    entry = AuditEntry.objects.get(action="person.logged_in")
    assert entry.detail == {"methods": ["socialaccount"]}


def test_an_address_the_issuer_did_not_verify_opens_nothing(
    client: Client, cast: Cast, issuer: Issuer
) -> None:
    sign_on(client, issuer, email=cast.agent.email, email_verified=False)
    assert client.get("/api/v1/me").status_code == 401


def test_a_stranger_is_told_whom_to_ask_and_is_not_added(
    client: Client, cast: Cast, issuer: Issuer
) -> None:
    before = Person.objects.count()
    response = sign_on(client, issuer, email="wie@stad.example", email_verified=True)
    page = client.get(response["Location"]) if response.status_code == 302 else response
    assert "nog geen toegang" in page.content.decode()
    assert Person.objects.count() == before
    assert client.get("/api/v1/me").status_code == 401


def test_somebody_who_left_does_not_come_in(client: Client, cast: Cast, issuer: Issuer) -> None:
    Person.objects.filter(pk=cast.agent.pk).update(is_active=False)
    sign_on(client, issuer, email=cast.agent.email, email_verified=True)
    assert client.get("/api/v1/me").status_code == 401


def test_a_callback_nobody_asked_for_is_refused(client: Client, cast: Cast, issuer: Issuer) -> None:
    issuer.person = {"sub": "42", "email": cast.agent.email, "email_verified": True}
    client.get("/accounts/oidc/sso/login/callback/", {"code": "code", "state": "made-up"})
    assert client.get("/api/v1/me").status_code == 401
