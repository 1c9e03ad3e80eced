"""Our answers: approved by a person, handed to the platform once, and never twice.

`queued → sending → sent | failed | unknown`. The row moves to `sending`, with its attempt, before
the platform is called; what happened is written after. Whatever dies in between leaves `sending`,
which is looked up on the platform and, if still not known, goes to a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from monitoring.models import Mention
from monitoring.platforms.base import PublishedRef
from monitoring.platforms.registry import get_platform
from webcare.api import Conflict, PreconditionFailed
from webcare.desk import clocks
from webcare.desk.cases import shut, unshut
from webcare.desk.changes import Change, changing
from webcare.desk.composer import check_text, same_text, sign
from webcare.desk.models import Attempt, Case, CaseEvent, Reply
from webcare.desk.sealing import seal_reply
from webcare.organisation.models import Person

Kind = CaseEvent.Kind
UNDER_WAY = (Reply.State.QUEUED, Reply.State.SENDING, Reply.State.UNKNOWN)
# What another person or the resident did that an answer must take into account.
MATTERS = (
    Kind.MESSAGE,
    Kind.MESSAGE_EDITED,
    Kind.MESSAGE_DELETED,
    Kind.REPLY_QUEUED,
    Kind.REPLY_SENT,
    Kind.CLOSED,
)


def approve_reply(
    person: Person,
    case_id: int,
    text: str,
    *,
    seen_version: int,
    kind: str = Reply.Kind.ANSWER,
    close_after: bool = False,
    in_reply_to: int | None = None,
) -> Reply:
    """Queue an answer. It leaves after the undo time.

    `seen_version` is the version of the case the writer looked at. Raises `Conflict` when a
    colleague's answer is under way, `PreconditionFailed` when the conversation moved on since,
    `ValidationError` when the text cannot go out like this.
    """
    with changing(case_id, person) as change:
        case = change.case
        if case.account is None:
            raise ValidationError(
                {
                    "text": "Dit bericht kwam niet via een eigen account binnen; antwoord langs een andere weg."
                }
            )
        _check_nobody_was_first(case, person, seen_version)
        to = _addressee(case, in_reply_to)
        capabilities = get_platform(case.platform).capabilities
        text = sign(text, person)
        check_text(text, capabilities.length, to.author_handle)
        if not to.can_reply:
            raise ValidationError(
                {"text": "Op dit bericht laat het platform geen antwoord toe."}
            )
        send_at = timezone.now() + timedelta(seconds=settings.UNDO_SECONDS)
        try:
            with transaction.atomic():
                reply = Reply.objects.create(
                    case=case,
                    account=case.account,
                    in_reply_to=to,
                    author=person,
                    kind=kind,
                    text=text,
                    close_after=close_after,
                    send_at=send_at,
                )
        except IntegrityError:
            raise _reply_under_way(case) from None
        change.record(Kind.REPLY_QUEUED, reply=reply.pk, kind=kind)
        if case.assignee_id is None:
            case.assignee = person
        if close_after and case.state == Case.State.OPEN:
            shut(change, Case.CloseReason.ANSWERED, stop_clocks=False)
    return reply


def _check_nobody_was_first(case: Case, person: Person, seen_version: int) -> None:
    if case.replies.filter(state__in=UNDER_WAY).exists():
        raise _reply_under_way(case)
    since = list(
        case.events.filter(version__gt=seen_version, kind__in=MATTERS)
        .exclude(actor=person)
        .order_by("pk")
        .values("kind", "actor_id", "at")
    )
    if since:
        error = PreconditionFailed(
            "Er is iets bijgekomen in dit gesprek. Je tekst staat er nog; bekijk het en verstuur opnieuw.",
            code="case_changed",
        )
        error.extra = {
            "events": [
                {"kind": e["kind"], "actorId": e["actor_id"], "at": e["at"].isoformat()}
                for e in since
            ]
        }
        raise error


def _reply_under_way(case: Case) -> Conflict:
    other = case.replies.filter(state__in=UNDER_WAY).select_related("author").first()
    error = Conflict(
        f"{other.author.name if other else 'Een collega'} was je voor: er is al een antwoord onderweg. "
        "Je tekst is niet verstuurd.",
        code="reply_under_way",
    )
    if other is not None:
        error.extra = {
            "reply": {
                "id": other.pk,
                "authorId": other.author_id,
                "text": other.text,
                "createdAt": other.created_at.isoformat(),
            }
        }
    return error


def _addressee(case: Case, mention_id: int | None) -> Mention:
    """The message that is answered: the one chosen, or the newest of the resident."""
    messages = Mention.objects.filter(case_message__case=case, own=False)
    if mention_id is not None:
        if chosen := messages.filter(pk=mention_id).first():
            return chosen
        raise ValidationError({"inReplyTo": "Dit bericht hoort niet bij dit gesprek."})
    newest = messages.order_by("-posted_at", "-pk").first()
    return newest or case.first_mention


def withdraw_reply(person: Person, reply_id: int) -> Reply:
    """Take an answer back before it leaves, or after it failed."""
    with _changing_reply(reply_id, person) as (change, reply):
        waiting = reply.state == Reply.State.QUEUED and reply.send_at > timezone.now()
        if not waiting and reply.state != Reply.State.FAILED:
            raise ValidationError({"state": "Te laat: dit antwoord is al onderweg."})
        reply.state = Reply.State.WITHDRAWN
        change.record(Kind.REPLY_WITHDRAWN, reply=reply.pk)
        _open_again(change)
    return reply


def retry_reply(person: Person, reply_id: int) -> Reply:
    """Try a failed answer again, with the same key."""
    with _changing_reply(reply_id, person) as (change, reply):
        if reply.state != Reply.State.FAILED:
            raise ValidationError({"state": "Alleen een mislukt antwoord kan opnieuw."})
        if change.case.replies.filter(state__in=UNDER_WAY).exists():
            raise _reply_under_way(change.case)
        _requeue(reply, timezone.now())
        change.record(Kind.REPLY_QUEUED, reply=reply.pk, kind=reply.kind)
    return reply


def resolve_reply(person: Person, reply_id: int, outcome: str) -> Reply:
    """A person looked on the platform: an unknown answer is there ("sent") or not ("not_sent")."""
    if outcome not in ("sent", "not_sent"):
        raise ValidationError(
            {"outcome": "Kies: het staat er wel, of het staat er niet."}
        )
    with _changing_reply(reply_id, person) as (change, reply):
        if reply.state != Reply.State.UNKNOWN:
            raise ValidationError({"state": "Dit antwoord is niet (meer) onzeker."})
        if outcome == "sent":
            attempt = reply.attempts.order_by("-pk").first()
            _note_sent(
                change, reply, None, attempt.started_at if attempt else timezone.now()
            )
        else:
            _note_failed(change, reply, "Niet geplaatst, volgens een collega die keek.")
    return reply


class _changing_reply:
    """The case and one of its replies, both locked; saves the reply when all went well."""

    def __init__(self, reply_id: int, person: Person | None) -> None:
        replies = Reply.objects.all()
        if person is not None:
            replies = replies.filter(case__municipality_id=person.municipality_id)
        self.reply_id = reply_id
        self.context = changing(
            replies.values_list("case_id", flat=True).get(pk=reply_id), person
        )

    def __enter__(self) -> tuple[Change, Reply]:
        change = self.context.__enter__()
        self.reply = (
            Reply.objects.select_for_update(of=("self",))
            .select_related("author", "account__source", "in_reply_to")
            .get(pk=self.reply_id)
        )
        return change, self.reply

    def __exit__(self, *error: object) -> bool | None:
        if error[0] is None:
            self.reply.save()
        return self.context.__exit__(*error)


# --- what the machine does with it -----------------------------------------------------------


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
    with _changing_reply(reply_id, None) as (change, reply):
        _finish(attempt_id, outcome)
        if reply.state != Reply.State.SENT:
            _note_sent(change, reply, ref, ref.published_at)


def _note_sent(
    change: Change, reply: Reply, ref: PublishedRef | None, at: datetime
) -> None:
    reply.state, reply.sent_at, reply.trouble = Reply.State.SENT, at, ""
    if ref is not None:
        reply.platform_id, reply.url = ref.id, ref.url
    clocks.stop_by_reply(change.case, reply.kind, at)
    change.record(Kind.REPLY_SENT, reply=reply.pk)
    if (
        reply.close_after
        and change.case.state == Case.State.OPEN
        and not _new_message(reply)
    ):
        shut(change, Case.CloseReason.ANSWERED)
    seal_reply(reply)


def _new_message(reply: Reply) -> bool:
    """Did the resident say something after this answer was written?"""
    return reply.case.events.filter(kind=Kind.MESSAGE, at__gt=reply.created_at).exists()


def note_later(reply_id: int, attempt_id: int, seconds: float, why: str) -> None:
    """The platform said "not now" and surely published nothing: try again then."""
    with _changing_reply(reply_id, None) as (_, reply):
        _finish(attempt_id, Attempt.Outcome.LATER, why)
        if reply.state == Reply.State.SENDING:
            _requeue(reply, timezone.now() + timedelta(seconds=seconds))
            reply.trouble = (
                "Het platform is even niet bereikbaar; we proberen het opnieuw."
            )


def note_refused(reply_id: int, attempt_id: int, why: str) -> None:
    """The platform will not have it; a person has to look."""
    with _changing_reply(reply_id, None) as (change, reply):
        _finish(attempt_id, Attempt.Outcome.REFUSED, why)
        if reply.state == Reply.State.SENDING:
            _note_failed(change, reply, f"Het platform weigerde dit antwoord ({why}).")


def note_unknown(reply_id: int, attempt_id: int | None, why: str) -> None:
    """Nobody knows whether it was published, and looking did not tell: a person decides."""
    with _changing_reply(reply_id, None) as (change, reply):
        _finish(attempt_id, Attempt.Outcome.UNKNOWN, why)
        if reply.state == Reply.State.SENDING:
            reply.state = Reply.State.UNKNOWN
            reply.trouble = (
                "Onzeker of dit antwoord geplaatst is. Kijk op het platform."
            )
            change.record(Kind.REPLY_UNKNOWN, reply=reply.pk)
            _open_again(change)


def note_surely_not_sent(reply_id: int, attempt_id: int | None) -> None:
    """Looked up and not there, on a platform that honours our key: the same key may go again."""
    with _changing_reply(reply_id, None) as (_, reply):
        _finish(attempt_id, Attempt.Outcome.UNKNOWN, "not found on the platform")
        if reply.state == Reply.State.SENDING:
            _requeue(reply, timezone.now())


def recognise(mention: Mention) -> bool:
    """Is this collected post of our own account an answer of ours coming back?

    If so and we had not heard that it was published, we have now.
    """
    ours = Reply.objects.filter(account__source_id=mention.source_id)
    if ours.filter(platform_id=mention.platform_id).exists():
        return True
    candidates = ours.filter(
        state__in=(Reply.State.SENDING, Reply.State.UNKNOWN),
        in_reply_to__platform_id=mention.in_reply_to,
    )
    for reply in candidates:
        if same_text(reply.text, mention.text):
            ref = PublishedRef(mention.platform_id, mention.url, mention.posted_at)
            note_sent(reply.pk, ref, Attempt.Outcome.FOUND)
            return True
    return False


def _finish(attempt_id: int | None, outcome: str, detail: str = "") -> None:
    if attempt_id is not None:
        Attempt.objects.filter(pk=attempt_id).update(
            outcome=outcome, detail=detail[:300], finished_at=timezone.now()
        )


def _requeue(reply: Reply, at: datetime) -> None:
    reply.state, reply.send_at, reply.trouble = Reply.State.QUEUED, at, ""


def _note_failed(change: Change, reply: Reply, why: str) -> None:
    reply.state, reply.trouble = Reply.State.FAILED, why
    change.record(Kind.REPLY_FAILED, reply=reply.pk)
    _open_again(change)


def _open_again(change: Change) -> None:
    """An answer that did not go out cannot have closed anything."""
    if (
        change.case.state == Case.State.CLOSED
        and change.case.close_reason == Case.CloseReason.ANSWERED
    ):
        unshut(change)
        change.record(Kind.REOPENED)
