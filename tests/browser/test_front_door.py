"""The pages in front of the desk, in a real Chromium under the real content security policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import chromium
from webcare.organisation import demo

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
ARCHIVIST = next(person for person in demo.PEOPLE if person.initials == "RH")
PRIVATE_PAGES = (
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/password/change/",
    "/accounts/logout/",
)
PUBLIC_PAGES = ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/")


@pytest.fixture
def door(live_server: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page on the desk; fails the test when the browser had anything to complain of."""
    demo.seed()
    # localhost, not its number: a passkey belongs to a name.
    base = live_server.url.replace("127.0.0.1", "localhost")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)

        def open_door(scheme: str = "light") -> Page:
            context = browser.new_context(base_url=base, color_scheme=scheme, bypass_csp=False)
            page = context.new_page()
            page.on(
                "console",
                lambda message: (
                    complaints.append(message.text)
                    if "Content Security Policy" in message.text
                    else None
                ),
            )
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto("/accounts/login/")
            return page

        yield open_door
        browser.close()
    assert complaints == []


def log_in(page: Page) -> None:
    page.get_by_label("E-mailadres").fill(ARCHIVIST.email)
    page.get_by_label("Wachtwoord").fill(demo.PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/" not in url)


def confirm_password(page: Page) -> None:
    page.get_by_label("Wachtwoord").fill(demo.PASSWORD)
    page.get_by_role("button", name="Bevestigen").click()


def add_authenticator(page: Page) -> None:
    """Give the browser a security key that answers by itself."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_wrong_password_keeps_what_was_typed_and_says_so(door: Callable[..., Page]) -> None:
    page = door()
    page.get_by_label("E-mailadres").fill(ARCHIVIST.email)
    page.get_by_label("Wachtwoord").fill("dit-is-het-niet")
    page.get_by_role("button", name="Inloggen", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("klopt niet")
    expect(page.get_by_label("E-mailadres")).to_have_value(ARCHIVIST.email)


def test_one_click_on_a_demo_person_opens_the_desk(door: Callable[..., Page]) -> None:
    page = door()
    page.get_by_role("button", name=ARCHIVIST.name).click()
    page.wait_for_url(lambda url: "/accounts/" not in url)


def test_a_passkey_is_added_and_opens_the_desk_without_a_password(
    door: Callable[..., Page],
) -> None:
    page = door()
    add_authenticator(page)
    log_in(page)
    page.goto("/accounts/2fa/webauthn/add/")
    confirm_password(page)
    page.get_by_label("Ook zonder wachtwoord inloggen").check()
    page.get_by_role("button", name="Toevoegen").click()
    expect(page.get_by_label("Ongebruikte codes")).not_to_be_empty()

    page.get_by_label("Ik heb mijn herstelcodes bewaard").check()
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Uitloggen").click()
    page.get_by_role("button", name="Inloggen met een passkey").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)


def test_a_passkey_that_is_not_there_is_said_on_the_page(door: Callable[..., Page]) -> None:
    page = door()
    page.context.new_cdp_session(page).send("WebAuthn.enable")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')) }")
    page.get_by_role("button", name="Inloggen met een passkey").click()
    expect(page.get_by_text("De passkey is niet gebruikt")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(door: Callable[..., Page], scheme: str) -> None:
    page = door(scheme)
    found = {path: look_with_axe(page, path) for path in PUBLIC_PAGES}
    page.goto("/accounts/login/")
    log_in(page)
    page.goto("/accounts/2fa/totp/activate/")
    found["/accounts/reauthenticate/"] = look_with_axe(page)
    confirm_password(page)
    found |= {path: look_with_axe(page, path) for path in PRIVATE_PAGES}
    assert {path: faults for path, faults in found.items() if faults} == {}


def look_with_axe(page: Page, path: str = "") -> list[str]:
    if path:
        page.goto(path)
    page.evaluate(AXE.read_text())
    faults = page.evaluate(
        "axe.run().then(found => found.violations.map("
        "fault => fault.id + ': ' + fault.nodes.map(node => node.html).join(' | ')))"
    )
    return list(faults)
