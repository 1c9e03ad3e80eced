"""One running desk for the small fault tests of a module; they leave it whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.answering import Colleague
from tests.running_desk import Desk, running_desk, wait_until


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that sends at once, comes by every 5 s, and soon takes a call for broken off."""
    folder = tmp_path_factory.mktemp("d")
    settings = {"UNDO_SECONDS": "0", "SETTLES_SECONDS": "12"}
    with running_desk(Path(folder) / "v", **settings) as desk:
        desk.query("UPDATE monitoring_source SET config = config || '{\"interval\": 5}'")
        desk.town("POST", "faults", json={"limit": 0})
        wait_until(
            lambda: not desk.query("SELECT id FROM monitoring_source WHERE last_round IS NULL"),
            60,
            "every source was read once",
        )
        yield desk


@pytest.fixture(scope="module")
def sanne(desk: Desk) -> Colleague:
    return Colleague(desk, "sanne@elzendrecht.example", seed=1)
