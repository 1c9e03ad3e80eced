from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from monitoring.models import Source
from webcare.organisation import demo
from webcare.organisation.models import Account, Municipality, Person


@pytest.fixture
def seeded(db: None) -> None:
    demo.seed()


@pytest.mark.usefixtures("seeded")
def test_a_second_seeding_adds_nothing() -> None:
    def counts() -> list[int]:
        return [model.objects.count() for model in (Municipality, Person, Source, Account)]

    before = counts()
    demo.seed()
    assert counts() == before


@pytest.mark.usefixtures("seeded")
def test_seeding_leaves_what_people_changed() -> None:
    Person.objects.filter(initials="SG").update(name="Sanne de Groot")
    demo.seed()
    assert Person.objects.get(initials="SG").name == "Sanne de Groot"


@pytest.mark.usefixtures("seeded")
def test_a_town_that_moved_to_another_port_is_followed(settings: Any) -> None:
    settings.TOWN_PORT = 9999
    demo.seed()
    assert Account.objects.first().source.config["base_url"] == "http://127.0.0.1:9999"


@pytest.mark.usefixtures("seeded")
def test_the_printed_log_ins_open_the_desk(client: Client) -> None:
    printed = StringIO()
    call_command("demo", stdout=printed)
    for person in demo.PEOPLE:
        assert person.email in printed.getvalue()
    assert demo.PASSWORD in printed.getvalue()
    answer = client.post(
        "/accounts/login/", {"login": demo.PEOPLE[0].email, "password": demo.PASSWORD}
    )
    assert answer.status_code == 302


def test_the_demo_refuses_production(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="production"):
        call_command("demo")


def test_production_shows_nobodys_log_in(client: Client, db: None, settings: Any) -> None:
    settings.DEMO = False
    page = client.get("/accounts/login/").content.decode()
    assert demo.PASSWORD not in page
    assert demo.PEOPLE[0].name not in page
