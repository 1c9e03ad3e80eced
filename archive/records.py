"""Registering: one call in the transaction of the change that causes it.

A record is a header (canonical JSON, no personal data), its public hash and its secret control
number; the words are content, bound in by a salted hash. The format is written down byte by byte
in docs/archive.md; `archive.verify` re-derives it with code of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from archive.canonical import NotRecordable, write_canonical
from archive.keys import ControlKey, current_key
from archive.models import Kind, Record

VERSION: Final = 1
CONTENT_TYPE: Final = "application/json"

# A record and its content go in together or not at all; what is there already stays as it is.
_INSERT: Final = """
WITH given AS (
    SELECT * FROM unnest(
        %s::uuid[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[],
        %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[]
    ) AS given (
        attribute, municipality_id, kind, subject_type, subject_id, part,
        header, sha256, control, salt, body
    )
), fresh AS (
    INSERT INTO archive_record (
        attribute, municipality_id, kind, subject_type, subject_id, part,
        registered_at, header, sha256, control
    )
    SELECT attribute, municipality_id, kind, subject_type, subject_id, part,
           %s::timestamptz, header, sha256, control
    FROM given
    ON CONFLICT (subject_type, subject_id, kind, part) DO NOTHING
    RETURNING id, attribute
), words AS (
    INSERT INTO archive_content (record_id, salt, body)
    SELECT fresh.id, given.salt, given.body FROM fresh JOIN given USING (attribute)
), waiting AS (
    INSERT INTO archive_pending (record_id, municipality_id)
    SELECT fresh.id, given.municipality_id FROM fresh JOIN given USING (attribute)
)
SELECT id, attribute FROM fresh
"""

_EXISTING: Final = """
SELECT r.* FROM archive_record r
JOIN unnest(%s::text[], %s::bigint[], %s::text[], %s::text[])
    AS given (subject_type, subject_id, kind, part)
USING (subject_type, subject_id, kind, part)
"""

_FILES: Final = (
    "INSERT INTO archive_media (record_id, position, media_type, body) VALUES (%s, %s, %s, %s)"
)

Key = tuple[str, int, str, str]


@dataclass(frozen=True, slots=True)
class File:
    """A picture or film that belongs to what is registered; kept with it, erased with it."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to register.

    `content` is everything to be kept, JSON as it comes; it may hold personal data. `metadata` is
    public for good: ids, choices and times only, flat, no personal data. `files` belong to it and
    are kept with it; `raw` is the platform's own payload, bound in by hash. `part` tells two
    records of the same kind about one subject apart, e.g. the id of the edit.
    """

    municipality_id: int
    kind: Kind | str
    subject_type: str
    subject_id: int
    content: Mapping[str, Any]
    part: str = ""
    metadata: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    files: Sequence[File] = ()
    raw: Mapping[str, Any] | bytes | None = None

    @property
    def key(self) -> Key:
        return (self.subject_type, self.subject_id, str(Kind(self.kind).value), self.part)


def record(
    *,
    municipality_id: int,
    kind: Kind | str,
    subject_type: str,
    subject_id: int,
    content: Mapping[str, Any],
    part: str = "",
    metadata: Mapping[str, str | int | bool | None] | None = None,
    files: Sequence[File] = (),
    raw: Mapping[str, Any] | bytes | None = None,
) -> Record:
    """Register one thing; see `record_many`."""
    entry = Entry(
        municipality_id, kind, subject_type, subject_id, content, part, metadata or {}, files, raw
    )
    return record_many([entry])[0]


def record_many(entries: Sequence[Entry]) -> list[Record]:
    """Register all of `entries` in one statement of the caller's transaction, in their order.

    What was registered before under the same subject, kind and part is returned as it is, also
    when the content differs: a changed message is a new record with a `part` of its own.
    Raises `TransactionManagementError` outside a transaction, `NotRecordable` for content that is
    not JSON, `ImproperlyConfigured` for a weak ARCHIVE_KEY.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            "archive records commit together with the change that causes them: use atomic()"
        )
    key, now = current_key(), timezone.now().astimezone(UTC)
    # Always in the same order, so that two workers with overlapping batches never deadlock.
    unique = dict(sorted({entry.key: entry for entry in reversed(entries)}.items()))
    sealed = {name: _seal(entry, key, now) for name, entry in unique.items()}
    if not sealed:
        return []
    found = _insert(sealed, now)
    missing = [name for name in sealed if name not in found]
    if missing:
        for old in Record.objects.raw(
            _EXISTING, [list(column) for column in zip(*missing, strict=True)]
        ):
            found[(old.subject_type, old.subject_id, old.kind, old.part)] = old
    return [found[entry.key] for entry in entries]


