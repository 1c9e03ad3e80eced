"""Run by test_killing: registers and seals under load while writers and PostgreSQL are killed.

Writers and sequencers are forks of this process, so that a new one costs milliseconds. Prints, as
JSON, what was found afterwards.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import psutil

PER_CHANGE = 5


def main(kills: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from tests.makers import make_municipality
    from webcare.running import embedded, servers

    var_dir: Path = settings.VAR_DIR
    servers.claim(var_dir, ["postgres"])
    server = embedded.postgres(var_dir)
    embedded.state_dir(var_dir).mkdir(parents=True, exist_ok=True)
    postgres = start(server)
    call_command("migrate", verbosity=0)
    town = make_municipality("Elzendrecht", slug="elzendrecht").pk
    run("CREATE TABLE killed_change (id bigint PRIMARY KEY, number int NOT NULL)")
    connections.close_all()

    chance = random.Random(7)
    jobs: list[Callable[[], None]] = [lambda: write(town), lambda: write(town), seal, seal]
    children = [fork(job) for job in jobs]
    struck = {"writer": 0, "sequencer": 0, "backend": 0, "postmaster": 0}
    for number in range(kills):
        time.sleep(chance.uniform(0.02, 0.25))
        if number % 20 == 19:
            struck["postmaster"] += 1
            os.kill(postgres.pid, signal.SIGKILL)
            postgres.wait()
            postgres = start(server)
        elif number % 20 == 9:
            backends = psutil.Process(postgres.pid).children()
            busy = [one for one in backends if "stadspraat" in " ".join(one.cmdline())]
            if busy:
                with suppress(psutil.NoSuchProcess):
                    chance.choice(busy).kill()
                    struck["backend"] += 1
        else:
            at = chance.randrange(len(children))
            struck["writer" if at < 2 else "sequencer"] += 1
            os.kill(children[at], signal.SIGKILL)
            os.waitpid(children[at], 0)
            children[at] = fork(jobs[at])
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    wait_for(server)
    print(json.dumps({"struck": struck, **judge(town)}))
    connections.close_all()
    postgres.send_signal(signal.SIGINT)
    postgres.wait()


def start(server: Any) -> subprocess.Popen[bytes]:
    """Start PostgreSQL on what a killed one left behind, as soon as that has let go."""
    for _ in range(50):
        process: subprocess.Popen[bytes] = server.start()
        while process.poll() is None:
            if server.answers():
                return process
            time.sleep(0.02)
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL does not start again")


def wait_for(server: Any) -> None:
    while not server.answers():
        time.sleep(0.05)


def fork(job: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    keep_at(job)


def keep_at(job: Callable[[], None]) -> NoReturn:
    from django.db import Error, connections

    random.seed()
    while True:
        try:
            job()
        except Error:
            connections.close_all()
            time.sleep(0.05)


def write(town: int) -> None:
    """A change with its records, in one transaction."""
    from django.db import connection, transaction

    from archive.records import Entry, record_many

    with transaction.atomic():
        number = random.getrandbits(50)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO killed_change VALUES (%s, %s)", [number, PER_CHANGE])
        record_many(
            [
                Entry(town, "incoming", "mention", number, {"text": f"bericht {part}"}, str(part))
                for part in range(PER_CHANGE)
            ]
        )


def seal() -> None:
    from archive.sequencer import seal_all

    seal_all()


def run(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def judge(town: int) -> dict[str, Any]:
    from archive import notes, outside
    from archive.models import Log
    from archive.sequencer import seal_all
    from archive.tree import Tree
    from archive.verify import configured_secrets, verify_all

    waited = run("SELECT count(*) FROM archive_pending")[0][0]
    seal_all()
    log = Log.objects.get(pk=town)
    published = "".join(
        path.read_text() for path in sorted((outside.folder_of(log.origin) / "history").iterdir())
    )
    # Each entry ends in an empty line; one that a kill cut off was never whole.
    entries = [f"{log.origin}\n{text}" for text in published.split(f"{log.origin}\n")[1:]]
    heads = [notes.read_checkpoint(entry.rstrip("\n") + "\n") for entry in entries if "— " in entry]
    tree = Tree(town)
    steps = list(verify_all(configured_secrets(), processes=1))
    return {
        "changes": run("SELECT count(*) FROM killed_change")[0][0],
        "records": run("SELECT count(*) FROM archive_record")[0][0],
        "waited": waited,
        "waiting": run("SELECT count(*) FROM archive_pending")[0][0],
        "halves": run(
            "SELECT count(*) FROM (SELECT c.id FROM killed_change c LEFT JOIN archive_record r"
            " ON r.subject_id = c.id GROUP BY c.id, c.number HAVING count(r.id) <> c.number) x"
        )[0][0],
        "orphans": run(
            "SELECT count(*) FROM archive_record r WHERE NOT EXISTS"
            " (SELECT FROM killed_change c WHERE c.id = r.subject_id)"
        )[0][0],
        "gaps": run("SELECT max(index) + 1 - count(*) FROM archive_leaf")[0][0],
        "published": len(heads),
        "forks": sum(tree.root(head.size) != head.root for head in heads),
        "findings": [finding.record for step in steps for finding in step.findings],
        "checked": sum(step.records for step in steps),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
    main(int(sys.argv[1]))
