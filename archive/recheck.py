"""Re-derives records and their leaves from the stored bytes alone; no Django, no writer's code.

What is wrong in `archive.records`, `archive.canonical`, `archive.leaves` or `archive.merkle` must
not be wrong here in the same way, so nothing is shared with them. Runs in worker processes, a part
of the log at a time, in constant memory.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

FIELDS: Final = {
    *("v", "attribute", "municipality", "kind", "subject", "part", "registered_at", "content_type"),
    *("content_hash", "media", "raw", "key", "metadata"),
}
SHAPES: Final = (
    *(("attribute", str), ("subject", dict), ("registered_at", str), ("media", list)),
    *(("metadata", dict), ("key", str)),
)
#: Leaves that are checked together: 2**LEVEL, one complete subtree.
LEVEL: Final = 12
SPAN: Final = 1 << LEVEL

Levels = list[list[bytes]]
#: Complete subtrees from left to right: level, hash.
Stack = list[tuple[int, bytes]]

_COLUMNS: Final = """
r.id, uuid_send(r.attribute), r.municipality_id, r.kind, r.subject_type, r.subject_id, r.part,
r.registered_at, r.header, r.sha256, r.control, c.salt, c.body
"""
_LEAVES: Final = f"""
SELECT l.index, l.hash, l.record_id, {_COLUMNS}
FROM archive_leaf l
LEFT JOIN archive_record r ON r.id = l.record_id
LEFT JOIN archive_content c ON c.record_id = l.record_id
WHERE l.log_id = %s AND l.index >= %s AND l.index < %s ORDER BY l.index
"""
_OUTSIDE: Final = f"""
SELECT p.record_id IS NOT NULL, {_COLUMNS}
FROM archive_record r
LEFT JOIN archive_content c ON c.record_id = r.id
LEFT JOIN archive_pending p ON p.record_id = r.id
WHERE r.municipality_id = %s AND NOT EXISTS (SELECT FROM archive_leaf l WHERE l.record_id = r.id)
ORDER BY r.id
"""
_NODES: Final = """
SELECT level, min(index), string_agg(hash, ''::bytea ORDER BY index) FROM archive_node
WHERE log_id = %s AND level BETWEEN 1 AND %s AND index >= %s >> level AND index < %s >> level
GROUP BY level
"""
_ERASURES: Final = """
SELECT subject_id, uuid_send(attribute), header, control FROM archive_record
WHERE subject_type = 'record' AND kind = 'erasure' AND subject_id = ANY(%s)
"""
_FILES: Final = """
SELECT record_id, position, sha256(body) FROM archive_media
WHERE record_id BETWEEN %s AND %s
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold, and every reason why, in Dutch."""

    record: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Part:
    """What one part of the log came to: the subtrees at its end and at each head within it."""

    records: int = 0
    erased: int = 0
    findings: list[Finding] = field(default_factory=list)
    stack: Stack = field(default_factory=list)
    heads: dict[int, Stack] = field(default_factory=dict)


class Stored(NamedTuple):
    """One record as the database holds it, nothing trusted. `attribute` is 16 bytes."""

    id: int
    attribute: bytes
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

    @property
    def name(self) -> str:
        return f"{UUID(bytes=self.attribute)} ({self.subject_type} {self.subject_id}, {self.kind})"


def check_part(
    cursor: Any, log_id: int, start: int, end: int, heads: Sequence[int], secrets: dict[str, bytes]
) -> Part:
    """Check places `[start, end)` of a log; `start` is a multiple of `SPAN`, `end` at most one on.

    `heads` are the sizes at which a checkpoint was signed within this part.
    """
    part = Part()
    cursor.execute(_LEAVES, [log_id, start, end])
    rows = [
        (index, value, record_id, Stored._make(columns) if columns[0] is not None else None)
        for index, value, record_id, *columns in cursor.fetchall()
    ]
    beside = _read_beside(cursor, [stored for *_, stored in rows if stored])
    # Each leaf is compared below, so the tree is built from what is stored: one altered record is
    # one finding, not one for every subtree over it. A place that is missing spoils the tree.
    leaves = [b""] * (end - start)
    for index, stored_hash, record_id, stored in rows:
        leaves[index - start] = stored_hash
        if stored is None:
            reason = f"record ontbreekt: record {record_id} is weg"
            part.findings.append(Finding(f"plaats {index}", (reason,)))
            continue
        part.records += 1
        reasons = list(_reasons(stored, secrets, beside, part))
        if stored.municipality_id != log_id:
            reasons.append("staat in het logboek van een andere gemeente")
        if _leaf(stored) != stored_hash:
            reasons.append(f"blad {index} van het logboek is van een ander record")
        if reasons:
            part.findings.append(Finding(stored.name, tuple(reasons)))
    part.findings += [
        Finding(f"plaats {start + at}", ("ontbreekt in het logboek",))
        for at, value in enumerate(leaves)
        if not value
    ]
    levels = _build(leaves)
    part.stack = _stack_at(levels, end - start)
    part.heads = {size: _stack_at(levels, size - start) for size in heads}
    part.findings += _compare_nodes(cursor, log_id, start, end, levels)
    return part


def check_outside(
    cursor: Any,
    beside_cursor: Callable[[], Any],
    municipality_id: int,
    secrets: dict[str, bytes],
) -> Iterator[Part]:
    """The records that have no place in the log: right when they wait for one, else lost."""
    cursor.execute(_OUTSIDE, [municipality_id])
    while rows := cursor.fetchmany(SPAN):
        part = Part()
        records = [(waits, Stored(*columns)) for waits, *columns in rows]
        with beside_cursor() as other:
            beside = _read_beside(other, [stored for _, stored in records])
        for waits, stored in records:
            part.records += 1
            reasons = list(_reasons(stored, secrets, beside, part))
            if not waits:
                reasons.append("staat niet in het logboek en wacht er ook niet op")
            if reasons:
                part.findings.append(Finding(stored.name, tuple(reasons)))
        yield part


@dataclass(slots=True)
class Beside:
    """What lies beside the records of one part: erasures of their content, their files."""

    erasures: dict[int, tuple[bytes, bytes, bytes]] = field(default_factory=dict)
    files: dict[int, dict[int, bytes]] = field(default_factory=dict)


def _read_beside(cursor: Any, records: Sequence[Stored]) -> Beside:
    beside = Beside()
    emptied = [stored.id for stored in records if stored.body is None]
    if emptied:
        cursor.execute(_ERASURES, [emptied])
        beside.erasures = {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}
    numbers = [stored.id for stored in records]
    cursor.execute(_FILES, [min(numbers, default=0), max(numbers, default=0)])
    for record_id, position, digest in cursor.fetchall():
        beside.files.setdefault(record_id, {})[position] = digest
    return beside


def _reasons(
    stored: Stored, secrets: dict[str, bytes], beside: Beside, part: Part
) -> Iterator[str]:
    header = _read_header(stored.header)
    if hashlib.sha256(stored.header).digest() != stored.sha256:
        yield "kop gewijzigd: de openbare hash klopt niet"
    if header is None:
        yield "kop gewijzigd: niet in de vastgelegde vorm"
    elif header["key"] not in secrets:
        yield f"controlegetal niet te controleren: sleutel {header['key']} is onbekend"
    elif not _control_holds(stored, secrets[header["key"]]):
        yield "controlegetal klopt niet"
    if header is None:
        return
    yield from _compare_columns(stored, header)
    if stored.body is None or stored.salt is None:
        if not _was_erased(stored, beside, secrets):
            yield "inhoud ontbreekt"
        elif beside.files.get(stored.id):
            yield "bijlage is blijven staan nadat de inhoud was gewist"
        else:
            part.erased += 1
        return
    if hashlib.sha256(stored.salt + stored.body).hexdigest() != header["content_hash"]:
        yield "inhoud gewijzigd"
    files = beside.files.get(stored.id, {})
    for position, said in enumerate(header["media"]):
        digest = files.get(position)
        if digest is None:
            yield f"bijlage {position + 1} ontbreekt"
        elif hashlib.sha256(stored.salt + digest).hexdigest() != said:
            yield f"bijlage {position + 1} gewijzigd"
    if files.keys() - set(range(len(header["media"]))):
        yield "bijlage toegevoegd"


def _was_erased(stored: Stored, beside: Beside, secrets: dict[str, bytes]) -> bool:
    """Content may be gone only where a record of its own, under our key, says so."""
    attribute, data, control = beside.erasures.get(stored.id, (b"", b"", b""))
    header = _read_header(data)
    return (
        header is not None
        and header["metadata"].get("record") == str(UUID(bytes=stored.attribute))
        and header["key"] in secrets
        and _is_control(attribute, data, control, secrets[header["key"]])
    )


def _control_holds(stored: Stored, secret: bytes) -> bool:
    return _is_control(stored.attribute, stored.header, stored.control, secret)


def _is_control(attribute: bytes, header: bytes, control: bytes, secret: bytes) -> bool:
    expected = hmac.digest(secret, attribute + header, "sha256")
    return hmac.compare_digest(expected, control)


def derive_secrets(keys: Sequence[str]) -> dict[str, bytes]:
    """Key id → HMAC key for the current and the retired ARCHIVE_KEYs."""
    return {
        _hkdf(key, b"stadspraat archive key id v1")[:8].hex(): _hkdf(
            key, b"stadspraat archive control number v1"
        )
        for key in keys
        if key
    }


def _hkdf(key: str, name: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes."""
    pseudorandom = hmac.digest(bytes(32), key.encode(), "sha256")
    return hmac.digest(pseudorandom, name + b"\x01", "sha256")


