"""What monitoring has done by the clock. Who plans it, plans it in `webcare.pipeline`."""

from __future__ import annotations

from threading import Thread

from celery import shared_task

from monitoring import nightly


@shared_task(queue="default", ignore_result=True)
def learn_from_the_desk() -> None:
    """Every night: models learn from corrections, beside the lane, which goes on reading posts."""
    Thread(target=nightly.learn_and_hang_up, name="nightly", daemon=True).start()
