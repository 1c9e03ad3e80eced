"""Erasing content by law: asked by one, agreed by another, and written into the log for good.

Content, salt and files go; header, hash, control number and place stay, so every proof still holds.
A record of its own (kind `erasure`) says when and on what ground. `VACUUMED` names the tables whose
files must be rewritten before the bytes themselves are gone from disk; see `sweep_files`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from archive.models import Content, ErasureRequest, Kind, Media, Published, Record
from archive.records import record

VACUUMED: Final = ("archive_content", "archive_media", "archive_published")


class CannotErase(ValueError):
    """Why this content may not go now, in Dutch, for the screen."""


def belonging(target: Record) -> list[Record]:
    """`target` and what was registered about the same message: edits and deletions go with it."""
    same = Record.objects.filter(
        subject_type=target.subject_type, subject_id=target.subject_id, content__isnull=False
    )
    return list(same.exclude(kind=Kind.ERASURE).order_by("pk"))


def request_erasure(target: Record, ground: str, requested_by: Any) -> list[ErasureRequest]:
    """Ask for the content of `target` and all that belongs to it to go. Raises `CannotErase`."""
    if ground not in ErasureRequest.Ground.values:
        raise CannotErase("Kies een grond uit de lijst.")
    if target.kind == Kind.ERASURE:
        raise CannotErase("Een verklaring dat iets is gewist, wordt zelf niet gewist.")
    with transaction.atomic():
        found = belonging(target)
        if target.pk not in {one.pk for one in found}:
            raise CannotErase("De inhoud is al gewist.")
        if ErasureRequest.objects.filter(record=target).exists():
            raise CannotErase("Er is al om gevraagd.")
        return [
            ErasureRequest.objects.get_or_create(
                record=one, defaults={"ground": ground, "requested_by": requested_by}
            )[0]
            for one in found
        ]


def refuse_erasure(target: Record) -> None:
    """The second person does not agree; the request goes, the content stays."""
    requests = ErasureRequest.objects.filter(
        record__subject_type=target.subject_type,
        record__subject_id=target.subject_id,
        approved_at__isnull=True,
    )
    if not requests.delete()[0]:
        raise CannotErase("Er is niets gevraagd, of het is al gebeurd.")


def approve_erasure(target: Record, approved_by: Any) -> list[Record]:
    """Let the content go now. Returns the records that say so. Raises `CannotErase`.

    The bytes stay in the files of the database until `sweep_files`.
    """
    with transaction.atomic():
        requests = list(
            ErasureRequest.objects.select_for_update(of=("self",))
            .select_related("record")
            .filter(
                record__subject_type=target.subject_type,
                record__subject_id=target.subject_id,
                approved_at__isnull=True,
            )
        )
        if target.pk not in {request.record_id for request in requests}:
            raise CannotErase("Er is niet om gevraagd, of het is al gebeurd.")
        return [_erase(request, approved_by) for request in requests]


def _erase(request: ErasureRequest, approved_by: Any) -> Record:
    if request.requested_by_id == approved_by.pk:
        raise CannotErase("Wie het vroeg, kan het niet zelf goedkeuren.")
    request.approved_by, request.approved_at = approved_by, timezone.now()
    request.save()
    target = request.record
    said = record(
        municipality_id=target.municipality_id,
        kind=Kind.ERASURE,
        subject_type="record",
        subject_id=target.pk,
        content={"erased": str(target.attribute), "ground": request.ground},
        metadata={
            "record": str(target.attribute),
            "ground": request.ground,
            "requested_by": request.requested_by_id,
            "approved_by": approved_by.pk,
        },
    )
    Published.objects.filter(pk=target.pk).delete()
    Media.objects.filter(record=target).delete()
    Content.objects.filter(pk=target.pk).delete()
    return said


def sweep_files(tables: Sequence[str] = VACUUMED) -> None:
    """Rewrite the files of these tables and let go of the write-ahead log that still holds the old.

    PostgreSQL leaves deleted bytes in its pages and its log until both are replaced. Locks each
    table while it is rewritten, so it belongs in the night. Cannot run in a transaction. Backups
    and archived log are out of our hands: they have a term of their own (docs/archive-keys.md).
    """
    with connection.cursor() as cursor:
        # Segments of the log are removed instead of used again under another name.
        cursor.execute("SELECT current_setting('wal_recycle')")
        recycled = cursor.fetchone() == ("on",)
        if recycled:
            cursor.execute("ALTER SYSTEM SET wal_recycle = off")
            cursor.execute("SELECT pg_reload_conf()")
        names = ", ".join(connection.ops.quote_name(table) for table in tables)
        cursor.execute(f"VACUUM (FULL, ANALYZE) {names}")
        cursor.execute("SELECT pg_switch_wal()")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_switch_wal()")
        cursor.execute("CHECKPOINT")
        if recycled:
            cursor.execute("ALTER SYSTEM RESET wal_recycle")
            cursor.execute("SELECT pg_reload_conf()")
