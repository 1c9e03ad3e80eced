"""Makes rows for tests, with the least said: everything a test does not care about is chosen here.

Names are invented. Makers write rows directly; what the desk itself would check on the way in is
tested through its own functions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from monitoring.models import Source
from webcare.organisation.models import (
    Account,
    Deputyship,
    Membership,
    Municipality,
    Person,
    Role,
    Team,
)

PASSWORD = "een-lang-wachtwoord-voor-proeven"

_numbers = itertools.count(1)


def make_municipality(name: str = "", **fields: Any) -> Municipality:
    number = next(_numbers)
    fields.setdefault("slug", f"gemeente-{number}")
    fields.setdefault("inhabitants", 30_000)
    return Municipality.objects.create(name=name or f"Gemeente {number}", **fields)


def make_team(municipality: Municipality, name: str = "", **fields: Any) -> Team:
    number = next(_numbers)
    fields.setdefault("slug", f"team-{number}")
    return Team.objects.create(municipality=municipality, name=name or f"Team {number}", **fields)


def make_person(
    municipality: Municipality,
    *roles: Role,
    teams: Iterable[Team] = (),
    password: str | None = None,
    **fields: Any,
) -> Person:
    """A colleague with `roles`, a confirmed address and unique initials.

    Without `password` nobody can log in by form (hashing one is slow): use `client.force_login`.
    """
    number = next(_numbers)
    fields.setdefault("name", f"Collega {number}")
    fields.setdefault("initials", _letters(number))
    email = fields.pop("email", f"collega{number}@stad.example")
    person = Person.objects.create_user(
        email,
        password,
        municipality=municipality,
        roles=[str(role) for role in roles],
        **fields,
    )
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    Membership.objects.bulk_create(Membership(person=person, team=team) for team in teams)
    return person


def _letters(number: int) -> str:
    """Five letters per number, so that initials stay unique in the longest test run."""
    digits = []
    for _ in range(5):
        number, digit = divmod(number, 26)
        digits.append(chr(ord("A") + digit))
    return "".join(reversed(digits))


def make_deputyship(
    absent: Person, deputy: Person, starts: date | None = None, ends: date | None = None
) -> Deputyship:
    """`deputy` works for `absent`, by default from yesterday to tomorrow."""
    today = timezone.localdate()
    return Deputyship.objects.create(
        absent=absent,
        deputy=deputy,
        starts=starts or today - timedelta(days=1),
        ends=ends or today + timedelta(days=1),
    )


def make_source(municipality: Municipality, platform: str = "mastodon", **fields: Any) -> Source:
    number = next(_numbers)
    fields.setdefault("name", f"Bron {number}")
    if platform == "mastodon":
        fields.setdefault("config", {"base_url": "https://plein.example"})
        fields.setdefault("secrets", {"access_token": f"proef-{number}"})
    elif platform == "rss":
        fields.setdefault("config", {"url": f"https://krant.example/{number}.xml"})
    return Source.objects.create(municipality=municipality, platform=platform, **fields)


def make_account(team: Team, source: Source | None = None, **fields: Any) -> Account:
    """A municipal account owned by `team`, with a mastodon source of its own unless given one."""
    number = next(_numbers)
    fields.setdefault("name", f"Account {number}")
    fields.setdefault("handle", f"@account{number}@plein.example")
    return Account.objects.create(
        municipality=team.municipality,
        team=team,
        source=source or make_source(team.municipality),
        **fields,
    )
