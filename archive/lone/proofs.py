"""Reading an export, its signatures and its tree; standard library and `cryptography` only."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key


class CannotCheck(Exception):
    """This is no export, or not one that can be read: key of WORDS and its values."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Wrong(Exception):
    """What is wrong with one thing: key of WORDS and its values."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Missing(Wrong):
    """Not altered, but what would prove it is not there."""


class Export:
    """The files of an export, folder or ZIP."""

    def __init__(self, path: Path) -> None:
        self.path, self.zip, self.top = path, None, ""
        if path.is_file():
            try:
                self.zip = zipfile.ZipFile(path)
            except (zipfile.BadZipFile, OSError):
                raise CannotCheck("no_zip", path=path) from None
            first = next((n for n in self.zip.namelist() if n.endswith("bagit.txt")), "bagit.txt")
            self.top = first.removesuffix("bagit.txt")
        elif not path.is_dir():
            raise CannotCheck("no_path", path=path)
        if not self.has("bagit.txt"):
            raise CannotCheck("no_bag", path=path)

    def names(self) -> Iterator[str]:
        if self.zip is not None:
            for name in self.zip.namelist():
                if not name.endswith("/"):
                    yield name.removeprefix(self.top)
            return
        for path in self.path.rglob("*"):
            if path.is_file():
                yield path.relative_to(self.path).as_posix()

    def has(self, name: str) -> bool:
        if self.zip is not None:
            return self.top + name in self.zip.NameToInfo
        return (self.path / name).is_file()

    def read(self, name: str) -> bytes:
        if ".." in name.split("/") or name.startswith("/"):
            raise Wrong("bad_name", name=name)
        try:
            if self.zip is not None:
                return self.zip.read(self.top + name)
            return (self.path / name).read_bytes()
        except (KeyError, OSError, zipfile.BadZipFile):
            raise Missing("no_file", name=name) from None


# --- signatures: c2sp.org/signed-note


def read_key(text: str) -> tuple[str | None, bytes]:
    """Name (None when not stated) and the 32 bytes of a public key: vkey or PEM."""
    try:
        if "BEGIN PUBLIC KEY" in text:
            key = load_pem_public_key(text.encode())
            if not isinstance(key, Ed25519PublicKey):
                raise ValueError
            return None, key.public_bytes_raw()
        name, _, rest = text.strip().splitlines()[0].partition("+")
        data = base64.b64decode(rest.partition("+")[2], validate=True)
        if data[:1] != b"\x01" or len(data) != 33:
            raise ValueError
        return name, data[1:]
    except (ValueError, IndexError):
        raise CannotCheck("bad_key") from None


def check_note(note: str, origin: str, key: bytes) -> str:
    """The text of a note that `key` signed under the name `origin`. Raises Wrong or Missing."""
    text, gap, lines = note.rpartition("\n\n")
    text += "\n"
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + key).digest()[:4]
    for line in lines.splitlines() if gap else []:
        name, _, data = line.removeprefix("— ").partition(" ")
        try:
            raw = base64.b64decode(data, validate=True)
        except ValueError:
            continue
        if name == origin and raw[:4] == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(raw[4:], text.encode())
            except InvalidSignature:
                raise Wrong("bad_signature") from None
            return text
    raise Missing("unsigned")


# --- the tree: RFC 9162, 2.1


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that this path leads to, or None when it does not fit the place."""
    if not 0 <= index < size:
        return None
    at, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            value = node(sibling, value)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            value = node(value, sibling)
        at, last = at >> 1, last >> 1
    return value if last == 0 else None


def extends(old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> bool:
    """Whether the tree of `new` leaves begins with that of `old` (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    hashes = [old_root, *path] if old & (old - 1) == 0 else path
    if not hashes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(sibling, first), node(sibling, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def split_record(text: str) -> tuple[str | None, str, str | None]:
    """Content, header and salt exactly as written; the file is their RFC 8785 form together."""
    decoder, parts, at = json.JSONDecoder(), [], 0
    for opening in ('{"content":', ',"header":', ',"salt":'):
        if not text.startswith(opening, at):
            raise Wrong("bad_form")
        start = at + len(opening)
        _, at = decoder.raw_decode(text, start)
        parts.append(text[start:at])
    if text[at:] != "}":
        raise Wrong("bad_form")
    content, header, salt = parts
    return (None if content == "null" else content), header, json.loads(salt)
