"""Checkpoints leave our control: to witnesses, to a time-stamping authority, by e-mail.

What was sent up to where is a row per log and channel, so a lost round is caught up by the next.
The file drop is written at every sealing (`archive.outside`), the public page reads the log itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from archive import notes, stamping, witness
from archive.models import Checkpoint, Log, Sent, TimeStamp
from monitoring.platforms.base import PlatformError
from monitoring.platforms.guarded import Fetched, GuardedClient
from webcare.records.alarms import raise_alarm

MAIL: Final = "mail"
MAIL_EVERY: Final = timedelta(hours=23)
STAMP: Final = "time-stamp"


def send_all() -> None:
    """One round over all logs and channels; trouble with one holds up no other."""
    for log in Log.objects.order_by("pk"):
        newest = log.checkpoints.order_by("-size").first()
        if newest is None:
            continue
        for one in witness.our_witnesses():
            ask_witness(log, newest, one)
        if settings.ARCHIVE_TSA_URL:
            ask_time_stamp(log, newest)
        if settings.ARCHIVE_MAIL_TO:
            send_mail(log, newest)


def ask_witness(log: Log, newest: Checkpoint, one: witness.Witness) -> None:
    sent = _sent(log, one.channel)
    if sent.size == newest.size:
        return
    old = sent.size
    # A second try, when the witness remembers another size than we do.
    for _ in range(2):
        body = witness.prepare(log, newest, old)
        try:
            answer = _post(f"{one.url}/add-checkpoint", body.encode(), "text/plain")
        except PlatformError as error:
            return _trouble(sent, str(error))
        if answer.status == 200:
            try:
                witness.keep_cosignature(newest, one, answer.body.decode("utf-8", "replace"))
            except notes.InvalidNote as error:
                return _trouble(sent, str(error))
            return _done(sent, newest.size)
        seen = answer.body.decode("ascii", "replace").strip()
        if answer.status != 409 or not seen.isdigit() or int(seen) == old:
            break
        old = int(seen)
        if old > newest.size:
            break
    if answer.status in (409, 422):
        what = f"{one.verifier.name} heeft een andere geschiedenis van {log.origin} gezien"
        raise_alarm(log.pk, what)
        return _trouble(sent, what)
    return _trouble(sent, f"{one.verifier.name} answered {answer.status}")


def ask_time_stamp(log: Log, newest: Checkpoint) -> None:
    """A stamp on the newest head, at most every ARCHIVE_TSA_HOURS."""
    sent = _sent(log, STAMP)
    due = timezone.now() - timedelta(hours=settings.ARCHIVE_TSA_HOURS)
    if sent.size == newest.size or (sent.at and sent.at > due):
        return
    try:
        request = stamping.make_request(newest.note)
        kind = "application/timestamp-query"
        answer = _post(settings.ARCHIVE_TSA_URL, request, kind)
        if answer.status != 200:
            return _trouble(sent, f"the authority answered {answer.status}")
        roots = stamping.read_roots(settings.ARCHIVE_TSA_ROOTS)
        authority = urlsplit(settings.ARCHIVE_TSA_URL).hostname or ""
        stamping.keep_stamp(newest, authority, answer.body, roots)
    except (PlatformError, stamping.BadStamp, OSError, ValueError) as error:
        return _trouble(sent, str(error))
    return _done(sent, newest.size)


def send_mail(log: Log, newest: Checkpoint) -> None:
    """The checkpoint of the day, to keep where we cannot reach it."""
    sent = _sent(log, MAIL)
    if sent.size == newest.size or (sent.at and sent.at > timezone.now() - MAIL_EVERY):
        return
    lines = "".join(f"{one.line}\n" for one in newest.cosignatures.all())
    text = (
        f"Controlepunt van {log.origin}. Bewaar dit bericht: wie het heeft, kan later aantonen dat "
        f"het archief sindsdien niet is veranderd.\n\n{newest.note}{lines}"
    )
    message = EmailMessage(
        f"Controlepunt {log.origin} {newest.size}", text, to=settings.ARCHIVE_MAIL_TO
    )
    try:
        message.send()
    except OSError as error:
        return _trouble(sent, str(error))
    return _done(sent, newest.size)


def last_stamp(log: Log) -> TimeStamp | None:
    return TimeStamp.objects.filter(checkpoint__log=log).order_by("-at").first()


def _post(url: str, body: bytes, kind: str) -> Fetched:
    with GuardedClient(settings.FETCH_ALLOW, https_only=True) as client:
        return client.send("POST", url, headers={"Content-Type": kind}, content=body)


def _sent(log: Log, channel: str) -> Sent:
    return Sent.objects.get_or_create(log=log, channel=channel)[0]


def _done(sent: Sent, size: int) -> None:
    sent.size, sent.at, sent.trouble = size, timezone.now(), ""
    sent.save()


def _trouble(sent: Sent, what: str) -> None:
    sent.trouble = what[:300]
    sent.save()
