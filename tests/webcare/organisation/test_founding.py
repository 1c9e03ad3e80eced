from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.makers import PASSWORD
from webcare.organisation.models import AuditEntry, Municipality, Person

GIVEN = ("--administrator", "Noor Dijk", "--email", "noor@stad.example", "--initials", "ND")


def test_an_empty_installation_gets_a_first_administrator_who_can_log_in(
    client: Client, db: None
) -> None:
    printed = StringIO()
    call_command("found_municipality", "veldwijk", "Veldwijk", *GIVEN, stdout=printed)
    person = Person.objects.get()
    assert person.municipality.teams.get().central
    assert AuditEntry.objects.get().origin == "command"

    link = re.search(r"http://localhost:\d+(/\S+)", printed.getvalue())
    assert link
    form = client.get(link[1], follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    client.post("/accounts/login/", {"login": "noor@stad.example", "password": PASSWORD})
    assert client.get("/api/v1/people").status_code == 200


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("veldwijk", "Nog eens"), "already"),
        (("met spatie", "Nieuw"), "slug"),
        (("nieuw", "Nieuw", "--email", "geen-adres"), "e-mailadres"),
        (("nieuw", "Nieuw", "--email", "x@stad.example", "--initials", "1"), "letters"),
    ],
)
def test_what_cannot_be_is_one_clear_line_and_leaves_nothing(
    db: None, change: tuple[str, ...], complaint: str
) -> None:
    call_command("found_municipality", "veldwijk", "Veldwijk", *GIVEN, stdout=StringIO())
    with pytest.raises(CommandError, match=complaint):
        call_command("found_municipality", *change[:2], *GIVEN, *change[2:])
    assert Municipality.objects.count() == 1
