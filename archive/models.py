"""What was registered: records that never change, and their content that the law may erase."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Kind(models.TextChoices):
    """What a record is about. Each says in `archive.erasure` how personal data in it goes."""

    INCOMING = "incoming"
    OWN_POST = "own_post"
    EDIT = "edit"
    DELETION = "deletion"
    ERASURE = "erasure"


class Record(models.Model):
    """The seal. Holds no personal data, so it outlives the content it proves.

    `header` is canonical JSON (RFC 8785) of the metadata and the salted hash of the content;
    `sha256` is its public hash, `control` the HMAC under ARCHIVE_KEY, `attribute` the identifier
    bound into both. A database trigger refuses update and delete.
    """

    municipality = models.ForeignKey(settings.MUNICIPALITY_MODEL, models.PROTECT)
    # The message attribute: stable, public, never reused.
    attribute = models.UUIDField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # What it is about, e.g. "mention" 17; `part` tells two records of one subject apart.
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    part = models.CharField(max_length=64, blank=True)
    registered_at = models.DateTimeField()
    header = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    control = models.BinaryField(max_length=32)

    class Meta:
        constraints = (
            # Registering the same thing twice is refused here, whatever was killed in between.
            models.UniqueConstraint(
                fields=("subject_type", "subject_id", "kind", "part"), name="record_once"
            ),
        )

    def __str__(self) -> str:
        return str(self.attribute)


class Content(models.Model):
    """The sealed words themselves, canonical JSON, with the salt that hides them in the header."""

    record = models.OneToOneField(Record, models.PROTECT, primary_key=True, related_name="content")
    salt = models.BinaryField(max_length=32)
    body = models.BinaryField()

    def __str__(self) -> str:
        return str(self.record_id)


class Media(models.Model):
    """A file that belongs to a record; its salted hash stands at `position` in the header."""

    record = models.ForeignKey(Record, models.PROTECT, related_name="files", db_index=False)
    position = models.SmallIntegerField()
    media_type = models.CharField(max_length=100)
    body = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("record", "position"), name="archive_media_once"),
        )

    def __str__(self) -> str:
        return f"{self.record_id}/{self.position}"


class Pending(models.Model):
    """Registered and not yet in the log: written with the record, removed by the sequencer."""

    record = models.OneToOneField(
        Record, models.PROTECT, primary_key=True, related_name="pending", db_constraint=False
    )
    municipality_id = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=("municipality_id", "record"), name="archive_waiting"),)

    def __str__(self) -> str:
        return str(self.record_id)


class Log(models.Model):
    """The log of one municipality. `origin` names it in every checkpoint and never changes."""

    municipality = models.OneToOneField(
        settings.MUNICIPALITY_MODEL, models.PROTECT, primary_key=True, related_name="archive_log"
    )
    origin = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.origin


class Leaf(models.Model):
    """Place `index` in the log belongs to `record`; `hash` is its leaf hash."""

    pk = models.CompositePrimaryKey("log_id", "index")
    log = models.ForeignKey(Log, models.PROTECT, db_index=False)
    index = models.BigIntegerField()
    record = models.OneToOneField(Record, models.PROTECT, related_name="leaf")
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.log_id}/{self.index}"


class Node(models.Model):
    """A complete subtree of 2**level leaves, level 1 and up. Written once."""

    pk = models.CompositePrimaryKey("log_id", "level", "index")
    log = models.ForeignKey(Log, models.PROTECT, db_index=False)
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.log_id}/{self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed tree head; `note` is the signed note, complete."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="checkpoints", db_index=False)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("log", "size"), name="checkpoint_once"),)

    def __str__(self) -> str:
        return f"{self.log_id} at {self.size}"


class Cosignature(models.Model):
    """A witness's signature line under a checkpoint of ours."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=200)
    line = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("checkpoint", "witness"), name="cosigned_once"),
        )

    def __str__(self) -> str:
        return f"{self.checkpoint_id} by {self.witness}"


class TimeStamp(models.Model):
    """What a time-stamping authority (RFC 3161) said about a checkpoint: DER, as received."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="time_stamps")
    authority = models.CharField(max_length=200)
    token = models.BinaryField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.checkpoint_id} at {self.at:%Y-%m-%d %H:%M:%S}"


class Sent(models.Model):
    """Up to where a checkpoint of this log left our control over this channel, and any trouble."""

    log = models.ForeignKey(Log, models.CASCADE, related_name="sent")
    channel = models.CharField(max_length=250)
    size = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("log", "channel"), name="sent_once"),)

    def __str__(self) -> str:
        return f"{self.log_id} {self.channel} {self.size}"


class Witnessed(models.Model):
    """The newest checkpoint of a neighbour's log that we, as a witness, vouched for."""

    origin = models.CharField(max_length=200, primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.origin} at {self.size}"


class Verification(models.Model):
    """One scheduled or asked-for check of a log, and what it found."""

    municipality = models.ForeignKey(settings.MUNICIPALITY_MODEL, models.PROTECT, null=True)
    # "sample" or "full".
    scope = models.CharField(max_length=10)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    records = models.BigIntegerField(default=0)
    wrong = models.BigIntegerField(default=0)
    # The first findings, in words; ids only.
    findings = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.scope} {self.started_at:%Y-%m-%d}: {self.wrong} wrong"


class ErasureRequest(models.Model):
    """Somebody asked for content to go; another has to agree before it goes."""

    class Ground(models.TextChoices):
        RETENTION = "retention", "bewaartermijn verstreken (Archiefwet)"
        REQUEST = "request", "verzoek van de betrokkene (AVG art. 17)"
        OBJECTION = "objection", "bezwaar van de betrokkene (AVG art. 21)"
        UNLAWFUL = "unlawful", "zonder grondslag vastgelegd (AVG art. 17.1.d)"

    record = models.OneToOneField(Record, models.PROTECT, related_name="erasure_request")
    ground = models.CharField(max_length=20, choices=Ground.choices)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(approved_by=models.F("requested_by")), name="erasure_by_two"
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_id}: {self.ground}"


class Published(models.Model):
    """What /echt finds our public posts by; made from sealed content, and gone with it."""

    record = models.OneToOneField(Record, models.PROTECT, primary_key=True, related_name="public")
    municipality = models.ForeignKey(settings.MUNICIPALITY_MODEL, models.PROTECT, related_name="+")
    # SHA-256 of the text as `archive.sameness` compares it, links left out.
    text_key = models.BinaryField(max_length=32)
    url_key = models.CharField(max_length=500, blank=True, db_index=True)
    posted_at = models.DateTimeField()
    search = SearchVectorField()

    class Meta:
        indexes = (
            models.Index(fields=("text_key",), name="published_text"),
            GinIndex(fields=("search",), name="published_words"),
        )

    def __str__(self) -> str:
        return str(self.record_id)
