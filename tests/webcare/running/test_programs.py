"""The whole program: started by one command, unkillable in parts, gone when it ends."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from webcare.env import BASE_DIR
from webcare.running import embedded, programs, supervision

pytestmark = pytest.mark.run


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait_until(holds: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.1)


def environment(var_dir: Path, **values: str) -> dict[str, str]:
    """The environment of a desk on `var_dir`, without what this test run has for itself."""
    ports = dict(zip(("PORT", "LIVE_PORT", "TOWN_PORT"), map(str, free_ports(3)), strict=True))
    inherited = {key: value for key, value in os.environ.items() if key != "REDIS_DB"}
    settings = {"DJANGO_SETTINGS_MODULE": "webcare.settings", "VAR_DIR": str(var_dir)}
    return inherited | ports | settings | values


def manage(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Desk:
    """A running desk, as `make run` starts it."""

    def __init__(self, var_dir: Path, **values: str) -> None:
        self.var_dir = var_dir
        self.env = environment(var_dir, **values)
        self.output = var_dir.parent / f"output-{time.monotonic_ns()}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "manage.py", "run"],
                cwd=BASE_DIR,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def readiness(self) -> dict[str, object]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.env['PORT']}/readyz") as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except OSError:
            return {}

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.process.poll() is not None or self.readiness().get("ready"))
        assert self.process.poll() is None, self.output.read_text()

    def pids(self) -> dict[str, int]:
        """Main process of every program that runs now."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if parent == self.process.pid:
                found[name_of(command)] = int(entry.name)
        return found

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


SIGNS = {
    "webcare.running.keeper": "servers",
    "webcare.demo": "town",
    "webcare.wsgi": "web",
    "webcare.asgi": "live",
    "queues\0direct": "direct",
    "queues\0default": "worker",
    "quiet\0beat": "beat",
    "collector": "collector",
}


def name_of(command: str) -> str:
    return next((name for sign, name in SIGNS.items() if sign in command), "starting")


