"""What people do with a case, one function each: taken, given, moved, noted, closed, undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from monitoring import labels
from monitoring.models import LabelSet, Mention
from webcare.desk import clocks
from webcare.desk.changes import Change, changing, check_may_work
from webcare.desk.models import Case, CaseEvent, Note
from webcare.organisation.access import ANSWERING, check_role, visible_teams
from webcare.organisation.models import Person, Role, Team

Kind = CaseEvent.Kind
# How long one's own last step can be taken back.
UNDO_WITHIN = timedelta(minutes=5)
UNDOABLE = (
    Kind.TAKEN,
    Kind.ASSIGNED,
    Kind.RELEASED,
    Kind.MOVED,
    Kind.CLOSED,
    Kind.LABELLED,
)


def take_case(person: Person, case_id: int) -> Case:
    """Make it mine. Taking what a colleague holds is allowed and shows in the history."""
    return _assign(person, case_id, person, Kind.TAKEN)


def release_case(person: Person, case_id: int) -> Case:
    return _assign(person, case_id, None, Kind.RELEASED)


def assign_case(person: Person, case_id: int, colleague_id: int) -> Case:
    """Give it to a colleague, who must be active and able to work on it."""
    colleague = Person.objects.filter(
        pk=colleague_id, municipality_id=person.municipality_id, is_active=True
    ).first()
    if colleague is None:
        raise ValidationError({"personId": _("Deze collega bestaat niet.")})
    return _assign(person, case_id, colleague, Kind.ASSIGNED)


def _assign(person: Person, case_id: int, colleague: Person | None, kind: CaseEvent.Kind) -> Case:
    with changing(case_id, person) as change:
        case = change.case
        if colleague is not None and (
            not colleague.has_role(Role.AGENT, Role.TEAM_LEAD)
            or case.team_id not in visible_teams(colleague)
        ):
            raise ValidationError(
                {
                    "personId": _("%(name)s werkt niet in dit team. Verplaats eerst het gesprek.")
                    % {"name": colleague.name}
                }
            )
        change.record(
            kind,
            before={"assignee": case.assignee_id},
            assignee=colleague.pk if colleague else None,
        )
        case.assignee = colleague
    return case


def move_case(person: Person, case_id: int, team_id: int) -> Case:
    """Hand the case to another team of the municipality; whoever held it lets go."""
    team = Team.objects.filter(pk=team_id, municipality_id=person.municipality_id).first()
    if team is None:
        raise ValidationError({"teamId": _("Dit team bestaat niet.")})
    with changing(case_id, person) as change:
        case = change.case
        change.record(
            Kind.MOVED,
            before={"team": case.team_id, "assignee": case.assignee_id},
            team=team.pk,
        )
        case.team, case.assignee = team, None
    return case


def add_note(person: Person, case_id: int, text: str) -> Note:
    if not text.strip():
        raise ValidationError({"text": _("Schrijf eerst een notitie.")})
    with changing(case_id, person) as change:
        note = Note.objects.create(case=change.case, author=person, text=text.strip())
        change.record(Kind.NOTED, note=note.pk)
    return note


def close_case(person: Person, case_id: int, reason: str) -> Case:
    """Close without (further) reply. No reply is an outcome with a reason; nothing is lost."""
    if reason not in Case.CloseReason.values:
        raise ValidationError({"reason": _("Kies een reden om dit gesprek te sluiten.")})
    with changing(case_id, person) as change:
        case = change.case
        if case.state == Case.State.CLOSED:
            raise ValidationError({"state": _("Dit gesprek is al afgehandeld.")})
        if case.replies.filter(state__in=("queued", "sending", "unknown")).exists():
            raise ValidationError(
                {"state": _("Er is nog een antwoord onderweg. Wacht daar even op.")}
            )
        shut(change, reason)
    return case


def shut(change: Change, reason: str, *, stop_clocks: bool = True) -> None:
    """Close the locked case. With `stop_clocks` False a reply under way will stop them."""
    case, now = change.case, timezone.now()
    stopped = clocks.stop_without_reply(case, now) if stop_clocks else []
    change.record(Kind.CLOSED, reason=reason, clocks=stopped)
    case.state, case.close_reason, case.closed_at = Case.State.CLOSED, reason, now


def reopen_case(person: Person, case_id: int) -> Case:
    """Open a closed case again. Its clocks run on only where no reply ever came."""
    with changing(case_id, person) as change:
        if change.case.state == Case.State.OPEN:
            raise ValidationError({"state": _("Dit gesprek is al open.")})
        unshut(change)
        change.record(Kind.REOPENED)
    return change.case


def unshut(change: Change, clock_ids: list[int] | None = None) -> None:
    """Open the locked case; by default what stopped when it was closed runs on."""
    case = change.case
    if clock_ids is None:
        stopped = case.clocks.filter(met_by_reply=False, stopped_at__gte=case.closed_at)
        clock_ids = list(stopped.values_list("pk", flat=True))
    clocks.run_again(case, clock_ids)
    case.state, case.close_reason, case.closed_at = Case.State.OPEN, "", None


def label_mention(
    person: Person,
    case_id: int,
    mention_id: int,
    head: str,
    value: Any,
    why: str = LabelSet.Why.FOUND,
) -> LabelSet:
    """Correct one head of a message's labels, or confirm it with value None."""
    return say_labels(person, case_id, mention_id, {head: value}, why)


