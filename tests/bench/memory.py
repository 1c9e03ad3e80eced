"""Memory of everything `manage.py run` starts, when it has been at work for a while.

The proportional set size: what processes share is counted once. Supervisor, programs, the town,
the keeper, Redis and every process of PostgreSQL.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.faults.answering import Colleague
from tests.running_desk import Desk, running_desk, wait_until

POSTS, RATE, DIRECT = 500, 50, 0.2
MEGABYTE = 1024 * 1024


def run() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, running_desk(Path(folder) / "v") as desk:
        _work(desk)
        parts = _weigh(desk)
    total = round(sum(parts.values()) / MEGABYTE, 1)
    yield {"bench": "memory", "value": total, "unit": "MB", "goal": 1500}
    for name, size in sorted(parts.items(), key=lambda part: -part[1]):
        yield {"bench": f"memory.{name}", "value": round(size / MEGABYTE, 1), "unit": "MB"}


def _work(desk: Desk) -> None:
    """Posts through every program, and pages read by a colleague."""
    order = {"posts": POSTS, "rate": RATE, "direct": DIRECT, "seed": 1}
    number = desk.town("POST", "play", json=order)["number"]
    wait_until(lambda: desk.town("GET", f"play/{number}")["done"], 120, "the town has said it all")
    wait_until(
        lambda: not desk.query("SELECT mention_id FROM monitoring_waiting LIMIT 1"),
        120,
        "all is read",
    )
    sanne = Colleague(desk, "sanne@elzendrecht.example", seed=1)
    for item in sanne.get("cases").json()["items"]:
        sanne.get(f"cases/{item['id']}")
    sanne.get("cases/counts")


def _weigh(desk: Desk) -> dict[str, int]:
    """Program → bytes, its children included."""
    names = {process.pid: name for name, process in desk.find_programs().items()}
    for name in ("redis", "postgres", "keeper"):
        if server := desk.find_server(name):
            names[server.pid] = name
    parts: dict[str, int] = defaultdict(int)
    for process in desk.everyone():
        with suppress(psutil.NoSuchProcess):
            line = [process, *process.parents()]
            name = next((names[one.pid] for one in line if one.pid in names), "supervisor")
            parts[name] += process.memory_full_info().pss
    return dict(parts)