def leftovers(var_dir: Path) -> list[str]:
    """Command lines of processes that belong to `var_dir`, by their environment or arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            text = command + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(var_dir).encode() in text and command:
            found.append(command.replace(b"\0", b" ").decode())
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk") / "var")
    desk.wait_until_ready()
    yield desk
    if desk.process.poll() is None:
        desk.end()


def test_one_command_brings_up_every_role_and_says_where(desk: Desk) -> None:
    wait_until(lambda: set(desk.pids()) == set(programs.PROGRAMS))
    wait_until(lambda: "Stadspraat is open at" in desk.output.read_text())
    assert f"http://localhost:{desk.env['PORT']}" in desk.output.read_text()


def test_readiness_tells_of_database_broker_workers_and_collection(desk: Desk) -> None:
    checks = desk.readiness()["checks"]
    assert isinstance(checks, dict)
    assert set(checks) == {"database", "redis", "worker", "collector"}


@pytest.mark.parametrize("name", [name for name in programs.PROGRAMS if name != "servers"])
def test_a_killed_program_is_back(desk: Desk, name: str) -> None:
    wait_until(lambda: name in desk.pids())
    old = desk.pids()[name]
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: desk.pids().get(name, old) != old, 20)
    desk.wait_until_ready()


def test_a_killed_program_leaves_no_child_behind(desk: Desk) -> None:
    wait_until(lambda: "web" in desk.pids())
    group = desk.pids()["web"]
    os.kill(group, signal.SIGKILL)
    wait_until(lambda: not group_exists(group), 10)


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("server", ["postgres", "redis"])
def test_a_killed_server_is_back_and_the_desk_goes_on(desk: Desk, server: str) -> None:
    files = {"postgres": "postgres/data/postmaster.pid", "redis": "servers/redis.pid"}
    path = desk.var_dir / files[server]
    old = path.read_text().split()[0]
    os.kill(int(old), signal.SIGKILL)
    wait_until(lambda: path.exists() and path.read_text().split()[:1] not in ([], [old]))
    wait_until(lambda: desk.readiness().get("ready"))


def test_a_second_run_on_the_same_data_is_refused(desk: Desk) -> None:
    done = manage(environment(desk.var_dir), "run")
    assert done.returncode == 1
    assert f"The desk is running already (process {desk.process.pid})" in done.stderr


def test_a_command_beside_a_running_desk_uses_its_servers_and_leaves_them(desk: Desk) -> None:
    done = manage(desk.env, "showmigrations", "archive")
    time.sleep(4)
    assert done.returncode == 0
    assert desk.readiness()["checks"]["database"]["ok"]  # type: ignore[index]


def test_ctrl_c_ends_everything_and_the_next_start_keeps_the_data(desk: Desk) -> None:
    assert desk.end() == 0
    assert leftovers(desk.var_dir) == []
    again = Desk(desk.var_dir)
    again.wait_until_ready()
    again.process.kill()
    again.process.wait()
    # Killed outright, it cannot say goodbye; its programs notice and end by themselves.
    wait_until(lambda: not leftovers(desk.var_dir), 40)


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = manage(environment(tmp_path / "var", PORT=str(port)), "run", "--no-prepare")
    assert done.returncode == 1
    assert f"Port {port} (PORT) cannot be used: Address already in use." in done.stderr
    assert "make run PORT=" in done.stderr


def test_a_role_nobody_knows_is_refused_with_the_list(tmp_path: Path) -> None:
    done = manage(environment(tmp_path / "var"), "run", "webb")
    assert done.returncode == 1
    assert "No role called webb; there are web, live, worker" in done.stderr


def test_production_without_keys_stops_with_one_line(tmp_path: Path) -> None:
    done = manage(environment(tmp_path / "var", MODE="production"), "run")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "_KEY is missing: MODE=production makes no keys of its own" in done.stderr
    assert not (tmp_path / "var" / "keys").exists()


def test_a_typo_in_a_setting_stops_with_one_line(tmp_path: Path) -> None:
    done = manage(environment(tmp_path / "var", PORT="80o0"), "run")
    assert (done.returncode, done.stderr) == (1, "PORT must be a whole number, not '80o0'\n")


def test_a_role_waits_for_a_database_that_is_down_and_goes_on_when_it_is_there(
    tmp_path: Path,
) -> None:
    var_dir = tmp_path / "var"
    sockets = embedded.socket_dir(var_dir, "postgres")
    env = environment(
        tmp_path / "other",
        DATABASE_URL=f"postgres://stadspraat@/stadspraat?host={sockets}",
        REDIS_URL=f"unix://{embedded.redis(var_dir).socket}",
    )
    role = subprocess.Popen(
        [sys.executable, "-u", "-m", "webcare.running", "beat"],
        cwd=BASE_DIR,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert role.stdout
    first = role.stdout.readline()
    hold = (
        "from webcare import settings; from webcare.running import servers;"
        " servers.ensure_running(settings.VAR_DIR); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold],
        cwd=BASE_DIR,
        env=environment(var_dir),
        stdin=subprocess.PIPE,
    ) as holder:
        lines = [role.stdout.readline() for _ in range(1)]
        role.terminate()
        role.wait(20)
        holder.communicate(b"\n")
    assert first.startswith(f"Waiting for PostgreSQL at {sockets}")
    assert re.match(r"PostgreSQL at .* is there after \d+ s", lines[0])


def test_output_comes_in_whole_lines_under_the_name_of_its_program() -> None:
    stream = io.StringIO()
    printer = supervision.LinePrinter(stream)
    printer.feed("web", b"half a li")
    printer.feed("beat", b"tick\n")
    printer.feed("web", b"ne\nand more")
    assert stream.getvalue() == "beat      │ tick\nweb       │ half a line\n"


def test_a_worker_brings_its_own_priority_lane() -> None:
    assert [name for name in programs.of_roles(["worker"]) if name != "servers"] == [
        "direct",
        "worker",
    ]


def test_one_role_alone_needs_no_supervision_where_the_servers_are_somewhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://db.example/praat")
    monkeypatch.setenv("REDIS_URL", "redis://redis.example")
    assert programs.of_roles(["web"]) == ["web"]
