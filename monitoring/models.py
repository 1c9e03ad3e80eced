"""What is said: sources, mentions with their raw payload, revisions and labels.

Tables that take the stream (`Mention`, `RawPayload`, `LabelSet`, `Waiting`) are written in batches
by `ingest` and `labels`, never row by row.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left, Now
from django.utils import timezone
from encrypted_fields.fields import EncryptedJSONField


class Source(models.Model):
    """One place we collect from: an account on a platform, a feed, or an import."""

    municipality = models.ForeignKey(
        settings.MUNICIPALITY_MODEL, models.PROTECT, related_name="sources"
    )
    platform = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    config = models.JSONField(default=dict, blank=True)
    # Tokens and passwords, encrypted at rest; merged over `config` when the adapter is made.
    secrets = EncryptedJSONField(default=dict, blank=True)
    # The adapter's own; moves only in the transaction that stores the page.
    cursor = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(default=True)
    # In plain words, why the source is not collecting now; empty when all is well.
    trouble = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)
    next_round = models.DateTimeField(default=timezone.now)
    last_round = models.DateTimeField(null=True, blank=True)
    # Purpose and legal ground belong to every source (AVG).
    purpose = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("municipality", "name"), name="source_name"),
        )

    def __str__(self) -> str:
        return self.name


class Round(models.Model):
    """One collection round or outage of a source: the ledger behind "gaps in collection"."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="rounds")
    started_at = models.DateTimeField()
    # Moves on while rounds keep succeeding (or failing) the same way, so that quiet costs one row.
    ended_at = models.DateTimeField()
    ok = models.BooleanField()
    fetched = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = (models.Index(fields=("source", "-ended_at"), name="round_newest"),)

    def __str__(self) -> str:
        return f"{self.source_id} {self.started_at:%Y-%m-%d %H:%M}"


class Mention(models.Model):
    """One collected post, as received; only the pointer to its latest revision ever moves."""

    municipality = models.ForeignKey(settings.MUNICIPALITY_MODEL, models.PROTECT, db_index=False)
    source = models.ForeignKey(Source, models.PROTECT, db_index=False)
    platform = models.CharField(max_length=20)
    platform_id = models.CharField(max_length=300)
    url = models.TextField(blank=True)
    author_handle = models.CharField(max_length=200, blank=True)
    author_name = models.CharField(max_length=200, blank=True)
    author_followers = models.IntegerField(null=True)
    text = models.TextField()
    lang = models.CharField(max_length=12, blank=True)
    posted_at = models.DateTimeField()
    collected_at = models.DateTimeField(db_default=Now())
    in_reply_to = models.CharField(max_length=300, blank=True)
    conversation = models.CharField(max_length=300, blank=True)
    direct = models.BooleanField(default=False)
    private = models.BooleanField(default=False)
    own = models.BooleanField(default=False)
    can_reply = models.BooleanField(default=True)
    # [{"url": …, "alt": …, "kind": …}, …]
    media = models.JSONField(default=list)
    place = models.CharField(max_length=200, blank=True)
    revision = models.ForeignKey(
        "Revision", models.PROTECT, null=True, related_name="+", db_index=False
    )
    # PostgreSQL refuses a vector over 1 MB, and with it the row: a text is stored whole and found
    # by its first 100,000 characters.
    search = models.GeneratedField(
        expression=SearchVector(Left("text", 100_000), config="dutch"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source", "platform_id"), name="mention_once"),
        )
        indexes = (
            models.Index(fields=("municipality", "-posted_at"), name="mention_newest"),
            GinIndex(fields=("search",), name="mention_search", fastupdate=True),
            # "Did we answer this already, outside the desk?"
            models.Index(
                fields=("source", "in_reply_to"), condition=Q(own=True), name="mention_own_answer"
            ),
        )

    def __str__(self) -> str:
        return f"{self.platform} {self.platform_id}"

    @property
    def current_text(self) -> str:
        return self.revision.text if self.revision else self.text

    @property
    def deleted(self) -> bool:
        return self.revision is not None and self.revision.kind == Revision.Kind.DELETED


class RawPayload(models.Model):
    """The platform's own words for a mention, kept apart so that the mention stays small."""

    mention = models.OneToOneField(Mention, models.CASCADE, primary_key=True, related_name="raw")
    payload = models.JSONField()

    def __str__(self) -> str:
        return str(self.mention_id)


class Revision(models.Model):
    """An edit or deletion by writer or platform. Appended; the mention keeps its first text."""

    class Kind(models.TextChoices):
        EDITED = "edited"
        DELETED = "deleted"

    mention = models.ForeignKey(Mention, models.PROTECT, related_name="revisions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField(blank=True)
    raw = models.JSONField(default=dict)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.mention_id} {self.kind}"


class Waiting(models.Model):
    """A stored mention that still has to be classified and triaged: the queue of the pipeline.

    Written in the transaction that stores the mention, deleted in the one that triages it.
    `lane` 0 (direct) is always served before lane 1 (the flood).
    """

    mention = models.OneToOneField(Mention, models.CASCADE, primary_key=True)
    lane = models.SmallIntegerField()
    # Rises before each try; past a few the mention goes on unclassified instead of blocking.
    attempts = models.SmallIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=("lane", "mention"), name="waiting_order"),)

    def __str__(self) -> str:
        return str(self.mention_id)


class LabelSet(models.Model):
    """A verdict on a mention by the machine or by a person. Appended; `current` is the pointer.

    A person's set repeats the machine's with the corrected heads, and `corrected` names them; the
    machine's own stays beside it. `head` and `why` tell what this one event was about.
    """

    class Why(models.TextChoices):
        """Why a person had the mention before them: only the random ones say how often it errs."""

        FOUND = "found"
        RANDOM = "random"
        UNCERTAIN = "uncertain"
        RARE = "rare"

    mention = models.ForeignKey(Mention, models.CASCADE, related_name="label_sets")
    municipality = models.ForeignKey(settings.MUNICIPALITY_MODEL, models.PROTECT, db_index=False)
    posted_at = models.DateTimeField()
    current = models.BooleanField(default=True)
    lang = models.CharField(max_length=12, blank=True)
    intent = models.CharField(max_length=12, blank=True)
    tenor = models.CharField(max_length=10, blank=True)
    # Most important first.
    themes = ArrayField(models.CharField(max_length=20), default=list)
    about_us = models.FloatField(default=0)
    urgent = models.FloatField(default=0)
    abuse = models.FloatField(default=0)
    # The whole verdict in the contract's shape; empty when the machine could not read the text.
    verdict = models.JSONField(default=dict)
    model = models.CharField(max_length=40, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False)
    corrected = ArrayField(models.CharField(max_length=20), default=list)
    # The one head this person's set corrects or confirms; empty for the machine.
    head = models.CharField(max_length=20, blank=True, db_default="")
    why = models.CharField(
        max_length=10, choices=Why.choices, default=Why.FOUND, db_default="found"
    )
    created_at = models.DateTimeField(db_default=Now())
    # Whoever said it took it back; it stays in the history and counts nowhere.
    taken_back = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("mention",), condition=Q(current=True), name="label_set_current"
            ),
        )
        indexes = (
            models.Index(
                fields=("municipality", "-posted_at"),
                condition=Q(current=True),
                name="label_set_newest",
            ),
        )

    def __str__(self) -> str:
        return f"{self.mention_id} {self.intent}/{self.tenor}"
