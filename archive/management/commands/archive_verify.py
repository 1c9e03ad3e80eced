"""`manage.py archive_verify`: does every record still say what was registered?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from archive.keys import current_key
from archive.municipalities import NoMunicipality, find_municipality
from archive.verify import SAMPLE, configured_secrets, count_records, verify_all


class Command(BaseCommand):
    help = (
        "Rekent het archief na uit de opgeslagen bytes: van elk record kop, openbare hash, "
        "controlegetal, inhoud, bijlagen en wat het platform gaf, en van elk logboek de plaatsen, "
        "de boom en de ondertekende controlepunten. Noemt alles wat niet klopt; eindigt alleen "
        "met 0 als alles klopt."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--municipality", metavar="SLUG", help="alleen deze gemeente")
        parser.add_argument(
            "--sample", action="store_true", help="een steekproef in plaats van alles"
        )
        parser.add_argument(
            "--processes",
            type=int,
            metavar="N",
            help="hoeveel processen tegelijk (standaard: wat de machine heeft)",
        )

    def handle(
        self, *, municipality: str | None, sample: bool, processes: int | None, **options: Any
    ) -> None:
        current_key()
        try:
            municipality_id = find_municipality(municipality) if municipality else None
        except NoMunicipality as error:
            raise CommandError(str(error)) from None
        secrets = configured_secrets()
        records = wrong = 0
        with tqdm(
            total=count_records(municipality_id),
            unit=" records",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
        ) as progress:
            for step in verify_all(
                secrets, municipality_id, processes=processes, sample=SAMPLE if sample else None
            ):
                progress.update(step.records)
                records += step.records
                for finding in step.findings:
                    wrong += 1
                    progress.clear()
                    self.stdout.write(f"{finding.record}: {'; '.join(finding.reasons)}")
        if wrong:
            raise CommandError(
                f"{wrong} niet in orde; {records} records gecontroleerd.", returncode=1
            )
        self.stdout.write(f"{records} records gecontroleerd, alles klopt.")