@dataclass(frozen=True, slots=True)
class _Sealed:
    record: Record
    salt: bytes
    body: bytes
    files: Sequence[File]


def _insert(sealed: Mapping[Key, _Sealed], now: datetime) -> dict[Key, Record]:
    rows = [
        (
            item.record.attribute,
            item.record.municipality_id,
            item.record.kind,
            item.record.subject_type,
            item.record.subject_id,
            item.record.part,
            item.record.header,
            item.record.sha256,
            item.record.control,
            item.salt,
            item.body,
        )
        for item in sealed.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*(list(column) for column in zip(*rows, strict=True)), now])
        ids = {attribute: pk for pk, attribute in cursor.fetchall()}
        files = [
            (ids[item.record.attribute], position, file.media_type, file.data)
            for item in sealed.values()
            if item.record.attribute in ids
            for position, file in enumerate(item.files)
        ]
        if files:
            cursor.executemany(_FILES, files)
    found = {}
    for name, item in sealed.items():
        if item.record.attribute in ids:
            item.record.pk = ids[item.record.attribute]
            item.record._state.adding = False
            found[name] = item.record
    return found


def _seal(entry: Entry, key: ControlKey, now: datetime) -> _Sealed:
    attribute, salt = uuid.uuid4(), secrets.token_bytes(32)
    body = write_canonical(entry.content)
    kind = str(Kind(entry.kind).value)
    header = write_canonical(
        {
            "v": VERSION,
            "attribute": str(attribute),
            "municipality": entry.municipality_id,
            "kind": kind,
            "subject": {"type": entry.subject_type, "id": entry.subject_id},
            "part": entry.part,
            "registered_at": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "content_type": CONTENT_TYPE,
            "content_hash": _salted(salt, body),
            # Salted too: an unsalted hash of a resident's picture would still point at it.
            "media": [_salted(salt, hashlib.sha256(file.data).digest()) for file in entry.files],
            "raw": _salted(salt, _digest_raw(entry.raw)) if entry.raw is not None else None,
            "key": key.id,
            "metadata": _check_metadata(entry.metadata),
        }
    )
    return _Sealed(
        Record(
            municipality_id=entry.municipality_id,
            attribute=attribute,
            kind=kind,
            subject_type=entry.subject_type,
            subject_id=entry.subject_id,
            part=entry.part,
            registered_at=now,
            header=header,
            sha256=hashlib.sha256(header).digest(),
            control=hmac.digest(key.secret, attribute.bytes + header, "sha256"),
        ),
        salt,
        body,
        entry.files,
    )


def _salted(salt: bytes, data: bytes) -> str:
    return hashlib.sha256(salt + data).hexdigest()


def _digest_raw(raw: Mapping[str, Any] | bytes) -> bytes:
    return hashlib.sha256(raw if isinstance(raw, bytes) else write_canonical(raw)).digest()


def _check_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in metadata.items():
        if not isinstance(value, str | int | bool | None):
            raise NotRecordable(f"metadata {name!r} must be text, a whole number, a bool or None")
    return dict(metadata)
