"""`manage.py town`: what the town talks about, as text or JSON."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from monitoring.municipality import MunicipalityNotFound, find_municipality
from monitoring.town import counts
from monitoring.town.report import make_report
from monitoring.town.shapes import report_as_json
from monitoring.town.text import report_as_text
from monitoring.town.windows import DAYS, HERE, WindowError, window_between, window_of


class Command(BaseCommand):
    help = (
        "Laat zien waar de stad over praat: thema's, teneur, afzenders en gaten in het luisteren."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--municipality", metavar="SLUG", help="nodig als er meer zijn")
        parser.add_argument(
            "--period", choices=tuple(DAYS), default="day", help="hoe ver terug (standaard: day)"
        )
        parser.add_argument(
            "--since", metavar="D", help="in plaats van --period: een dag of moment (ISO 8601)"
        )
        parser.add_argument("--until", metavar="D", help="tot dan (standaard: nu)")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument(
            "--recount", action="store_true", help="tel eerst alle tellers na en herstel ze"
        )

    def handle(self, *, period: str, since: str, until: str, **options: Any) -> None:
        try:
            municipality = find_municipality(options["municipality"])
            end = read_moment("--until", until) if until else timezone.now()
            window = (
                window_between(read_moment("--since", since), end)
                if since
                else window_of(period, end)
            )
        except (MunicipalityNotFound, WindowError) as error:
            raise CommandError(str(error)) from None
        if options["recount"]:
            self.stderr.write(f"Tellers nageteld, {len(counts.recount())} hersteld.")
        report = make_report(municipality.pk, window.since, window.until, window=window)
        if options["format"] == "json":
            self.stdout.write(
                orjson.dumps(report_as_json(report), option=orjson.OPT_INDENT_2).decode()
            )
        else:
            self.stdout.write(report_as_text(report, municipality.name))


def read_moment(option: str, text: str) -> datetime:
    """A day is its midnight here; a moment without a zone is local time. Raises `CommandError`."""
    try:
        moment: datetime | date | None = parse_date(text) or parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{option}: {text!r} is geen dag (2026-11-20) of moment (ISO 8601).")
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=HERE)