def _compare_columns(stored: Stored, header: dict[str, Any]) -> Iterator[str]:
    subject = header["subject"]
    for column, holds in (
        ("attribute", header["attribute"].replace("-", "") == stored.attribute.hex()),
        ("municipality", header["municipality"] == stored.municipality_id),
        ("kind", header["kind"] == stored.kind),
        ("subject", subject == {"type": stored.subject_type, "id": stored.subject_id}),
        ("part", header["part"] == stored.part),
        ("registered_at", _is_moment(header["registered_at"], stored.registered_at)),
    ):
        if not holds:
            yield f"kolom gewijzigd: {column} is anders dan in de kop"


def _is_moment(text: str, moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(text) == moment
    except ValueError:
        return False


def _read_header(data: bytes) -> dict[str, Any] | None:
    """The header, or None when it is not exactly what a writer of version 1 can have written."""
    try:
        header = orjson.loads(data)
        if not isinstance(header, dict) or header.keys() != FIELDS or header["v"] != 1:
            return None
        if not all(isinstance(header[name], kind) for name, kind in SHAPES):
            return None
        # Keys are ASCII and numbers whole here, so sorted compact JSON is RFC 8785.
        return header if orjson.dumps(header, option=orjson.OPT_SORT_KEYS) == data else None
    except ValueError:
        return None


def _leaf(stored: Stored) -> bytes:
    """See docs/archive-log.md: 0x00 for a leaf, 0x01 its version, hash of control, header."""
    control = hashlib.sha256(stored.control).digest()
    return hashlib.sha256(b"\x00\x01" + control + stored.header).digest()


def _build(leaves: list[bytes]) -> Levels:
    """All complete subtrees of one part, level by level."""
    levels, sha256 = [leaves], hashlib.sha256
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=False)
        leaves = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        levels.append(leaves)
    return levels


