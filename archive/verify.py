"""Checks whole logs: every record, every place, the tree, every signed head, what lies outside.

The work is done by `archive.recheck`, which shares no code with the writer; this module cuts the
log into parts, has them checked (in parallel when it pays), and puts the tree together.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
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
Run = Callable[[Iterable[tuple[Any, ...]]], Iterator[Part]]
#: The head that was left outside the database, what is wrong with it, or nothing.
Remembered = notes.Checkpoint | str | None


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
    # Before the moment that is read: what is signed meanwhile is not missing from it.
    remembered = _recall_all()
    outermost = not connection.in_atomic_block
    if processes is None:
        many = outermost and count_records(municipality_id) >= PARALLEL_FROM
        processes = (os.cpu_count() or 1) if many else 1
    with transaction.atomic():
        if outermost:
            _tell("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # Looking for what is nowhere joins whole tables: in memory, not by way of the disk.
        _tell("SET LOCAL work_mem = '64MB'")
        with _readers(processes) as run:
            yield from _verify_logs(secrets, municipality_id, run, sample, remembered)


def _verify_logs(
    secrets: dict[str, bytes],
    municipality_id: int | None,
    run: Run,
    sample: int | None,
    remembered: dict[str, Remembered],
) -> Iterator[Progress]:
    for log in _list_logs(municipality_id):
        yield from _verify_log(log, secrets, run, sample, remembered)
        if sample is None:
            with connection.chunked_cursor() as cursor:
                for part in recheck.check_outside(cursor, connection.cursor, log.id, secrets):
                    yield Progress(part.records, part.findings)
    yield Progress(0, list(_check_whole()))
    if municipality_id is None:
        known = {origin for (origin,) in _ask("SELECT origin FROM archive_log")}
        reason = "logboek ontbreekt: er is voor getekend, de database kent het niet"
        lost = [origin for origin in remembered if origin not in known]
        yield Progress(0, [Finding(origin, (reason,)) for origin in lost])


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


def _verify_log(
    log: _Log,
    secrets: dict[str, bytes],
    run: Run,
    sample: int | None,
    remembered: dict[str, Remembered],
) -> Iterator[Progress]:
    if log.origin is None:
        if log.size:
            yield Progress(0, [Finding(f"logboek {log.id}", ("naam ontbreekt",))])
        return
    ((signed,),) = _ask("SELECT max(size) FROM archive_checkpoint WHERE log_id = %s", log.id)
    signed = signed or 0
    # Places that were signed for and are gone are missed too, not only those before a gap.
    end = max(log.size, signed)
    numbers = range((end + SPAN - 1) // SPAN)
    chosen = _choose(numbers, sample)
    jobs = (
        (log.id, number * SPAN, min(end, (number + 1) * SPAN), secrets)
        for number in numbers
        if number in chosen
    )
    parts, trusted = run(jobs), signing.trusted_verifiers(log.origin)
    memory, computed = remembered.get(log.origin), b""
    stack: list[tuple[int, bytes]] = []
    larger: dict[tuple[int, int], bytes] = {}
    for number in numbers:
        if number not in chosen:
            stack_of_part = [(LEVEL, _stored_node(log.id, number))]
        else:
            part = next(parts)
            roots = {}
            for size, within in part.heads.items():
                head = list(stack)
                recheck.append(head, within, number)
                roots[size] = recheck.join(head)
            if isinstance(memory, notes.Checkpoint):
                computed = roots.get(memory.size, computed)
            stack_of_part = part.stack
            findings = [*part.findings, *_check_heads(log.id, log.origin, roots, trusted)]
            yield Progress(part.records, findings)
        larger |= recheck.append(stack, stack_of_part, number)
    yield Progress(0, list(_check_larger(log, larger)))
    yield Progress(0, list(_check_end(log, signed)))
    reason = _compare_remembered(memory, signed, computed, sampled=sample is not None)
    yield Progress(0, [Finding(log.origin, (reason,))] if reason else [])


def _choose(numbers: range, sample: int | None) -> Container[int]:
    if sample is None or len(numbers) <= sample + 1:
        return numbers
    return {*random.SystemRandom().sample(numbers[:-1], sample), numbers[-1]}


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
    log_id: int, origin: str, roots: dict[int, bytes], trusted: Sequence[notes.Verifier]
) -> Iterator[Finding]:
    """Every signed head of these sizes states the root that was computed."""
    statement = (
        "SELECT size, root, note FROM archive_checkpoint WHERE log_id = %s AND size = ANY(%s)"
    )
    for size, root, note in _ask(f"{statement} ORDER BY size", log_id, list(roots)):
        reasons = tuple(_head_reasons(origin, size, bytes(root), note, roots[size], trusted))
        if reasons:
            yield Finding(f"{origin}, controlepunt {size}", reasons)


def _check_end(log: _Log, signed: int) -> Iterator[Finding]:
    """Nothing stands after the last signed head, and no head is of nothing."""
    assert log.origin is not None
    if log.size > signed:
        reason = f"{log.size - signed} plaatsen na het laatste ondertekende controlepunt"
        yield Finding(log.origin, (reason,))
    empty = "SELECT size FROM archive_checkpoint WHERE log_id = %s AND size < 1"
    for (size,) in _ask(empty, log.id):
        yield Finding(f"{log.origin}, controlepunt {size}", ("is van een leeg logboek",))


def _head_reasons(
    origin: str,
    size: int,
    root: bytes,
    note: str,
    computed: bytes,
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
    if head.root != computed:
        yield "wortel klopt niet: de records zijn niet die waarvoor is getekend"


def _recall_all() -> dict[str, Remembered]:
    """What was signed last of each log, as it was left outside the database."""
    origins = {origin for (origin,) in _ask("SELECT origin FROM archive_log")}
    found: dict[str, Remembered] = {}
    for origin in sorted(origins.union(outside.list_origins())):
        try:
            found[origin] = outside.recall(origin)
        except outside.RolledBack as error:
            found[origin] = str(error)
    return found


def _compare_remembered(
    memory: Remembered, signed: int, computed: bytes, *, sampled: bool
) -> str | None:
    """Why the database is not the one of which a head was left outside it, if so.

    `signed` is the largest size signed in the database, `computed` the root of what is in it at
    the remembered size, empty when no head of that size is there or was looked at.
    """
    if memory is None or isinstance(memory, str):
        return memory
    if memory.size > signed:
        return f"teruggezet: er is getekend voor {memory.size} records, er zijn er {signed}"
    if computed and computed != memory.root:
        return f"herschreven: voor {memory.size} records is een andere wortel getekend"
    if memory.size and not computed and not sampled:
        return f"controlepunt {memory.size} is getekend en staat niet in de database"
    return None


def _check_whole() -> Iterator[Finding]:
    enabled = {name for (name,) in _ask(_ENABLED_LOCKS, list(LOCKS))}
    for lock in LOCKS:
        if lock not in enabled:
            yield Finding(lock, ("het slot tegen wijzigen staat uit of is verwijderd",))
    for what, record_id in _ask(_ORPHANS):
        yield Finding(f"{what} {record_id}", (f"record ontbreekt: {what} zonder kop",))


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


def _run_here(jobs: Iterable[tuple[Any, ...]]) -> Iterator[Part]:
    for job in jobs:
        # Not Django's cursor: that reads all bytes as text, which costs more than checking them.
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.format = psycopg.pq.Format.BINARY
            yield recheck.check_part(cursor, *job)


def _run_in(
    pool: ProcessPoolExecutor, jobs: Iterable[tuple[Any, ...]], ahead: int
) -> Iterator[Part]:
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
