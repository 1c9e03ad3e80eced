"""Kill anything at any moment: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults import books
from tests.faults.answering import Colleague
from tests.faults.killing import TARGETS, Killer
from tests.running_desk import Desk, running_desk, wait_until

pytestmark = pytest.mark.run

POSTS, RATE, DIRECT = 2_000, 100, 0.2
ANSWERS = 48
# After the last death: what was broken off is looked up after 45 s, restarted, and reacted to.
QUIET_SECONDS = 150


def test_nothing_is_lost_or_doubled_whatever_dies_while_2000_posts_stream_in(
    tmp_path: Path,
) -> None:
    seed = int(os.environ.get("FAULT_SEED") or 0) or random.SystemRandom().randrange(1, 10**6)
    print(f"FAULT_SEED={seed}")
    with running_desk(tmp_path / "v") as desk:
        desk.query("UPDATE monitoring_source SET config = config || '{\"interval\": 10}'")
        wait_until(lambda: _all_collected_once(desk), 60, "every source was read once")
        since = _newest_post(desk)
        colleagues = [
            Colleague(desk, f"{name}@elzendrecht.example", seed + number)
            for number, name in enumerate(("sanne", "bram"))
        ]
        killer = Killer(desk, seed)
        ended = threading.Event()
        with ThreadPoolExecutor() as threads:
            try:
                play = desk.town(
                    *("POST", "play"),
                    json={"posts": POSTS, "rate": RATE, "direct": DIRECT, "seed": seed},
                )
                killing = threads.submit(killer.kill_until, ended)
                answering = [
                    threads.submit(one.answer_until, ended, ANSWERS // len(colleagues))
                    for one in colleagues
                ]
                wait_until(lambda: _played(desk, play["number"]), 120, "the town has said it all")
                for one in answering:
                    one.result(timeout=150)
                wait_until(killer.killed_everyone, 60, f"each of {', '.join(TARGETS)} has died")
            finally:
                ended.set()
            killing.result(timeout=30)
        accepted = [one for colleague in colleagues for one in colleague.accepted]
        print(f"died: {' '.join(killer.deaths)}")
        print(f"answered {len(accepted)}, looked again {sum(c.looked_again for c in colleagues)}")
        _wait_until_quiet(desk, since)
        wrong = books.compare(desk, since, accepted)
        assert not wrong, "\n".join([f"FAULT_SEED={seed}", *wrong])
        assert len(accepted) >= ANSWERS


def _all_collected_once(desk: Desk) -> bool:
    return not desk.query("SELECT id FROM monitoring_source WHERE active AND last_round IS NULL")


def _newest_post(desk: Desk) -> int:
    return max(int(p["id"]) for what in ("posts", "replies") for p in desk.town("GET", what))


def _played(desk: Desk, number: int) -> bool:
    return bool(desk.town("GET", f"play/{number}")["done"])


def _wait_until_quiet(desk: Desk, since: int) -> None:
    """Return when nothing moves any more, or when it should have long since stopped moving."""
    desk.wait_until_ready(60)
    deadline = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < deadline:
        under_way = desk.query(
            "SELECT mention_id AS id FROM monitoring_waiting UNION ALL"
            " SELECT id FROM desk_reply WHERE state IN ('queued', 'sending')"
        )
        reacting = desk.town("GET", "stats")["reactions_waiting"]
        if not under_way and not reacting and not books.find_missing(desk, since):
            return
        time.sleep(1)
