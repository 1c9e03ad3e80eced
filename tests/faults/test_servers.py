"""The servers underneath are away: programs wait, rows stay, and work goes on by itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.cast import Cast
from tests.faults.answering import Colleague
from tests.faults.test_platform import find_case
from tests.running_desk import Desk, wait_until
from tests.webcare.desk.makers import make_post
from webcare.desk.models import Case
from webcare.env import BASE_DIR
from webcare.live.consumer import LOST_TRACK, SILENCE
from webcare.running import servers

pytestmark = pytest.mark.run

HOLD_SERVERS = """
import sys
from pathlib import Path
from webcare.running import servers
servers.ensure_running(Path(sys.argv[1]), ["postgres"])
print("up", flush=True)
sys.stdin.read()
"""
STORE_AND_READ = """
import django; django.setup()
from datetime import datetime, timezone
from monitoring.models import Source
from monitoring.platforms.base import Page, Post
from webcare import pipeline
post = Post(id="1", text="Wanneer gaat de markt open?", posted_at=datetime.now(timezone.utc),
            direct=True)
pipeline.store(Source.objects.get(pk={source}), Page((post,), {{}}))
assert pipeline.process_batch(0) == 1
"""


class OwnDatabase:
    """A PostgreSQL that the desk under test does not look after."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        entry = servers.database_settings("", var_dir)
        self.url = f"postgres://{entry['USER']}@/{entry['NAME']}?host={entry['HOST']}"

    def __enter__(self) -> OwnDatabase:
        self.holder = subprocess.Popen(
            [sys.executable, "-c", HOLD_SERVERS, str(self.var_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=BASE_DIR,
        )
        assert self.holder.stdout
        assert self.holder.stdout.readline() == "up\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.holder.communicate(timeout=20)
        # The keeper lingers for a next user; the test must see the server gone.
        Desk(self.var_dir).stop()


def test_programs_wait_for_a_database_that_is_down_at_the_start(tmp_path: Path) -> None:
    database = OwnDatabase(tmp_path / "p")
    desk = Desk(tmp_path / "v", DATABASE_URL=database.url)
    try:
        with database:
            desk.prepare()
        desk.start(wait=False)
        wait_until(
            lambda: desk.log.read_text().count("Waiting for PostgreSQL") >= 6,
            60,
            "every program says what it waits for",
        )
        with database:
            desk.wait_until_ready()
            desk.stop()
    finally:
        desk.stop()


def test_a_page_says_so_while_the_database_is_away_and_works_again_after(desk: Desk) -> None:
    postmaster = desk.find_server("postgres")
    assert postmaster is not None
    postmaster.suspend()
    try:
        health = httpx.get(f"{desk.address}/healthz", timeout=10)
    finally:
        postmaster.resume()
    assert health.status_code == 200
    postmaster.send_signal(signal.SIGKILL)
    wait_until(lambda: _login_page(desk) == 200, 60, "the log-in page is there again")


def _login_page(desk: Desk) -> int:
    return httpx.get(f"{desk.address}/accounts/login/", timeout=30).status_code


def test_what_came_in_while_redis_hung_is_in_the_inbox_soon_after(desk: Desk) -> None:
    redis = desk.find_server("redis")
    assert redis is not None
    redis.suspend()
    try:
        text = "@gemeente Waarom brandt de lantaarn in de Elzenstraat niet?"
        post = desk.town("POST", "posts", json={"text": text})
        stored = "SELECT id FROM monitoring_mention WHERE platform_id = %s"
        wait_until(lambda: desk.query(stored, post["id"]), 60, "the question is stored")
    finally:
        redis.resume()
    wait_until(lambda: find_case(desk, post["id"]), 60, "a case for the question")


def test_browsers_are_told_to_come_back_when_redis_hangs_without_a_word(
    desk: Desk, sanne: Colleague
) -> None:
    redis = desk.find_server("redis")
    assert redis is not None
    with _open_socket(desk, sanne) as socket:
        redis.suspend()
        try:
            with pytest.raises(ConnectionClosed) as closed:
                # Far longer than it takes: two silences of five seconds.
                _hear_all(socket, 60)
        finally:
            redis.resume()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == LOST_TRACK
    with _open_socket(desk, sanne) as socket:
        desk.town("POST", "posts", json={"text": "@gemeente Is de bibliotheek zondag open?"})
        deadline = time.monotonic() + 60
        while "case.opened" not in str(socket.recv(max(0.0, deadline - time.monotonic()))):
            pass


def test_browsers_stay_connected_while_nothing_happens(desk: Desk, sanne: Colleague) -> None:
    with _open_socket(desk, sanne) as socket, pytest.raises(TimeoutError):
        _hear_all(socket, 3.5 * SILENCE)


def _open_socket(desk: Desk, person: Colleague) -> ClientConnection:
    """The person's websocket, once it is one of those that hear events."""
    cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    address = f"ws://127.0.0.1:{desk.live_port}/live"

    def open_one() -> ClientConnection | None:
        socket = connect(
            address,
            origin=Origin(desk.address),
            additional_headers={"Cookie": cookies},
            open_timeout=30,
            # A browser does not speak by itself.
            ping_interval=None,
            legacy=True,
        )
        # A reader that just lost Redis lets nobody in.
        with suppress(TimeoutError, ConnectionClosed):
            socket.recv(1)
        if socket.close_code is None:
            return socket
        socket.close()
        return None

    opened: ClientConnection = wait_until(open_one, 60, "the websocket is open")
    return opened


def _hear_all(socket: ClientConnection, seconds: float) -> None:
    """Read until the socket is closed (ConnectionClosed) or `seconds` are over (TimeoutError)."""
    end = time.monotonic() + seconds
    while True:
        socket.recv(max(0.0, end - time.monotonic()))


@pytest.mark.django_db(transaction=True)
def test_a_case_is_opened_also_when_redis_is_away(cast: Cast) -> None:
    entry = connection.settings_dict
    url = f"postgres://{entry['USER']}@/{entry['NAME']}?host={entry['HOST']}"
    done = subprocess.run(
        [sys.executable, "-c", STORE_AND_READ.format(source=cast.account.source_id)],
        cwd=BASE_DIR,
        env={
            **Desk(Path(settings.VAR_DIR)).environment,
            "DATABASE_URL": url,
            # Nobody listens there.
            "REDIS_URL": "redis://127.0.0.1:1/0",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Case.objects.get().preview == make_post().text
