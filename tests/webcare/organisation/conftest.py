from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.webcare.demo.town_process import TownProcess, running_town


@pytest.fixture(scope="session")
def running() -> Iterator[TownProcess]:
    with running_town() as town:
        yield town


@pytest.fixture
def town(running: TownProcess, settings: Any) -> TownProcess:
    """A real town that the guarded client may fetch although it is on loopback."""
    settings.FETCH_ALLOW = frozenset({f"127.0.0.1:{running.port}"})
    return running
