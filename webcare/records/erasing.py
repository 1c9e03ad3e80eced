"""Erasing what a record holds, everywhere the desk keeps it: archive, mentions, cases, answers.

Two people with different roles: the privacy officer asks, the archivist agrees. What lay in the
files of the database goes when they are rewritten at night (`sweep`).
"""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

from archive import erasing
from archive.models import ErasureRequest, Record
from monitoring.models import Mention, RawPayload, Revision
from webcare.desk.models import Case, Reply
from webcare.organisation.access import check_role
from webcare.organisation.audit import record_audit
from webcare.organisation.models import Person, Role

#: Every table that holds words, names or addresses of what was erased.
SWEPT: Final = (
    *erasing.VACUUMED,
    "monitoring_mention",
    "monitoring_rawpayload",
    "monitoring_revision",
    "monitoring_labelset",
    "desk_case",
    "desk_reply",
)
# The machine's verdict quotes places from the text.
_FORGET_PLACES: Final = (
    "UPDATE monitoring_labelset SET verdict = verdict - 'places' WHERE mention_id = %s"
)


def request_erasure(record: Record, ground: str, person: Person) -> ErasureRequest:
    """Ask for content to go. Raises PermissionDenied, `erasing.CannotErase`."""
    check_role(person, Role.PRIVACY_OFFICER)
    with transaction.atomic():
        erasing.request_erasure(record, ground, person)
        _note("record.erasure_requested", record, person, ground)
    return ErasureRequest.objects.get(record=record)


def refuse_erasure(record: Record, person: Person) -> None:
    check_role(person, Role.ARCHIVIST)
    with transaction.atomic():
        erasing.refuse_erasure(record)
        _note("record.erasure_refused", record, person)


def approve_erasure(record: Record, person: Person) -> None:
    """Erase now, in one transaction, wherever it is kept. Raises as `request_erasure`."""
    check_role(person, Role.ARCHIVIST)
    with transaction.atomic():
        erasing.approve_erasure(record, person)
        if record.subject_type == "mention":
            _forget_mention(record.subject_id)
        elif record.subject_type == "reply":
            Reply.objects.filter(pk=record.subject_id).update(text="", url="", platform_id="")
        _note("record.erased", record, person)


def sweep() -> None:
    """Make the bytes themselves go; see `archive.erasing.sweep_files`."""
    erasing.sweep_files(SWEPT)


def _forget_mention(mention_id: int) -> None:
    Mention.objects.filter(pk=mention_id).update(
        text="",
        author_handle="",
        author_name="",
        author_followers=None,
        url="",
        platform_id=f"erased:{mention_id}",
        in_reply_to="",
        conversation="",
        media=[],
        place="",
    )
    RawPayload.objects.filter(mention_id=mention_id).delete()
    Revision.objects.filter(mention_id=mention_id).update(text="", raw={})
    Case.objects.filter(first_mention_id=mention_id).update(
        author_handle="", author_name="", preview=""
    )
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_PLACES, [mention_id])


def _note(action: str, record: Record, person: Person, ground: str = "") -> None:
    detail = {"ground": ground} if ground else {}
    record_audit(action, actor=person, obj=record, object_id=str(record.attribute), detail=detail)
