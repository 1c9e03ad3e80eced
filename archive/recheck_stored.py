"""Reads what the database holds of records, as it is: nothing trusted, nothing judged.

For `archive.recheck`; like it without Django and without any code of the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

_COLUMNS: Final = """
r.id, uuid_send(r.attribute), r.municipality_id, r.kind, r.subject_type, r.subject_id, r.part,
timestamptz_send(r.registered_at), r.header, r.sha256, r.control, c.salt, c.body
"""
LEAVES: Final = f"""
SELECT l.index, l.hash, l.record_id, {_COLUMNS}
FROM archive_leaf l
LEFT JOIN archive_record r ON r.id = l.record_id
LEFT JOIN archive_content c ON c.record_id = l.record_id
WHERE l.log_id = %s AND l.index >= %s AND l.index < %s ORDER BY l.index
"""
OUTSIDE: Final = f"""
SELECT p.record_id IS NOT NULL, {_COLUMNS}
FROM archive_record r
LEFT JOIN archive_content c ON c.record_id = r.id
LEFT JOIN archive_pending p ON p.record_id = r.id
WHERE r.municipality_id = %s AND NOT EXISTS (SELECT FROM archive_leaf l WHERE l.record_id = r.id)
ORDER BY r.id
"""
_ERASURES: Final = """
SELECT subject_id, uuid_send(attribute), header, control FROM archive_record
WHERE subject_type = 'record' AND kind = 'erasure' AND subject_id = ANY(%s)
"""
_FILES: Final = """
SELECT record_id, position, sha256(body) FROM archive_media
WHERE record_id BETWEEN %s AND %s
"""
# The platforms' own words, where the desk keeps them: its tables are named, not imported. What was
# emptied was erased by law and is no longer there.
_PAYLOADS: Final = """
SELECT r.id, sha256(convert_to(COALESCE(p.payload, v.raw)::text, 'UTF8'))
FROM archive_record r
LEFT JOIN monitoring_rawpayload p ON p.mention_id =
    CASE WHEN r.kind IN ('incoming', 'own_post') THEN r.subject_id END
LEFT JOIN monitoring_revision v ON v.raw <> '{}' AND v.id =
    CASE WHEN r.kind IN ('edit', 'deletion') AND r.part ~ '^[0-9]{1,18}$' THEN r.part::bigint END
WHERE r.id = ANY(%s) AND r.subject_type = 'mention'
    AND (p.mention_id IS NOT NULL OR v.id IS NOT NULL)
"""


class Stored(NamedTuple):
    """One record as the database holds it, nothing trusted.

    `attribute` is 16 bytes, `registered_at` 8: microseconds since 2000, however many.
    """

    id: int
    attribute: bytes
    municipality_id: int
    kind: str
    subject_type: str
    subject_id: int
    part: str
    registered_at: bytes
    header: bytes
    sha256: bytes
    control: bytes
    salt: bytes | None
    body: bytes | None

    @property
    def name(self) -> str:
        return f"{UUID(bytes=self.attribute)} ({self.subject_type} {self.subject_id}, {self.kind})"


@dataclass(slots=True)
class Beside:
    """What lies beside the records of one part, by record.

    Erasures of their content (attribute, header, control number); digests of their files by
    position; digests of the platform's payloads.
    """

    erasures: dict[int, tuple[bytes, bytes, bytes]] = field(default_factory=dict)
    files: dict[int, dict[int, bytes]] = field(default_factory=dict)
    payloads: dict[int, bytes] = field(default_factory=dict)


def read_beside(cursor: Any, records: Sequence[Stored]) -> Beside:
    beside = Beside()
    emptied = [stored.id for stored in records if stored.body is None]
    if emptied:
        cursor.execute(_ERASURES, [emptied])
        beside.erasures = {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}
    numbers = [stored.id for stored in records]
    cursor.execute(_FILES, [min(numbers, default=0), max(numbers, default=0)])
    for record_id, position, digest in cursor.fetchall():
        beside.files.setdefault(record_id, {})[position] = digest
    # Which headers bind a payload shows in their bytes already; only those are looked up.
    bound = [stored.id for stored in records if b'"raw":"' in stored.header]
    if bound:
        cursor.execute(_PAYLOADS, [bound])
        beside.payloads = dict(cursor.fetchall())
    return beside
