"""`kill -9` for every process of a running desk, in turn and at random."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import suppress

import psutil

from tests.running_desk import Desk

# `web.inner` and `live.inner` are the processes in which the servers run our code; `backend` is a
# PostgreSQL process that serves one of our connections.
TARGETS = (
    *("web", "live", "direct", "worker", "collector", "beat", "redis", "postgres", "backend"),
    *("keeper", "web.inner", "live.inner"),
)

# Seconds between two deaths. At random there must be time to work in, or nothing is tried.
IN_TURN, AT_RANDOM = (0.6, 2.0), (1.0, 5.0)


def find_victim(desk: Desk, target: str, chance: random.Random) -> psutil.Process | None:
    """The process that plays `target` now; None while it is being started again."""
    if target == "backend":
        postgres = desk.find_server("postgres")
        serving = [
            child
            for child in (postgres.children() if postgres else [])
            if "stadspraat stadspraat" in " ".join(child.cmdline())
        ]
        return chance.choice(serving) if serving else None
    name, _, inner = target.partition(".")
    process = desk.find_server(name) or desk.find_programs().get(name)
    if process is not None and inner:
        children = process.children()
        return children[0] if children else None
    return process


class Killer:
    """Kills until `ended`; `deaths` tells who died, in order."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.chance = random.Random(seed)
        self.deaths: list[str] = []

    def killed_everyone(self) -> bool:
        return set(self.deaths) == set(TARGETS)

    def kill_until(self, ended: threading.Event) -> None:
        """Each target once, in any order, then whoever chance picks."""
        turn = list(TARGETS)
        self.chance.shuffle(turn)
        while not ended.wait(self.chance.uniform(*(IN_TURN if turn else AT_RANDOM))):
            self._kill(turn.pop() if turn else self.chance.choice(TARGETS), ended)

    def _kill(self, target: str, ended: threading.Event) -> None:
        # What is being started again is waited for: everyone must have died at least once.
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not ended.is_set():
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                if victim := find_victim(self.desk, target, self.chance):
                    os.kill(victim.pid, signal.SIGKILL)
                    self.deaths.append(target)
                    return
            time.sleep(0.1)
