"""What a checking process of its own runs: parts of the log, as they were at one moment."""

from __future__ import annotations

import gc
from typing import Any

import psycopg

from archive import recheck

_connection: psycopg.Connection[Any] | None = None


def connect(address: dict[str, Any], snapshot: str) -> None:
    """Open this process's own connection on the moment that the asking process exported."""
    global _connection
    # A part is ten thousands of rows that leave together and no cycles: look for those less often.
    gc.set_threshold(100_000, 50, 50)
    _connection = psycopg.connect(**address)
    _connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    _connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
    # The processes are the parallel work; more of it per question would only wait for itself.
    _connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")


def check_part(job: tuple[Any, ...]) -> recheck.Part:
    assert _connection is not None
    with _connection.cursor(binary=True) as cursor:
        return recheck.check_part(cursor, *job)
