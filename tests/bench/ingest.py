"""Store, classify and triage through the real pipeline, beside a plain store in the same run.

The collector's part runs here, the pipeline's part in its two real worker programs; the clock
stops when every post is triaged. The plain store is COPY into a temporary table and INSERT … ON
CONFLICT into a table with the same columns, unique key and Dutch full-text index.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from django.core.management import call_command
from django.db import connection

from monitoring.platforms.base import Page, Post
from tests.bench._town import make_town, write_posts
from webcare import pipeline
from webcare.desk.models import Triage
from webcare.env import BASE_DIR

POSTS = 20_000
PAGE = 500
GIVE_UP_AFTER = 300

_PLAIN = """
CREATE TEMP TABLE plain (
    id bigserial PRIMARY KEY, source_id bigint, platform_id text, author text, text text,
    posted_at timestamptz, raw jsonb, UNIQUE (source_id, platform_id),
    search tsvector GENERATED ALWAYS AS (to_tsvector('dutch', text)) STORED);
CREATE INDEX ON plain (posted_at DESC);
CREATE INDEX ON plain USING gin (search);
CREATE TEMP TABLE arrived (LIKE plain INCLUDING DEFAULTS);
ALTER TABLE arrived DROP COLUMN id, DROP COLUMN search;
"""
_COPY = "COPY arrived (source_id, platform_id, author, text, posted_at, raw) FROM STDIN"
_DEDUP = """
INSERT INTO plain (source_id, platform_id, author, text, posted_at, raw)
SELECT source_id, platform_id, author, text, posted_at, raw FROM arrived ON CONFLICT DO NOTHING
"""


def run() -> Iterator[dict[str, Any]]:
    call_command("migrate", verbosity=0)
    plain = _store_plainly(list(write_posts(POSTS, seed=1)))
    account = make_town()
    workers = [_start_worker(name) for name in ("direct", "worker")]
    try:
        _through_the_pipeline(account, list(write_posts(2_000, seed=2)))  # warms the workers up
        posts = list(write_posts(POSTS, seed=3))
        started = time.perf_counter()
        stored = _store(account, posts)
        _wait_until_triaged(2_000 + POSTS)
        rate = POSTS / (time.perf_counter() - started)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()
    yield {"bench": "ingest", "value": round(rate, 1), "unit": "mentions/s"}
    yield {"bench": "ingest.store", "value": round(stored, 1), "unit": "mentions/s"}
    yield {"bench": "ingest.plain", "value": round(plain, 1), "unit": "rows/s"}
    yield {"bench": "ingest.ratio", "value": round(rate / plain, 3), "unit": "of plain"}


def _start_worker(program: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "webcare.running", program]
    return subprocess.Popen(command, cwd=BASE_DIR, stdout=sys.stderr, stderr=sys.stderr)


def _store(account: Any, posts: list[Post]) -> float:
    started = time.perf_counter()
    for first in range(0, len(posts), PAGE):
        page = Page(tuple(posts[first : first + PAGE]), {})
        pipeline.store(account.source, page, keep_cursor=True)
    return len(posts) / (time.perf_counter() - started)


def _through_the_pipeline(account: Any, posts: list[Post]) -> None:
    before = Triage.objects.count()
    _store(account, posts)
    _wait_until_triaged(before + len(posts))


def _wait_until_triaged(number: int) -> None:
    deadline = time.monotonic() + GIVE_UP_AFTER
    while (done := Triage.objects.count()) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {done} of {number} posts were triaged")
        time.sleep(0.05)


def _store_plainly(posts: list[Post]) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN)
        started = time.perf_counter()
        for first in range(0, len(posts), PAGE):
            cursor.execute("TRUNCATE arrived")
            with cursor.copy(_COPY) as copy:
                for post in posts[first : first + PAGE]:
                    row = (1, post.id, post.author.handle, post.text, post.posted_at)
                    copy.write_row((*row, '{"content": "x"}'))
            cursor.execute(_DEDUP)
        rate = len(posts) / (time.perf_counter() - started)
        cursor.execute("DROP TABLE plain, arrived")
    return rate
