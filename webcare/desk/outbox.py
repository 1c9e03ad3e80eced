"""What the machine does with an approved answer, and everything written down about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from monitoring.ingest import key_of
from monitoring.models import Mention
from monitoring.platforms.base import PublishedRef
from webcare.desk import clocks
from webcare.desk.cases import shut, unshut
from webcare.desk.changes import Change, changing
from webcare.desk.composer import same_text
from webcare.desk.models import Attempt, Case, CaseEvent, Reply
from webcare.desk.sealing import seal_reply
from webcare.desk.threads import asks_us
from webcare.organisation.models import Person

Kind = CaseEvent.Kind
# However long a platform asks us to stay away, a resident waits: we come by at least this often.
LONGEST_WAIT = 15 * 60


@contextmanager
def changing_reply(reply_id: int, person: Person | None) -> Iterator[tuple[Change, Reply]]:
    """The case and one of its replies, both locked, the case first; both saved at the end.

    Raises `Reply.DoesNotExist` for a neighbour's reply, and what `changing` raises.
    """
    replies = Reply.objects.all()
    if person is not None:
        replies = replies.filter(case__municipality_id=person.municipality_id)
    case_id = replies.values_list("case_id", flat=True).get(pk=reply_id)
    with changing(case_id, person) as change:
        reply = (
            Reply.objects.select_for_update(of=("self",))
            .select_related("author", "account__source", "in_reply_to")
            .get(pk=reply_id)
        )
        yield change, reply
        reply.save()


def start_attempt(reply_id: int) -> Attempt | None:
    """Claim a due reply: `sending` and an attempt row, committed before the platform is called.

    None when somebody else has it, it was withdrawn, or it is not due.
    """
    with transaction.atomic():
        reply = (
            Reply.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=reply_id, state=Reply.State.QUEUED, send_at__lte=timezone.now())
            .first()
        )
        if reply is None:
            return None
        reply.state = Reply.State.SENDING
        reply.save(update_fields=["state"])
        return reply.attempts.create()


def note_sent(
    reply_id: int, ref: PublishedRef, outcome: str, attempt_id: int | None = None
) -> None:
    """The platform has it: reference, clocks, history and the archive record, all or nothing."""
    with changing_reply(reply_id, None) as (change, reply):
        _finish(attempt_id, outcome)
        if reply.state == Reply.State.SENT:
            return
        others = Reply.objects.filter(account=reply.account_id, platform_id=key_of(ref.id))
        if others.exclude(pk=reply.pk).exists():
            # Two answers cannot be one post: only who looks there can tell.
            _mark_unknown(change, reply)
        else:
            mark_sent(change, reply, ref, ref.published_at)


def mark_sent(change: Change, reply: Reply, ref: PublishedRef | None, at: datetime) -> None:
    case, now = change.case, timezone.now()
    # The platform's clock may be wrong: it was after a person approved it, and not in the future.
    at = min(max(at, reply.created_at), now)
    reply.state, reply.sent_at, reply.trouble = Reply.State.SENT, at, ""
    if ref is not None:
        reply.platform_id, reply.url = key_of(ref.id), ref.url
    clocks.stop_by_reply(case, reply.kind, at)
    change.record(Kind.REPLY_SENT, reply=reply.pk)
    if asked := _asked_since(case, reply):
        clocks.start_next_answer(case, asked.posted_at)
    elif reply.close_after and case.state == Case.State.OPEN:
        shut(change, Case.CloseReason.ANSWERED)
    elif reply.close_after and case.close_reason == Case.CloseReason.ANSWERED:
        # Closed when it was approved: what an acknowledgement leaves running stops now.
        clocks.stop_without_reply(case, now)
    seal_reply(reply)


def _asked_since(case: Case, reply: Reply) -> Mention | None:
    """The first message that came after this answer was written and waits for one itself."""
    since = Mention.objects.filter(
        case_message__case=case, case_message__added_at__gt=reply.created_at, own=False
    )
    return next((m for m in since.defer("search").order_by("posted_at") if asks_us(case, m)), None)


def note_later(reply_id: int, attempt_id: int, seconds: float, why: str) -> None:
    """The platform said "not now" and surely published nothing: try again then."""
    with changing_reply(reply_id, None) as (_, reply):
        _finish(attempt_id, Attempt.Outcome.LATER, why)
        if _still_tried(reply, attempt_id):
            wait = seconds if 0 <= seconds <= LONGEST_WAIT else LONGEST_WAIT
            requeue(reply, timezone.now() + timedelta(seconds=wait))
            reply.trouble = "Het platform is even niet bereikbaar; we proberen het opnieuw."


def note_refused(reply_id: int, attempt_id: int, why: str) -> None:
    """The platform will not have it; a person has to look."""
    with changing_reply(reply_id, None) as (change, reply):
        _finish(attempt_id, Attempt.Outcome.REFUSED, why)
        if _still_tried(reply, attempt_id):
            mark_failed(change, reply, f"Het platform weigerde dit antwoord ({why}).")


def note_unknown(reply_id: int, attempt_id: int, why: str) -> None:
    """Nobody knows whether it was published, and looking did not tell: a person decides."""
    with changing_reply(reply_id, None) as (change, reply):
        _finish(attempt_id, Attempt.Outcome.UNKNOWN, why)
        if _still_tried(reply, attempt_id):
            _mark_unknown(change, reply)


def _mark_unknown(change: Change, reply: Reply) -> None:
    reply.state = Reply.State.UNKNOWN
    reply.trouble = "Onzeker of dit antwoord geplaatst is. Kijk op het platform."
    change.record(Kind.REPLY_UNKNOWN, reply=reply.pk)
    open_again(change)


def note_surely_not_sent(reply_id: int, attempt_id: int) -> None:
    """Looked up and not there, on a platform that honours our key: the same key may go again."""
    with changing_reply(reply_id, None) as (_, reply):
        _finish(attempt_id, Attempt.Outcome.UNKNOWN, "not found on the platform")
        if _still_tried(reply, attempt_id):
            requeue(reply, timezone.now())


def recognise(mention: Mention) -> bool:
    """Is this collected post of our own account an answer of ours coming back?

    If so and we had not heard that it was published, we have now.
    """
    perhaps_out = Q(state__in=(Reply.State.SENDING, Reply.State.UNKNOWN)) | Q(
        # Looked for in vain: about to be sent again with the same key, or written off.
        state__in=(Reply.State.QUEUED, Reply.State.FAILED),
        attempts__isnull=False,
    )
    # One statement sees one moment: between two, an answer could become `sent` and be in neither.
    replies = list(
        Reply.objects.filter(account__source_id=mention.source_id)
        .filter(
            Q(platform_id=mention.platform_id)
            | (perhaps_out & Q(in_reply_to__platform_id=mention.in_reply_to))
        )
        .distinct()
    )
    if any(reply.platform_id == mention.platform_id for reply in replies):
        return True
    for reply in sorted(replies, key=lambda reply: reply.state == Reply.State.FAILED):
        if same_text(reply.text, mention.text):
            ref = PublishedRef(mention.platform_id, mention.url, mention.posted_at)
            note_sent(reply.pk, ref, Attempt.Outcome.FOUND)
            return True
    return False


def _still_tried(reply: Reply, attempt_id: int) -> bool:
    """Is this the try the reply waits for? News of an older one must not stop a newer one."""
    newest = reply.attempts.order_by("-pk").values_list("pk", flat=True).first()
    return reply.state == Reply.State.SENDING and newest == attempt_id


def _finish(attempt_id: int | None, outcome: str, detail: str = "") -> None:
    if attempt_id is not None:
        Attempt.objects.filter(pk=attempt_id).update(
            outcome=outcome, detail=detail[:300], finished_at=timezone.now()
        )


def requeue(reply: Reply, at: datetime) -> None:
    reply.state, reply.send_at, reply.trouble = Reply.State.QUEUED, at, ""


def mark_failed(change: Change, reply: Reply, why: str) -> None:
    reply.state, reply.trouble = Reply.State.FAILED, why
    change.record(Kind.REPLY_FAILED, reply=reply.pk)
    open_again(change)


def open_again(change: Change) -> None:
    """An answer that did not go out cannot have closed anything."""
    if (
        change.case.state == Case.State.CLOSED
        and change.case.close_reason == Case.CloseReason.ANSWERED
    ):
        unshut(change)
        change.record(Kind.REOPENED)
