"""The weekly list as people work through it, and what the case says of its labels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.models import LabelSet, Mention
from tests.cast import Cast
from tests.makers import make_source
from tests.monitoring.town.voices import say
from tests.webcare.desk.makers import make_listed_case, verdict
from webcare.api import Conflict
from webcare.desk import cases, labelling
from webcare.desk.models import Case, CaseEvent

WORDS = ("lamp", "stoep", "fiets", "brug", "hond", "markt", "sluis", "loket", "boom", "haven")
ALL = {name: None for name in ("intent", "tenor", "themes", "urgent", "abuse", "about_us")}


@pytest.fixture
def listed(cast: Cast) -> list[Case]:
    return [make_listed_case(cast.account, f"De {word} {word}{word} is kapot") for word in WORDS]


@pytest.fixture
def double(cast: Cast, listed: list[Case]) -> int:
    """The post two people are to look at."""
    tasks = labelling.find_work(cast.agent).tasks
    return next(task.mention.pk for task in tasks if task.item.double)


@pytest.fixture
def single(cast: Cast, listed: list[Case]) -> int:
    tasks = labelling.find_work(cast.agent).tasks
    return next(task.mention.pk for task in tasks if not task.item.double)


def shown_to(person: Any) -> dict[int, labelling.Task]:
    return {task.mention.pk: task for task in labelling.find_work(person).tasks}


def current(mention_id: int) -> LabelSet:
    return LabelSet.objects.get(mention=mention_id, current=True)


def test_what_is_answered_leaves_the_list_and_counts_as_done(cast: Cast, single: int) -> None:
    before = labelling.find_work(cast.agent)
    labelling.answer(cast.agent, single, ALL)
    after = labelling.find_work(cast.agent)
    assert single not in shown_to(cast.agent)
    assert (after.total, after.done) == (before.total, before.done + 1)


def test_an_explicit_right_is_kept_per_head_with_why_it_was_on_screen(
    cast: Cast, single: int
) -> None:
    why = shown_to(cast.agent)[single].item.why
    labelling.answer(cast.agent, single, ALL)
    said = LabelSet.objects.filter(mention=single, person=cast.agent)
    assert {(one.head, one.why) for one in said} == {(head, why) for head in ALL}
    assert why != LabelSet.Why.FOUND


def test_a_head_nobody_spoke_of_stays_the_machines(cast: Cast, single: int) -> None:
    labelling.answer(cast.agent, single, {"intent": "complaint"})
    assert current(single).corrected == ["intent"]


def test_it_counts_in_the_case_too_and_as_one_step(cast: Cast, single: int) -> None:
    labelling.answer(cast.agent, single, {"intent": "complaint", "tenor": None})
    case = Case.objects.get(first_mention=single)
    (event,) = case.events.filter(kind=CaseEvent.Kind.LABELLED)
    assert (case.intent, event.data["heads"]) == ("complaint", ["intent", "tenor"])


def test_two_people_look_at_a_double_and_the_second_sees_only_the_machine(
    cast: Cast, double: int
) -> None:
    labelling.answer(cast.agent, double, {"intent": "complaint"})
    assert double not in shown_to(cast.agent)
    seen = shown_to(cast.colleague)[double].machine
    assert (seen.person_id, seen.intent) == (None, "question")
    labelling.answer(cast.colleague, double, ALL)
    assert double not in shown_to(cast.team_lead)


def test_right_means_that_the_machine_is_right_not_the_colleague(cast: Cast, double: int) -> None:
    labelling.answer(cast.agent, double, {"intent": "complaint"})
    labelling.answer(cast.colleague, double, ALL)
    assert (current(double).intent, current(double).person) == ("question", cast.colleague)


def test_what_a_colleague_did_meanwhile_is_not_done_again(cast: Cast, single: int) -> None:
    labelling.answer(cast.agent, single, {"intent": "complaint"})
    with pytest.raises(Conflict):
        labelling.answer(cast.colleague, single, ALL)
    assert current(single).intent == "complaint"


def test_nobody_answers_a_double_twice(cast: Cast, double: int) -> None:
    labelling.answer(cast.agent, double, ALL)
    with pytest.raises(Conflict):
        labelling.answer(cast.agent, double, ALL)


def test_an_answer_is_taken_back_whole(cast: Cast, single: int) -> None:
    labelling.answer(cast.agent, single, {"intent": "complaint", "tenor": "criticism"})
    labelling.take_back(cast.agent, single)
    assert current(single).person is None
    assert single in shown_to(cast.agent)
    assert Case.objects.get(first_mention=single).intent == "question"


def test_nobody_takes_back_a_colleagues_answer(cast: Cast, single: int) -> None:
    labelling.answer(cast.agent, single, ALL)
    with pytest.raises(ValidationError):
        labelling.take_back(cast.colleague, single)
    assert current(single).person == cast.agent


def test_conversations_of_other_teams_are_not_on_the_list(cast: Cast) -> None:
    theirs = make_listed_case(cast.other_account, "Parkeerautomaat").first_mention_id
    assert theirs in shown_to(cast.other_agent)
    assert theirs in shown_to(cast.central_agent)
    assert theirs not in shown_to(cast.agent)
    with pytest.raises(PermissionDenied):
        labelling.answer(cast.agent, theirs, ALL)
    with pytest.raises(PermissionDenied):
        labelling.take_back(cast.agent, theirs)


def test_what_is_not_on_the_list_cannot_be_labelled_through_it(cast: Cast, single: int) -> None:
    neighbour = make_listed_case(cast.neighbour_account, "Bij de buren").first_mention_id
    for absent in (neighbour, single + 1_000_000):
        with pytest.raises(Mention.DoesNotExist):
            labelling.answer(cast.agent, absent, ALL)


def test_talk_of_the_town_is_labelled_by_any_team(cast: Cast) -> None:
    last_week = timezone.now() - timedelta(days=7)
    mention = say(make_source(cast.municipality), text="Mooie stad", posted_at=last_week)
    labelling.answer(cast.other_agent, mention.pk, {"intent": "compliment"})
    assert current(mention.pk).intent == "compliment"
    labelling.take_back(cast.other_agent, mention.pk)
    assert current(mention.pk).person is None


def test_a_longer_list_takes_no_more_queries(cast: Cast) -> None:
    queries = []
    for words in (WORDS[:2], WORDS[2:]):
        for word in words:
            make_listed_case(cast.account, f"De {word} {word}{word} is kapot")
        with CaptureQueriesContext(connection) as captured:
            assert labelling.find_work(cast.agent).tasks
        queries.append(len(captured))
    assert queries[0] == queries[1]


def test_two_people_each_have_an_order_of_their_own(cast: Cast, listed: list[Case]) -> None:
    mine, theirs = list(shown_to(cast.agent)), list(shown_to(cast.colleague))
    assert sorted(mine) == sorted(theirs)
    assert mine != theirs
    assert mine == list(shown_to(cast.agent))


# --- over HTTP


def send(client: Client, mention_id: int, *answers: tuple[str, Any]) -> Any:
    body = {"answers": [{"head": head, "value": value} for head, value in answers]}
    return client.post(f"/api/v1/labelling/{mention_id}", body, content_type="application/json")


def test_the_list_tells_what_to_look_at_and_nothing_of_who_wrote_or_labelled_it(
    client: Client, cast: Cast, double: int
) -> None:
    labelling.answer(cast.agent, double, {"intent": "complaint"})
    client.force_login(cast.colleague)
    body = client.get("/api/v1/labelling").json()
    assert (body["total"], body["done"], len(body["tasks"])) == (10, 0, 10)
    task = next(one for one in body["tasks"] if one["id"] == double)
    assert task["double"]
    assert (task["labels"]["intent"], task["labels"]["setBy"]) == ("question", None)
    assert "ria@plein" not in str(body)


def test_it_is_answered_and_taken_back(client: Client, cast: Cast, single: int) -> None:
    client.force_login(cast.agent)
    assert send(client, single, ("intent", None), ("tenor", "mixed")).status_code == 204
    assert current(single).tenor == "mixed"
    assert client.delete(f"/api/v1/labelling/{single}").status_code == 204
    assert current(single).person is None


@pytest.mark.parametrize(
    "answers", [(), (("intent", "onzin"),), (("themes", "waste"),), (("mood", "x"),)]
)
def test_what_is_no_answer_is_refused(
    client: Client, cast: Cast, single: int, answers: tuple[tuple[str, Any], ...]
) -> None:
    client.force_login(cast.agent)
    assert send(client, single, *answers).status_code == 400
    assert current(single).person is None


def test_too_late_is_a_conflict(client: Client, cast: Cast, single: int) -> None:
    labelling.answer(cast.agent, single, ALL)
    client.force_login(cast.colleague)
    answer = send(client, single, ("intent", "idea"))
    assert (answer.status_code, answer.json()["code"]) == (409, "done")


def test_only_those_who_answer_residents_label(client: Client, cast: Cast) -> None:
    for person in (cast.adviser, cast.archivist, cast.privacy_officer, cast.administrator):
        client.force_login(person)
        assert client.get("/api/v1/labelling").status_code == 403


def test_several_labels_are_said_right_in_one_step(client: Client, cast: Cast) -> None:
    case = make_listed_case(cast.account)
    client.force_login(cast.agent)
    answer = client.post(
        f"/api/v1/cases/{case.pk}/messages/{case.first_mention_id}/right",
        {"heads": ["intent", "tenor"]},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["corrected"]) == (201, ["intent", "tenor"])
    (event,) = case.events.filter(kind=CaseEvent.Kind.LABELLED)
    assert event.data["confirmed"]
    cases.undo(cast.agent, case.pk, event.pk)
    assert current(case.first_mention_id).person is None


def test_a_message_of_another_case_is_neither_explained_nor_confirmed_here(
    client: Client, cast: Cast
) -> None:
    case, other = make_listed_case(cast.account), make_listed_case(cast.account, "Anders")
    client.force_login(cast.agent)
    address = f"/api/v1/cases/{case.pk}/messages/{other.first_mention_id}"
    assert client.get(f"{address}/why").status_code == 404
    body = {"heads": ["intent"]}
    confirmed = client.post(f"{address}/right", body, content_type="application/json")
    assert confirmed.status_code == 400


def test_a_label_is_explained_word_by_word(client: Client, cast: Cast) -> None:
    case = make_listed_case(cast.account, "De lantaarnpaal is kapot")
    LabelSet.objects.filter(mention=case.first_mention_id).update(
        verdict=verdict(themes=[{"theme": "lighting", "p": 0.9}])
    )
    client.force_login(cast.agent)
    body = client.get(f"/api/v1/cases/{case.pk}/messages/{case.first_mention_id}/why").json()
    (lighting,) = [part for part in body["parts"] if part["head"] == "themes"]
    strongest = lighting["words"][0]
    assert (strongest["word"], strongest["kind"]) == ("lantaarnpaal", "known")
    assert strongest["share"] > 0
    assert not body["exact"]


def test_a_corrected_label_is_still_explained_as_the_machine_gave_it(
    client: Client, cast: Cast
) -> None:
    case = make_listed_case(cast.account)
    cases.label_mention(cast.agent, case.pk, case.first_mention_id, "intent", "complaint")
    client.force_login(cast.agent)
    body = client.get(f"/api/v1/cases/{case.pk}/messages/{case.first_mention_id}/why").json()
    assert body["parts"][0]["label"] == "question"
