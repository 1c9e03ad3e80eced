"""Re-derives records and their leaves from the stored bytes alone; no Django, no writer's code.

What is wrong in `archive.records`, `archive.canonical`, `archive.leaves` or `archive.merkle` must
not be wrong here in the same way, so nothing is shared with them. Runs in worker processes, a part
of the log at a time, in constant memory.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson

from archive.recheck_stored import LEAVES, OUTSIDE, Beside, Stored, read_beside

#: The fields of a header in the order of RFC 8785, and what each is: `raw` is text or null.
FIELDS: Final = (
    *("attribute", "content_hash", "content_type", "key", "kind", "media", "metadata"),
    *("municipality", "part", "raw", "registered_at", "subject", "v"),
)
SHAPES: Final = {
    (str, str, str, str, str, list, dict, int, str, raw, str, dict, int)
    for raw in (str, type(None))
}
#: The columns that repeat the header.
COLUMNS: Final = ("attribute", "municipality", "kind", "subject", "part", "registered_at")
SORTED: Final = orjson.OPT_SORT_KEYS
#: PostgreSQL counts its moments from here, in microseconds.
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
#: Leaves that are checked together: 2**LEVEL, one complete subtree.
LEVEL: Final = 12
SPAN: Final = 1 << LEVEL

Levels = list[list[bytes]]
#: Complete subtrees from left to right: level, hash.
Stack = list[tuple[int, bytes]]

# Level by level, so that each is one stretch of the index: the planner would read the whole table.
_NODES: Final = """
SELECT g.level, n.first, n.hashes FROM generate_series(1, %s) AS g (level), LATERAL (
    SELECT min(index) AS first, string_agg(hash, ''::bytea ORDER BY index) AS hashes
    FROM archive_node
    WHERE log_id = %s AND level = g.level AND index >= %s >> g.level AND index < %s >> g.level
) n WHERE n.first IS NOT NULL
"""
_HEADS: Final = "SELECT size FROM archive_checkpoint WHERE log_id = %s AND size > %s AND size <= %s"


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


def check_part(cursor: Any, log_id: int, start: int, end: int, secrets: dict[str, bytes]) -> Part:
    """Check places `[start, end)` of a log: at most `SPAN`, from a multiple of it."""
    part = Part()
    cursor.execute(LEAVES, [log_id, start, end])
    rows = [
        (index, value, record_id, Stored._make(columns) if columns[0] is not None else None)
        for index, value, record_id, *columns in cursor.fetchall()
    ]
    beside = read_beside(cursor, [stored for *_, stored in rows if stored])
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
        reasons = _check(stored, secrets, beside, part)
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
    cursor.execute(_HEADS, [log_id, start, end])
    part.heads = {size: _stack_at(levels, size - start) for (size,) in cursor.fetchall()}
    part.findings += _compare_nodes(cursor, log_id, start, end, levels)
    return part


def check_outside(
    cursor: Any,
    beside_cursor: Callable[[], Any],
    municipality_id: int,
    secrets: dict[str, bytes],
) -> Iterator[Part]:
    """The records that have no place in the log: right when they wait for one, else lost."""
    cursor.execute(OUTSIDE, [municipality_id])
    while rows := cursor.fetchmany(SPAN):
        part = Part()
        records = [(waits, Stored(*columns)) for waits, *columns in rows]
        with beside_cursor() as other:
            beside = read_beside(other, [stored for _, stored in records])
        for waits, stored in records:
            part.records += 1
            reasons = _check(stored, secrets, beside, part)
            if not waits:
                reasons.append("staat niet in het logboek en wacht er ook niet op")
            if reasons:
                part.findings.append(Finding(stored.name, tuple(reasons)))
        yield part


def _check(stored: Stored, secrets: dict[str, bytes], beside: Beside, part: Part) -> list[str]:
    """Every reason why this record is not what was registered; counts it when it was erased."""
    reasons = []
    header = _read_header(stored.header)
    if sha256(stored.header).digest() != stored.sha256:
        reasons.append("kop gewijzigd: de openbare hash klopt niet")
    if header is None:
        return [*reasons, "kop gewijzigd: niet in de vastgelegde vorm"]
    secret = secrets.get(header["key"])
    if secret is None:
        reasons.append(f"controlegetal niet te controleren: sleutel {header['key']} is onbekend")
    elif not _is_control(stored.attribute, stored.header, stored.control, secret):
        reasons.append("controlegetal klopt niet")
    reasons += _compare_columns(stored, header)
    salt, files = stored.salt, beside.files.get(stored.id, {})
    if stored.body is None or salt is None:
        if not _was_erased(stored, beside, secrets):
            reasons.append("inhoud ontbreekt")
        elif files:
            reasons.append("bijlage is blijven staan nadat de inhoud was gewist")
        else:
            part.erased += 1
        return reasons
    if sha256(salt + stored.body).hexdigest() != header["content_hash"]:
        reasons.append("inhoud gewijzigd")
    if files or header["media"]:
        reasons += _compare_files(salt, files, header["media"])
    payload = beside.payloads.get(stored.id)
    if payload and header["raw"] not in (None, sha256(salt + payload).hexdigest()):
        reasons.append("oorspronkelijk platformbericht gewijzigd")
    return reasons


def _compare_files(salt: bytes, files: dict[int, bytes], media: list[Any]) -> Iterator[str]:
    for position, said in enumerate(media):
        digest = files.get(position)
        if digest is None:
            yield f"bijlage {position + 1} ontbreekt"
        elif sha256(salt + digest).hexdigest() != said:
            yield f"bijlage {position + 1} gewijzigd"
    if files.keys() - set(range(len(media))):
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


def _is_control(attribute: bytes, header: bytes, control: bytes, secret: bytes) -> bool:
    begun, ended = _begin_hmac(secret)
    inner, outer = begun.copy(), ended.copy()
    inner.update(attribute + header)
    outer.update(inner.digest())
    return outer.digest() == control


@lru_cache(maxsize=16)
def _begin_hmac(secret: bytes) -> tuple[Any, Any]:
    """HMAC-SHA-256 (RFC 2104), inner and outer, up to where every record begins to differ."""
    key = secret.ljust(64, b"\0")
    inner, outer = (sha256(bytes(one ^ pad for one in key)) for pad in (0x36, 0x5C))
    return inner, outer


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


def _compare_columns(stored: Stored, header: dict[str, Any]) -> list[str]:
    said = (
        header["attribute"].replace("-", ""),
        header["municipality"],
        header["kind"],
        header["subject"],
        header["part"],
        _moment(header["registered_at"]),
    )
    found = (
        stored.attribute.hex(),
        stored.municipality_id,
        stored.kind,
        {"id": stored.subject_id, "type": stored.subject_type},
        stored.part,
        stored.registered_at,
    )
    if said == found:
        return []
    return [
        f"kolom gewijzigd: {name} is anders dan in de kop"
        for name, one, other in zip(COLUMNS, said, found, strict=True)
        if one != other
    ]


def _moment(text: str) -> bytes:
    """As PostgreSQL counts: microseconds since 2000, 8 bytes; empty when it is no moment in UTC."""
    try:
        since = datetime.fromisoformat(text) - EPOCH
    except (ValueError, TypeError):
        return b""
    count = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return count.to_bytes(8, signed=True)


def _read_header(data: bytes) -> dict[str, Any] | None:
    """The header, or None when it is not exactly what a writer of version 1 can have written."""
    try:
        header = orjson.loads(data)
        # Keys are ASCII and numbers whole here, so sorted compact JSON is RFC 8785.
        if not isinstance(header, dict) or orjson.dumps(header, option=SORTED) != data:
            return None
    except ValueError:
        return None
    right = tuple(header) == FIELDS and tuple(map(type, header.values())) in SHAPES
    return header if right and header["v"] == 1 else None


def _leaf(stored: Stored) -> bytes:
    """See docs/archive-log.md: 0x00 for a leaf, 0x01 its version, hash of control, header."""
    control = sha256(stored.control).digest()
    return sha256(b"\x00\x01" + control + stored.header).digest()


def _build(leaves: list[bytes]) -> Levels:
    """All complete subtrees of one part, level by level."""
    levels = [leaves]
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
    cursor.execute(_NODES, [LEVEL, log_id, start, end])
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
        value, level, index = sha256(b"\x01" + left + value).digest(), level + 1, index >> 1
        nodes[level, index] = value
    stack.append((level, value))


def join(stack: Stack) -> bytes:
    """The root over complete subtrees from left to right."""
    if not stack:
        return sha256(b"").digest()
    *rest, (_, value) = stack
    for _, left in reversed(rest):
        value = sha256(b"\x01" + left + value).digest()
    return value


def append(stack: Stack, part: Stack, number: int) -> dict[tuple[int, int], bytes]:
    """Put the subtrees of part `number` right of those before; the larger ones that complete."""
    nodes: dict[tuple[int, int], bytes] = {}
    for node in part:
        _push(stack, node, nodes, number)
    return nodes
