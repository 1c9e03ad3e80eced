"""Every address of the API × every role × somebody else's object answers 403 or 404.

Generated from the OpenAPI description, so a new address is attacked the day it is added. When one
comes with a path parameter that has no maker below, the test fails and says what to add.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from archive.records import Entry, record_many
from tests.cast import Cast
from tests.makers import make_deputyship, make_person
from tests.webcare.desk.makers import make_case, make_listed_case
from webcare.desk.models import Reply
from webcare.organisation.models import Account, Person, Role

Makers = dict[str, Callable[[Cast], int | UUID]]

METHODS = ("get", "post", "put", "patch", "delete")
# The specification itself is for everyone (NL API Design Rules).
PUBLIC = {"/api/v1/openapi.json"}
DESCRIPTION: dict[str, Any] = dict(SchemaGenerator().get_schema(request=None, public=True))
EVERY = sorted(
    (method, path)
    for path, methods in DESCRIPTION["paths"].items()
    for method in METHODS
    if method in methods and path not in PUBLIC
)
WITH_OBJECT = [(method, path) for method, path in EVERY if "{" in path]
SAMPLES = {"integer": 1, "number": 1, "boolean": False, "array": [], "object": {}}
FORMATS = {"date": "2026-11-20", "date-time": "2026-11-20T12:00:00Z", "email": "x@stad.example"}


def sample(schema: dict[str, Any]) -> Any:
    """Return a value the schema accepts, so that no parser is what refuses the attack."""
    while "$ref" in schema:
        schema = DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "allOf" in schema or "oneOf" in schema:
        return sample((schema.get("allOf") or schema["oneOf"])[0])
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {
            name: sample(value)
            for name, value in schema["properties"].items()
            if not value.get("readOnly")
        }
    if schema.get("type") == "string":
        return FORMATS.get(schema.get("format", ""), "Hallo")
    return SAMPLES.get(schema.get("type", ""))


# Ids in a body that are right for whoever attacks, so that only the address itself is wrong.
OWN: Makers = {
    "personId": lambda cast: cast.agent.pk,
    "absentId": lambda cast: cast.agent.pk,
    "deputyId": lambda cast: cast.colleague.pk,
    "teamId": lambda cast: cast.team.pk,
}


def body_for(method: str, path: str, cast: Cast) -> Any:
    content = DESCRIPTION["paths"][path][method].get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return {}
    body = sample(content["application/json"]["schema"])
    return body | {name: own(cast) for name, own in OWN.items() if name in body}


def parameters(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def _case(account: Account) -> int:
    return make_case(account, f"Wat gebeurt er in {account.municipality.name}?").pk


def _reply(account: Account, author: Person) -> int:
    case = make_case(account)
    reply = Reply.objects.create(
        case=case,
        account=account,
        in_reply_to=case.first_mention,
        author=author,
        text=f"Antwoord uit {account.municipality.name}",
    )
    return reply.pk


def _neighbour_deputyship(cast: Cast) -> int:
    colleague = make_person(cast.neighbour, Role.AGENT, teams=[cast.neighbour_team])
    return make_deputyship(cast.neighbour_agent, colleague).pk


def _neighbour_record(cast: Cast) -> UUID:
    entry = Entry(cast.neighbour.pk, "incoming", "mention", 1, {"text": "Bericht uit Klaverwaard"})
    return record_many([entry])[0].attribute


def _listed(account: Account) -> int:
    return make_listed_case(account, f"{uuid4().hex} {uuid4().hex}").first_mention_id


# A path parameter → an object of the neighbour's.
FOREIGN: Makers = {
    "attribute": _neighbour_record,
    "account_id": lambda cast: cast.neighbour_account.pk,
    "case_id": lambda cast: _case(cast.neighbour_account),
    "deputyship_id": _neighbour_deputyship,
    "mention_id": lambda cast: _listed(cast.neighbour_account),
    "person_id": lambda cast: cast.neighbour_agent.pk,
    "reply_id": lambda cast: _reply(cast.neighbour_account, cast.neighbour_agent),
    "source_id": lambda cast: cast.neighbour_account.source_id,
    "team_id": lambda cast: cast.neighbour_team.pk,
}

# A path parameter → an object of one's own municipality, but of a team one does not work in.
ELSEWHERE: Makers = {
    "account_id": lambda cast: cast.other_account.pk,
    "case_id": lambda cast: _case(cast.other_account),
    "deputyship_id": lambda cast: make_deputyship(cast.other_agent, cast.central_agent).pk,
    "mention_id": lambda cast: _listed(cast.other_account),
    "reply_id": lambda cast: _reply(cast.other_account, cast.other_agent),
}
IN_A_TEAM = [one for one in WITH_OBJECT if set(parameters(one[1])) <= set(ELSEWHERE)]


def aim(path: str, cast: Cast, makers: Makers) -> str:
    """Return the path with somebody else's objects filled in."""
    for name in parameters(path):
        assert name in makers, (
            f"{path} has a path parameter {name!r} that no attack knows: "
            "add a maker of the neighbour's object to FOREIGN in this file"
        )
        path = path.replace(f"{{{name}}}", str(makers[name](cast)))
    return path


