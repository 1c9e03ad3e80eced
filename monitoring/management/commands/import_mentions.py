"""`manage.py import_mentions FILE`: CSV, XLSX or JSONL in, all of it or nothing."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from monitoring.imports.files import FileProblem
from monitoring.imports.run import DEFAULT_PLATFORM, import_file
from monitoring.municipality import MunicipalityNotFound, find_municipality
from monitoring.platforms.registry import PLATFORMS


class Command(BaseCommand):
    help = (
        "Leest berichten in uit CSV, XLSX of JSONL (zie docs/import.md). Klopt een regel niet, dan"
        " wordt niets ingelezen, tenzij met --skip-rejected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--municipality", metavar="SLUG", help="nodig als er meer zijn")
        parser.add_argument(
            "--platform",
            choices=tuple(PLATFORMS),
            default=DEFAULT_PLATFORM,
            help=f"voor regels die er geen noemen (standaard: {DEFAULT_PLATFORM})",
        )
        parser.add_argument(
            "--skip-rejected", action="store_true", help="lees in wat klopt, laat de rest liggen"
        )

    def handle(self, *, file: Path, municipality: str | None, **options: Any) -> None:
        try:
            found = find_municipality(municipality)
            with (
                file.open("rb") as stream,
                tqdm(unit=" regels", file=sys.stderr, disable=not sys.stderr.isatty()) as progress,
            ):
                result = import_file(
                    found.pk,
                    stream,
                    platform=options["platform"],
                    skip_rejected=options["skip_rejected"],
                    progress=lambda lines: progress.update(lines - progress.n),
                )
        except (MunicipalityNotFound, FileProblem) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}") from None
        for rejection in result.rejected:
            self.stdout.write(f"regel {rejection.line}: {rejection.reason}")
        if more := result.rejected_total - len(result.rejected):
            self.stdout.write(f"… en nog {more} regels")
        self.stdout.write(
            f"ingelezen {result.imported}, al bekend {result.repeated},"
            f" afgekeurd {result.rejected_total}"
        )
        if result.rejected_total and not options["skip_rejected"]:
            raise CommandError("Niets ingelezen: herstel deze regels of gebruik --skip-rejected.")
