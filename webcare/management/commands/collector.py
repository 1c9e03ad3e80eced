"""`manage.py collector`: the collecting role of a running desk, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from webcare import collector


class Command(BaseCommand):
    help = "Collect from all sources until stopped (a role of `manage.py run`)."

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        self.stdout.write("collecting")
        collector.run(ended, self.stdout.write)
