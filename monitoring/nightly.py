"""Every night: a municipality's own model learns what its desk said since the last one.

Learning happens in a process of its own, so that a worker that goes on for months does not keep the
memory of it; one at a time, with less right to the processor than those who serve residents, and
never longer than LIMIT. What came of it is in `own_models.last_try`.
"""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.utils import timezone

from monitoring import own_models
from monitoring.learning import lesson_of
from nlp.posts import CORPUS
from nlp.versions import MODELS, is_current

logger = logging.getLogger(__name__)

#: Seconds a model may take; it takes one to three minutes, by how busy the machine is.
LIMIT: Final = 900.0
#: Lower priority than whatever serves people.
NICENESS: Final = 10
#: What the outcome says when there is no model.
TOO_LONG, BROKEN = "took too long", "ended with an error"
OUTDATED = "the shared model is missing or outdated; make it with: manage.py train"


def command(slug: str) -> list[str]:
    """The program that makes, judges and puts to use the model of `slug`."""
    return [sys.executable, "manage.py", "retrain", "--municipality", slug, "--promote"]


def learn_from_all(
    *,
    make: Callable[[str], list[str]] = command,
    limit: float = LIMIT,
    corpus_dir: Path = CORPUS,
    shared_dir: Path = MODELS,
) -> dict[str, own_models.Try]:
    """Make a model for each municipality with something new to learn; slug → what came of it.

    Does nothing while another process does the same. One that fails keeps no other from its turn,
    and is tried again the next night; one that was judged not good enough, when there is more.
    """
    done: dict[str, own_models.Try] = {}
    with _alone() as alone:
        if not alone:
            logger.info("models are being made already")
            return done
        current = is_current(corpus_dir, shared_dir)
        everyone = apps.get_model(settings.MUNICIPALITY_MODEL)._default_manager
        for municipality in everyone.order_by("slug"):
            lesson = lesson_of(municipality, shared_dir)
            last = own_models.last_try(municipality.slug)
            if not lesson or (last is not None and last.lesson == lesson):
                continue
            outcome = (
                _learn(municipality.slug, make(municipality.slug), limit)
                if current
                else _note_failure(municipality.slug, OUTDATED)
            )
            done[municipality.slug] = outcome
            logger.info(
                "municipality %s: model %s, %d corrected texts, %s",
                municipality.slug,
                outcome.model or "none",
                outcome.corrections,
                "in use" if outcome.promoted else f"not in use: {'; '.join(outcome.objections)}",
            )
    return done


def learn_and_hang_up() -> None:
    """`learn_from_all` for a thread of its own: leaves no connection behind, and no silence."""
    try:
        learn_from_all()
    except Exception as error:
        # Its words may hold what somebody wrote.
        logger.error("nobody learned tonight: %s", type(error).__name__)
    finally:
        connections.close_all()


def _learn(slug: str, words: list[str], limit: float) -> own_models.Try:
    started = timezone.now()
    trouble = _run(words, limit)
    outcome = own_models.last_try(slug)
    if outcome is not None and outcome.at >= started:
        return outcome
    return _note_failure(slug, trouble or BROKEN)


def _note_failure(slug: str, trouble: str) -> own_models.Try:
    """Nothing was learned, so there is no lesson to remember: the next night it is tried again."""
    failed = own_models.Try(timezone.now(), "", 0, False, (trouble,), "")
    own_models.note_try(slug, failed)
    return failed


def _run(words: list[str], limit: float) -> str:
    """Run to the end or to the limit; returns what went wrong. What it prints goes nowhere."""
    process = subprocess.Popen(
        words,
        cwd=Path(__file__).resolve().parent.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    try:
        started = time.monotonic()
        status = process.wait(limit)
    except subprocess.TimeoutExpired:
        return TOO_LONG
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    logger.info("making a model took %.0f s, exit code %d", time.monotonic() - started, status)
    return BROKEN if status else ""


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else on this disk makes models now; until the end of the block nobody will."""
    folder = own_models.folder_of("")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".nightly.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
