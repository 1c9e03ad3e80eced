"""Being a witness for a neighbour, and asking neighbours to be ours (c2sp.org/tlog-witness).

A witness remembers one head per log and cosigns only what extends it, so whoever shows two
histories to two readers cannot have both cosigned.
"""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from archive import notes
from archive.merkle import EMPTY, InvalidProof, check_consistency
from archive.models import Checkpoint, Cosignature, Log, Witnessed
from archive.signing import witness_key
from archive.tree import Tree


class Refused(ValueError):
    """Why the witness does not cosign; `status` is the HTTP status C2SP gives it."""

    def __init__(self, status: int, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.size = status, size


@dataclass(frozen=True, slots=True)
class Request:
    old: int
    proof: list[bytes]
    note: str


def write_request(old: int, proof: list[bytes], note: str) -> str:
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", note]
    return "\n".join(lines)


def read_request(body: str) -> Request:
    head, gap, note = body.partition("\n\n")
    first, *lines = head.split("\n")
    word, _, size = first.partition(" ")
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except binascii.Error:
        raise Refused(400, "the proof is not base64") from None
    if not gap or word != "old" or not (size.isascii() and size.isdigit()) or len(proof) > 63:
        raise Refused(400, "not a request to add a checkpoint")
    return Request(int(size), proof, note)


# --- as a witness


def our_verifier() -> notes.Verifier:
    """Who we are as a witness. Raises `Refused` when we are none."""
    if not settings.ARCHIVE_WITNESS_NAME:
        raise Refused(404, "this is no witness")
    public = witness_key().public_key().public_bytes_raw()
    return notes.Verifier(settings.ARCHIVE_WITNESS_NAME, public, notes.COSIGNATURE)


def cosign(body: str) -> str:
    """Our signature line under a neighbour's new head. Raises `Refused`."""
    name = our_verifier().name
    request = read_request(body)
    try:
        head = notes.read_checkpoint(request.note)
    except notes.InvalidNote as error:
        raise Refused(400, str(error)) from None
    trusted = [one for one in watched_logs() if one.name == head.origin]
    if not trusted:
        raise Refused(404, "this log is not known here")
    try:
        notes.check_signed(request.note, trusted)
    except notes.InvalidNote as error:
        raise Refused(403, str(error)) from None
    if request.old > head.size:
        raise Refused(400, "a log never shrinks")
    with transaction.atomic():
        Witnessed.objects.get_or_create(
            origin=head.origin, defaults={"size": 0, "root": EMPTY, "note": ""}
        )
        seen = Witnessed.objects.select_for_update().get(pk=head.origin)
        if request.old != seen.size:
            raise Refused(409, "another head was seen since", seen.size)
        try:
            check_consistency(seen.size, head.size, bytes(seen.root), head.root, request.proof)
        except InvalidProof as error:
            # The same size with another root is the clearest fork there is.
            status = 409 if seen.size == head.size else 422
            raise Refused(status, f"not consistent: {error}", seen.size) from None
        at = int(time.time())
        text, _ = notes.read_note(request.note)
        line = notes.cosign(text, name, witness_key(), at)
        seen.size, seen.root, seen.note = head.size, head.root, request.note
        seen.save()
    return line


def watched_logs() -> list[notes.Verifier]:
    return [notes.read_verifier(text) for text in settings.ARCHIVE_WITNESSED]


# --- with a witness


@dataclass(frozen=True, slots=True)
class Witness:
    """A neighbour that cosigns for us: the prefix of its address and its public key."""

    url: str
    verifier: notes.Verifier

    @property
    def channel(self) -> str:
        return f"witness {self.verifier.name}"


def our_witnesses() -> list[Witness]:
    """From ARCHIVE_WITNESSES. Raises `notes.InvalidNote` for what is no address and vkey."""
    found = []
    for text in settings.ARCHIVE_WITNESSES:
        url, _, key = text.partition(" ")
        found.append(Witness(url.rstrip("/"), notes.read_verifier(key)))
    return found


def prepare(log: Log, checkpoint: Checkpoint, old: int) -> str:
    proof = Tree(log.pk).prove_consistency(old, checkpoint.size)
    return write_request(old, proof, checkpoint.note)


def keep_cosignature(checkpoint: Checkpoint, witness: Witness, line: str) -> None:
    """Keep what the witness answered. Raises `notes.InvalidNote` when it is not its signature."""
    note = f"{checkpoint.note}{line.strip()}\n"
    if not notes.find_signers(note, [witness.verifier]):
        raise notes.InvalidNote("the witness did not sign")
    Cosignature.objects.get_or_create(
        checkpoint=checkpoint,
        witness=witness.verifier.name,
        defaults={"line": line.strip()},
    )
