"""Signed notes and checkpoints as C2SP writes them: c2sp.org/signed-note, tlog-checkpoint and
tlog-cosignature. Plain functions over bytes; no Django, no database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = b"\x01"
COSIGNATURE: Final = b"\x04"
DASH: Final = "— "


class InvalidNote(ValueError):
    """Not a note of the expected form, or no signature of whom we trust."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who may have signed: a name and an Ed25519 public key; `kind` tells signer from witness."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def key_id(self) -> bytes:
        digest = hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()
        return digest[:4]

    def __str__(self) -> str:
        """The vkey of C2SP: `name+id+base64(kind ‖ key)`."""
        key = base64.b64encode(self.kind + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: which log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    name: str
    key_id: bytes
    data: bytes


def read_verifier(text: str) -> Verifier:
    """A vkey. Raises `InvalidNote` when its parts do not belong together."""
    try:
        name, key_id, key = text.strip().split("+", 2)
        data = base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidNote("not a verifier key: name+id+key") from None
    verifier = Verifier(name, data[1:], data[:1])
    if len(data) != 33 or data[:1] not in (ED25519, COSIGNATURE):
        raise InvalidNote("a verifier key holds an Ed25519 key of 32 bytes")
    if verifier.key_id.hex() != key_id:
        raise InvalidNote("the id of the verifier key does not belong to its key")
    check_name(name)
    return verifier


def check_name(name: str) -> None:
    if not name or "+" in name or any(sign.isspace() for sign in name):
        raise InvalidNote("the name of a key is not empty and has no spaces or +")


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """One signature line for a note with this text (which ends in a newline)."""
    verifier = Verifier(name, key.public_key().public_bytes_raw())
    return _line(name, verifier.key_id + key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, at: int) -> str:
    """A witness's line: it vouches for having seen this tree extend all it saw before, at `at`."""
    verifier = Verifier(name, key.public_key().public_bytes_raw(), COSIGNATURE)
    signature = key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
    return _line(name, verifier.key_id + struct.pack(">Q", at) + signature)


def write_note(text: str, lines: Sequence[str]) -> str:
    return f"{text}\n" + "".join(f"{line}\n" for line in lines)


def read_note(note: str) -> tuple[str, list[Signature]]:
    """Text and signatures. Raises `InvalidNote` on anything that is not exactly a signed note."""
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise InvalidNote("not a signed note")
    signatures = [_read_line(line) for line in tail[:-1].split("\n")]
    return text + "\n", signatures


def read_checkpoint(note: str) -> Checkpoint:
    """The tree head a note states, whoever signed it."""
    text, _ = read_note(note)
    try:
        origin, size, root, *_ = text.rstrip("\n").split("\n")
        data = base64.b64decode(root, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidNote("not a checkpoint") from None
    if not origin or not size.isascii() or not size.isdigit() or len(data) != 32:
        raise InvalidNote("not a checkpoint")
    if size != str(int(size)):
        raise InvalidNote("the size of a checkpoint has no leading zeroes")
    return Checkpoint(origin, int(size), data)


def find_signers(note: str, trusted: Sequence[Verifier]) -> list[tuple[Verifier, int | None]]:
    """Who of `trusted` signed; for witnesses with the time they saw it (seconds since 1970).

    Raises `InvalidNote` when a line in a trusted name and key is wrong: it was tampered with.
    """
    text, signatures = read_note(note)
    known = {(one.name, one.key_id): one for one in trusted}
    found: list[tuple[Verifier, int | None]] = []
    for signature in signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is not None:
            found.append((verifier, _check(verifier, text, signature.data)))
    return found


def check_signed(note: str, trusted: Sequence[Verifier]) -> None:
    """Raise `InvalidNote` unless at least one of `trusted` signed."""
    if not find_signers(note, trusted):
        raise InvalidNote("not signed by a key that is trusted for it")


def _check(verifier: Verifier, text: str, data: bytes) -> int | None:
    at, signed = None, text
    if verifier.kind == COSIGNATURE:
        if len(data) != 72:
            raise InvalidNote("a cosignature has 72 bytes")
        (at,), data = struct.unpack(">Q", data[:8]), data[8:]
        signed = f"cosignature/v1\ntime {at}\n{text}"
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(data, signed.encode())
    except InvalidSignature:
        raise InvalidNote(f"the signature of {verifier.name} is wrong") from None
    return at


def _line(name: str, data: bytes) -> str:
    return f"{DASH}{name} {base64.b64encode(data).decode()}"


def _read_line(line: str) -> Signature:
    try:
        name, data = line.removeprefix(DASH).split(" ")
        raw = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidNote("not a signature line") from None
    if not line.startswith(DASH) or not name or len(raw) < 5:
        raise InvalidNote("not a signature line")
    return Signature(name, raw[:4], raw[4:])
