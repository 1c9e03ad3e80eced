"""The people every test knows: two municipalities on one installation and whoever works there.

Take the fixture `cast`. Nobody here has a password; log in with `client.force_login(cast.agent)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.makers import make_account, make_municipality, make_person, make_team
from webcare.organisation.models import Account, Municipality, Person, Role, Team


@dataclass(frozen=True)
class Cast:
    """`agent` and `team_lead` work in `team`; `other_agent` in `other_team`; the rest in none."""

    municipality: Municipality
    team: Team
    other_team: Team
    central_team: Team
    account: Account
    other_account: Account

    agent: Person
    colleague: Person
    other_agent: Person
    central_agent: Person
    team_lead: Person
    adviser: Person
    archivist: Person
    privacy_officer: Person
    administrator: Person

    neighbour: Municipality
    neighbour_team: Team
    neighbour_account: Account
    neighbour_agent: Person
    neighbour_administrator: Person

    @property
    def by_role(self) -> dict[Role, Person]:
        """One person who has exactly that role, for every role there is."""
        return {
            Role.AGENT: self.agent,
            Role.TEAM_LEAD: self.team_lead,
            Role.ADVISER: self.adviser,
            Role.ARCHIVIST: self.archivist,
            Role.PRIVACY_OFFICER: self.privacy_officer,
            Role.ADMINISTRATOR: self.administrator,
        }


@pytest.fixture
def cast(db: None) -> Cast:
    here = make_municipality("Elzendrecht", slug="elzendrecht")
    team = make_team(here, "Webcare", slug="webcare")
    other_team = make_team(here, "Parkeren", slug="parkeren")
    central_team = make_team(here, "Centraal", slug="centraal", central=True)
    neighbour = make_municipality("Klaverwaard", slug="klaverwaard")
    neighbour_team = make_team(neighbour, "Webcare", slug="webcare", central=True)
    return Cast(
        municipality=here,
        team=team,
        other_team=other_team,
        central_team=central_team,
        account=make_account(team, name="Gemeente Elzendrecht", handle="@gemeente@plein.example"),
        other_account=make_account(
            other_team, name="Parkeren Elzendrecht", handle="@parkeren@plein.example"
        ),
        agent=make_person(here, Role.AGENT, name="Sanne Groot", initials="SG", teams=[team]),
        colleague=make_person(here, Role.AGENT, name="Bram Vos", initials="BV", teams=[team]),
        other_agent=make_person(
            here, Role.AGENT, name="Fatma Kaya", initials="FK", teams=[other_team]
        ),
        central_agent=make_person(
            here, Role.AGENT, name="Joris Blom", initials="JB", teams=[central_team]
        ),
        team_lead=make_person(here, Role.TEAM_LEAD, name="Els Prins", initials="EP", teams=[team]),
        adviser=make_person(here, Role.ADVISER, name="Daan Mol", initials="DM"),
        archivist=make_person(here, Role.ARCHIVIST, name="Ruth Haan", initials="RH"),
        privacy_officer=make_person(here, Role.PRIVACY_OFFICER, name="Ilse Kok", initials="IK"),
        administrator=make_person(here, Role.ADMINISTRATOR, name="Omar Nassir", initials="ON"),
        neighbour=neighbour,
        neighbour_team=neighbour_team,
        neighbour_account=make_account(
            neighbour_team,
            name="Gemeente Klaverwaard",
            handle="@klaverwaard@plein.example",
        ),
        neighbour_agent=make_person(
            neighbour,
            Role.AGENT,
            name="Piet Zand",
            initials="PZ",
            teams=[neighbour_team],
        ),
        neighbour_administrator=make_person(
            neighbour, Role.ADMINISTRATOR, name="Mia Berg", initials="MB"
        ),
    )
