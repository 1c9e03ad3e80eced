"""The archive's own costs, each beside plain hashing or a plain insert in the same run.

Sealing in the transaction of the change, sequencing and signing, full verification, proofs at a
million records, and export. `ARCHIVE_BENCH_RECORDS` makes the million smaller.
"""

from __future__ import annotations

import hashlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from archive.export import Selection, write_export
from archive.models import Leaf, Log
from archive.records import Entry, record_many
from archive.sequencer import seal_next
from archive.tree import Tree
from archive.verify import configured_secrets, verify_all
from tests.bench._town import make_town

RECORDS = int(os.environ.get("ARCHIVE_BENCH_RECORDS", "1000000"))
SINGLE, BATCH, FULL, EXPORTED = 200, 500, 20_000, 4_000
TEXT = "De lantaarn in de Dorpsstraat is weer stuk, wanneer komt u? " * 3

_PLAIN = """
CREATE TABLE IF NOT EXISTS bench_plain (
    id bigserial PRIMARY KEY, subject bigint UNIQUE, header bytea, body bytea)
"""


def run() -> Iterator[dict[str, Any]]:
    call_command("migrate", verbosity=0)
    town = make_town().municipality_id
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN)
        cursor.execute("TRUNCATE bench_plain")
    hashes = measure_hashing()
    yield {"bench": "archive.hash", "value": round(hashes), "unit": "sha256/s"}
    yield from single(town)
    yield from seal(town, hashes)
    yield from verify(town, hashes)
    yield from export()
    yield from prove(town)


def measure_hashing() -> float:
    data = os.urandom(600)
    started = time.perf_counter()
    for _ in range(200_000):
        hashlib.sha256(data).digest()
    return 200_000 / (time.perf_counter() - started)


def entries(town: int, first: int, number: int) -> list[Entry]:
    return [
        Entry(
            town,
            "incoming",
            "mention",
            at,
            {"text": f"{TEXT} {at}", "author": {"handle": "@ria@plein.example"}},
            metadata={"platform": "mastodon"},
        )
        for at in range(first, first + number)
    ]


def single(town: int) -> Iterator[dict[str, Any]]:
    """What one record adds to the transaction of its change: with and without, alternating."""

    def change(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO bench_plain (subject, header, body) VALUES (%s, %s, %s)",
                [number, b"x" * 600, TEXT.encode()],
            )

    plain, sealed = [], []
    for number in range(SINGLE):
        started = time.perf_counter()
        with transaction.atomic():
            change(2 * number)
        plain.append(time.perf_counter() - started)
        started = time.perf_counter()
        with transaction.atomic():
            change(2 * number + 1)
            record_many(entries(town, 10_000_000 + number, 1))
        sealed.append(time.perf_counter() - started)
    base, added = statistics.median(plain), statistics.median(sealed) - statistics.median(plain)
    yield {"bench": "archive.single", "value": round(added * 1000, 2), "unit": "ms added"}
    yield {"bench": "archive.plain", "value": round(base * 1000, 2), "unit": "ms"}
    yield {"bench": "archive.single.ratio", "value": round(added / base, 2), "unit": "of plain"}


def seal(town: int, hashes: float) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        started = time.perf_counter()
        for first in range(0, FULL, BATCH):
            cursor.execute(
                "INSERT INTO bench_plain (subject, header, body) SELECT 1000000 + n, %s, %s"
                " FROM generate_series(%s, %s) n",
                [b"x" * 600, TEXT.encode(), first, first + BATCH - 1],
            )
        plain = FULL / (time.perf_counter() - started)
    started = time.perf_counter()
    for first in range(0, FULL, BATCH):
        with transaction.atomic():
            record_many(entries(town, first + 1, BATCH))
    registered = FULL / (time.perf_counter() - started)
    rate = drain(town)
    yield {"bench": "archive.register", "value": round(registered), "unit": "records/s"}
    yield {"bench": "archive.seal", "value": round(rate), "unit": "records/s"}
    yield {"bench": "archive.insert", "value": round(plain), "unit": "rows/s"}
    yield {"bench": "archive.seal.ratio", "value": round(rate / plain, 3), "unit": "of insert"}
    yield {"bench": "archive.seal.hash", "value": round(rate / hashes, 4), "unit": "of hashing"}


def drain(town: int) -> float:
    started, done = time.perf_counter(), 0
    while sealed := seal_next(town):
        done += sealed.added
    return done / (time.perf_counter() - started)


def verify(town: int, hashes: float) -> Iterator[dict[str, Any]]:
    """Everything that is there, with all the processes the machine has."""
    started, checked = time.perf_counter(), 0
    for step in verify_all(configured_secrets(), town, processes=os.cpu_count()):
        checked += step.records
        assert not step.findings, step.findings[:3]
    rate = checked / (time.perf_counter() - started)
    yield {"bench": "archive.verify.small", "value": round(rate), "unit": "records/s"}
    yield {"bench": "archive.verify.hash", "value": round(rate / hashes, 4), "unit": "of hashing"}


def export() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("uit", "uit.zip"):
            started = time.perf_counter()
            written = _write(Path(folder) / name)
            rate = written / (time.perf_counter() - started)
            kind = "zip" if name.endswith("zip") else "folder"
            yield {"bench": f"archive.export.{kind}", "value": round(rate), "unit": "records/s"}


def _write(target: Path) -> int:
    return list(write_export(Log.objects.get(), Selection(), target))[-1]


def prove(town: int) -> Iterator[dict[str, Any]]:
    """Proofs and full verification at a million records."""
    first = 20_000_000
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM archive_record")
        there = cursor.fetchone()[0]
    for start in range(there, RECORDS, 1000):
        with transaction.atomic():
            record_many(entries(town, first + start, min(1000, RECORDS - start)))
        if start % 50_000 < 1000:
            print(f"archive: {start:,} of {RECORDS:,} records", file=sys.stderr, flush=True)
            drain(town)
    drain(town)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE archive_leaf, archive_node, archive_record, archive_content")
    tree, size = Tree(town), Leaf.objects.count()
    chance = random.Random(3)
    took, largest = [], 0
    for _ in range(500):
        index = chance.randrange(size)
        started = time.perf_counter()
        path = tree.prove_inclusion(index, size)
        took.append(time.perf_counter() - started)
        largest = max(largest, sum(len(one) for one in path))
    median = statistics.median(took) * 1000
    yield {"bench": "archive.proof", "value": round(median, 3), "unit": "ms", "records": size}
    yield {"bench": "archive.proof.size", "value": largest, "unit": "bytes"}
    select = statistics.median(_time(lambda: connection.cursor().execute("SELECT 1")))
    ratio = median / 1000 / select
    yield {"bench": "archive.proof.ratio", "value": round(ratio, 2), "unit": "of SELECT 1"}
    started, checked = time.perf_counter(), 0
    for step in verify_all(configured_secrets(), town):
        checked += step.records
        assert not step.findings, step.findings[:3]
    rate = checked / (time.perf_counter() - started)
    yield {
        "bench": "archive.verify",
        "value": round(rate),
        "unit": "records/s",
        "records": checked,
    }


def _time(act: Callable[[], Any]) -> list[float]:
    took = []
    for _ in range(200):
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return took
