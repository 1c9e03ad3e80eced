"""`manage.py rollback_model`: put the model to use that was in use before."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from monitoring import own_models
from monitoring.municipality import MunicipalityNotFound, find_municipality
from nlp.verdicts import ModelMissing


class Command(BaseCommand):
    help = "Go back to the model a municipality used before its last one; works at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--municipality", metavar="SLUG", help="needed where there are several")

    def handle(self, **options: Any) -> None:
        try:
            municipality = find_municipality(options["municipality"])
            with own_models.sole_use(municipality.slug):
                name = own_models.roll_back(municipality.slug)
        except (MunicipalityNotFound, own_models.ModelBusy, ModelMissing) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"in use: {name or 'the shared model'}")
