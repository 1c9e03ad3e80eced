"""`manage.py evaluate`: how right the language model is, on texts it never saw."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import nlp
from nlp.posts import CORPUS, SPLITS, CorpusError
from nlp.versions import MODELS


class Command(BaseCommand):
    help = "Print the evaluation table of the language model (needs no database)."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with *.jsonl")
        parser.add_argument("--model", type=Path, default=MODELS, help="folder with the model")
        parser.add_argument("--split", choices=SPLITS, default="test")
        parser.add_argument("--json", action="store_true", help="the same as data")
        parser.add_argument(
            "--leave-out",
            action="store_true",
            help="also train without each platform in turn and test on it (minutes)",
        )

        parser.add_argument(
            "--compare",
            action="store_true",
            help="also train spaCy's own text classifiers and test them (minutes)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = nlp.evaluate(options["corpus"], options["model"], split=options["split"])
        except (CorpusError, nlp.ModelMissing) as error:
            raise CommandError(str(error)) from error
        found = report.as_dict() if options["json"] else {}
        if not options["json"]:
            self.stdout.write(report.table())
        if options["leave_out"]:
            from nlp.sources import leave_sources_out, sources_table

            sources = leave_sources_out(options["corpus"], say=self.stderr.write)
            found["leave_one_source_out"] = sources
            if not options["json"]:
                self.stdout.write("\n" + sources_table(sources))
        if options["compare"]:
            from nlp.comparing import as_data, compare, comparison_table

            compared = compare(options["corpus"], options["model"], say=self.stderr.write)
            found["compared"] = as_data(compared)
            if not options["json"]:
                self.stdout.write("\n" + comparison_table(compared))
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
