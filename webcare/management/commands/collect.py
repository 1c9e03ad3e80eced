"""`manage.py collect`: one collection round now, in the foreground."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitoring.models import Source
from monitoring.platforms.registry import get_platform
from webcare import pipeline
from webcare.organisation.models import Municipality


class Command(BaseCommand):
    help = "Run one collection round now; prints per source: fetched, new, repeated, errors."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sources", nargs="*", metavar="SOURCE", help="names; all when omitted")
        parser.add_argument("--municipality", metavar="SLUG", help="only this municipality")

    def handle(self, *args: Any, **options: Any) -> None:
        sources = Source.objects.filter(active=True).order_by("name")
        if slug := options["municipality"]:
            if not Municipality.objects.filter(slug=slug).exists():
                raise CommandError(f"No municipality is called {slug!r}.")
            sources = sources.filter(municipality__slug=slug)
        if names := options["sources"]:
            sources = sources.filter(name__in=names)
            missing = set(names) - set(sources.values_list("name", flat=True))
            if missing:
                raise CommandError(f"No active source is called {', '.join(sorted(missing))}.")
        failed = False
        for source in sources:
            if not get_platform(source.platform).capabilities.collects:
                continue
            outcome = pipeline.collect(source.pk)
            if outcome.busy:
                self.stdout.write(f"{source.name}: busy, another collector is at it")
                continue
            failed = failed or bool(outcome.problem)
            self.stdout.write(
                f"{source.name}: fetched {outcome.fetched}, new {outcome.new}, "
                f"repeated {outcome.repeated}, errors {int(bool(outcome.problem))}"
                + (f": {outcome.problem}" if outcome.problem else "")
            )
        if failed:
            raise CommandError("At least one source could not be read; see above.")
