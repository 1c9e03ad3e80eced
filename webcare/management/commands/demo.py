"""`manage.py demo`: put the demo's municipalities, colleagues and sources into the database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from webcare.organisation import demo


class Command(BaseCommand):
    help = "Fills the database for the demo, once; refuses in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is not for MODE=production.")
        demo.seed()
        self.stdout.write(f"Log in at http://localhost:{settings.PORT} with one of these people;")
        self.stdout.write(f"the password is always  {demo.PASSWORD}\n\n")
        width = max(len(person.email) for person in demo.PEOPLE)
        with translation.override("nl"):
            for person in demo.PEOPLE:
                self.stdout.write(f"  {person.email:<{width}}  {person.name} ({person.role_names})")
