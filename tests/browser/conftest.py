"""A whole desk that runs, a silent town where the tests decide who says what, and browsers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.browser import chromium
from tests.browser.office import Office
from tests.browser.residents import Residents
from tests.faults.answering import Colleague
from tests.running_desk import Desk, running_desk, wait_until
from webcare.demo.town import ACCOUNTS

PICTURES = Path(__file__).resolve().parents[2] / "test-results"


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all browser tests; nobody in its town speaks unless a test lets them."""
    with running_desk(tmp_path_factory.mktemp("browser"), TOWN_RATE="0") as running:
        wait_until(
            lambda: running.town("GET", "stats")["streams"] >= len(ACCOUNTS),
            60,
            "the desk listens to every account",
        )
        yield running


# Per module and not longer: while it runs, no other test of this process can have an event loop.
@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def els(desk: Desk) -> Colleague:
    """The team lead, at the API: for what is done between tests."""
    return Colleague(desk, "els@elzendrecht.example", seed=0)


@pytest.fixture
def residents(desk: Desk, els: Colleague) -> Iterator[Residents]:
    """People to let speak; afterwards their cases are closed, so that no list grows long."""
    residents = Residents(desk)
    yield residents
    for case in els.get("cases", params={"limit": 100}).json()["items"]:
        if case["author"]["handle"].removeprefix("@") in residents.handles:
            els.try_call("POST", f"cases/{case['id']}/close", json={"reason": "no_action"})


@pytest.fixture(scope="package")
def sessions(desk: Desk) -> dict[str, StorageState]:
    return {}


@pytest.fixture
def office(
    request: pytest.FixtureRequest,
    desk: Desk,
    chrome: Browser,
    sessions: dict[str, StorageState],
) -> Iterator[Office]:
    """Opens browsers for colleagues; keeps pictures of them when the test fails."""
    office = Office(desk, chrome, sessions)
    failures = request.session.testsfailed
    yield office
    if request.session.testsfailed > failures:
        office.draw(PICTURES, request.node.name)
    complaints = office.close()
    assert complaints == []
