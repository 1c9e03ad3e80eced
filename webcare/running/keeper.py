"""Keeps the embedded servers running while somebody needs them, and stops them when nobody does.

`python -m webcare.running.keeper VAR_DIR` is started by whoever needs a server first. A server is
needed while anyone holds its in-use lock; the kernel frees a lock when its holder ends, however it
ends.
`--standby` (the `servers` role of `manage.py run`) waits to take over from a keeper that dies.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from webcare.running import embedded, privileges
from webcare.running.embedded import Server, ServerError

TICK: Final = 0.1
# A command often follows another: the servers wait this long before they stop.
LINGER: Final = 3.0
STOP_TIMEOUT: Final = 15.0
FAILURES: Final = 5

_hurry = False


def keep(var_dir: Path) -> None:
    """Run until nobody needs a server. Raises ServerError when one cannot be started."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    failures: dict[str, int] = {}
    started: dict[str, float] = {}
    locks = {
        server.name: _open(embedded.in_use_path(var_dir, server.name))
        for server in _servers(var_dir)
    }
    last_needed = time.monotonic()
    while True:
        needed = {server.name: not _take(locks[server.name]) for server in _servers(var_dir)}
        now = time.monotonic()
        if any(needed.values()):
            last_needed = now
        idle = now - last_needed > (0 if _hurry else LINGER)
        for server in _servers(var_dir):
            process = running.get(server.name)
            if process is not None and process.poll() is not None:
                print(f"{server.name} ended ({process.returncode})", flush=True)
                failures[server.name] = (
                    failures.get(server.name, 0) + 1 if now - started[server.name] < 5 else 1
                )
                if failures[server.name] >= FAILURES:
                    raise ServerError(
                        f"{server.name} ended {FAILURES} times in a row; "
                        f"see {embedded.state_dir(var_dir) / f'{server.name}.log'}"
                    )
                del running[server.name]
                process = None
            if needed[server.name] and process is None:
                running[server.name] = server.start()
                started[server.name] = now
            elif idle and process is not None:
                stop(server, running.pop(server.name))
            if not needed[server.name] and not (idle and server.name not in running):
                fcntl.flock(locks[server.name], fcntl.LOCK_UN)
        if idle and not running:
            return
        time.sleep(TICK)


def _servers(var_dir: Path) -> tuple[Server, ...]:
    return embedded.all_servers(var_dir)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def stop(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Ask kindly, then less so; returns when the server has ended."""
    for number in server.stop_signals:
        process.send_signal(number)
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            continue
        return


def _is_needed(var_dir: Path) -> bool:
    return any(embedded.is_shared(embedded.in_use_path(var_dir, s.name)) for s in _servers(var_dir))


def _hasten(*_: object) -> None:
    global _hurry
    _hurry = True


def _stand_by(lock: int, var_dir: Path) -> None:
    """Wait to become the keeper. Told to end, tell the keeper that the run is over; see it out."""

    def leave(*_: object) -> None:
        pid = os.pread(lock, 20, 0)
        if pid.strip().isdigit():
            try:
                os.kill(int(pid), signal.SIGTERM)
            except ProcessLookupError:
                sys.exit(0)
        deadline = time.monotonic() + STOP_TIMEOUT
        seen_needed = 0
        # Another program may need the servers still; then they are not ours to see off. The
        # keeper's own look at the locks can pass for such a program once, not ten times on end.
        while not _take(lock) and seen_needed < 10 and time.monotonic() < deadline:
            seen_needed = seen_needed + 1 if _is_needed(var_dir) else 0
            time.sleep(TICK)
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    fcntl.flock(lock, fcntl.LOCK_EX)


def main(arguments: list[str]) -> int:
    standby = "--standby" in arguments
    var_dir = Path(next(word for word in arguments if not word.startswith("--")))
    embedded.state_dir(var_dir).mkdir(parents=True, exist_ok=True)
    lock = _open(embedded.keeper_lock(var_dir))
    if standby:
        _stand_by(lock, var_dir)
    elif not _take(lock):
        return 0
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    signal.signal(signal.SIGTERM, _hasten)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        keep(var_dir)
    except (ServerError, privileges.NoIdentity) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
