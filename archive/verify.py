"""Checks whole logs: every record, every place, the tree, every signed head, what lies outside.

The work is done by `archive.recheck`, which shares no code with the writer; this module cuts the
log into parts, has them checked (in parallel when it pays), and puts the tree together.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import psycopg
from django.conf import settings
from django.db import connection, transaction

from archive import notes, outside, recheck, recheck_apart, signing
from archive.recheck import LEVEL, SPAN, Finding, Part, derive_secrets

LOCKS: Final = (
    *("archive_record_locked", "archive_content_locked", "archive_content_erased"),
    *("archive_media_locked", "archive_media_erased", "archive_log_locked", "archive_leaf_locked"),
    *("archive_node_locked", "archive_checkpoint_locked", "archive_cosignature_locked"),
    "archive_timestamp_locked",
)
#: From here on starting more processes costs less than it gains.
PARALLEL_FROM: Final = 150_000
#: Parts the daily sample looks into, besides the newest.
SAMPLE: Final = 8

_ENABLED_LOCKS: Final = (
    "SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s) AND tgenabled IN ('O', 'A')"
)
_ORPHANS: Final = """
SELECT 'inhoud', c.record_id FROM archive_content c
WHERE NOT EXISTS (SELECT FROM archive_record r WHERE r.id = c.record_id)
UNION ALL SELECT DISTINCT 'bijlage', m.record_id FROM archive_media m
WHERE NOT EXISTS (SELECT FROM archive_record r WHERE r.id = m.record_id)
ORDER BY 1, 2 LIMIT 1000
"""
Row = tuple[Any, ...]


class Progress(NamedTuple):
    """How far it is: records checked since the last, what was found."""

    records: int
    findings: list[Finding]


class _Log(NamedTuple):
    id: int
    origin: str | None
    size: int


def configured_secrets() -> dict[str, bytes]:
    retired = getattr(settings, "ARCHIVE_RETIRED_KEYS", ())
    return derive_secrets([getattr(settings, "ARCHIVE_KEY", ""), *retired])


def count_records(municipality_id: int | None = None) -> int:
    return int(
        _ask(
            "SELECT count(*) FROM archive_record WHERE %s::bigint IS NULL OR municipality_id = %s",
            municipality_id,
            municipality_id,
        )[0][0]
    )


def verify_all(
    secrets: dict[str, bytes],
    municipality_id: int | None = None,
    *,
    processes: int | None = None,
    sample: int | None = None,
) -> Iterator[Progress]:
    """Check the logs of one municipality, or of all; `sample` limits how many parts are read.

    All reads see one moment, so registering and sealing go on meanwhile.
    """
    outermost = not connection.in_atomic_block
    if processes is None:
        many = outermost and count_records(municipality_id) >= PARALLEL_FROM
        processes = (os.cpu_count() or 1) if many else 1
    with transaction.atomic():
        if outermost:
            _tell("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # Looking for what is nowhere joins whole tables: in memory, not by way of the disk.
        _tell("SET LOCAL work_mem = '64MB'")
        yield from _verify_logs(secrets, municipality_id, processes, sample)


def _verify_logs(
    secrets: dict[str, bytes], municipality_id: int | None, processes: int, sample: int | None
) -> Iterator[Progress]:
    with _readers(processes) as run:
        for log in _list_logs(municipality_id):
            yield from _verify_log(log, secrets, run, sample)
            if sample is None:
                with connection.chunked_cursor() as cursor:
                    for part in recheck.check_outside(cursor, connection.cursor, log.id, secrets):
                        yield Progress(part.records, part.findings)
        yield Progress(0, list(_check_whole(municipality_id)))


def _list_logs(municipality_id: int | None) -> list[_Log]:
    """Every municipality that has records, with its log if it has one."""
    rows = _ask(
        """
        SELECT m.id, g.origin, COALESCE((SELECT max(l.index) + 1 FROM archive_leaf l
                                         WHERE l.log_id = m.id), 0)
        FROM (SELECT municipality_id AS id FROM archive_record
              UNION SELECT municipality_id FROM archive_log) m
        LEFT JOIN archive_log g ON g.municipality_id = m.id
        WHERE %s::bigint IS NULL OR m.id = %s ORDER BY m.id
        """,
        municipality_id,
        municipality_id,
    )
    return [_Log(*row) for row in rows]


Run = Callable[[list[tuple[Any, ...]]], Iterator[Part]]


def _verify_log(
    log: _Log, secrets: dict[str, bytes], run: Run, sample: int | None
) -> Iterator[Progress]:
    if log.origin is None:
        if log.size:
            yield Progress(0, [Finding(f"logboek {log.id}", ("naam ontbreekt",))])
        return
    heads = _ask("SELECT size FROM archive_checkpoint WHERE log_id = %s ORDER BY size", log.id)
    sizes = [size for (size,) in heads]
    # Places that were signed for and are gone are missed too, not only those before a gap.
    end = max([log.size, *sizes[-1:]])
    numbers = list(range((end + SPAN - 1) // SPAN))
    chosen = set(_choose(numbers, sample))
    jobs = [
        (log.id, number * SPAN, min(end, (number + 1) * SPAN), _within(sizes, number), secrets)
        for number in numbers
        if number in chosen
    ]
    parts, roots = run(jobs), {}
    stack: list[tuple[int, bytes]] = []
    larger: dict[tuple[int, int], bytes] = {}
    for number in numbers:
        if number not in chosen:
            stack_of_part = [(LEVEL, _stored_node(log.id, number))]
        else:
            part = next(parts)
            for size, within in part.heads.items():
                head = list(stack)
                recheck.append(head, within, number)
                roots[size] = recheck.join(head)
            stack_of_part = part.stack
            yield Progress(part.records, part.findings)
        larger |= recheck.append(stack, stack_of_part, number)
    yield Progress(0, list(_check_larger(log, larger)))
    yield Progress(0, list(_check_heads(log, roots, sizes, end, sample is not None)))


def _choose(numbers: list[int], sample: int | None) -> list[int]:
    if sample is None or len(numbers) <= sample + 1:
        return numbers
    return [*random.SystemRandom().sample(numbers[:-1], sample), numbers[-1]]


def _within(sizes: Sequence[int], number: int) -> list[int]:
    start, end = (bisect_right(sizes, at * SPAN) for at in (number, number + 1))
    return list(sizes[start:end])


def _stored_node(log_id: int, number: int) -> bytes:
    rows = _ask(
        "SELECT hash FROM archive_node WHERE log_id = %s AND level = %s AND index = %s",
        log_id,
        LEVEL,
        number,
    )
    return bytes(rows[0][0]) if rows else b""


def _check_larger(log: _Log, computed: dict[tuple[int, int], bytes]) -> Iterator[Finding]:
    stored = _ask(
        "SELECT level, index, hash FROM archive_node WHERE log_id = %s AND level > %s",
        log.id,
        LEVEL,
    )
    found = {(level, index): bytes(value) for level, index, value in stored}
    for level, index in found.keys() | computed.keys():
        if found.get((level, index)) != computed.get((level, index)):
            yield Finding(f"{log.origin}, knoop {level}/{index}", ("boom gewijzigd",))


def _check_heads(
    log: _Log, roots: dict[int, bytes], sizes: list[int], end: int, sampled: bool
) -> Iterator[Finding]:
    """Every signed head states the root that was computed, and nothing stands after the last."""
    assert log.origin is not None
    trusted = signing.trusted_verifiers(log.origin)
    signed = sizes[-1] if sizes else 0
    if end > signed:
        reason = f"{end - signed} plaatsen na het laatste ondertekende controlepunt"
        yield Finding(log.origin, (reason,))
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT size, root, note FROM archive_checkpoint WHERE log_id = %s ORDER BY size",
            [log.id],
        )
        while rows := cursor.fetchmany(SPAN):
            for size, root, note in rows:
                if sampled and size not in roots:
                    continue
                reasons = tuple(_head_reasons(log.origin, size, bytes(root), note, roots, trusted))
                if reasons:
                    yield Finding(f"{log.origin}, controlepunt {size}", reasons)
    yield from _check_outside_memory(log.origin, signed, roots, sampled)


def _head_reasons(
    origin: str,
    size: int,
    root: bytes,
    note: str,
    roots: dict[int, bytes],
    trusted: Sequence[notes.Verifier],
) -> Iterator[str]:
    try:
        notes.check_signed(note, trusted)
        head = notes.read_checkpoint(note)
    except notes.InvalidNote:
        yield "handtekening klopt niet of is van een onbekende sleutel"
        return
    if (head.origin, head.size, head.root) != (origin, size, root):
        yield "kolom gewijzigd: anders dan in het ondertekende controlepunt"
    if roots.get(size) != head.root:
        yield "wortel klopt niet: de records zijn niet die waarvoor is getekend"


def _check_outside_memory(
    origin: str, signed: int, roots: dict[int, bytes], sampled: bool
) -> Iterator[Finding]:
    """What was signed and left outside the database must still be in it."""
    try:
        head = outside.recall(origin)
    except outside.RolledBack as error:
        yield Finding(origin, (str(error),))
        return
    if head is None:
        return
    if head.size > signed:
        reason = f"teruggezet: er is getekend voor {head.size} records, er zijn er {signed}"
        yield Finding(origin, (reason,))
    elif head.size in roots and roots[head.size] != head.root:
        reason = f"herschreven: voor {head.size} records is een andere wortel getekend"
        yield Finding(origin, (reason,))
    elif head.size not in roots and not sampled and head.size:
        reason = f"controlepunt {head.size} is getekend en staat niet in de database"
        yield Finding(origin, (reason,))


def _check_whole(municipality_id: int | None) -> Iterator[Finding]:
    enabled = {name for (name,) in _ask(_ENABLED_LOCKS, list(LOCKS))}
    for lock in LOCKS:
        if lock not in enabled:
            yield Finding(lock, ("het slot tegen wijzigen staat uit of is verwijderd",))
    for what, record_id in _ask(_ORPHANS):
        yield Finding(f"{what} {record_id}", (f"record ontbreekt: {what} zonder kop",))
    if municipality_id is None:
        known = {origin for (origin,) in _ask("SELECT origin FROM archive_log")}
        for origin in outside.list_origins():
            if origin not in known:
                reason = "logboek ontbreekt: er is voor getekend, de database kent het niet"
                yield Finding(origin, (reason,))


# --- reading in this process or in several, at one moment


@contextmanager
def _readers(processes: int) -> Iterator[Run]:
    if processes <= 1:
        _tell("SET LOCAL max_parallel_workers_per_gather = 0")
        yield _run_here
        return
    (snapshot,) = _ask("SELECT pg_export_snapshot()")[0]
    entry = connection.settings_dict
    address = {
        name: value
        for name, value in {
            "host": entry["HOST"],
            "port": entry["PORT"],
            "user": entry["USER"],
            "password": entry["PASSWORD"],
            "dbname": entry["NAME"],
        }.items()
        if value
    }
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=recheck_apart.connect,
        initargs=(address, snapshot),
    )
    try:
        yield lambda jobs: _run_in(pool, jobs, 2 * processes)
    finally:
        pool.shutdown(cancel_futures=True)


def _run_here(jobs: list[tuple[Any, ...]]) -> Iterator[Part]:
    for job in jobs:
        # Not Django's cursor: that reads all bytes as text, which costs more than checking them.
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.format = psycopg.pq.Format.BINARY
            yield recheck.check_part(cursor, *job)


def _run_in(pool: ProcessPoolExecutor, jobs: list[tuple[Any, ...]], ahead: int) -> Iterator[Part]:
    """Results in order, with never more than `ahead` parts under way: memory stays the same."""
    waiting: list[Future[Part]] = []
    for job in jobs:
        waiting.append(pool.submit(recheck_apart.check_part, job))
        if len(waiting) >= ahead:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


def _tell(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _ask(statement: str, *values: Any) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
