"""`manage.py archive_export`: take records out, with everything it takes to check them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from archive.bag import OtherExport
from archive.export import NothingSealed, Selection, write_export
from archive.municipalities import NoMunicipality, find_municipality
from archive.sequencer import get_log, seal_log


class Command(BaseCommand):
    help = (
        "Schrijft een uitgifte van het archief: records, leesbare pagina's, bewijzen en het "
        "programma dat alles controleert. Eindigt de naam op .zip, dan wordt het een ZIP, anders "
        "een map. Afgebroken? Dezelfde opdracht gaat verder waar hij was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="alles (ook zonder keuze)")
        parser.add_argument("--since", metavar="DATUM", help="geregistreerd vanaf deze dag")
        parser.add_argument("--until", metavar="DATUM", help="geregistreerd tot en met deze dag")
        parser.add_argument("--case", nargs="+", default=[], metavar="N", help="deze gesprekken")
        parser.add_argument("--to", required=True, type=Path, metavar="BESTAND")
        parser.add_argument("--municipality", metavar="SLUG", help="welke gemeente")

    def handle(self, **options: Any) -> None:
        selection = Selection(
            since=_start_of(options["since"]),
            until=_start_of(options["until"], days=1),
            cases=tuple(options["case"]),
        )
        if options["all"] and str(selection) != "all":
            raise CommandError("--all gaat niet samen met --since, --until of --case.")
        target = options["to"].resolve()
        if not target.parent.is_dir():
            raise CommandError(f"De map {target.parent} bestaat niet.")
        if target.exists():
            raise CommandError(f"{target} bestaat al; kies een andere naam.")
        try:
            municipality = find_municipality(options["municipality"])
            seal_log(municipality)
            written = self.write(get_log(municipality), selection, target)
        except (NoMunicipality, NothingSealed, OtherExport) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{written} records uitgegeven naar {target}.")

    def write(self, log: Any, selection: Selection, target: Path) -> int:
        written = 0
        with tqdm(unit=" records", file=sys.stderr, disable=not sys.stderr.isatty()) as progress:
            for count in write_export(log, selection, target):
                progress.update(count - written)
                written = count
        return written


def _start_of(text: str | None, days: int = 0) -> datetime | None:
    """Midnight in local time of that day, or the moment itself."""
    if text is None:
        return None
    try:
        if "T" in text:
            moment = datetime.fromisoformat(text)
            local = moment if moment.tzinfo else timezone.make_aware(moment)
        else:
            day = date.fromisoformat(text) + timedelta(days=days)
            local = timezone.make_aware(datetime.combine(day, time()))
    except ValueError:
        raise CommandError(f"{text!r} is geen datum: schrijf 2026-11-20.") from None
    return local.astimezone(UTC)
