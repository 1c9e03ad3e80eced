"""The way of a mention: collect → store → classify → triage → answer → deliver → seal → tell.

Rows are the queue and Celery is a nudge: every task here asks the database what there is to do,
so a lost or doubled nudge changes nothing, and the beat sweeper finds what nobody nudged for.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import BoundedSemaphore

from celery import Celery, Task, shared_task
from celery.schedules import crontab
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from monitoring import backlog, collecting, labels
from monitoring.ingest import LANE_DIRECT, LANE_GENERAL, Stored, key_of, store_page
from monitoring.models import Source
from monitoring.platforms.base import Page, Post
from monitoring.tasks import learn_from_the_desk
from monitoring.traces import describe_trace
from webcare.celery import app
from webcare.desk import delivery
from webcare.desk.models import Reply
from webcare.desk.threads import hold_cases_of, note_revisions
from webcare.desk.triage import triage
from webcare.live.events import announce

logger = logging.getLogger(__name__)

SWEEP_EVERY = 5.0
# A reply this long in `sending` was left behind by something that died.
ABANDONED_AFTER = delivery.SETTLES_AFTER + timedelta(seconds=5)


def store(source: Source, page: Page, *, keep_cursor: bool = False) -> Stored:
    """Store a page with all it touches, and nudge whoever goes on with it.

    A post that no row can hold is left out and counted, so that it takes no others along.
    """
    try:
        return _store(source, page, keep_cursor=keep_cursor)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if not page.posts:
            raise
    stored = Stored()
    for post in page.posts:
        try:
            stored += _store(source, Page((post,), {}), keep_cursor=True)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.error("source %d: a post is left out: %s", source.pk, describe_trace(error))
            stored.refused += 1
    return stored + _store(source, replace(page, posts=()), keep_cursor=keep_cursor)


def _store(source: Source, page: Page, *, keep_cursor: bool) -> Stored:
    with transaction.atomic():
        if changed := [key_of(post.id) for post in page.posts if post.change != "new"]:
            hold_cases_of(source, changed)
        stored = store_page(source, page, keep_cursor=keep_cursor)
        note_revisions(stored.revised)
        for lane in stored.lanes:
            transaction.on_commit(TASKS[lane].delay, robust=True)
    return stored


def store_streamed(source: Source, post: Post) -> Stored:
    return store(source, Page((post,), {}), keep_cursor=True)


# The priority lane is one process with eight threads (docs/decisions/0006). A flood and a platform
# that does not answer may each take some of them, never all. Who finds no room leaves: the rows
# stay, whoever is reading reads on until none are left, and the sweeper asks again.
_reading, _publishing = BoundedSemaphore(2), BoundedSemaphore(5)


@contextmanager
def _room(places: BoundedSemaphore) -> Iterator[bool]:
    free = places.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            places.release()


@shared_task(queue="direct", ignore_result=True)
def process_direct() -> int:
    """Classify and triage all waiting direct mentions."""
    with _room(_reading) as free:
        return _process_all(LANE_DIRECT) if free else 0


@shared_task(queue="default", ignore_result=True)
def process_general() -> int:
    """Classify and triage all other waiting mentions."""
    return _process_all(LANE_GENERAL)


TASKS = {LANE_DIRECT: process_direct, LANE_GENERAL: process_general}


def _process_all(lane: int) -> int:
    done = 0
    while number := process_batch(lane):
        done += number
    return done


def process_batch(lane: int) -> int:
    """Classify and triage the oldest waiting mentions of `lane`; returns how many.

    One transaction: it ends with all of them triaged, or none. What kills it again and again is
    isolated by ever smaller batches and then goes on unclassified instead of blocking the rest.
    """
    ids = backlog.take_turn(lane)
    if not ids:
        return 0
    with transaction.atomic():
        mentions = backlog.claim(ids)
        verdicts = backlog.classify(mentions)
        triage(verdicts)
        labels.append_verdicts(verdicts)
        backlog.finish([mention.pk for mention, _ in verdicts])
        for municipality_id in {mention.municipality_id for mention, _ in verdicts}:
            announce("town.changed", [municipality_id], municipality_id=municipality_id)
    return len(ids)


@shared_task(queue="direct", ignore_result=True)
def deliver(reply_id: int) -> None:
    """Hand a reply to its platform, if it is due and nobody else does."""
    with _room(_publishing) as free:
        if free:
            delivery.deliver(reply_id)


@shared_task(queue="direct", ignore_result=True)
def look_up(reply_id: int) -> None:
    """Find out what became of a reply whose delivery broke off."""
    with _room(_publishing) as free:
        if free:
            delivery.look_up(reply_id)


@shared_task(queue="direct", ignore_result=True)
def sweep() -> None:
    """Nudge for everything that still waits: mentions, due replies, broken-off deliveries."""
    for lane, task in TASKS.items():
        if backlog.is_waiting(lane):
            task.delay()
    now = timezone.now()
    due = Reply.objects.filter(state=Reply.State.QUEUED, send_at__lte=now)
    _nudge(deliver, due.values_list("pk", flat=True))
    broken_off = Reply.objects.filter(state=Reply.State.SENDING).exclude(
        attempts__started_at__gt=now - ABANDONED_AFTER
    )
    _nudge(look_up, broken_off.values_list("pk", flat=True))


@shared_task(queue="default", ignore_result=True)
def clear_sessions() -> None:
    """Remove sessions that ended: nobody's visits are kept longer than they last."""
    call_command("clearsessions")


def _nudge(task: Task, reply_ids: Iterable[int]) -> None:
    for reply_id in reply_ids:
        task.delay(reply_id)


@app.on_after_finalize.connect
def plan(sender: Celery, **_: object) -> None:
    sender.add_periodic_task(SWEEP_EVERY, sweep.s(), name="sweep", expires=SWEEP_EVERY)
    sender.add_periodic_task(crontab(hour="3", minute="17"), clear_sessions.s(), name="sessions")
    sender.add_periodic_task(crontab(hour="2", minute="40"), learn_from_the_desk.s(), name="learn")


def collect(source_id: int) -> collecting.Outcome:
    """One round of one source now, in the foreground."""
    return collecting.collect(source_id, store)
