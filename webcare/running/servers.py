"""Where database, broker and keys are: named by the environment, or our own under `var/`.

Settings ask this module for addresses; commands call `ensure_running` before they need them.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from webcare.env import BASE_DIR, read_int, read_text
from webcare.running import embedded
from webcare.running.embedded import ServerError

__all__ = [
    "ServerError",
    "celery_broker_url",
    "claim",
    "database_settings",
    "embedded_names",
    "ensure_running",
    "read_or_make_key",
    "redis_url",
    "release",
    "wait_for",
]

KEY_MINIMUM: Final = 32
START_TIMEOUT: Final = 90.0

# Open descriptors whose shared lock keeps a server running; released by the kernel when we end.
_claims: dict[Path, int] = {}
_keepers: list[subprocess.Popen[bytes]] = []


def read_or_make_key(name: str, var_dir: Path, *, demo: bool) -> str:
    """The secret called `name`: from the environment, or (demo only) made once under `var_dir`.

    Raises ImproperlyConfigured where production misses it or where it can be guessed.
    """
    value = read_text(name)
    if value:
        _check_key(name, value, demo=demo)
        return value
    if not demo:
        raise ImproperlyConfigured(
            f"{name} is missing: MODE=production makes no keys of its own. "
            f'Make one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return _read_or_make_key_file(var_dir / "keys" / name.lower())


def _check_key(name: str, value: str, *, demo: bool) -> None:
    if demo:
        return
    weakness = None
    if len(value) < KEY_MINIMUM:
        weakness = f"is shorter than {KEY_MINIMUM} characters"
    elif len(set(value)) < 12:
        weakness = "repeats a few characters"
    elif value.lower().startswith(("django-insecure", "change", "secret", "example")):
        weakness = "is an example"
    elif name != "SECRET_KEY" and value == read_text("SECRET_KEY"):
        weakness = "is the same as SECRET_KEY"
    if weakness:
        raise ImproperlyConfigured(
            f"{name} {weakness}: whoever guesses it can forge what it guards"
        )


def _read_or_make_key_file(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        # Linked into place whole, so that of two programs starting at once both read one key.
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_text()
        finally:
            draft.unlink()
    return path.read_text()


def database_settings(url: str, var_dir: Path) -> dict[str, Any]:
    """Django's DATABASES entry for `url`, or for the embedded server when `url` is empty."""
    entry: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }
    if not url:
        socket = embedded.postgres(var_dir).socket
        return entry | {
            "NAME": embedded.DATABASE,
            "USER": embedded.DATABASE,
            "PASSWORD": "",
            "HOST": str(socket.parent),
            "PORT": "",
        }
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL has no usable host and port") from None
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured(
            "DATABASE_URL must end in the name of a database: …@host:5432/NAME"
        )
    options = dict(parse_qsl(parts.query))
    # libpq's own way to name a socket folder: postgres:///name?host=/run/postgresql
    host = options.pop("host", "") or unquote(parts.hostname or "")
    entry["OPTIONS"] |= options
    return entry | {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
    }


def redis_url(var_dir: Path) -> str:
    """Address of the embedded Redis, in the form redis-py, Django and channels-redis read."""
    number = read_int("REDIS_DB", 0, maximum=63)
    return f"unix://{quote(str(embedded.redis(var_dir).socket))}?db={number}"


def celery_broker_url(url: str) -> str:
    """The same Redis in kombu's words, which knows a unix socket as `redis+socket://`."""
    if not url.startswith("unix://"):
        return url
    parts = urlsplit(url)
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={number}"


def embedded_names() -> list[str]:
    """Which servers this environment leaves to us."""
    return [
        name
        for name, variable in (("postgres", "DATABASE_URL"), ("redis", "REDIS_URL"))
        if not read_text(variable)
    ]


def claim(var_dir: Path, names: list[str], *, inherit: bool = False) -> None:
    """Say that we need these servers until we end; with `inherit` our children keep saying it."""
    for name in names:
        path = embedded.in_use_path(var_dir, name)
        if path not in _claims:
            path.parent.mkdir(parents=True, exist_ok=True)
            _claims[path] = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            # Waits only while a keeper is busy stopping the server for want of users.
            fcntl.flock(_claims[path], fcntl.LOCK_SH)
        os.set_inheritable(_claims[path], inherit)


def release() -> None:
    """Need the servers no longer; they stop when nobody else does."""
    while _claims:
        os.close(_claims.popitem()[1])


def ensure_running(var_dir: Path, names: list[str] | None = None, *, inherit: bool = False) -> None:
    """Start or reuse the embedded servers and keep them until this process ends.

    The last process to leave has them stopped by the keeper. Raises ServerError with one line.
    """
    needed = embedded_names() if names is None else names
    if not needed:
        return
    claim(var_dir, needed, inherit=inherit)
    servers = [server for server in embedded.all_servers(var_dir) if server.name in needed]
    deadline = time.monotonic() + START_TIMEOUT
    keeper: subprocess.Popen[bytes] | None = None
    while not all(server.answers() for server in servers):
        if not embedded.is_locked(embedded.keeper_lock(var_dir)):
            if keeper is not None and keeper.poll() not in (None, 0):
                raise ServerError(embedded.last_words(var_dir))
            if keeper is None or keeper.poll() is not None:
                keeper = _start_keeper(var_dir)
        if time.monotonic() > deadline:
            silent = ", ".join(server.name for server in servers if not server.answers())
            raise ServerError(
                f"No answer from {silent} within {START_TIMEOUT:.0f} s; "
                f"see the logs under {embedded.state_dir(var_dir)}"
            )
        time.sleep(0.05)


def _start_keeper(var_dir: Path) -> subprocess.Popen[bytes]:
    log = embedded.state_dir(var_dir) / "keeper.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "webcare.running.keeper", str(var_dir)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=BASE_DIR,
            start_new_session=True,
        )
    _keepers.append(keeper)
    return keeper


def wait_for(what: str, is_there: Any, *, timeout: float | None = None) -> None:
    """Block until `is_there()`; says once what is missing and once that it came."""
    started = time.monotonic()
    told = False
    while not is_there():
        if timeout is not None and time.monotonic() - started > timeout:
            raise ServerError(f"{what} did not answer within {timeout:.0f} s")
        if not told and time.monotonic() - started > 1:
            print(f"Waiting for {what}: no answer yet, trying on.", file=sys.stderr, flush=True)
            told = True
        time.sleep(0.25)
    if told:
        print(
            f"{what} is there after {time.monotonic() - started:.0f} s.",
            file=sys.stderr,
            flush=True,
        )
