from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from tests.cast import Cast
from tests.makers import make_account, make_deputyship, make_person
from webcare.organisation import access
from webcare.organisation.models import Role


def test_an_agent_works_in_their_own_teams(cast: Cast) -> None:
    assert access.visible_teams(cast.agent) == {cast.team.pk}


def test_a_deputy_works_in_the_teams_of_the_absent_too(cast: Cast) -> None:
    make_deputyship(cast.agent, cast.other_agent)
    assert access.visible_teams(cast.other_agent) == {cast.other_team.pk, cast.team.pk}


@pytest.mark.parametrize("first_day", [-9, 1])
def test_a_deputyship_outside_its_days_opens_nothing(cast: Cast, first_day: int) -> None:
    starts = timezone.localdate() + timedelta(days=first_day)
    make_deputyship(cast.agent, cast.other_agent, starts, starts + timedelta(days=5))
    assert access.visible_teams(cast.other_agent) == {cast.other_team.pk}


def test_a_deputyship_holds_on_its_first_and_its_last_day(cast: Cast) -> None:
    today = timezone.localdate()
    make_deputyship(cast.agent, cast.other_agent, today, today)
    assert cast.team.pk in access.visible_teams(cast.other_agent)


def test_deputising_somebody_of_the_central_team_opens_all_teams(cast: Cast) -> None:
    make_deputyship(cast.central_agent, cast.agent)
    assert access.visible_teams(cast.agent) == access.visible_teams(cast.central_agent)


def test_the_central_team_and_administrators_see_all_teams_of_their_municipality(
    cast: Cast,
) -> None:
    everything = {cast.team.pk, cast.other_team.pk, cast.central_team.pk}
    assert access.visible_teams(cast.central_agent) == everything
    assert access.visible_teams(cast.administrator) == everything


def test_a_deputyship_never_reaches_into_another_municipality(cast: Cast) -> None:
    make_deputyship(cast.agent, cast.neighbour_agent)
    assert access.visible_teams(cast.neighbour_agent) == {cast.neighbour_team.pk}


def test_who_only_reads_reads_all_cases_and_answers_none(cast: Cast) -> None:
    for person in (cast.adviser, cast.archivist, cast.privacy_officer):
        assert len(access.readable_teams(person)) == 3
        assert access.answerable_teams(person) == set()


def test_an_administrator_as_such_reads_no_cases(cast: Cast) -> None:
    assert access.readable_teams(cast.administrator) == set()


def test_an_administrator_who_also_answers_reads_cases(cast: Cast) -> None:
    both = make_person(cast.municipality, Role.ADMINISTRATOR, Role.AGENT, teams=[cast.team])
    assert len(access.answerable_teams(both)) == 3


def test_visible_accounts_belong_to_visible_teams(cast: Cast) -> None:
    second = make_account(cast.team)
    assert set(access.visible_accounts(cast.agent)) == {cast.account, second}


def test_a_refused_role_is_explained_in_words(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="teamleider of functioneel beheerder"):
        access.check_role(cast.agent, Role.TEAM_LEAD, Role.ADMINISTRATOR)


def test_own_teams_cost_one_query(cast: Cast, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        access.visible_teams(cast.agent)
