"""The archive's own costs, each beside plain hashing, inserts or files in the same run.

Sealing in the transaction of the change, sequencing and signing, full verification, proofs at a
million records, and export. `ARCHIVE_BENCH_RECORDS` makes the million smaller. `cpu` is processor
time in µs per record, of this program, what it started and the database together: unlike a rate, it
says the same on a machine that others use as well, whose `load` stands beside it.
"""

from __future__ import annotations

import hashlib
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
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
SINGLE, BATCH, FULL = 200, 500, 20_000
TEXT = "De lantaarn in de Dorpsstraat is weer stuk, wanneer komt u? " * 3

_PLAIN = """
CREATE TABLE IF NOT EXISTS bench_plain (
    id bigserial PRIMARY KEY, subject bigint UNIQUE, header bytea, body bytea)
"""


class Cost:
    """What it costs from here until `stop`."""

    def __init__(self) -> None:
        self.started, self.before = time.perf_counter(), _processor_time()

    def stop(self, name: str, number: int) -> dict[str, Any]:
        """The figure: records per second, and all that it took."""
        took = time.perf_counter() - self.started
        cpu = (_processor_time() - self.before) / number * 1e6
        load = round(os.getloadavg()[0], 1)
        return {
            "bench": name,
            "value": round(number / took),
            "unit": "records/s",
            "records": number,
            "cpu": round(cpu, 1),
            "load": load,
        }


def _processor_time() -> float:
    """Seconds so far of this program, of programs it started that ended, and of the database."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    total = sum(one.ru_utime + one.ru_stime for one in own)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        database = psutil.Process(cursor.fetchone()[0]).parent()
    assert database is not None
    for process in (database, *database.children(recursive=True)):
        try:
            # Those of the first count what its ended children took.
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


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
    yield from verify(town, hashes, "archive.verify.small")
    yield from export(hashes)
    yield from prove(town, hashes)


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
    cost = Cost()
    for first in range(0, FULL, BATCH):
        with transaction.atomic():
            record_many(entries(town, first + 1, BATCH))
    yield cost.stop("archive.register", FULL)
    cost = Cost()
    sealed = drain(town)
    yield (figure := cost.stop("archive.seal", sealed))
    rate = figure["value"]
    yield {"bench": "archive.insert", "value": round(plain), "unit": "rows/s"}
    yield {"bench": "archive.seal.ratio", "value": round(rate / plain, 3), "unit": "of insert"}
    yield {"bench": "archive.seal.hash", "value": round(rate / hashes, 4), "unit": "of hashing"}


def drain(town: int) -> int:
    """Seal all that waits; how many that were."""
    done = 0
    while sealed := seal_next(town):
        done += sealed.added
    return done


def verify(
    town: int, hashes: float, name: str, processes: int | None = None
) -> Iterator[dict[str, Any]]:
    cost, checked = Cost(), 0
    for step in verify_all(configured_secrets(), town, processes=processes):
        checked += step.records
        assert not step.findings, step.findings[:3]
    yield (figure := cost.stop(name, checked))
    ratio = round(figure["value"] / hashes, 4)
    yield {"bench": f"{name}.hash", "value": ratio, "unit": "of hashing"}


def export(hashes: float) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        for kind, name in (("zip", "uit.zip"), ("folder", "uit")):
            cost = Cost()
            written = list(write_export(Log.objects.get(), Selection(), Path(folder) / name))[-1]
            yield (figure := cost.stop(f"archive.export.{kind}", written))
            ratio = round(figure["value"] / hashes, 5)
            yield {"bench": f"archive.export.{kind}.hash", "value": ratio, "unit": "of hashing"}
        # What the file system takes for as many files as large, and nothing else.
        cost = Cost()
        for kind, size in (("records", 720), ("readable", 1220), ("proofs", 990)):
            (Path(folder) / kind).mkdir()
            for number in range(written):
                with open(f"{folder}/{kind}/{number:010d}", "wb") as file:
                    file.write(bytes(size))
        plain = cost.stop("archive.files", written)
        yield plain | {"unit": "3 files/s"}
        ratio = round(figure["value"] / plain["value"], 2)
        yield {"bench": "archive.export.folder.ratio", "value": ratio, "unit": "of plain files"}


def prove(town: int, hashes: float) -> Iterator[dict[str, Any]]:
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
    yield from verify(town, hashes, "archive.verify")
    yield from verify(town, hashes, "archive.verify.alone", processes=1)


def _time(act: Callable[[], Any]) -> list[float]:
    took = []
    for _ in range(200):
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return took
