"""`manage.py archive_erase`: ask for content to go, agree, and make its bytes go."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from archive.erasing import CannotErase
from archive.models import ErasureRequest, Record
from webcare.organisation.models import Person
from webcare.records import erasing

DONE = {
    "request": "Gevraagd; een archivaris moet het goedkeuren.",
    "approve": "Gewist. De bytes verdwijnen van schijf bij archive_erase sweep (elke nacht).",
    "refuse": "Afgewezen; de inhoud blijft.",
}


class Command(BaseCommand):
    help = (
        "Wist de inhoud van een archiefrecord volgens de wet: de privacyfunctionaris vraagt "
        "(request), de archivaris keurt goed (approve) of wijst af (refuse). Het bewijs blijft. "
        "sweep herschrijft de bestanden van de database, zodat ook de bytes weg zijn."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("step", choices=["request", "approve", "refuse", "sweep"])
        parser.add_argument("attribute", nargs="?", help="berichtkenmerk van het record")
        parser.add_argument("--ground", choices=ErasureRequest.Ground.values, default="")
        parser.add_argument("--by", metavar="E-MAIL", help="wie dit doet")

    def handle(self, **options: Any) -> None:
        step = options["step"]
        if step == "sweep":
            erasing.sweep()
            self.stdout.write("De bestanden van de database zijn herschreven.")
            return
        person = Person.objects.filter(email__iexact=options["by"] or "", is_active=True).first()
        if person is None:
            raise CommandError("Zeg met --by wie dit doet: het e-mailadres van een collega.")
        record = self.find_record(options["attribute"], person)
        try:
            if step == "request":
                erasing.request_erasure(record, options["ground"], person)
            elif step == "approve":
                erasing.approve_erasure(record, person)
            else:
                erasing.refuse_erasure(record, person)
        except (CannotErase, PermissionDenied) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(DONE[step])

    def find_record(self, attribute: str | None, person: Person) -> Record:
        try:
            wanted = UUID(attribute or "")
        except ValueError:
            raise CommandError("Een berichtkenmerk ziet eruit als een UUID.") from None
        found = Record.objects.filter(
            attribute=wanted, municipality_id=person.municipality_id
        ).first()
        if found is None:
            raise CommandError(f"Er is geen record {wanted}.")
        return found
