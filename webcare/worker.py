"""The Celery application as a worker runs it: with a heartbeat that readiness can see."""

from __future__ import annotations

import threading
import warnings
from typing import Any, Final

from celery.signals import worker_ready, worker_shutdown

import nlp
from webcare.celery import app

__all__ = ["app"]

# Messages are JSON only, so what Celery fears of a root worker (pickled code) cannot arrive.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

_ending: Final = threading.Event()


@worker_ready.connect
def _start(sender: Any, **_: Any) -> None:
    lane = ",".join(sorted(queue.name for queue in sender.task_consumer.queues))
    # The first resident must not wait for the model to load.
    list(nlp.classify(["Goedemorgen"]))
    print(f"ready for {lane}", flush=True)
    threading.Thread(target=_beat, args=(lane, sender.hostname), daemon=True).start()


@worker_shutdown.connect
def _stop(**_: Any) -> None:
    _ending.set()


def _beat(lane: str, name: str) -> None:
    # Models exist only once Celery has set up Django.
    from webcare.health import HEARTBEAT_SECONDS, beat_heart, stop_heart

    while not _ending.is_set():
        beat_heart(lane, name)
        _ending.wait(HEARTBEAT_SECONDS)
    stop_heart(lane, name)
