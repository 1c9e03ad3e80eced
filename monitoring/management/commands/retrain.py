"""`manage.py retrain`: the shared corpus and a municipality's corrections make its own model."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from monitoring.learning import corrections
from monitoring.municipality import MunicipalityNotFound, find_municipality
from monitoring.own_models import ModelBusy
from monitoring.retraining import retrain
from nlp.posts import CORPUS, CorpusError
from nlp.verdicts import ModelMissing
from nlp.versions import MODELS


class Command(BaseCommand):
    help = (
        "Make a municipality's own language model from the shared corpus and its corrections, and "
        "hold it against the one in use on the frozen test. The exit code is 1 when --promote was "
        "asked and something spoke against it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--municipality", metavar="SLUG", help="needed where there are several")
        parser.add_argument(
            "--promote", action="store_true", help="put it to use if nothing speaks against it"
        )
        parser.add_argument(
            "--list", action="store_true", help="only print the corrections, as JSON lines"
        )
        parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with *.jsonl")
        parser.add_argument("--model", type=Path, default=MODELS, help="folder of the shared model")

    def handle(self, **options: Any) -> None:
        try:
            municipality = find_municipality(options["municipality"])
            if options["list"]:
                for one in corrections(municipality.pk):
                    self.stdout.write(orjson.dumps(one.as_dict()).decode())
                return
            outcome = retrain(
                municipality,
                to_use=options["promote"],
                corpus_dir=options["corpus"],
                shared_dir=options["model"],
                say=self.stdout.write,
            )
        except (MunicipalityNotFound, ModelBusy, ModelMissing, CorpusError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"model {outcome.model}, with {outcome.corrections} corrected texts")
        for reason in outcome.objections:
            self.stdout.write(f"against it: {reason}")
        if outcome.promoted:
            self.stdout.write("it is in use from now on; back with: manage.py rollback_model")
        elif options["promote"]:
            raise CommandError("not put to use: the model in use stays")
        else:
            self.stdout.write("not put to use; that takes --promote")
