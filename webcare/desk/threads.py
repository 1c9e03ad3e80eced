"""Messages that join a case that is already there, and what residents do to them afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archive.records import record_many
from monitoring.models import Mention, Revision
from webcare.desk import clocks
from webcare.desk.cases import shut
from webcare.desk.changes import changing
from webcare.desk.models import Case, CaseEvent, CaseMessage, Reply
from webcare.desk.sealing import seal_incoming, seal_revision


def join_case(case_id: int, mention: Mention, verdict: Mapping[str, Any] | None) -> None:
    """Add a message to its conversation: reopened if closed, with a clock if we had answered."""
    with changing(case_id, None) as change:
        case = change.case
        _, added = CaseMessage.objects.get_or_create(mention=mention, defaults={"case": case})
        if not added:
            return
        case.message_count += 1
        case.last_message_at = max(case.last_message_at, mention.posted_at)
        case.unclassified = case.unclassified or verdict is None
        if case.state == Case.State.CLOSED:
            case.state, case.close_reason, case.closed_at = Case.State.OPEN, "", None
            change.record(CaseEvent.Kind.REOPENED, mention=mention.pk)
        clocks.start_next_answer(case, mention.posted_at)
        change.record(CaseEvent.Kind.MESSAGE, mention=mention.pk)
        record_many([seal_incoming(mention, case.pk)])


def note_answered_elsewhere(case_id: int, mention: Mention) -> None:
    """A colleague answered on the platform itself: the clocks stop and nobody answers twice."""
    with changing(case_id, None) as change:
        case = change.case
        _, added = CaseMessage.objects.get_or_create(mention=mention, defaults={"case": case})
        if not added:
            return
        case.last_message_at = max(case.last_message_at, mention.posted_at)
        clocks.stop_by_reply(case, Reply.Kind.ANSWER, mention.posted_at)
        change.record(CaseEvent.Kind.REPLY_SENT, mention=mention.pk)
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
