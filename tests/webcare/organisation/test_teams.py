from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from tests.cast import Cast
from webcare.organisation import teams
from webcare.organisation.models import Account, AuditEntry


def test_a_team_gets_a_lasting_slug(cast: Cast) -> None:
    team = teams.add_team(cast.administrator, name="  Openbare   ruimte ")
    renamed = teams.change_team(cast.administrator, team.pk, {"name": "Buitendienst"})
    assert (renamed.name, renamed.slug) == ("Buitendienst", "openbare-ruimte")


@pytest.mark.parametrize("name", ["webcare", "WebCare", "web care"])
def test_two_teams_cannot_be_confused(cast: Cast, name: str) -> None:
    teams.add_team(cast.administrator, name="Web care")
    with pytest.raises(ValidationError, match="al een team"):
        teams.add_team(cast.administrator, name=name)


def test_a_team_lead_sets_the_targets_of_the_own_account(cast: Cast) -> None:
    account = teams.change_account(
        cast.team_lead, cast.account.pk, {"first_reaction_minutes": 30, "answer_minutes": 240}
    )
    assert (account.first_reaction_minutes, account.answer_minutes) == (30, 240)
    entry = AuditEntry.objects.get(action="account.changed")
    assert entry.detail["answer_minutes"] == {"from": 1440, "to": 240}


def test_a_team_lead_leaves_the_accounts_of_others_alone(cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        teams.change_account(cast.team_lead, cast.other_account.pk, {"answer_minutes": 240})


def test_a_neighbours_account_does_not_exist(cast: Cast) -> None:
    with pytest.raises(Account.DoesNotExist):
        teams.change_account(cast.administrator, cast.neighbour_account.pk, {"answer_minutes": 60})


def test_an_account_cannot_go_to_a_neighbours_team(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="bestaat niet"):
        teams.change_account(
            cast.administrator, cast.account.pk, {"team_id": cast.neighbour_team.pk}
        )


def test_a_first_reaction_is_not_due_after_the_answer(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="eerste reactie"):
        teams.change_account(cast.administrator, cast.account.pk, {"answer_minutes": 60})


@pytest.mark.parametrize("minutes", [0, -5, 10_000_000])
def test_a_target_is_between_a_minute_and_a_year(cast: Cast, minutes: int) -> None:
    with pytest.raises(ValidationError, match="tussen een minuut en een jaar"):
        teams.change_account(cast.administrator, cast.account.pk, {"answer_minutes": minutes})
