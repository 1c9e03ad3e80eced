"""Re-derives every record from the stored bytes alone.

Shares no code with the writer (`archive.records`, `archive.canonical`, `archive.keys`): what is
wrong there must not be wrong here in the same way. Runs in constant memory.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

FIELDS: Final = {
    *("v", "attribute", "municipality", "kind", "subject", "part", "registered_at", "content_type"),
    *("content_hash", "media", "raw", "key", "metadata"),
}
LOCKS: Final = ("archive_record_locked", "archive_content_locked")
CHUNK: Final = 2000

_RECORDS: Final = """
SELECT r.id, r.attribute, r.municipality_id, r.kind, r.subject_type, r.subject_id, r.part,
       r.registered_at, r.header, r.sha256, r.control, c.salt, c.body
FROM archive_record r LEFT JOIN archive_content c ON c.record_id = r.id
WHERE %s::bigint IS NULL OR r.municipality_id = %s
ORDER BY r.id
"""
_ORPHANS: Final = """
SELECT c.record_id FROM archive_content c
WHERE NOT EXISTS (SELECT FROM archive_record r WHERE r.id = c.record_id)
ORDER BY c.record_id
"""
_ENABLED_LOCKS: Final = (
    "SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s) AND tgenabled IN ('O', 'A')"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One record as the database holds it, nothing trusted."""

    id: int
    attribute: Any
    municipality_id: int
    kind: str
    subject_type: str
    subject_id: int
    part: str
    registered_at: datetime
    header: bytes
    sha256: bytes
    control: bytes
    salt: bytes | None
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A record that does not hold, and every reason why, in Dutch."""

    record: str
    reasons: tuple[str, ...]


def derive_secrets(keys: Sequence[str]) -> dict[str, bytes]:
    """Key id → HMAC key for the current and the retired ARCHIVE_KEYs."""
    return {
        _hkdf(key, b"stadspraat archive key id v1")[:8].hex(): _hkdf(
            key, b"stadspraat archive control number v1"
        )
        for key in keys
        if key
    }


def configured_secrets() -> dict[str, bytes]:
    retired = getattr(settings, "ARCHIVE_RETIRED_KEYS", ())
    return derive_secrets([getattr(settings, "ARCHIVE_KEY", ""), *retired])


def count_records(municipality_id: int | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM archive_record WHERE %s::bigint IS NULL OR municipality_id = %s",
            [municipality_id, municipality_id],
        )
        return int(cursor.fetchone()[0])


def verify_all(
    secrets: dict[str, bytes], municipality_id: int | None = None
) -> Iterator[Finding | None]:
    """One item per record: None when it holds, else what is wrong; then the archive as a whole.

    What cannot be seen in the first layer: a whole record that was removed together with its
    content, or a database rolled back to an earlier day.
    """
    # A named cursor lives in a transaction; the rows never come to memory at once.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_RECORDS, [municipality_id, municipality_id])
        while rows := cursor.fetchmany(CHUNK):
            for row in rows:
                yield check_record(Stored(*row), secrets)
    yield from _check_whole()


def check_record(stored: Stored, secrets: dict[str, bytes]) -> Finding | None:
    reasons = tuple(_reasons(stored, secrets))
    if not reasons:
        return None
    name = f"{stored.attribute} ({stored.subject_type} {stored.subject_id}, {stored.kind})"
    return Finding(name, reasons)


def _reasons(stored: Stored, secrets: dict[str, bytes]) -> Iterator[str]:
    hash_holds = hashlib.sha256(stored.header).digest() == stored.sha256
    header = _read_header(stored.header)
    if not hash_holds:
        yield "kop gewijzigd: de openbare hash klopt niet"
    if header is None:
        yield "kop gewijzigd: niet in de vastgelegde vorm"
    elif header["key"] not in secrets:
        yield f"controlegetal niet te controleren: sleutel {header['key']} is onbekend"
    elif not _control_holds(stored, secrets[header["key"]]):
        yield "controlegetal klopt niet"
    if header is None:
        return
    for column, value in _columns(stored).items():
        if header[column] != value:
            yield f"kolom gewijzigd: {column} is anders dan in de kop"
    if stored.body is None or stored.salt is None:
        yield "inhoud ontbreekt"
    elif hashlib.sha256(stored.salt + stored.body).hexdigest() != header["content_hash"]:
        yield "inhoud gewijzigd"


def _control_holds(stored: Stored, secret: bytes) -> bool:
    expected = hmac.new(secret, stored.attribute.bytes + stored.header, hashlib.sha256).digest()
    return hmac.compare_digest(expected, stored.control)


def _columns(stored: Stored) -> dict[str, Any]:
    moment = stored.registered_at.astimezone(UTC)
    return {
        "attribute": str(stored.attribute),
        "municipality": stored.municipality_id,
        "kind": stored.kind,
        "subject": {"type": stored.subject_type, "id": stored.subject_id},
        "part": stored.part,
        "registered_at": f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
    }


def _read_header(data: bytes) -> dict[str, Any] | None:
    """The header, or None when it is not exactly what a writer of version 1 can have written."""
    try:
        header = json.loads(data)
    except ValueError:
        return None
    if not isinstance(header, dict) or header.keys() != FIELDS or header["v"] != 1:
        return None
    # Keys are ASCII and numbers whole here, so sorted compact JSON is RFC 8785.
    again = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return header if again.encode("utf-8", "surrogatepass") == data else None


def _check_whole() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_ENABLED_LOCKS, [list(LOCKS)])
        enabled = {name for (name,) in cursor.fetchall()}
    for lock in LOCKS:
        if lock not in enabled:
            yield Finding(lock, ("het slot tegen wijzigen staat uit of is verwijderd",))
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_ORPHANS)
        while rows := cursor.fetchmany(CHUNK):
            for (record_id,) in rows:
                yield Finding(f"inhoud {record_id}", ("record ontbreekt: inhoud zonder kop",))


def _hkdf(key: str, name: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes."""
    pseudorandom = hmac.new(bytes(32), key.encode(), hashlib.sha256).digest()
    return hmac.new(pseudorandom, name + b"\x01", hashlib.sha256).digest()
