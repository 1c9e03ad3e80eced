"""`manage.py found_municipality`: the first step on an empty installation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from webcare.organisation.founding import found_municipality
from webcare.organisation.invitations import make_link


class Command(BaseCommand):
    help = (
        "Adds a municipality with a central team and its first administrator, and prints the "
        "link with which that person chooses a password. Everybody else is added on screen."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="short name, like elzendrecht")
        parser.add_argument("name", help="name on screen")
        parser.add_argument("--inhabitants", type=int, default=0)
        parser.add_argument("--administrator", required=True, help="name of the person")
        parser.add_argument("--email", required=True, help="with which the person logs in")
        parser.add_argument("--initials", required=True, help="two to five letters")
        parser.add_argument(
            "--url",
            default=f"http://localhost:{settings.PORT}",
            help="where the desk is reached, default: %(default)s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = found_municipality(
                options["slug"],
                options["name"],
                inhabitants=options["inhabitants"],
                administrator=options["administrator"],
                email=options["email"],
                initials=options["initials"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        link = urljoin(options["url"], make_link(person))
        self.stdout.write(f"{person.name} chooses a password, once, within three days, at\n{link}")
