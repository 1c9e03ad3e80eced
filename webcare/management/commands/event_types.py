"""`manage.py event_types`: the websocket's event types, for the front end's exhaustive switch."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webcare.env import BASE_DIR
from webcare.live.events import EVENT_TYPES

PATH = BASE_DIR / "frontend" / "src" / "live" / "eventTypes.ts"


def render() -> str:
    union = "\n".join(f'  | "{name}"' for name in EVENT_TYPES)
    header = "// Written by `manage.py event_types`; change webcare/live/events.py instead."
    return f"{header}\nexport type EventType =\n{union}\n"


class Command(BaseCommand):
    help = "Write the front end's list of websocket event types; --check only compares."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when it is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            PATH.write_text(render())
        elif PATH.read_text() != render():
            raise CommandError(f"{PATH.name} is out of date: run `manage.py event_types`.")
