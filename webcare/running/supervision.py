"""Keeps the programs of one run alive: supervisor in the foreground, with readable output.

`python -m webcare.running.supervision PROGRAM…` replaces `manage.py run` once all is prepared.
Supervisor restarts what ends; what a dead program leaves of its process group ends with it.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from supervisor import events
from supervisor.medusa import asyncore_25
from supervisor.options import ServerOptions
from supervisor.poller import Poller
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from webcare.env import BASE_DIR
from webcare.running import programs, servers

COLOURS: Final = (36, 32, 33, 35, 34, 96, 92, 93)
RETRIES: Final = 8
ANNOUNCE_SECONDS: Final = 90


class QuickPoller(Poller):  # type: ignore[misc]
    """Looks for ended programs several times a second; supervisor's own patience is a second."""

    def poll(self, timeout: float) -> Any:
        return super().poll(min(timeout, 0.15))


class Options(ServerOptions):  # type: ignore[misc]
    """Supervisor's options; a program that ends takes its children along."""

    def __init__(self) -> None:
        super().__init__()
        self.poller = QuickPoller(self)

    def waitpid(self) -> tuple[int | None, int | None]:
        pid, status = super().waitpid()
        if pid:
            # Every program leads its own group, so its number is the group's.
            end_group(pid, signal.SIGKILL)
        return pid, status


class Watch(Supervisor):  # type: ignore[misc]
    """Supervisor that prints each program's lines under its name."""

    failed = False

    def runforever(self) -> None:
        printer = LinePrinter(sys.stdout)
        events.subscribe(
            events.ProcessLogEvent, lambda e: printer.feed(e.process.config.name, e.data)
        )
        events.subscribe(events.ProcessStateExitedEvent, lambda e: self._tell_exit(printer, e))
        # From here every program keeps the servers for itself, until it has ended.
        events.subscribe(events.SupervisorStoppingEvent, lambda _: servers.release())
        events.subscribe(events.ProcessStateFatalEvent, lambda e: self._give_up(printer, e))
        # A closed terminal ends the run; supervisor's own meaning is "read the settings again".
        signal.signal(
            signal.SIGHUP,
            lambda *_: self.options.signal_receiver.receive(signal.SIGTERM, None),
        )
        super().runforever()

    def reap(self, once: bool = False, recursionguard: int = 0) -> None:
        super().reap(once, recursionguard)
        # Start again what just ended now, not after the next second's poll.
        for group in self.process_groups.values():
            group.transition()

    def _tell_exit(self, printer: LinePrinter, event: Any) -> None:
        printer.feed(event.process.config.name, b"ended; starting again\n")

    def _give_up(self, printer: LinePrinter, event: Any) -> None:
        name = event.process.config.name
        printer.feed(name, f"failed {RETRIES} times in a row; ending everything\n".encode())
        self.failed = True
        self.options.mood = SupervisorStates.SHUTDOWN


