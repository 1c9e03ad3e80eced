"""`manage.py train`: rebuild the language model from the corpus."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import nlp
from nlp.posts import CORPUS, CorpusError
from nlp.versions import MODELS, is_current


class Command(BaseCommand):
    help = "Rebuild the language model from the corpus (under a minute; needs no database)."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-needed",
            action="store_true",
            help="do nothing when the model was made from exactly this corpus and code",
        )
        parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with *.jsonl")
        parser.add_argument("--to", type=Path, default=MODELS, help="folder for the model")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_needed"] and is_current(options["corpus"], options["to"]):
            self.stdout.write("the language model is up to date")
            return
        try:
            nlp.train(options["corpus"], options["to"], say=self.stdout.write)
        except CorpusError as error:
            raise CommandError(f"corpus: {error}") from error
