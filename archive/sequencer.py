"""Gives registered records their place in the log, extends the tree and signs the new head.

One writer per log at a time, on whatever machine: an advisory lock of the database, held for one
transaction. Leaves, tree, signature and the end of waiting commit together or not at all, so
whoever is killed anywhere leaves no gap; a head that did not commit was shown to nobody, so there
is no fork either. Every head is left outside the database as well (`archive.outside`), and no head
is signed that does not extend what lies there.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from archive import notes, outside
from archive.leaves import hash_record
from archive.models import Checkpoint, Log
from archive.publishing import publish_sealed
from archive.signing import sign_checkpoint
from archive.tree import Tree

#: First half of the advisory lock; the second is the municipality.
LOCK: Final = 0x6C6F67
BATCH: Final = 2_000

_TAKE_LOCK: Final = "SELECT pg_try_advisory_xact_lock(%s, %s)"
_WAITING: Final = """
SELECT r.id, r.header, r.control, r.kind
FROM archive_pending p JOIN archive_record r ON r.id = p.record_id
WHERE p.municipality_id = %s ORDER BY p.record_id LIMIT %s
"""
_DONE: Final = "DELETE FROM archive_pending WHERE record_id = ANY(%s)"
_NEXT_TOWN: Final = "SELECT min(municipality_id) FROM archive_pending WHERE municipality_id > %s"


class Window(NamedTuple):
    """What is registered and not yet sealed."""

    number: int
    oldest: datetime | None


def seal_all() -> int:
    """Seal everything that waits, in every log that nobody else is busy with. Returns how many."""
    return sum(seal_log(number) for number in towns_waiting())


def seal_log(municipality_id: int) -> int:
    """Seal all that waits for one municipality, batch after batch; 0 when another writer has it."""
    done = 0
    while sealed := seal_next(municipality_id):
        done += sealed.added
    return done


class Sealed(NamedTuple):
    added: int
    checkpoint: Checkpoint


def seal_next(municipality_id: int, limit: int = BATCH) -> Sealed | None:
    """Seal the oldest waiting records of one municipality and sign the new head.

    None when nothing waits or another writer holds the log. Raises `outside.RolledBack` when the
    database does not hold what was signed before, `tree.BrokenTree` when it lost part of the tree.
    """
    with transaction.atomic():
        if not _ask(_TAKE_LOCK, LOCK, municipality_id)[0][0]:
            return None
        waiting = _ask(_WAITING, municipality_id, limit)
        if not waiting:
            return None
        log = get_log(municipality_id)
        newest = log.checkpoints.order_by("-size").first()
        size, tree = newest.size if newest else 0, Tree(log.pk)
        outside.check_remembered(log.origin, size, tree.root)
        ids = [row[0] for row in waiting]
        hashes = [hash_record(bytes(header), bytes(control)) for _, header, control, _ in waiting]
        root = tree.append(size, ids, hashes)
        with connection.cursor() as cursor:
            cursor.execute(_DONE, [ids])
        publish_sealed([row[0] for row in waiting if row[3] == "own_post"])
        head = notes.Checkpoint(log.origin, size + len(ids), root)
        checkpoint = log.checkpoints.create(
            size=head.size, root=root, note=sign_checkpoint(head), at=timezone.now()
        )
    outside.remember(log.origin, checkpoint.note)
    return Sealed(len(ids), checkpoint)


def towns_waiting() -> list[int]:
    """The municipalities with records to seal, by skipping through the index."""
    found: list[int] = []
    while (number := _ask(_NEXT_TOWN, found[-1] if found else -1)[0][0]) is not None:
        found.append(number)
    return found


def get_log(municipality_id: int) -> Log:
    """The log of a municipality; made on first need, with its name as origin for good."""
    log = Log.objects.filter(pk=municipality_id).first()
    if log is None:
        town: Any = apps.get_model(settings.MUNICIPALITY_MODEL)._default_manager
        name = town.values_list("name", flat=True).get(pk=municipality_id)
        log = Log.objects.create(pk=municipality_id, origin=make_origin(name))
    return log


def make_origin(name: str) -> str:
    """The municipality's name, and a number of its own: one origin is one history, ever."""
    readable = "-".join(name.replace("+", " ").split()) or "gemeente"
    return f"{readable}/archief/{secrets.token_hex(4)}"


def measure_window(municipality_id: int) -> Window:
    rows = _ask(
        "SELECT count(*), (SELECT min(r.registered_at) FROM archive_record r JOIN archive_pending q"
        " ON q.record_id = r.id WHERE q.municipality_id = %s)"
        " FROM archive_pending p WHERE p.municipality_id = %s",
        municipality_id,
        municipality_id,
    )
    return Window(*rows[0])


def _ask(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
