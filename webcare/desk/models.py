"""Cases, their clocks, what was answered, and every step on the way."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitoring.models import Mention
from webcare.organisation.models import Account, Municipality, Team


class Case(models.Model):
    """A conversation that needs an answer, or a recorded decision not to give one.

    The columns from `intent` down repeat what labels, clocks and messages say, so that the inbox
    is one read; they are written only by `desk` in the transaction that changes the original.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("afgehandeld")

    class CloseReason(models.TextChoices):
        ANSWERED = "answered", _("beantwoord")
        NO_ACTION = "no_action", _("geen actie nodig")
        ABUSE = "abuse", _("schelden of beledigen")
        INSINUATION = "insinuation", _("anonieme verdachtmaking")
        NOT_OURS = "not_ours", _("niet voor de gemeente")
        NOTHING_TO_ADD = "nothing_to_add", _("niets toe te voegen")
        REFERRED = "referred", _("doorverwezen")

    municipality = models.ForeignKey(Municipality, models.PROTECT, db_index=False)
    # Null where nothing can be answered on the platform itself (newspaper, street, phone).
    account = models.ForeignKey(Account, models.PROTECT, null=True, db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    close_reason = models.CharField(max_length=20, choices=CloseReason.choices, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
    )
    # When the resident posted; clocks run from here, not from when we collected it.
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Counts every change: the ETag of the case.
    version = models.PositiveIntegerField(default=1)

    # --- repeated for the inbox
    # The nearest due moment of a running clock; null when nothing is due.
    deadline = models.DateTimeField(null=True)
    first_mention = models.ForeignKey(Mention, models.PROTECT, related_name="+", db_index=False)
    platform = models.CharField(max_length=20)
    author_handle = models.CharField(max_length=200, blank=True)
    author_name = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=280, blank=True)
    message_count = models.PositiveIntegerField(default=1)
    last_message_at = models.DateTimeField()
    intent = models.CharField(max_length=12, blank=True)
    tenor = models.CharField(max_length=10, blank=True)
    themes = ArrayField(models.CharField(max_length=20), default=list)
    urgent = models.BooleanField(default=False)
    # The machine could not read it: a person must.
    unclassified = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(
                fields=("municipality", "deadline", "id"),
                condition=Q(state="open"),
                name="case_inbox",
            ),
            models.Index(
                fields=("municipality", "team", "deadline", "id"),
                condition=Q(state="open"),
                name="case_inbox_team",
            ),
            models.Index(
                fields=("municipality", "assignee", "deadline", "id"),
                condition=Q(state="open"),
                name="case_inbox_mine",
            ),
            models.Index(
                fields=("municipality", "-closed_at", "-id"),
                condition=Q(state="closed"),
                name="case_closed",
            ),
            models.Index(
                fields=("municipality", "platform", "author_handle", "-opened_at"),
                name="case_author",
            ),
            # Residents are looked for by any part of their name.
            GinIndex(
                fields=("author_handle", "author_name"),
                opclasses=("gin_trgm_ops", "gin_trgm_ops"),
                name="case_author_part",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class CaseMessage(models.Model):
    """A resident's (or bystander's) message in a case. Our own side of it is `Reply`."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="messages")
    mention = models.OneToOneField(Mention, models.PROTECT, related_name="case_message")
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.case_id}: {self.mention_id}"


class Triage(models.Model):
    """What was decided about a mention: the case it opened or joined, or why there is none."""

    class Outcome(models.TextChoices):
        OPENED = "opened"
        JOINED = "joined"
        REOPENED = "reopened"
        OWN = "own"
        NOT_DIRECT = "not_direct"
        # Addressed to us, but long before the desk watched this account.
        BEFORE_US = "before_us"

    mention = models.OneToOneField(Mention, models.CASCADE, primary_key=True)
    municipality = models.ForeignKey(Municipality, models.PROTECT, db_index=False)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    case = models.ForeignKey(Case, models.CASCADE, null=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.mention_id} {self.outcome}"


class Clock(models.Model):
    """One running or stopped target. First reaction and answer are never mixed.

    `round` 1 starts with the case; a resident's message after our answer starts the answer
    clock's next round. Reports on first reaction only ever look at round 1.
    """

    class Kind(models.TextChoices):
        FIRST_REACTION = "first_reaction", _("eerste reactie")
        ANSWER = "answer", _("antwoord")

    case = models.ForeignKey(Case, models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    round = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    # True: met by a reply; False: closed without one, so it counts in no average.
    met_by_reply = models.BooleanField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("case", "kind", "round"), name="clock_once"),
        )

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.round}"


class Reply(models.Model):
    """Our answer, from draft-approved to delivered. Text never changes after approval."""

    class State(models.TextChoices):
        QUEUED = "queued", _("wordt verstuurd")
        SENDING = "sending", _("wordt verstuurd")
        SENT = "sent", _("verstuurd")
        FAILED = "failed", _("niet verstuurd")
        # It may or may not be out there; a person decides after looking.
        UNKNOWN = "unknown", _("onzeker")
        # Taken back within the undo time, or after a failure.
        WITHDRAWN = "withdrawn", _("teruggenomen")

    class Kind(models.TextChoices):
        # "We are finding out": stops the first-reaction clock only.
        ACKNOWLEDGEMENT = "acknowledgement", _("ontvangstbericht")
        ANSWER = "answer", _("antwoord")

    case = models.ForeignKey(Case, models.PROTECT, related_name="replies")
    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    in_reply_to = models.ForeignKey(Mention, models.PROTECT, related_name="+", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.ANSWER)
    text = models.TextField()
    close_after = models.BooleanField(default=False)
    # The idempotency key: the same at every attempt.
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    # Not handed to the platform before this moment: the undo window, or a retry.
    send_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    platform_id = models.CharField(max_length=300, blank=True)
    url = models.TextField(blank=True)
    # In plain words, why it is not out; empty when all is well.
    trouble = models.TextField(blank=True)

    class Meta:
        constraints = (
            # The second of two simultaneous answers is stopped here if nowhere else.
            models.UniqueConstraint(
                fields=("case",),
                condition=Q(state__in=("queued", "sending", "unknown")),
                name="reply_one_under_way",
            ),
            models.UniqueConstraint(
                fields=("account", "platform_id"),
                condition=~Q(platform_id=""),
                name="reply_platform_id",
            ),
        )
        indexes = (
            models.Index(
                fields=("send_at",),
                condition=Q(state__in=("queued", "sending")),
                name="reply_outbox",
            ),
        )

    def __str__(self) -> str:
        return str(self.key)


class Attempt(models.Model):
    """One try at publishing a reply, written before the platform is called."""

    class Outcome(models.TextChoices):
        STARTED = "started"
        SENT = "sent"
        FOUND = "found"
        REFUSED = "refused"
        LATER = "later"
        UNKNOWN = "unknown"

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.STARTED)
    detail = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.reply_id} {self.outcome}"


class CaseEvent(models.Model):
    """Everything that happened to a case, in order. Append-only; a trigger refuses the rest."""

    class Kind(models.TextChoices):
        OPENED = "opened"
        MESSAGE = "message"
        MESSAGE_EDITED = "message_edited"
        MESSAGE_DELETED = "message_deleted"
        TAKEN = "taken"
        ASSIGNED = "assigned"
        RELEASED = "released"
        MOVED = "moved"
        NOTED = "noted"
        LABELLED = "labelled"
        REPLY_QUEUED = "reply_queued"
        REPLY_SENT = "reply_sent"
        REPLY_FAILED = "reply_failed"
        REPLY_UNKNOWN = "reply_unknown"
        REPLY_WITHDRAWN = "reply_withdrawn"
        CLOSED = "closed"
        REOPENED = "reopened"
        UNDONE = "undone"

    case = models.ForeignKey(Case, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # The case's version this event led to: "what happened since you looked" is a comparison.
    version = models.PositiveIntegerField(default=1)
    # Null: the machine.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # Ids and choices, and for undo what was before; message content never.
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"


class Note(models.Model):
    """A colleague's remark, never shown outside."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.case_id} {self.at:%Y-%m-%d %H:%M}"