def say_labels(
    person: Person,
    case_id: int,
    mention_id: int,
    said: Mapping[str, Any],
    why: str = LabelSet.Why.FOUND,
) -> LabelSet:
    """Say of some heads of a message's labels what they are; None says "this is right".

    One step in the history, taken back as one. `why` is how the message came before this person:
    found at work, or from the weekly list.
    """
    with changing(case_id, person) as change:
        case = change.case
        mention = Mention.objects.filter(pk=mention_id, case_message__case=case).first()
        if mention is None:
            raise ValidationError({"mentionId": _("Dit bericht hoort niet bij dit gesprek.")})
        label_set = labels.say(mention, said, person.pk, why=why)[-1]
        change.record(
            Kind.LABELLED,
            mention=mention.pk,
            heads=list(said),
            confirmed=all(value is None for value in said.values()),
            labels=label_set.pk,
        )
        _copy_label_set(case, mention.pk, label_set)
    return label_set


def take_back_labels(person: Person, case_id: int, label_set: LabelSet) -> None:
    """Take back what was said of a message's labels, however long ago; nobody else may have."""
    with changing(case_id, person) as change:
        _restore(change, label_set)
        change.record(Kind.UNDONE, kind=Kind.LABELLED, mention=label_set.mention_id)


def _restore(change: Change, label_set: LabelSet) -> None:
    labels.restore(label_set)
    current = LabelSet.objects.filter(mention=label_set.mention_id, current=True).first()
    _copy_label_set(change.case, label_set.mention_id, current)


def _copy_label_set(case: Case, mention_id: int, label_set: LabelSet | None) -> None:
    if mention_id != case.first_mention_id:
        return
    case.unclassified = label_set is None
    label_set = label_set or LabelSet()
    case.intent, case.tenor, case.themes = (
        label_set.intent,
        label_set.tenor,
        label_set.themes,
    )
    case.urgent = label_set.urgent >= labels.YES


def undo(person: Person, case_id: int, event_id: int) -> Case:
    """Take back one's own last step on a case, within `UNDO_WITHIN`.

    Raises `ValidationError` when somebody did something since, or it was too long ago.
    """
    with changing(case_id, person, check=_check_may_undo) as change:
        case = change.case
        event = find_undoable(case, person)
        if event is None or event.pk != event_id:
            raise ValidationError({"eventId": _("Dit kan niet meer ongedaan worden gemaakt.")})
        before = event.data.get("before", {})
        match event.kind:
            case Kind.TAKEN | Kind.ASSIGNED | Kind.RELEASED:
                case.assignee_id = before["assignee"]
            case Kind.MOVED:
                if before["team"] not in visible_teams(person):
                    raise PermissionDenied(_("Dit gesprek is van een ander team."))
                case.team_id, case.assignee_id = before["team"], before["assignee"]
            case Kind.CLOSED:
                unshut(change, event.data["clocks"])
            case Kind.LABELLED:
                said = LabelSet.objects.select_related("mention").get(pk=event.data["labels"])
                _restore(change, said)
        # A label was of a message, and pages that show it must know which.
        of = {"mention": event.data["mention"]} if "mention" in event.data else {}
        change.record(Kind.UNDONE, event=event.pk, kind=event.kind, **of)
    return case


def _check_may_undo(person: Person, case: Case) -> None:
    check_role(person, *ANSWERING)
    # Whoever gave a case to another team may take that back, although it is theirs now.
    event = find_undoable(case, person)
    if event is None or event.kind != Kind.MOVED:
        check_may_work(person, case)


def find_undoable(case: Case, person: Person) -> CaseEvent | None:
    """The person's own last step, if it is the newest thing that happened and still fresh."""
    event = case.events.order_by("-pk").first()
    if (
        event is None
        or event.actor_id != person.pk
        or event.kind not in UNDOABLE
        or event.at < timezone.now() - UNDO_WITHIN
    ):
        return None
    # An answer that closed the case is taken back as an answer, not as a closing.
    if event.kind == Kind.CLOSED and event.data.get("reason") == Case.CloseReason.ANSWERED:
        return None if case.replies.filter(state__in=("queued", "sending")).exists() else event
    return event
