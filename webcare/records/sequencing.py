"""Seals what was registered, every other second, in a thread of every worker program.

A thread, because a flood of posts or a slow platform keeps the lanes busy for longer than the ten
seconds a record may wait; every worker, because any of them can die. The lock in the database lets
one write at a time, so the others only look.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Final

from celery.signals import worker_ready, worker_shutdown
from django.db import Error, close_old_connections, connection

from archive import outside
from archive.sequencer import seal_log, towns_waiting
from archive.tree import BrokenTree
from webcare.records.alarms import raise_alarm

EVERY: Final = 2.0

log = logging.getLogger(__name__)
_ending = threading.Event()


def seal_round() -> int:
    """Seal all that waits; a log that may not go on raises an alarm and holds up no other."""
    done = 0
    for municipality_id in towns_waiting():
        try:
            done += seal_log(municipality_id)
        except (outside.RolledBack, BrokenTree) as error:
            log.error("Log %s cannot be sealed: %s", municipality_id, type(error).__name__)
            raise_alarm(municipality_id, str(error))
    return done


def keep_sealing(ending: threading.Event, every: float = EVERY) -> None:
    while not ending.wait(every):
        close_old_connections()
        try:
            seal_round()
        except (Error, OSError) as error:
            # The rows wait; the next round finds them.
            log.warning("Sealing waits: %s", type(error).__name__)
    connection.close()


@worker_ready.connect
def _start(**_: Any) -> None:
    _ending.clear()
    threading.Thread(target=keep_sealing, args=(_ending,), name="sealing", daemon=True).start()


@worker_shutdown.connect
def _stop(**_: Any) -> None:
    _ending.set()
