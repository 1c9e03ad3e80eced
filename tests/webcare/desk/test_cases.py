"""What people do with a case, who may, and how it is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction

from monitoring.models import LabelSet
from monitoring.town.models import HourCount
from tests.cast import Cast
from tests.webcare.desk.makers import make_case, make_post, read_and_triage, store_posts
from webcare.desk import cases
from webcare.desk.models import Case, CaseEvent, Clock
from webcare.live.presence import find_viewers


@pytest.fixture
def case(cast: Cast) -> Case:
    return make_case(cast.account, id="1")


def undoable(case: Case) -> int:
    return case.events.order_by("-pk").values_list("pk", flat=True)[0]


def test_taking_a_case_makes_it_mine_and_shows_in_the_history(cast: Cast, case: Case) -> None:
    cases.take_case(cast.agent, case.pk)

    case.refresh_from_db()
    assert case.assignee == cast.agent
    assert case.events.filter(kind=CaseEvent.Kind.TAKEN, actor=cast.agent).exists()


def test_every_change_moves_the_version(cast: Cast, case: Case) -> None:
    before = case.version
    cases.take_case(cast.agent, case.pk)
    cases.release_case(cast.agent, case.pk)

    case.refresh_from_db()
    assert case.version == before + 2


def test_another_teams_case_cannot_be_taken(cast: Cast, case: Case) -> None:
    with pytest.raises(PermissionDenied):
        cases.take_case(cast.other_agent, case.pk)


def test_a_neighbours_case_does_not_exist(cast: Cast, case: Case) -> None:
    with pytest.raises(Case.DoesNotExist):
        cases.take_case(cast.neighbour_agent, case.pk)


@pytest.mark.parametrize("role", ["adviser", "archivist", "privacy_officer", "administrator"])
def test_who_does_not_answer_residents_changes_no_case(cast: Cast, case: Case, role: str) -> None:
    with pytest.raises(PermissionDenied):
        cases.close_case(getattr(cast, role), case.pk, "no_action")


def test_the_central_team_works_on_every_case(cast: Cast, case: Case) -> None:
    cases.take_case(cast.central_agent, case.pk)

    assert Case.objects.get(pk=case.pk).assignee == cast.central_agent


def test_a_case_is_only_given_to_who_works_in_its_team(cast: Cast, case: Case) -> None:
    with pytest.raises(ValidationError):
        cases.assign_case(cast.agent, case.pk, cast.other_agent.pk)


def test_a_case_is_not_given_to_a_neighbour(cast: Cast, case: Case) -> None:
    with pytest.raises(ValidationError):
        cases.assign_case(cast.agent, case.pk, cast.neighbour_agent.pk)


def test_a_moved_case_is_nobodys_yet_in_its_new_team(cast: Cast, case: Case) -> None:
    cases.take_case(cast.agent, case.pk)
    cases.move_case(cast.agent, case.pk, cast.other_team.pk)

    case.refresh_from_db()
    assert (case.team, case.assignee) == (cast.other_team, None)


def test_whoever_moved_a_case_away_can_take_that_back(cast: Cast, case: Case) -> None:
    cases.move_case(cast.agent, case.pk, cast.other_team.pk)
    cases.undo(cast.agent, case.pk, undoable(case))

    case.refresh_from_db()
    assert case.team == cast.team


def test_closing_needs_a_reason_that_exists(cast: Cast, case: Case) -> None:
    with pytest.raises(ValidationError):
        cases.close_case(cast.agent, case.pk, "geen zin")


def test_closing_without_reply_stops_the_clocks_unmet(cast: Cast, case: Case) -> None:
    cases.close_case(cast.agent, case.pk, "abuse")

    case.refresh_from_db()
    assert (case.state, case.close_reason, case.deadline) == ("closed", "abuse", None)
    assert set(case.clocks.values_list("met_by_reply", flat=True)) == {False}


def test_undoing_a_close_lets_the_same_clocks_run_on(cast: Cast, case: Case) -> None:
    deadline = case.deadline
    cases.close_case(cast.agent, case.pk, "no_action")
    cases.undo(cast.agent, case.pk, undoable(case))

    case.refresh_from_db()
    assert (case.state, case.deadline) == ("open", deadline)


def test_a_colleagues_step_cannot_be_undone(cast: Cast, case: Case) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")

    with pytest.raises(ValidationError):
        cases.undo(cast.colleague, case.pk, undoable(case))


def test_an_old_step_cannot_be_undone(cast: Cast, case: Case, monkeypatch) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")
    monkeypatch.setattr(cases, "UNDO_WITHIN", timedelta(seconds=-1))

    with pytest.raises(ValidationError):
        cases.undo(cast.agent, case.pk, undoable(case))


def test_a_case_is_not_closed_twice(cast: Cast, case: Case) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")

    with pytest.raises(ValidationError):
        cases.close_case(cast.colleague, case.pk, "abuse")


def test_an_empty_note_is_refused(cast: Cast, case: Case) -> None:
    with pytest.raises(ValidationError):
        cases.add_note(cast.agent, case.pk, "  \n")


def test_a_correction_stands_beside_the_machines_label(cast: Cast, case: Case) -> None:
    cases.label_mention(cast.agent, case.pk, case.first_mention_id, "intent", "complaint")

    sets = LabelSet.objects.filter(mention=case.first_mention).order_by("pk")
    assert [(s.intent, s.person, s.current) for s in sets] == [
        ("question", None, False),
        ("complaint", cast.agent, True),
    ]
    case.refresh_from_db()
    assert case.intent == "complaint"


def test_a_correction_of_the_tenor_moves_the_towns_counters(cast: Cast, case: Case) -> None:
    cases.label_mention(cast.agent, case.pk, case.first_mention_id, "tenor", "criticism")

    counted = HourCount.objects.filter(theme="events").exclude(count=0)
    assert dict(counted.values_list("tenor", "count")) == {"criticism": 1}


def test_undoing_a_correction_brings_the_machines_label_back(cast: Cast, case: Case) -> None:
    cases.label_mention(cast.agent, case.pk, case.first_mention_id, "tenor", "criticism")
    cases.undo(cast.agent, case.pk, undoable(case))

    current = LabelSet.objects.get(mention=case.first_mention, current=True)
    assert (current.tenor, current.person) == ("neutral", None)
    case.refresh_from_db()
    assert case.tenor == "neutral"
    counted = HourCount.objects.filter(theme="").exclude(count=0)
    assert dict(counted.values_list("tenor", "count")) == {"neutral": 1}


@pytest.mark.parametrize(
    ("head", "value"),
    [
        ("intent", "onzin"),
        ("intent", ["question"]),
        ("themes", "waste"),
        ("themes", ["waste", "waste"]),
        ("themes", ["maan"]),
        ("urgent", "ja"),
        ("model", "x"),
    ],
)
def test_a_label_that_does_not_exist_is_refused(
    cast: Cast, case: Case, head: str, value: object
) -> None:
    with pytest.raises(ValidationError):
        cases.label_mention(cast.agent, case.pk, case.first_mention_id, head, value)


def test_saying_a_label_is_right_counts_as_a_persons_label(cast: Cast, case: Case) -> None:
    labels = cases.label_mention(cast.agent, case.pk, case.first_mention_id, "intent", None)

    assert (labels.intent, labels.corrected) == ("question", ["intent"])


def test_history_cannot_be_rewritten(cast: Cast, case: Case) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CaseEvent.objects.filter(case=case).update(kind="closed")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CaseEvent.objects.filter(case=case).delete()


def test_reopening_lets_unmet_clocks_run_again(cast: Cast, case: Case) -> None:
    cases.close_case(cast.agent, case.pk, "no_action")
    cases.reopen_case(cast.colleague, case.pk)

    case.refresh_from_db()
    assert case.state == "open"
    assert case.clocks.filter(stopped_at=None).count() == 2


def test_a_message_of_the_resident_starts_no_second_clock_while_one_runs(
    cast: Cast, case: Case
) -> None:
    read_and_triage(store_posts(cast.account.source, make_post("Hallo??", in_reply_to="1")))

    assert case.clocks.filter(kind=Clock.Kind.ANSWER).count() == 1


def test_nobody_looks_at_a_case_nobody_opened(cast: Cast, case: Case) -> None:
    assert find_viewers(case.pk) == []


def test_a_label_from_the_weekly_list_keeps_why_it_was_on_screen(cast: Cast, case: Case) -> None:
    labels = cases.label_mention(
        cast.agent, case.pk, case.first_mention_id, "intent", None, "random"
    )

    assert (labels.head, labels.why) == ("intent", "random")