class LinePrinter:
    """Writes whole lines, each under the name of its program, to one stream."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.pending: dict[str, bytes] = {}
        self.colours: dict[str, int] = {}

    def feed(self, name: str, data: bytes) -> None:
        *lines, rest = (self.pending.get(name, b"") + data).split(b"\n")
        self.pending[name] = rest
        for line in lines:
            self.stream.write(f"{self._label(name)} {line.decode(errors='replace')}\n")
        if lines:
            self.stream.flush()

    def _label(self, name: str) -> str:
        label = f"{name:<9} │"
        if not self.stream.isatty():
            return label
        colour = self.colours.setdefault(name, COLOURS[len(self.colours) % len(COLOURS)])
        return f"\033[{colour}m{label}\033[0m"


def end_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def write_configuration(folder: Path, chosen: list[str]) -> Path:
    """Supervisor's own file for these programs; returns where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "supervisord.conf"
    sections = [
        "[supervisord]\nnodaemon=true\nsilent=true\nloglevel=warn\n"
        f"logfile={_escape(folder / 'supervisord.log')}\n"
        f"pidfile={_escape(folder / 'supervisord.pid')}\n"
        + ("user=root\n" if os.geteuid() == 0 else "")
    ]
    desk = [name for name in chosen if name != "servers"]
    # One group stops at once; the servers are a group of their own, first in and last out.
    sections.append(f"[group:desk]\nprograms={','.join(desk)}\npriority=10\n")
    for name in chosen:
        program = programs.PROGRAMS[name]
        command = shlex.join([sys.executable, "-u", "-m", "webcare.running", name])
        sections.append(
            f"[program:{name}]\ncommand={_escape(command)}\ndirectory={_escape(BASE_DIR)}\n"
            f"priority={program.order}\nautorestart=true\nstartsecs=1\nstartretries={RETRIES}\n"
            f"stopsignal=TERM\nstopwaitsecs={program.stop_seconds}\nkillasgroup=true\n"
            "stdout_logfile=NONE\nredirect_stderr=true\nstdout_events_enabled=true\n"
        )
    path.write_text("\n".join(sections))
    return path


def _escape(value: Path | str) -> str:
    # A percent sign starts a replacement, a semicolon after a space a comment.
    return str(value).replace("%", "%%").replace(" ;", "\\ ;")


def end_leftovers(var_dir: Path) -> int:
    """End the programs a killed run left on this `var_dir`; returns how many there were."""
    found = _marked(var_dir)
    for number, patience in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 2.0)):
        for pid in _marked(var_dir):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + patience
        while _marked(var_dir) and time.monotonic() < deadline:
            time.sleep(0.1)
    return len(found)


def _marked(var_dir: Path) -> list[int]:
    mark = f"{programs.MARK}={var_dir}".encode()
    pids = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in words and int(entry.name) != os.getpid():
            pids.append(int(entry.name))
    return pids


def announce(chosen: list[str], banner: str, say: Callable[[str], None]) -> None:
    """Print the address and the log-ins once pages and sockets answer."""
    deadline = time.monotonic() + ANNOUNCE_SECONDS
    address = f"http://{programs.host()}:{settings.PORT}"
    while time.monotonic() < deadline:
        if _web_answers(address) and ("live" not in chosen or _accepts(settings.LIVE_PORT)):
            shown = address.replace("127.0.0.1", "localhost").replace("0.0.0.0", "localhost")
            say(f"\n  Stadspraat is open at {shown}\n{banner}\n  Ctrl-C ends it.\n")
            return
        time.sleep(0.2)
    say(f"\n  {address} does not answer yet; see the lines above.\n")


def _web_answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(
            f"{address.replace('0.0.0.0', '127.0.0.1')}/healthz", timeout=2
        ):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection((programs.host().replace("0.0.0.0", "127.0.0.1"), port), 2):
            return True
    except OSError:
        return False


def main(chosen: list[str]) -> int:
    folder = settings.VAR_DIR / "run"
    # Between the end of the preparation and the first program nobody else holds them.
    servers.claim(settings.VAR_DIR, servers.embedded_names() if "servers" in chosen else [])
    configuration = write_configuration(folder, chosen)
    os.environ[programs.MARK] = str(settings.VAR_DIR)
    banner_file = folder / "banner.txt"
    banner = banner_file.read_text() if banner_file.exists() else ""
    if "web" in chosen:
        say = lambda text: print(text, flush=True)  # noqa: E731
        threading.Thread(target=announce, args=(chosen, banner, say), daemon=True).start()
    options = Options()
    options.realize(["--configuration", str(configuration), "--nodaemon"])
    options.first = True
    options.test = False
    watch = Watch(options)
    try:
        watch.main()
    except asyncore_25.ExitNow:
        # How supervisor leaves its loop when everything has ended.
        return 1 if watch.failed else 0
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
    raise SystemExit(main(sys.argv[1:]))
