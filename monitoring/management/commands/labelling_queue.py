"""`manage.py labelling_queue`: which mentions to label this week."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date

from monitoring.labelling import SIZE, labelling_queue
from monitoring.municipality import MunicipalityNotFound, find_municipality


class Command(BaseCommand):
    help = "Print which mentions to label this week: uncertain, random and rare ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--municipality", metavar="SLUG", help="needed where there are several")
        parser.add_argument("--week", metavar="DAY", help="the week of this day (default: today)")
        parser.add_argument("--size", type=int, default=SIZE, help=f"default: {SIZE}")
        parser.add_argument("--json", action="store_true", help="one JSON object per line")

    def handle(self, **options: Any) -> None:
        try:
            municipality = find_municipality(options["municipality"])
            day = parse_date(options["week"]) if options["week"] else None
        except (MunicipalityNotFound, ValueError) as error:
            raise CommandError(str(error)) from None
        if options["week"] and day is None:
            raise CommandError(f"--week: {options['week']!r} is no day (2026-11-20).")
        items = labelling_queue(municipality.pk, day, size=options["size"])
        for item in items:
            if options["json"]:
                shown = asdict(item) | {"people": len(item.people), "done": item.done}
                self.stdout.write(orjson.dumps(shown).decode())
                continue
            wanted = "by two people" if item.double else ""
            state = "done" if item.done else ""
            self.stdout.write(
                f"{item.mention_id:>10}  {item.why:<10} {wanted:<14} {state}".rstrip()
            )
        if not options["json"]:
            done = sum(item.done for item in items)
            self.stdout.write(f"{len(items)} to label, {done} done")
