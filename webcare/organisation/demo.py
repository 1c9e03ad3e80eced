"""The demo's own municipalities, colleagues and sources. Nobody in it exists.

Seeding is idempotent: what is there stays as people left it, what is missing is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from monitoring.models import Source
from webcare.demo import town
from webcare.organisation.models import Account, Membership, Municipality, Person, Role, Team

PASSWORD: Final = "welkom-in-de-stad"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    name: str
    initials: str
    roles: tuple[Role, ...]
    teams: tuple[str, ...] = ()
    municipality: str = "elzendrecht"

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@{self.municipality}.example"

    @property
    def role_names(self) -> str:
        return ", ".join(str(role.label) for role in self.roles)


@dataclass(frozen=True, slots=True)
class DemoTeam:
    slug: str
    name: str
    municipality: str = "elzendrecht"
    central: bool = False


TEAMS: Final = (
    DemoTeam("webcare", "Webcare", central=True),
    DemoTeam("parkeren", "Parkeren"),
    DemoTeam("webcare", "Webcare", municipality="klaverwaard", central=True),
)

PEOPLE: Final = (
    DemoPerson("Sanne Groot", "SG", (Role.AGENT,), ("webcare",)),
    DemoPerson("Bram Vos", "BV", (Role.AGENT,), ("webcare",)),
    DemoPerson("Fatma Kaya", "FK", (Role.AGENT,), ("parkeren",)),
    DemoPerson("Els Prins", "EP", (Role.TEAM_LEAD, Role.AGENT), ("webcare",)),
    DemoPerson("Daan Mol", "DM", (Role.ADVISER,)),
    DemoPerson("Ruth Haan", "RH", (Role.ARCHIVIST,)),
    DemoPerson("Ilse Kok", "IK", (Role.PRIVACY_OFFICER,)),
    DemoPerson("Omar Nassir", "ON", (Role.ADMINISTRATOR,)),
    DemoPerson("Piet Zand", "PZ", (Role.AGENT, Role.TEAM_LEAD), ("webcare",), "klaverwaard"),
)

PURPOSE: Final = "Vragen en meldingen van inwoners beantwoorden (publieke taak, AVG art. 6.1.e)."
NEWS_PURPOSE: Final = "Weten wat er in de stad speelt (publieke taak, AVG art. 6.1.e)."


@transaction.atomic
def seed() -> None:
    """Add what is missing. Raises ImproperlyConfigured outside the demo."""
    if not settings.DEMO:
        raise ImproperlyConfigured("the demo town is not for MODE=production")
    municipalities = {
        one.slug: Municipality.objects.get_or_create(
            slug=one.slug,
            defaults={
                "name": one.name,
                "inhabitants": one.inhabitants,
                "places": _places(one.slug),
            },
        )[0]
        for one in town.MUNICIPALITIES
    }
    teams = {
        (one.municipality, one.slug): Team.objects.get_or_create(
            municipality=municipalities[one.municipality],
            slug=one.slug,
            defaults={"name": one.name, "central": one.central},
        )[0]
        for one in TEAMS
    }
    for person in PEOPLE:
        _seed_person(person, municipalities[person.municipality], teams)
    address = f"http://127.0.0.1:{settings.TOWN_PORT}"
    for account in town.ACCOUNTS:
        _seed_account(
            account, municipalities[account.municipality], teams[account.municipality, account.team]
        )
    _seed_source(
        municipalities[town.MUNICIPALITIES[0].slug],
        town.NEWSPAPER,
        platform="rss",
        config={"url": f"{address}{town.NEWSPAPER_FEED}"},
        purpose=NEWS_PURPOSE,
    )


def _seed_person(
    wanted: DemoPerson, municipality: Municipality, teams: dict[tuple[str, str], Team]
) -> None:
    if Person.objects.filter(email=wanted.email).exists():
        return
    person = Person.objects.create_user(
        wanted.email,
        PASSWORD,
        municipality=municipality,
        name=wanted.name,
        initials=wanted.initials,
        roles=[str(role) for role in wanted.roles],
    )
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    Membership.objects.bulk_create(
        Membership(person=person, team=teams[wanted.municipality, slug]) for slug in wanted.teams
    )


def _seed_account(wanted: town.MunicipalAccount, municipality: Municipality, team: Team) -> None:
    # A municipality's first account also follows its hashtag: what is said without addressing it.
    first = next(one for one in town.ACCOUNTS if one.municipality == wanted.municipality)
    terms = [f"#{municipality.slug}"] if wanted == first else []
    source = _seed_source(
        municipality,
        f"Mastodon: {wanted.display_name}",
        platform="mastodon",
        config={"base_url": f"http://127.0.0.1:{settings.TOWN_PORT}", "terms": terms},
        secrets={"access_token": wanted.token},
        purpose=PURPOSE,
    )
    Account.objects.get_or_create(
        source=source,
        defaults={
            "municipality": municipality,
            "team": team,
            "name": wanted.display_name,
            "handle": f"@{wanted.handle}@{town.SERVER_DOMAIN}",
        },
    )


def _seed_source(municipality: Municipality, name: str, **fields: Any) -> Source:
    source, made = Source.objects.get_or_create(
        municipality=municipality, name=name, defaults=fields
    )
    # The town may have moved to another port since the last start.
    if not made and source.config != fields["config"]:
        source.config = fields["config"]
        source.save(update_fields=["config"])
    return source


def _places(slug: str) -> list[list[str]]:
    """The gazetteer of the town; its neighbour has none of its own."""
    if slug != town.MUNICIPALITIES[0].slug:
        return []
    kinds = (
        (town.STREETS, "street"),
        (town.NEIGHBOURHOODS, "neighbourhood"),
        (town.FACILITIES.values(), "facility"),
    )
    return [[name, kind] for names, kind in kinds for name in names]
