"""One town for all tests that only add to it; tests that break things start their own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.webcare.demo.town_process import TownProcess, running_town


@pytest.fixture(scope="session")
def town() -> Iterator[TownProcess]:
    with running_town() as running:
        yield running


@pytest.fixture
def api(town: TownProcess) -> Iterator[httpx.Client]:
    """A client of the town's API as @gemeente."""
    with town.client() as client:
        yield client
