"""What every test may count on: real servers, started on first need and shared with other runs."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations

from tests.cast import cast
from webcare.running import servers

__all__ = ["cast"]

TEST_DATABASE = f"test_stadspraat_{os.getpid()}"


@pytest.fixture(scope="session")
def running_servers() -> None:
    """PostgreSQL and Redis answer; the Redis number of this run is empty."""
    servers.ensure_running(settings.VAR_DIR)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(running_servers: None) -> None:
    connection = connections["default"]
    connection.settings_dict["TEST"]["NAME"] = TEST_DATABASE
    _drop_databases_of_ended_runs(connection.settings_dict)


def _drop_databases_of_ended_runs(entry: dict[str, str]) -> None:
    with psycopg.connect(
        host=entry["HOST"] or None,
        port=entry["PORT"] or None,
        user=entry["USER"] or None,
        password=entry["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        rows = connection.execute(
            r"SELECT datname FROM pg_database WHERE datname ~ '^test_stadspraat_\d+$'"
        ).fetchall()
        for (name,) in rows:
            if not _is_alive(int(name.rsplit("_", 1)[1])):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@pytest.fixture(autouse=True)
def _fresh_broker(request: pytest.FixtureRequest) -> None:
    """Queues, caches and throttles start empty in every test that uses the database."""
    uses_database = request.node.get_closest_marker("django_db") or {
        "db",
        "transactional_db",
        "live_server",
        "running_servers",
    } & set(request.fixturenames)
    if uses_database:
        request.getfixturevalue("running_servers")
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()


@pytest.fixture(scope="session", autouse=True)
def _emptying_passes_the_append_only_tables() -> Iterator[None]:
    """A test that commits is cleaned up by TRUNCATE, which history and archive refuse everyone.

    As superuser, and only while emptying, their triggers are off.
    """
    empty = DatabaseOperations.execute_sql_flush

    def empty_without_triggers(self: DatabaseOperations, statements: list[str]) -> None:
        quiet = "SET session_replication_role = replica"
        empty(self, [quiet, *statements, "SET session_replication_role = DEFAULT"])

    DatabaseOperations.execute_sql_flush = empty_without_triggers  # type: ignore[method-assign]
    yield
    DatabaseOperations.execute_sql_flush = empty  # type: ignore[method-assign]
