"""Two hundred times SIGKILL under load: no gap, no fork, no orphan, no half change."""

from __future__ import annotations

import json

import pytest

from tests.running_desk import Desk

KILLS = 200


@pytest.mark.run
def test_whoever_is_killed_the_log_has_no_gap_no_fork_and_no_orphan(tmp_path):
    desk = Desk(tmp_path / "var")
    done = desk.python("-m", "tests.archive.killing_program", str(KILLS))
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert sum(told["struck"].values()) >= KILLS - 10
    assert told["struck"]["postmaster"] == KILLS // 20
    assert told["changes"] > KILLS
    assert told["records"] == told["checked"] == 5 * told["changes"]
    assert told["published"] > 20
    for trouble in ("halves", "orphans", "gaps", "forks", "waiting", "findings"):
        assert not told[trouble], told
