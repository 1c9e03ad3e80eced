"""The roles of a running desk: which programs they are and how each begins."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from webcare.env import BASE_DIR, read_int, read_text
from webcare.running import embedded, servers

# Marks every process of one run, so that the next run finds what a killed one left behind.
MARK: Final = "STADSPRAAT_RUN"


@dataclass(frozen=True)
class Role:
    """A long-running program. `order`: lower starts earlier and stops later."""

    command: Callable[[], list[str]]
    order: int
    needs: tuple[str, ...] = ("postgres", "redis")
    stop_seconds: int = 10


def host() -> str:
    """Address the servers listen on: this machine only, unless told otherwise."""
    return read_text("HOST", "127.0.0.1")


def _servers() -> list[str]:
    return [sys.executable, "-m", "webcare.running.keeper", str(settings.VAR_DIR), "--standby"]


def _town() -> list[str]:
    state = str(settings.VAR_DIR / "town")
    return [
        sys.executable,
        "-m",
        "webcare.demo",
        "--port",
        str(settings.TOWN_PORT),
        "--state",
        state,
        # Somebody says something about three times a minute, so that the demo is alive.
        "--rate",
        read_text("TOWN_RATE", "0.05"),
    ]


def _granian(interface: str, application: str, port: int, *options: str) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", application),
        *("--interface", interface, "--host", host(), "--port", str(port)),
        *("--http", "1", "--no-access-log", "--log-level", "warning"),
        # An open socket or a kept-alive connection must not hold up the end.
        *("--workers-kill-timeout", "3", *options),
    ]


def _web() -> list[str]:
    return _granian(
        "wsgi",
        "webcare.wsgi:application",
        settings.PORT,
        *("--no-ws", "--workers", str(read_int("WEB_PROCESSES", 1, minimum=1, maximum=64))),
        *("--blocking-threads", str(read_int("WEB_THREADS", 4, minimum=1, maximum=64))),
        *("--blocking-threads-idle-timeout", "600"),
    )


def _live() -> list[str]:
    return _granian("asginl", "webcare.asgi:application", settings.LIVE_PORT)


def _worker(queue: str, *pool: str) -> Callable[[], list[str]]:
    return lambda: [
        *(sys.executable, "-m", "celery", "--app", "webcare.worker", "--quiet", "worker"),
        *("--queues", queue, "--hostname", f"{queue}-{os.getpid()}@%h", *pool),
        *("--prefetch-multiplier", "1", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def _beat() -> list[str]:
    schedule = settings.VAR_DIR / "beat"
    schedule.mkdir(parents=True, exist_ok=True)
    return [
        *(sys.executable, "-m", "celery", "--app", "webcare.worker", "--quiet", "beat"),
        *("--schedule", str(schedule / "schedule"), "--pidfile", "", "--loglevel", "WARNING"),
    ]


def _collector() -> list[str]:
    return [sys.executable, "manage.py", "collector"]


# One model in one process: neither pool has a second copy, and both die whole when killed. The
# priority lane has threads, because handing an answer to a slow platform must not keep a question
# waiting; the other works through batches, one at a time.
PROGRAMS: Final[dict[str, Role]] = {
    "servers": Role(_servers, 1, needs=(), stop_seconds=40),
    "town": Role(_town, 2, needs=()),
    "web": Role(_web, 3),
    "live": Role(_live, 3),
    "direct": Role(_worker("direct", "--pool", "threads", "--concurrency", "8"), 4),
    "worker": Role(_worker("default", "--pool", "solo"), 4),
    "collector": Role(_collector, 5),
    "beat": Role(_beat, 5),
}
# What a person asks for → the programs it takes: a worker always brings its own priority lane.
ROLES: Final[dict[str, tuple[str, ...]]] = {
    "web": ("web",),
    "live": ("live",),
    "worker": ("direct", "worker"),
    "collector": ("collector",),
    "beat": ("beat",),
    "town": ("town",),
}


def of_roles(roles: list[str]) -> list[str]:
    """The programs behind `roles` (when empty: all of this mode), in their order of starting."""
    chosen = roles or [role for role in ROLES if role != "town" or settings.DEMO]
    names = {name for role in chosen for name in ROLES[role]}
    if servers.embedded_names() and any(PROGRAMS[name].needs for name in names):
        names.add("servers")
    return sorted(names, key=lambda name: (PROGRAMS[name].order, name))


def ports_of(programs: list[str]) -> dict[str, int]:
    """Which setting names the port of which listening program."""
    listening = {"web": "PORT", "live": "LIVE_PORT", "town": "TOWN_PORT"}
    return {
        listening[name]: getattr(settings, listening[name])
        for name in programs
        if name in listening
    }


def wait_for_needs(needs: tuple[str, ...]) -> None:
    """Return when every needed server answers; says in one line what it waits for."""
    for name in needs:
        label, answers = _probe(name)
        servers.wait_for(label, answers)


def _probe(name: str) -> tuple[str, Callable[[], bool]]:
    if name == "postgres":
        database = settings.DATABASES["default"]
        address, port = database["HOST"] or "localhost", int(database["PORT"] or 5432)
        if address.startswith("/"):
            socket = f"{address}/.s.PGSQL.{port}"
            return f"PostgreSQL at {address}", lambda: embedded.postgres_answers(socket)
        return (
            f"PostgreSQL at {address}:{port}",
            lambda: embedded.postgres_answers(address, port),
        )
    parts = urlsplit(settings.REDIS_URL)
    if parts.scheme == "unix":
        return f"Redis at {parts.path}", lambda: embedded.redis_answers(parts.path)
    address, port = parts.hostname or "localhost", parts.port or 6379
    if parts.scheme == "rediss":
        return f"Redis at {address}:{port}", lambda: embedded.port_answers(address, port)
    return f"Redis at {address}:{port}", lambda: embedded.redis_answers(address, port)


def become(name: str) -> None:
    """Turn this process into the program called `name`. Does not return."""
    program = PROGRAMS[name]
    if name == "servers":
        # The keeper sees its servers off itself; a later run must not take it for a leftover.
        os.environ.pop(MARK, None)
    ours = [server for server in servers.embedded_names() if server in program.needs]
    servers.claim(settings.VAR_DIR, ours, inherit=True)
    wait_for_needs(program.needs)
    command = program.command()
    os.chdir(BASE_DIR)
    os.execv(command[0], command)
