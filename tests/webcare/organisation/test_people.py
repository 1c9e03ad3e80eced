from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from tests.cast import Cast
from tests.makers import make_deputyship, make_person
from webcare.organisation import people
from webcare.organisation.models import AuditEntry, Deputyship, Person, Role

TODAY = timezone.localdate


def add(cast: Cast, **fields: Any) -> Person:
    given = {"name": "Noor Dijk", "email": "Noor@Stad.example", "initials": "^ND"}
    return people.add_person(cast.administrator, **{**given, **fields})


def test_a_new_colleague_belongs_to_the_administrators_municipality(cast: Cast) -> None:
    person = add(cast, roles=["agent"], team_ids=[cast.team.pk])
    assert person.municipality == cast.municipality
    assert (person.email, person.initials) == ("noor@stad.example", "ND")
    assert [team.pk for team in person.teams.all()] == [cast.team.pk]


def test_a_new_colleague_has_no_password_and_a_verified_address(cast: Cast) -> None:
    person = add(cast)
    assert not person.has_usable_password()
    assert EmailAddress.objects.get(user=person).verified


@pytest.mark.parametrize("initials", ["S", "TOOLONG", "S G", "S1", ""])
def test_initials_are_two_to_five_letters(cast: Cast, initials: str) -> None:
    with pytest.raises(ValidationError, match="twee tot vijf letters"):
        add(cast, initials=initials)


def test_initials_are_unique_among_colleagues(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="Sanne Groot ondertekent al zo"):
        add(cast, initials="sg")


def test_a_neighbours_initials_are_free(cast: Cast) -> None:
    assert add(cast, initials=cast.neighbour_agent.initials).pk


def test_an_address_is_used_once_on_the_whole_installation(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="al in gebruik"):
        add(cast, email=cast.neighbour_agent.email.upper())


def test_a_colleague_cannot_be_put_in_a_neighbours_team(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="bestaat niet"):
        add(cast, team_ids=[cast.neighbour_team.pk])


def test_only_administrators_add_people(cast: Cast) -> None:
    for role, person in cast.by_role.items():
        if role != Role.ADMINISTRATOR:
            with pytest.raises(PermissionDenied):
                people.add_person(person, name="N D", email="n@stad.example", initials="ND")


def test_a_change_of_roles_is_logged_with_what_was_and_what_is(cast: Cast) -> None:
    people.change_person(cast.administrator, cast.agent.pk, {"roles": ["team_lead", "agent"]})
    entry = AuditEntry.objects.get(action="person.changed")
    assert entry.detail["roles"] == {"from": ["agent"], "to": ["agent", "team_lead"]}


def test_a_change_of_name_is_logged_without_the_names(cast: Cast) -> None:
    people.change_person(cast.administrator, cast.agent.pk, {"name": "Sanne de Groot"})
    assert AuditEntry.objects.get(action="person.changed").detail == {"fields": ["name"]}


def test_changing_nothing_logs_nothing(cast: Cast) -> None:
    people.change_person(cast.administrator, cast.agent.pk, {"name": cast.agent.name})
    assert not AuditEntry.objects.filter(action="person.changed").exists()


def test_a_neighbours_colleague_does_not_exist(cast: Cast) -> None:
    with pytest.raises(Person.DoesNotExist):
        people.change_person(cast.administrator, cast.neighbour_agent.pk, {"name": "X"})


@pytest.mark.parametrize("change", [{"is_active": False}, {"roles": ["agent"]}])
def test_the_last_administrator_stays(cast: Cast, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="functioneel beheerder blijven"):
        people.change_person(cast.administrator, cast.administrator.pk, change)


def test_a_second_administrator_lets_the_first_go(cast: Cast) -> None:
    second = make_person(cast.municipality, Role.ADMINISTRATOR)
    changed = people.change_person(second, cast.administrator.pk, {"is_active": False})
    assert not changed.is_active


def test_a_new_address_takes_over_the_log_in(cast: Cast) -> None:
    people.change_person(cast.administrator, cast.agent.pk, {"email": "sanne.g@stad.example"})
    address = EmailAddress.objects.get(user=cast.agent)
    assert (address.email, address.verified) == ("sanne.g@stad.example", True)


def test_a_team_lead_arranges_a_deputy_for_the_own_team(cast: Cast) -> None:
    deputyship = people.add_deputyship(
        cast.team_lead,
        absent_id=cast.agent.pk,
        deputy_id=cast.other_agent.pk,
        starts=TODAY(),
        ends=TODAY(),
    )
    people.end_deputyship(cast.team_lead, deputyship.pk)
    assert not Deputyship.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="deputyship.").count() == 2


def test_a_team_lead_cannot_open_another_team_by_a_deputyship(cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        people.add_deputyship(
            cast.team_lead,
            absent_id=cast.other_agent.pk,
            deputy_id=cast.team_lead.pk,
            starts=TODAY(),
            ends=TODAY(),
        )


def test_a_team_lead_cannot_end_a_deputyship_elsewhere(cast: Cast) -> None:
    deputyship = make_deputyship(cast.other_agent, cast.agent)
    with pytest.raises(PermissionDenied):
        people.end_deputyship(cast.team_lead, deputyship.pk)


def test_nobody_deputises_across_municipalities(cast: Cast) -> None:
    with pytest.raises(Person.DoesNotExist):
        people.add_deputyship(
            cast.administrator,
            absent_id=cast.agent.pk,
            deputy_id=cast.neighbour_agent.pk,
            starts=TODAY(),
            ends=TODAY(),
        )


def test_a_deputyship_ends_no_sooner_than_it_starts(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="laatste dag"):
        people.add_deputyship(
            cast.administrator,
            absent_id=cast.agent.pk,
            deputy_id=cast.other_agent.pk,
            starts=TODAY(),
            ends=TODAY() - timedelta(days=1),
        )
