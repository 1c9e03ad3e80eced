"""An export: records with their proofs, to be checked by anybody with `archive.verifier`.

Written in the order of the log, a batch at a time, so memory does not grow with the archive. The
form is that of docs/archive-export.md; MDTO files join it under `data/` when they are made.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection
from django.utils import timezone

from archive import notes
from archive.bag import Bag
from archive.letter import write_bag_info, write_letter
from archive.merkle import Node, Range, fold, inclusion_ranges, nodes_of
from archive.models import Checkpoint, Log, TimeStamp
from archive.readable import write_page
from archive.signing import signing_keys
from archive.tree import Tree

BATCH: Final = 500
STATEMENT: Final = "stadspraat-uitgifte/v1"
COLUMNS: Final = "plaats;kenmerk;soort;geregistreerd;onderwerp;bestand;leesbaar;gewist"
#: What is copied so that the export can be checked without us.
VERIFIER: Final = ("verifier.py", "lone/__init__.py", "lone/proofs.py", "lone/words.py")

_MATCHES: Final = """
    (%(since)s::timestamptz IS NULL OR {r}.registered_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR {r}.registered_at < %(until)s)
    AND (%(cases)s::text[] IS NULL OR
         convert_from({r}.header, 'UTF8')::jsonb -> 'metadata' ->> 'case' = ANY(%(cases)s))
"""
# Who takes a record out whose content was erased needs the statement about that as well.
_SELECT: Final = f"""
SELECT l.index, r.id, r.header, r.control, c.salt, c.body
FROM archive_leaf l
JOIN archive_record r ON r.id = l.record_id
LEFT JOIN archive_content c ON c.record_id = r.id
WHERE l.log_id = %(log)s AND l.index > %(last)s AND l.index < %(end)s
AND (%(places)s::bigint[] IS NULL OR l.index = ANY(%(places)s)) AND (
    ({_MATCHES.format(r="r")}) OR (r.kind = 'erasure' AND r.subject_type = 'record' AND EXISTS (
        SELECT FROM archive_record o WHERE o.id = r.subject_id AND {_MATCHES.format(r="o")}))
)
ORDER BY l.index
"""
_PLACES: Final = """
WITH wanted AS (SELECT id FROM archive_record WHERE attribute = %s)
SELECT l.index FROM archive_leaf l WHERE l.record_id IN (
    SELECT id FROM wanted UNION ALL
    SELECT e.id FROM archive_record e JOIN wanted ON e.subject_id = wanted.id
    WHERE e.subject_type = 'record' AND e.kind = 'erasure')
"""
_FILES: Final = "SELECT media_type, body FROM archive_media WHERE record_id = %s ORDER BY position"


@dataclass(frozen=True, slots=True)
class Selection:
    """What to take out; all of it when nothing is asked. Moments in UTC, `until` not included."""

    since: datetime | None = None
    until: datetime | None = None
    cases: tuple[str, ...] = ()
    attribute: str | None = None

    def __str__(self) -> str:
        asked = {
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "case": ",".join(self.cases),
            "attribute": self.attribute,
        }
        return " ".join(f"{name}={value}" for name, value in asked.items() if value) or "all"


class NothingSealed(ValueError):
    """There is no checkpoint yet, so nothing can be proved."""


def write_export(log: Log, selection: Selection, target: Path) -> Iterator[int]:
    """Write the export, yielding after each batch how many records are in it.

    Goes on with what an earlier run left behind for the same question. Raises `NothingSealed`,
    `bag.OtherExport`, FileExistsError.
    """
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    question = {"origin": log.origin, "selection": str(selection)}
    bag = Bag(target, question)
    checkpoint = _choose_checkpoint(log, bag)
    tree = Tree(log.pk)
    last, count = bag.state.get("last", -1), bag.state.get("count", 0)
    if "last" not in bag.state:
        _write_frame(bag, log, checkpoint, selection)
        bag.lists["index.csv"].write(f"{COLUMNS}\n".encode())
        bag.save(last=last, count=count, checkpoint=checkpoint.pk)
    # A window of places at a time, so that no plan of the database ever reads the whole log.
    step = checkpoint.size if selection.attribute else BATCH
    while last + 1 < checkpoint.size:
        end = min(last + 1 + step, checkpoint.size)
        rows = _read(log, selection, last, end)
        paths = prove_many(tree, [row[0] for row in rows], checkpoint.size)
        for row, path in zip(rows, paths, strict=True):
            _write_record(bag, checkpoint, row, path)
        last, count = end - 1, count + len(rows)
        bag.save(last=last, count=count, checkpoint=checkpoint.pk)
        yield count
    digest = bag.close_lists()
    made = timezone.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    lines = (STATEMENT, log.origin, selection, count, made, f"tagmanifest-sha256.txt {digest}")
    text = "".join(f"{line}\n" for line in lines)
    signed = [notes.sign(text, log.origin, key) for key in signing_keys()]
    bag.put("export.txt", notes.write_note(text, signed).encode())
    bag.finish()


def _choose_checkpoint(log: Log, bag: Bag) -> Checkpoint:
    """The newest, and the same one again when going on."""
    if "checkpoint" in bag.state:
        return log.checkpoints.get(pk=bag.state["checkpoint"])
    newest = log.checkpoints.order_by("-size").first()
    if newest is None:
        raise NothingSealed(f"{log.origin}: nothing has been sealed yet")
    return newest


def _read(log: Log, selection: Selection, last: int, end: int) -> list[tuple[Any, ...]]:
    values = asdict(selection) | {"cases": list(selection.cases) or None, "places": None}
    if selection.attribute:
        values["places"] = _places_of(selection.attribute)
    with connection.cursor() as cursor:
        cursor.execute(_SELECT, values | {"log": log.pk, "last": last, "end": end})
        return list(cursor.fetchall())


def _places_of(attribute: str) -> list[int]:
    """Where one record and, when it was erased, the statement about that are in the log."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [attribute])
        return [index for (index,) in cursor.fetchall()]


