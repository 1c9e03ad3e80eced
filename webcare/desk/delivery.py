"""Hands replies to their platforms: one attempt row before each call, never a blind second one."""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from monitoring.collecting import make_adapter
from monitoring.platforms.base import (
    DeliveryUnknown,
    Outgoing,
    PermanentError,
    PlatformError,
    RetryAfter,
)
from monitoring.platforms.registry import get_platform
from monitoring.traces import describe_trace
from webcare.desk import outbox
from webcare.desk.models import Attempt, Reply

logger = logging.getLogger(__name__)

# Platforms that honour our key do so for about an hour; well before that we stop relying on it.
KEY_HOLDS = timedelta(minutes=45)
# A request of ours may still be on its way to the platform this long after it began.
SETTLES_AFTER = timedelta(seconds=settings.SETTLES_SECONDS)
# A platform that cannot be asked for this long leaves the question to a person.
ASK_A_PERSON_AFTER = timedelta(minutes=10)


def deliver(reply_id: int) -> None:
    """Try once, and write down what came of it. Safe to call at any time, by anyone."""
    attempt = outbox.start_attempt(reply_id)
    if attempt is None:
        return
    reply = _load(reply_id)
    try:
        with contextlib.closing(make_adapter(reply.account.source)) as adapter:
            ref = adapter.publish(_outgoing(reply))
    except RetryAfter as error:
        outbox.note_later(reply_id, attempt.pk, error.seconds, str(error))
    except PermanentError as error:
        outbox.note_refused(reply_id, attempt.pk, str(error))
    except DeliveryUnknown:
        logger.warning("reply %d: no answer from the platform, looking it up", reply_id)
        look_up(reply_id)
    except Exception as error:
        # Nobody foresaw this one, so nobody knows what became of the answer.
        logger.error("reply %d: %s", reply_id, describe_trace(error))
        look_up(reply_id)
    else:
        outbox.note_sent(reply_id, ref, Attempt.Outcome.SENT, attempt.pk)


def look_up(reply_id: int) -> None:
    """Ask the platform whether a reply whose delivery broke off is there after all.

    Found: sent. Not found where the platform honours our key: the same key goes again. Otherwise
    a person decides. Until the request must have settled, only "found" counts.
    """
    reply = _load(reply_id)
    if reply.state != Reply.State.SENDING:
        return
    attempts = list(reply.attempts.order_by("pk"))
    last, now = attempts[-1], timezone.now()
    try:
        with contextlib.closing(make_adapter(reply.account.source)) as adapter:
            ref = adapter.find_published(_outgoing(reply))
    except PermanentError as error:
        outbox.note_unknown(reply_id, last.pk, str(error))
        return
    except Exception as error:
        logger.warning("reply %d: cannot look it up yet (%s)", reply_id, type(error).__name__)
        if now - last.started_at > ASK_A_PERSON_AFTER:
            why = str(error) if isinstance(error, PlatformError) else type(error).__name__
            outbox.note_unknown(reply_id, last.pk, why)
        return
    if ref is not None:
        outbox.note_sent(reply_id, ref, Attempt.Outcome.FOUND, last.pk)
    elif now - last.started_at < SETTLES_AFTER:
        return
    elif _honours_keys(reply) and now - attempts[0].started_at < KEY_HOLDS:
        outbox.note_surely_not_sent(reply_id, last.pk)
    else:
        outbox.note_unknown(reply_id, last.pk, "not found on the platform")


def _honours_keys(reply: Reply) -> bool:
    return get_platform(reply.account.source.platform).capabilities.idempotent


def _load(reply_id: int) -> Reply:
    return Reply.objects.select_related("account__source", "in_reply_to", "author").get(pk=reply_id)


def _outgoing(reply: Reply) -> Outgoing:
    to, first = reply.in_reply_to, reply.attempts.order_by("pk").first()
    return Outgoing(
        text=reply.text,
        key=str(reply.key),
        in_reply_to=to.platform_id,
        private=to.private,
        lang="nl",
        not_before=first.started_at if first else None,
    )
