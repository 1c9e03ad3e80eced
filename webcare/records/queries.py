"""What the archivist reads: records by the page, one with its proof, the state of the log."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from archive import notes, outside, signing, witness
from archive.canonical import read_canonical
from archive.merkle import inclusion_ranges
from archive.models import Log, Record, Sent, Verification
from archive.sequencer import measure_window
from archive.tree import Tree
from webcare.organisation.models import Person
from webcare.records.alarms import find_alarm
from webcare.records.sending import last_stamp

HEADS: Final = 5

_LIST: Final = """
SELECT r.id, r.attribute, r.kind, r.subject_type, r.subject_id, r.registered_at, l.index,
       c.record_id IS NULL AS erased, e.ground AS asked
FROM archive_record r
LEFT JOIN archive_leaf l ON l.record_id = r.id
LEFT JOIN archive_content c ON c.record_id = r.id
LEFT JOIN archive_erasurerequest e ON e.record_id = r.id AND e.approved_at IS NULL
WHERE r.municipality_id = %(town)s
  AND (%(before)s::bigint IS NULL OR r.id < %(before)s)
  AND (%(kind)s::text IS NULL OR r.kind = %(kind)s)
  AND (%(since)s::timestamptz IS NULL OR r.registered_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR r.registered_at < %(until)s)
  AND (%(attribute)s::uuid IS NULL OR r.attribute = %(attribute)s)
  AND (%(asked)s IS NOT TRUE OR e.id IS NOT NULL)
ORDER BY r.id DESC LIMIT %(limit)s
"""

Json = dict[str, Any]


def list_records(
    person: Person,
    *,
    before: int | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    attribute: UUID | None = None,
    asked: bool = False,
    limit: int = 50,
) -> list[Json]:
    """Newest first; `before` is the id to go on under. `asked`: only those asked to be erased."""
    values = {
        "town": person.municipality_id,
        "before": before,
        "kind": kind,
        "since": since,
        "until": until,
        "attribute": attribute,
        "asked": asked,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIST, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def get_record(person: Person, attribute: UUID) -> Record:
    """One record of one's own municipality. Raises Record.DoesNotExist."""
    return Record.objects.select_related("content", "leaf").get(
        attribute=attribute, municipality_id=person.municipality_id
    )


def describe_record(record: Record) -> Json:
    content = getattr(record, "content", None)
    request = getattr(record, "erasure_request", None)
    return {
        "id": record.pk,
        "attribute": record.attribute,
        "kind": record.kind,
        "subject_type": record.subject_type,
        "subject_id": record.subject_id,
        "registered_at": record.registered_at,
        "header": read_canonical(bytes(record.header)),
        "sha256": bytes(record.sha256).hex(),
        "content": read_canonical(bytes(content.body)) if content else None,
        "files": record.files.count() if content else 0,
        "erased": content is None,
        "erasure": request
        and {
            "ground": request.ground,
            "requested_by": request.requested_by_id,
            "requested_at": request.requested_at,
            "approved_by": request.approved_by_id,
            "approved_at": request.approved_at,
        },
        "index": record.leaf.index if hasattr(record, "leaf") else None,
        "proof": describe_proof(record),
    }


def describe_proof(record: Record) -> Json | None:
    """The way from this record to the newest signed head, step by step; None until sealed."""
    if not hasattr(record, "leaf"):
        return None
    log = Log.objects.get(pk=record.municipality_id)
    head = log.checkpoints.order_by("-size").first()
    assert head is not None
    index = record.leaf.index
    path = Tree(log.pk).prove_inclusion(index, head.size)
    steps = []
    for (first, end), value in zip(inclusion_ranges(index, head.size), path, strict=True):
        side = "left" if first < index else "right"
        steps.append({"side": side, "first": first, "last": end - 1, "hash": value.hex()})
    return {
        "leaf": bytes(record.leaf.hash).hex(),
        "size": head.size,
        "root": bytes(head.root).hex(),
        "at": head.at,
        "checkpoint": head.note,
        "steps": steps,
    }


def describe_log(person: Person) -> Json:
    """The state of the log of one's municipality: size, what waits, heads, witnesses, checks."""
    town = person.municipality_id
    window = measure_window(town)
    log = Log.objects.filter(pk=town).first()
    alarm = find_alarm(town)
    checks = Verification.objects.filter(municipality_id=town).order_by("-started_at")[:HEADS]
    state: Json = {
        "origin": log.origin if log else None,
        "size": 0,
        "waiting": window.number,
        "oldest_waiting": window.oldest,
        "key": None,
        "heads": [],
        "channels": [],
        "last_time_stamp": None,
        "checks": list(checks),
        "alarm": list(alarm.findings) if alarm else [],
    }
    if log is None:
        return state
    heads = list(log.checkpoints.prefetch_related("cosignatures").order_by("-size")[:HEADS])
    stamp = last_stamp(log)
    return state | {
        "size": heads[0].size if heads else 0,
        "key": str(signing.trusted_verifiers(log.origin)[0]),
        "heads": [
            {
                "size": head.size,
                "at": head.at,
                "root": base64.b64encode(bytes(head.root)).decode(),
                "witnesses": [one.witness for one in head.cosignatures.all()],
            }
            for head in heads
        ],
        "channels": _channels(log),
        "last_time_stamp": stamp and {"authority": stamp.authority, "at": stamp.at},
    }


def _channels(log: Log) -> list[Json]:
    """Where checkpoints go, up to where they got, and any trouble."""
    remembered = outside.recall(log.origin)
    found = [
        {
            "name": "file",
            "size": remembered.size if remembered else 0,
            "at": None,
            "trouble": "",
        }
    ]
    sent = {one.channel: one for one in Sent.objects.filter(log=log)}
    try:
        names = [one.channel for one in witness.our_witnesses()]
    except notes.InvalidNote:
        names = []
    names += ["time-stamp"] if settings.ARCHIVE_TSA_URL else []
    names += ["mail"] if settings.ARCHIVE_MAIL_TO else []
    for name in names:
        one = sent.get(name) or Sent(channel=name)
        found.append({"name": name, "size": one.size, "at": one.at, "trouble": one.trouble})
    return found
