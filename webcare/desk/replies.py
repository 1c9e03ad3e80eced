"""Our answers: approved by a person, handed to the platform once, and never twice.

`queued → sending → sent | failed | unknown`. The row moves to `sending`, with its attempt, before
the platform is called; what happened is written after. Whatever dies in between leaves `sending`,
which is looked up on the platform and, if still not known, goes to a person.
"""

from __future__ import annotations

from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from monitoring.models import Mention
from monitoring.platforms.registry import get_platform
from webcare.api import Conflict, PreconditionFailed
from webcare.desk.cases import shut
from webcare.desk.changes import changing
from webcare.desk.composer import check_text, sign
from webcare.desk.models import Case, CaseEvent, Reply
from webcare.desk.outbox import changing_reply, mark_failed, mark_sent, open_again, requeue
from webcare.desk.paging import PAGE, find_addressee
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
                    "text": _(
                        "Dit bericht kwam niet via een eigen account binnen; "
                        "antwoord langs een andere weg."
                    )
                }
            )
        _check_nobody_was_first(case, person, seen_version)
        to = _addressee(case, in_reply_to)
        capabilities = get_platform(case.platform).capabilities
        text = sign(text, person)
        check_text(text, capabilities.length, to.author_handle)
        if not to.can_reply:
            raise ValidationError(
                {"text": _("Op dit bericht laat het platform geen antwoord toe.")}
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
        nudge_delivery(reply)
        if case.assignee_id is None:
            case.assignee = person
        if close_after and case.state == Case.State.OPEN:
            shut(change, Case.CloseReason.ANSWERED, stop_clocks=False)
    return reply


def _check_nobody_was_first(case: Case, person: Person, seen_version: int) -> None:
    if seen_version > case.version:
        raise PreconditionFailed(_("Zover is dit gesprek nog niet. Bekijk het opnieuw."))
    if case.replies.filter(state__in=UNDER_WAY).exists():
        raise _reply_under_way(case)
    since = list(
        case.events.filter(version__gt=seen_version, kind__in=MATTERS)
        .exclude(actor=person)
        .order_by("-pk")
        .values("kind", "actor_id", "at")[:PAGE]
    )[::-1]
    if since:
        raise PreconditionFailed(
            _(
                "Er is iets bijgekomen in dit gesprek. Je tekst staat er nog; "
                "bekijk het en verstuur opnieuw."
            ),
            code="case_changed",
            extra={
                "events": [
                    {"kind": e["kind"], "actorId": e["actor_id"], "at": e["at"].isoformat()}
                    for e in since
                ]
            },
        )


def _reply_under_way(case: Case) -> Conflict:
    other = case.replies.filter(state__in=UNDER_WAY).select_related("author").first()
    return Conflict(
        _("%(name)s was je voor: er is al een antwoord onderweg. Je tekst is niet verstuurd.")
        % {"name": other.author.name if other else _("Een collega")},
        code="reply_under_way",
        extra={
            "reply": {
                "id": other.pk,
                "authorId": other.author_id,
                "text": other.text,
                "createdAt": other.created_at.isoformat(),
            }
        }
        if other
        else {},
    )


def _addressee(case: Case, mention_id: int | None) -> Mention:
    """The message that is answered: the one chosen, or the newest of the resident who asked."""
    if mention_id is None:
        return find_addressee(case)
    chosen = Mention.objects.filter(case_message__case=case, own=False, pk=mention_id).first()
    if chosen is None:
        raise ValidationError({"inReplyTo": _("Dit bericht hoort niet bij dit gesprek.")})
    return chosen


def nudge_delivery(reply: Reply) -> None:
    """Ask the pipeline, which stands above us, to deliver when the undo time is over.

    Only a nudge: the sweeper finds a due reply as well.
    """
    nudge = {"args": [reply.pk], "eta": reply.send_at, "queue": "direct"}
    transaction.on_commit(
        lambda: current_app.send_task("webcare.pipeline.deliver", **nudge), robust=True
    )


def withdraw_reply(person: Person, reply_id: int) -> Reply:
    """Take an answer back before it leaves, or after it failed."""
    with changing_reply(reply_id, person) as (change, reply):
        waiting = reply.state == Reply.State.QUEUED and reply.send_at > timezone.now()
        if not waiting and reply.state != Reply.State.FAILED:
            raise ValidationError({"state": _("Te laat: dit antwoord is al onderweg.")})
        reply.state = Reply.State.WITHDRAWN
        change.record(Kind.REPLY_WITHDRAWN, reply=reply.pk)
        open_again(change)
    return reply


def retry_reply(person: Person, reply_id: int) -> Reply:
    """Try a failed answer again, with the same key."""
    with changing_reply(reply_id, person) as (change, reply):
        if reply.state != Reply.State.FAILED:
            raise ValidationError({"state": _("Alleen een mislukt antwoord kan opnieuw.")})
        if change.case.replies.filter(state__in=UNDER_WAY).exists():
            raise _reply_under_way(change.case)
        requeue(reply, timezone.now())
        change.record(Kind.REPLY_QUEUED, reply=reply.pk, kind=reply.kind)
        nudge_delivery(reply)
    return reply


def resolve_reply(person: Person, reply_id: int, outcome: str) -> Reply:
    """A person looked on the platform: an unknown answer is there ("sent") or not ("not_sent")."""
    if outcome not in ("sent", "not_sent"):
        raise ValidationError({"outcome": _("Kies: het staat er wel, of het staat er niet.")})
    with changing_reply(reply_id, person) as (change, reply):
        if reply.state != Reply.State.UNKNOWN:
            raise ValidationError({"state": _("Dit antwoord is niet (meer) onzeker.")})
        if outcome == "sent":
            attempt = reply.attempts.order_by("-pk").first()
            mark_sent(change, reply, None, attempt.started_at if attempt else timezone.now())
        else:
            mark_failed(change, reply, "Niet geplaatst, volgens een collega die keek.")
    return reply