def _stack_at(levels: Levels, size: int) -> Stack:
    """The complete subtrees that make up the first `size` leaves, from left to right."""
    stack, at = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            stack.append((level, levels[level][at >> level]))
            at += 1 << level
    return stack


def _compare_nodes(
    cursor: Any, log_id: int, start: int, end: int, levels: Levels
) -> Iterator[Finding]:
    cursor.execute(_NODES, [log_id, LEVEL, start, end])
    stored = {level: (first, hashes) for level, first, hashes in cursor.fetchall()}
    for level in range(1, LEVEL + 1):
        built = b"".join(levels[level]) if level < len(levels) else b""
        first, hashes = stored.get(level, (start >> level, b""))
        if hashes != built or first != start >> level:
            last = max(end, start + 1) - 1
            reason = f"boom gewijzigd op hoogte {level}"
            yield Finding(f"plaats {start} tot en met {last}", (reason,))


def _push(stack: Stack, node: tuple[int, bytes], nodes: dict[Any, bytes], index: int) -> None:
    """Put a subtree at the right of `stack`; two of one level become one of the next."""
    level, value = node
    while stack and stack[-1][0] == level:
        _, left = stack.pop()
        value, level, index = hashlib.sha256(b"\x01" + left + value).digest(), level + 1, index >> 1
        nodes[level, index] = value
    stack.append((level, value))


def join(stack: Stack) -> bytes:
    """The root over complete subtrees from left to right."""
    if not stack:
        return hashlib.sha256(b"").digest()
    *rest, (_, value) = stack
    for _, left in reversed(rest):
        value = hashlib.sha256(b"\x01" + left + value).digest()
    return value


def append(stack: Stack, part: Stack, number: int) -> dict[tuple[int, int], bytes]:
    """Put the subtrees of part `number` right of those before; the larger ones that complete."""
    nodes: dict[tuple[int, int], bytes] = {}
    for node in part:
        _push(stack, node, nodes, number)
    return nodes
