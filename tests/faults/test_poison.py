"""A text that kills whoever reads it: it goes on unread, and takes nobody along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from monitoring.backlog import BATCH_SIZES
from monitoring.models import LabelSet, Waiting
from tests.cast import Cast
from tests.running_desk import Desk
from tests.webcare.desk.makers import make_post, store_posts
from webcare.desk.models import Case
from webcare.env import BASE_DIR

pytestmark = pytest.mark.django_db(transaction=True)

READ_ALL = """
import os, signal
import django; django.setup()
import nlp
from webcare import pipeline
read = nlp.classify
def read_or_die(texts, **options):
    texts = list(texts)
    if any("vergif" in text for text in texts):
        os.kill(os.getpid(), signal.SIGKILL)
    return read(texts, **options)
nlp.classify = read_or_die
while pipeline.process_batch(0):
    pass
"""


def read_all() -> int:
    """Be a worker until nothing waits, or until it dies; returns how it ended."""
    entry = connection.settings_dict
    url = f"postgres://{entry['USER']}@/{entry['NAME']}?host={entry['HOST']}"
    return subprocess.run(
        [sys.executable, "-c", READ_ALL],
        cwd=BASE_DIR,
        env={
            **Desk(Path(settings.VAR_DIR)).environment,
            "DATABASE_URL": url,
            "REDIS_URL": settings.REDIS_URL,
        },
        timeout=120,
        check=False,
    ).returncode


def test_a_text_that_kills_its_worker_goes_on_alone_and_unread(cast: Cast) -> None:
    texts = [f"Wanneer gaat de markt open? Vraag {number}" for number in range(700)]
    texts[333] = "Hier zit vergif in"
    store_posts(cast.account.source, *(make_post(text) for text in texts))
    endings = [read_all() for _ in range(len(BATCH_SIZES) + 1)]
    assert endings == [-9] * len(BATCH_SIZES) + [0]
    assert not Waiting.objects.exists()
    assert Case.objects.count() == len(texts)
    assert [case.preview for case in Case.objects.filter(unclassified=True)] == [texts[333]]
    assert LabelSet.objects.filter(current=True).count() == len(texts) - 1
