"""`manage.py run`: prepare what the desk needs and run its roles until Ctrl-C."""

from __future__ import annotations

import fcntl
import io
import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from webcare.env import BASE_DIR
from webcare.running import programs, servers, supervision


class Command(BaseCommand):
    help = (
        "Prepare the database and run the desk until Ctrl-C: every role, or the ones you name. "
        "Without DATABASE_URL and REDIS_URL it brings its own PostgreSQL and Redis."
    )
    # Models are checked when each role loads them; here it would only cost time.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("roles", nargs="*", metavar="ROLE", help=", ".join(programs.ROLES))
        parser.add_argument(
            "--no-prepare",
            action="store_true",
            help="leave migrations and static files to another start",
        )

    def handle(self, *, roles: list[str], no_prepare: bool, **options: Any) -> None:
        unknown = sorted(set(roles) - set(programs.ROLES))
        if unknown:
            raise CommandError(
                f"No role called {', '.join(unknown)}; there are {', '.join(programs.ROLES)}"
            )
        chosen = programs.of_roles(roles)
        folder = settings.VAR_DIR / "run"
        folder.mkdir(parents=True, exist_ok=True)
        if not roles:
            _hold_run_lock(folder / "lock")
            ended = supervision.end_leftovers(settings.VAR_DIR)
            if ended:
                self.stdout.write(f"Ended {ended} processes that an earlier run left behind.")
        for setting, port in programs.ports_of(chosen).items():
            check_port(setting, port)
        if not no_prepare:
            self.prepare(folder / "banner.txt")
        if len(chosen) == 1:
            programs.become(chosen[0])
        os.chdir(BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "webcare.running.supervision", *chosen])

    def prepare(self, banner: Path) -> None:
        """Bring database, static files and (in the demo) the town to where the roles can start."""
        servers.ensure_running(settings.VAR_DIR)
        programs.wait_for_needs(("postgres", "redis"))
        if "train" in get_commands():
            call_command("train", if_needed=True, stdout=self.stdout)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        text = io.StringIO()
        if settings.DEMO and "demo" in get_commands():
            call_command("demo", stdout=text)
        banner.write_text(text.getvalue())


def _hold_run_lock(path: Path) -> None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(lock, 20, 0).decode()
        raise CommandError(
            f"The desk is running already (process {pid}) on {settings.VAR_DIR}: use that "
            "one, end it with Ctrl-C, or start a second one with another VAR_DIR and PORT."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    # Stays open in the program that replaces this one, for as long as it runs.
    os.set_inheritable(lock, True)


def check_port(setting: str, port: int) -> None:
    """Raise CommandError when nobody can listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((programs.host(), port))
        except OSError as error:
            raise CommandError(
                f"Port {port} ({setting}) cannot be used: {error.strerror}. "
                f"End what uses it, or choose another, as in: make run PORT={settings.PORT + 100}"
            ) from None
