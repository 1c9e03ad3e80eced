"""`manage.py classify`: JSON lines with a text in, JSON lines with a verdict out."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import nlp
from nlp.lines import classify_lines
from nlp.model import Model
from nlp.versions import MODELS


class Command(BaseCommand):
    help = (
        'Read JSON lines {"text": …} on standard input and write one verdict per line, in order. '
        'A line that cannot be used gives {"error": …, "line": number}; the exit code is then 1. '
        "Needs no database."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", type=Path, default=MODELS, help="folder with the model")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            bad = classify_lines(sys.stdin.buffer, sys.stdout.buffer, Model.load(options["model"]))
        except nlp.ModelMissing as error:
            raise CommandError(str(error)) from error
        except BrokenPipeError:
            # Whoever read us has gone: nothing is left to say, and nowhere to say it.
            sys.stderr.close()
            raise SystemExit(141) from None
        if bad:
            raise CommandError(f"{bad} line{'s' if bad > 1 else ''} could not be classified")
