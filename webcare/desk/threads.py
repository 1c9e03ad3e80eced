"""Messages that join a case that is already there, and what residents do to them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archive.records import record_many
from monitoring.models import Mention, Revision, Source
from webcare.desk import clocks
from webcare.desk.cases import shut
from webcare.desk.changes import Change, changing
from webcare.desk.models import Case, CaseEvent, CaseMessage, Reply
from webcare.desk.sealing import seal_incoming, seal_revision

Verdict = Mapping[str, Any]


def hold_cases(case_ids: Iterable[int]) -> None:
    """Lock cases before anything else is locked, always in the same order.

    Whoever changes more than one case in a transaction takes them here; mentions come after
    cases, as they do for a person who labels one.
    """
    held = Case.objects.select_for_update().filter(pk__in=set(case_ids)).order_by("pk")
    list(held.values_list("pk"))


def hold_cases_of(source: Source, platform_ids: Iterable[str]) -> None:
    """Lock the cases that posts about to be edited or deleted belong to."""
    hold_cases(
        CaseMessage.objects.filter(
            mention__source=source, mention__platform_id__in=set(platform_ids)
        ).values_list("case_id", flat=True)
    )


def join_cases(joins: Sequence[tuple[int, Mention, Verdict | None]]) -> None:
    """Add messages to their conversations, oldest first: each case is changed once."""
    by_case: dict[int, list[tuple[Mention, Verdict | None]]] = {}
    for case_id, mention, verdict in joins:
        by_case.setdefault(case_id, []).append((mention, verdict))
    for case_id, said in sorted(by_case.items()):
        _join_case(case_id, said)


def _join_case(case_id: int, said: list[tuple[Mention, Verdict | None]]) -> None:
    with changing(case_id, None) as change:
        case = change.case
        there = set(
            CaseMessage.objects.filter(mention__in=[m.pk for m, _ in said]).values_list(
                "mention_id", flat=True
            )
        )
        said = [(mention, verdict) for mention, verdict in said if mention.pk not in there]
        CaseMessage.objects.bulk_create(
            CaseMessage(case=case, mention=mention) for mention, _ in said
        )
        case.message_count += len(said)
        for mention, verdict in said:
            case.last_message_at = max(case.last_message_at, mention.posted_at)
            case.unclassified = case.unclassified or verdict is None
        if first := next((mention for mention, _ in said if asks_us(case, mention)), None):
            _wake(change, first)
        CaseEvent.objects.bulk_create(
            change.event(CaseEvent.Kind.MESSAGE, mention=mention.pk) for mention, _ in said
        )
        record_many(seal_incoming([(mention, case.pk) for mention, _ in said]))


def asks_us(case: Case, mention: Mention) -> bool:
    """Does this message wait for an answer? What bystanders tell each other does not."""
    return mention.direct or (
        bool(mention.author_handle) and mention.author_handle == case.author_handle
    )


def _wake(change: Change, mention: Mention) -> None:
    """Reopened if closed, with a clock if we had answered."""
    case = change.case
    if case.state == Case.State.CLOSED:
        case.state, case.close_reason, case.closed_at = Case.State.OPEN, "", None
        change.record(CaseEvent.Kind.REOPENED, mention=mention.pk)
    clocks.start_next_answer(case, mention.posted_at)


def note_answered_elsewhere(case_id: int, mention: Mention) -> None:
    """A colleague answered on the platform itself: the clocks stop and nobody answers twice."""
    with changing(case_id, None) as change:
        case = change.case
        _, added = CaseMessage.objects.get_or_create(mention=mention, defaults={"case": case})
        if not added:
            return
        case.last_message_at = max(case.last_message_at, mention.posted_at)
        change.record(CaseEvent.Kind.REPLY_SENT, mention=mention.pk)
        answered = Mention.objects.filter(
            case_message__case=case, platform_id=mention.in_reply_to
        ).first()
        if answered is not None and not asks_us(case, answered):
            return
        clocks.stop_by_reply(case, Reply.Kind.ANSWER, mention.posted_at)
        if case.state == Case.State.OPEN and not case.clocks.filter(stopped_at=None).exists():
            shut(change, Case.CloseReason.ANSWERED)


def note_revisions(revisions: Sequence[Revision]) -> None:
    """Put edits and deletions in the history and the archive of the cases they touch.

    Runs in the transaction that stored them. Third-party posts outside any case are not sealed.
    """
    kinds = {
        Revision.Kind.EDITED: CaseEvent.Kind.MESSAGE_EDITED,
        Revision.Kind.DELETED: CaseEvent.Kind.MESSAGE_DELETED,
    }
    for revision in revisions:
        message = CaseMessage.objects.filter(mention=revision.mention).first()
        if message is not None:
            with changing(message.case_id, None) as change:
                change.record(
                    kinds[Revision.Kind(revision.kind)],
                    mention=revision.mention_id,
                    revision=revision.pk,
                )
        if message is not None or revision.mention.own:
            seal_revision(revision, message.case_id if message else None)
