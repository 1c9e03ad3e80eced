"""The whole desk as `manage.py run` starts it, on ports and servers of its own, with a demo town.

For tests and benchmarks that must see the programs work together, or die.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from webcare.env import BASE_DIR
from webcare.running import embedded, servers, supervision

START_SECONDS = 120.0
PREPARE = """
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
from webcare.running import servers
servers.ensure_running(settings.VAR_DIR)
call_command("migrate", interactive=False, verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
call_command("demo")
"""
# What a test's own settings say must not reach the desk it starts.
OWN_SETTINGS = ("REDIS_DB", "DATABASE_URL", "REDIS_URL", "EMBEDDED_DURABLE", "STADSPRAAT_RUN")
# Program → words of its command line; before it has become that program it is called by name.
PROGRAMS = {
    "web": "webcare.wsgi:application",
    "live": "webcare.asgi:application",
    "direct": "--queues direct",
    "worker": "--queues default",
    "collector": "manage.py collector",
    "beat": "webcare.worker --quiet beat",
    "town": "webcare.demo",
}


def wait_until(holds: Callable[[], Any], seconds: float, what: str, every: float = 0.1) -> Any:
    """Return the first true answer of `holds`. Raises AssertionError naming what did not happen."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"within {seconds:.0f} s it did not happen: {what}")
        time.sleep(every)
    return answer


def find_free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Desk:
    """One running desk under `var_dir`. `settings` are environment variables on top."""

    def __init__(self, var_dir: Path, **settings: str) -> None:
        var_dir.mkdir(parents=True, exist_ok=True)
        self.var_dir = var_dir
        self.port, self.live_port, self.town_port = find_free_ports(3)
        self.environment = {k: v for k, v in os.environ.items() if k not in OWN_SETTINGS} | {
            "DJANGO_SETTINGS_MODULE": "webcare.settings",
            "VAR_DIR": str(var_dir),
            "PORT": str(self.port),
            "LIVE_PORT": str(self.live_port),
            "TOWN_PORT": str(self.town_port),
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self.log = var_dir / "desk.log"
        self.process: subprocess.Popen[bytes] | None = None

    # --- its life

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """The tables and the demo's people and sources; what `run` does but for training."""
        done = self.python("-c", PREPARE)
        assert done.returncode == 0, done.stderr

    def start(self, *roles: str, wait: bool = True) -> None:
        """Begin `manage.py run` (all roles, or these); with `wait` return when all is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run", "--no-prepare", *roles],
                cwd=BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        def ready() -> bool:
            assert self.process is None or self.process.poll() is None, self.last_words()
            with suppress(httpx.HTTPError):
                return httpx.get(f"{self.address}/readyz", timeout=3).status_code == 200
            return False

        try:
            wait_until(ready, seconds, "the desk is ready", every=0.25)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.last_words()}") from None

    def stop(self) -> None:
        """End everything this desk started, kindly first. Safe to call twice."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(45)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        supervision.end_leftovers(self.var_dir)
        lock = embedded.keeper_lock(self.var_dir)
        if embedded.is_locked(lock):
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(lock.read_text()), signal.SIGTERM)
            wait_until(lambda: not embedded.is_locked(lock), 30, "the servers end")

    def last_words(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    # --- its programs

    def find_programs(self) -> dict[str, psutil.Process]:
        """Program → its process, for those that run now."""
        assert self.process is not None
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                words = " ".join(child.cmdline())
                for name, mark in PROGRAMS.items():
                    if mark in words or words.endswith(f"webcare.running.programs {name}"):
                        found[name] = child
        return found

    def find_server(self, name: str) -> psutil.Process | None:
        """`redis`, `postgres` (the postmaster) or `keeper`, when it runs now; else None."""
        places = {
            "redis": self.var_dir / "servers" / "redis.pid",
            "postgres": self.var_dir / "postgres" / "data" / "postmaster.pid",
            "keeper": embedded.keeper_lock(self.var_dir),
        }
        with suppress(KeyError, OSError, ValueError, IndexError, psutil.NoSuchProcess):
            process = psutil.Process(int(places[name].read_text().split()[0]))
            # A number left behind by a killed server may be anybody's by now.
            ours = str(self.var_dir) in " ".join([*process.cmdline(), process.cwd()])
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        return None

    def everyone(self) -> list[psutil.Process]:
        """Every process of this desk: supervisor, programs, keeper and servers."""
        assert self.process is not None
        roots = [psutil.Process(self.process.pid)]
        if keeper := self.find_server("keeper"):
            roots.append(keeper)
        found = {p.pid: p for root in roots for p in [root, *root.children(recursive=True)]}
        return list(found.values())

    # --- its database and its commands

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        entry = servers.database_settings("", self.var_dir)
        return psycopg.connect(
            host=entry["HOST"],
            user=entry["USER"],
            dbname=entry["NAME"],
            autocommit=True,
            row_factory=dict_row,
        )

    def query(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with self.connect() as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description is not None else []

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`manage.py` with these words, in the environment of this desk."""
        return self.python("manage.py", *words)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    # --- its town

    def town(self, method: str, path: str, **options: Any) -> Any:
        """What the town itself says (`/_town/…`); see webcare/demo/controls.py."""
        url = f"http://127.0.0.1:{self.town_port}/_town/{path}"
        answer = httpx.request(method, url, timeout=30, trust_env=False, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def running_desk(var_dir: Path, **settings: str) -> Iterator[Desk]:
    """A desk that works, and that has ended, whatever happened, when the block has."""
    desk = Desk(var_dir, **settings)
    try:
        desk.prepare()
        desk.start()
        yield desk
    except BaseException:
        print(desk.last_words())
        raise
    finally:
        desk.stop()
