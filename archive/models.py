"""What was registered: records that never change, and their content that the law may erase."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Kind(models.TextChoices):
    """What a record is about. Each says in `archive.erasure` how personal data in it goes."""

    INCOMING = "incoming"
    OWN_POST = "own_post"
    EDIT = "edit"
    DELETION = "deletion"


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
