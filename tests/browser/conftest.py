"""A whole desk that runs, a silent town where the tests decide who says what, and browsers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.office import Office
from tests.browser.residents import Residents
from tests.running_desk import Desk, running_desk

PICTURES = Path(__file__).resolve().parents[2] / "test-results"


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all browser tests; nobody in its town speaks unless a test lets them."""
    with running_desk(tmp_path_factory.mktemp("browser"), TOWN_RATE="0") as running:
        yield running


# Per module and not longer: while it runs, no other test of this process can have an event loop.
@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def residents(desk: Desk) -> Residents:
    return Residents(desk)


@pytest.fixture
def office(request: pytest.FixtureRequest, desk: Desk, chrome: Browser) -> Iterator[Office]:
    """Opens browsers for colleagues; keeps pictures of them when the test fails."""
    office = Office(desk, chrome)
    failures = request.session.testsfailed
    yield office
    if request.session.testsfailed > failures:
        office.draw(PICTURES, request.node.name)
    complaints = office.close()
    assert complaints == []
