"""What an attacker with every right on the database would use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def locks_off() -> Iterator[None]:
    """As a superuser: triggers and foreign keys look away."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")


def attack(sql: str, *params: Any) -> None:
    with locks_off(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.rowcount > 0, "the attack changed nothing"
