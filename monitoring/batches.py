"""Statements over whole batches: columns go to PostgreSQL as binary arrays, in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def execute_batch(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run `statement` in the current transaction and return its rows.

    Placeholders are `%b` (binary). Django binds parameters on the client, which spends more time
    quoting large arrays than PostgreSQL spends storing them; psycopg's own cursor does not.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