def prove_many(tree: Tree, indices: Sequence[int], size: int) -> list[list[bytes]]:
    """Inclusion paths of many places, from one query; neighbours share most of their paths."""
    ranges = {index: inclusion_ranges(index, size) for index in indices}
    shared = {one for path in ranges.values() for one in path}
    needed: dict[Range, list[Node]] = {one: list(nodes_of(*one)) for one in shared}
    found = tree.read(sorted({node for nodes in needed.values() for node in nodes}))
    hashes = {one: fold([found[node] for node in nodes]) for one, nodes in needed.items()}
    return [[hashes[one] for one in ranges[index]] for index in indices]


def _write_record(
    bag: Bag, checkpoint: Checkpoint, row: tuple[Any, ...], path: list[bytes]
) -> None:
    index, record_id, header_bytes, control, salt, body = row
    header_bytes = bytes(header_bytes)
    header = orjson.loads(header_bytes)
    name = f"{index:010d}-{header['attribute']}"
    media = list(_write_media(bag, name, record_id)) if header["media"] and body else []
    # Content and header are RFC 8785 already, so this is the RFC 8785 form of the three together.
    content = b"null" if body is None else bytes(body)
    secret = "null" if salt is None else f'"{bytes(salt).hex()}"'
    record = b'{"content":%b,"header":%b,"salt":%b}' % (content, header_bytes, secret.encode())
    proof = {
        "checkpoint": checkpoint.note,
        "control": bytes(control).hex(),
        "index": index,
        "media": media,
        "path": [base64.b64encode(one).decode() for one in path],
        "v": 1,
    }
    bag.add(f"data/records/{name}.json", record)
    page = write_page(header, body, name, index, media)
    bag.add(f"data/readable/{name}.html", page.encode("utf-8", "replace"))
    bag.add(f"proofs/{name}.json", orjson.dumps(proof, option=orjson.OPT_INDENT_2))
    subject = f"{header['subject']['type']} {header['subject']['id']}"
    row_text = (
        f"{index};{header['attribute']};{header['kind']};{header['registered_at']};{subject};"
        f"data/records/{name}.json;data/readable/{name}.html;{'ja' if body is None else 'nee'}\n"
    )
    bag.lists["index.csv"].write(row_text.encode())


def _write_media(bag: Bag, name: str, record_id: int) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_FILES, [record_id])
        for position, (media_type, data) in enumerate(cursor.fetchall(), 1):
            ending = mimetypes.guess_extension(media_type) or ".bin"
            file = f"data/media/{name}-{position}{ending}"
            bag.add(file, bytes(data))
            yield file


def _write_frame(bag: Bag, log: Log, checkpoint: Checkpoint, selection: Selection) -> None:
    """Everything that is the same whatever the records are."""
    lines = "".join(f"{one.line}\n" for one in checkpoint.cosignatures.order_by("witness"))
    key = signing_keys()[0].public_key()
    verifier = notes.Verifier(log.origin, key.public_bytes_raw())
    for name, text in (
        ("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
        ("bag-info.txt", write_bag_info(log.origin, str(selection))),
        ("LEESMIJ.txt", write_letter(log.origin, checkpoint.size, str(selection))),
        ("checkpoint.txt", checkpoint.note + lines),
        ("public-key.txt", f"{verifier}\n"),
    ):
        bag.add(name, text.encode())
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    bag.add("public-key.pem", pem)
    bag.add("controle/archive/__init__.py", b"")
    for name in VERIFIER:
        bag.add(f"controle/archive/{name}", (Path(__file__).parent / name).read_bytes())
    _write_time_stamp(bag, log, checkpoint)


def _write_time_stamp(bag: Bag, log: Log, checkpoint: Checkpoint) -> None:
    """The newest time-stamp on a head that this export extends, and the proof that it does."""
    stamps = TimeStamp.objects.filter(
        checkpoint__log=log, checkpoint__size__lte=checkpoint.size
    ).select_related("checkpoint")
    stamp = stamps.order_by("-checkpoint__size", "-at").first()
    if stamp is None:
        return
    proof = Tree(log.pk).prove_consistency(stamp.checkpoint.size, checkpoint.size)
    said = {
        "authority": stamp.authority,
        "checkpoint": stamp.checkpoint.note,
        "consistency": [base64.b64encode(one).decode() for one in proof],
        "token": base64.b64encode(bytes(stamp.token)).decode(),
    }
    name = f"timestamps/{stamp.checkpoint.size:010d}"
    bag.add(f"{name}.json", orjson.dumps(said, option=orjson.OPT_INDENT_2))
    # The same once more as openssl reads it.
    bag.add(f"{name}.tsr", bytes(stamp.token))
    bag.add(f"{name}.txt", stamp.checkpoint.note.encode())