def call(client: Client, method: str, path: str, cast: Cast, makers: Makers = FOREIGN) -> Any:
    """Attack `path`, with a body its description calls right where it takes one."""
    target, extra = aim(path, cast, makers), {"headers": {"if-match": '"v1"'}}
    if method in ("get", "delete"):
        return getattr(client, method)(target, **extra)
    body = body_for(method, path, cast)
    return getattr(client, method)(target, body, content_type="application/json", **extra)


def test_the_description_holds_the_addresses_there_are() -> None:
    assert ("get", "/api/v1/me") in EVERY
    assert len(WITH_OBJECT) >= 5


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_a_stranger_gets_nowhere(client: Client, cast: Cast, method: str, path: str) -> None:
    response = call(client, method, path, cast)
    assert response.status_code in (401, 403), response.content


@pytest.mark.parametrize(("method", "path"), WITH_OBJECT)
def test_nobody_reaches_a_neighbours_object(
    client: Client, cast: Cast, method: str, path: str
) -> None:
    for role, person in cast.by_role.items():
        client.force_login(person)
        response = call(client, method, path, cast)
        assert response.status_code in (403, 404), (role, response.content)
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), WITH_OBJECT)
def test_all_roles_together_do_not_reach_a_neighbours_object(
    client: Client, cast: Cast, method: str, path: str
) -> None:
    everything = make_person(cast.municipality, *Role, teams=[cast.central_team])
    client.force_login(everything)
    response = call(client, method, path, cast)
    assert response.status_code == 404, response.content


@pytest.mark.parametrize(("method", "path"), IN_A_TEAM)
def test_work_of_another_team_is_refused(
    client: Client, cast: Cast, method: str, path: str
) -> None:
    for person in (cast.agent, cast.team_lead):
        client.force_login(person)
        response = call(client, method, path, cast, ELSEWHERE)
        assert response.status_code == 403, (person.roles, response.content)


@pytest.mark.parametrize(("method", "path"), [one for one in IN_A_TEAM if one[0] != "get"])
def test_who_only_reads_changes_nothing(client: Client, cast: Cast, method: str, path: str) -> None:
    for person in (cast.adviser, cast.archivist, cast.privacy_officer):
        client.force_login(person)
        response = call(client, method, path, cast, ELSEWHERE)
        assert response.status_code == 403, (person.roles, response.content)


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_a_colleague_without_any_role_changes_nothing_and_breaks_nothing(
    client: Client, cast: Cast, method: str, path: str
) -> None:
    nobody: Person = make_person(cast.municipality)
    client.force_login(nobody)
    response = call(client, method, path, cast)
    allowed = (200, 400, 403, 404) if method == "get" or path.endswith("/me") else (403, 404)
    assert response.status_code in allowed, response.content


# Words that only the neighbour's rows hold.
TELLTALES = ("klaverwaard", "Klaverwaard", "Piet Zand", "Mia Berg")


@pytest.mark.parametrize(
    "path", [path for method, path in EVERY if method == "get" and "{" not in path]
)
def test_no_list_tells_of_the_neighbour(client: Client, cast: Cast, path: str) -> None:
    _case(cast.neighbour_account)
    for role, person in cast.by_role.items():
        client.force_login(person)
        response = client.get(path)
        assert response.status_code in (200, 400, 403), (role, response.content)
        body = response.content.decode()
        assert not [word for word in TELLTALES if word in body], role
