"""`manage.py model_card`: the model card and the algorithm-register entry, from the evaluation."""

import json
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from nlp.card import OWN_FIELDS, missing_fields, model_card, register_entry
from nlp.evaluation import evaluate
from nlp.model import Model
from nlp.posts import CORPUS, CorpusError
from nlp.verdicts import ModelMissing
from nlp.versions import MODELS


def field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in OWN_FIELDS:
        raise ArgumentTypeError(f"NAME=VALUE, with NAME one of {', '.join(OWN_FIELDS)}")
    return name, value


class Command(BaseCommand):
    help = (
        "Write the model card (Markdown) and the entry for the Dutch algorithm register (JSON) of "
        "the language model, from its evaluation. Needs no database."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        docs = Path(settings.BASE_DIR) / "docs"
        parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with *.jsonl")
        parser.add_argument("--model", type=Path, default=MODELS, help="folder with the model")
        parser.add_argument("--to", type=Path, default=docs / "model-card.md")
        parser.add_argument("--register", type=Path, default=docs / "algorithm-register.json")
        parser.add_argument(
            "--field",
            type=field,
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="what only the municipality knows, such as organization=…; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            model = Model.load(options["model"])
            report = evaluate(options["corpus"], options["model"])
        except (CorpusError, ModelMissing) as error:
            raise CommandError(str(error)) from error
        entry = register_entry(report, model.meta, dict(options["field"]))
        try:
            options["to"].write_text(model_card(report, model.meta), encoding="utf-8")
            options["register"].write_text(
                json.dumps(entry, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
        except OSError as error:
            raise CommandError(f"cannot write {error.filename}: {error.strerror}") from error
        self.stdout.write(f"{options['to'].name} and {options['register'].name} of {report.model}")
        if missing := missing_fields(entry):
            self.stdout.write(f"for the municipality to fill in (--field): {', '.join(missing)}")
