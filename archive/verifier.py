"""Checks an export of the archive on its own: python -m archive.verifier EXPORT

Needs Python ≥ 3.11 and the package `cryptography`; no Django, no database, no network. A copy lies
in every export under `controle/`. EXPORT is a folder or a ZIP.

Exit codes: 0 everything is authentic and complete; 1 something was altered or removed; 2 this
cannot be checked (no export, unreadable, wrong words on the command line); 3 nothing was altered,
but something is unknown or the export is not complete.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.lone.proofs import (
    CannotCheck,
    Export,
    Missing,
    Wrong,
    check_note,
    extends,
    node,
    read_key,
    root_by_path,
    split_record,
)
from archive.lone.words import WORDS

AUTHENTIC, ALTERED, UNKNOWN = "authentic", "altered", "unknown"
STATEMENT = "stadspraat-uitgifte/v1"
STAMP = re.compile(r"timestamps/\d+\.json")
RECORD = re.compile(r"data/records/(\d{10,}-[0-9a-f-]{36})\.json")


# --- one record


@dataclass
class Verdict:
    name: str
    state: str
    reason: tuple[str, dict[str, Any]] | None = None
    header: dict[str, Any] = field(default_factory=dict)
    index: int = -1
    leaf: bytes = b""
    erased: bool = False


class Checker:
    """Checks one export; `pinned` is the key its reader trusts, or None to take its own."""

    def __init__(self, export: Export, pinned: tuple[str | None, bytes] | None) -> None:
        self.export = export
        self.wrong: list[tuple[str, dict[str, Any]]] = []
        self.missing: list[tuple[str, dict[str, Any]]] = []
        self.heads: dict[str, tuple[str, int, bytes]] = {}
        try:
            name, own = read_key(export.read("public-key.txt").decode())
        except (Missing, UnicodeDecodeError):
            name, own = None, b""
        self.key = pinned[1] if pinned else own
        if not self.key:
            raise CannotCheck("no_key")
        if pinned and own != self.key:
            self.wrong.append(("other_key", {}))
        self.origin = (pinned[0] if pinned and pinned[0] else name) or ""
        self.size, self.root = 0, b""
        try:
            self.origin, self.size, self.root = self.head(export.read("checkpoint.txt").decode())
        except UnicodeDecodeError:
            self.wrong.append(("bad_head", {}))
        except Wrong as error:
            self.note(error)
        self.everything, self.count = self.check_statement()

    def note(self, error: Wrong, **values: Any) -> None:
        place = self.missing if isinstance(error, Missing) else self.wrong
        place.append((error.key, error.values | values))

    def head(self, note: str) -> tuple[str, int, bytes]:
        if note not in self.heads:
            origin = self.origin or note.split("\n", 1)[0]
            try:
                lines = check_note(note, origin, self.key).split("\n")
                self.heads[note] = (lines[0], int(lines[1]), base64.b64decode(lines[2]))
            except (ValueError, IndexError):
                raise Wrong("bad_head") from None
            if lines[0] != origin:
                raise Wrong("other_log", origin=lines[0])
        return self.heads[note]

    def check_statement(self) -> tuple[bool, int | None]:
        """What was signed when the export was made: whether it is all, and how many records.

        The files are those of the statement only when its list of them is the one we have.
        """
        everything, count = False, None
        try:
            note = self.export.read("export.txt").decode("utf-8", "replace")
            lines = check_note(note, self.origin, self.key).split("\n")
            if lines[:2] != [STATEMENT, self.origin] or len(lines) < 6:
                raise Wrong("bad_statement")
            everything, count = lines[2] == "all", int(lines[3])
            digest = hashlib.sha256(self.export.read("tagmanifest-sha256.txt")).hexdigest()
            if lines[5] != f"tagmanifest-sha256.txt {digest}":
                raise Wrong("list_altered")
        except Wrong as error:
            self.note(error)
        return everything, count

    def check_files(self) -> None:
        """BagIt (RFC 8493): each listed file is there as listed, and no other file is."""
        listed = {"tagmanifest-sha256.txt", "export.txt"}
        for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
            try:
                lines = self.export.read(manifest).decode("utf-8", "replace").splitlines()
            except Wrong as error:
                self.note(error)
                continue
            for line in lines:
                digest, _, name = line.partition("  ")
                listed.add(name)
                try:
                    if hashlib.sha256(self.export.read(name)).hexdigest() != digest:
                        self.wrong.append(("file_altered", {"name": name}))
                except Wrong as error:
                    self.wrong.append((error.key, error.values))
        for name in self.export.names():
            if name not in listed:
                self.wrong.append(("file_added", {"name": name}))

    def check_records(self) -> Iterator[Verdict]:
        for file in sorted(name for name in self.export.names() if RECORD.fullmatch(name)):
            name = file[len("data/records/") : -len(".json")]
            verdict = Verdict(name, AUTHENTIC)
            try:
                self.check_record(verdict, file)
            except Missing as error:
                verdict.state, verdict.reason = UNKNOWN, (error.key, error.values)
            except Wrong as error:
                verdict.state, verdict.reason = ALTERED, (error.key, error.values)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                verdict.state, verdict.reason = ALTERED, ("bad_form", {})
            yield verdict

    def check_record(self, verdict: Verdict, file: str) -> None:
        content, header, salt = split_record(self.export.read(file).decode())
        said = verdict.header = json.loads(header)
        proof = json.loads(self.export.read(f"proofs/{verdict.name}.json"))
        control = bytes.fromhex(proof["control"])
        leaf = hashlib.sha256(
            b"\x00\x01" + hashlib.sha256(control).digest() + header.encode()
        ).digest()
        verdict.index, verdict.leaf = int(proof["index"]), leaf
        _, size, root = self.head(proof["checkpoint"])
        path = [base64.b64decode(one) for one in proof["path"]]
        if root_by_path(leaf, verdict.index, size, path) != root:
            raise Wrong("not_registered")
        if verdict.name != f"{verdict.index:010d}-{said['attribute']}":
            raise Wrong("other_name")
        if (size, root) != (self.size, self.root):
            raise Wrong("other_head")
        if content is None or salt is None:
            verdict.erased = True
            return
        secret = bytes.fromhex(salt)
        if hashlib.sha256(secret + content.encode()).hexdigest() != said["content_hash"]:
            raise Wrong("content_altered")
        files = proof["media"]
        if len(files) != len(said["media"]):
            raise Wrong("media_missing")
        for number, (name, digest) in enumerate(zip(files, said["media"], strict=True), 1):
            media = hashlib.sha256(self.export.read(name)).digest()
            if hashlib.sha256(secret + media).hexdigest() != digest:
                raise Wrong("media_altered", number=number)

    def check_index(self, names: set[str]) -> None:
        try:
            text = self.export.read("index.csv").decode("utf-8-sig", "replace")
        except Wrong as error:
            self.note(error)
            return
        rows = {row.get("bestand", "") for row in csv.DictReader(io.StringIO(text), delimiter=";")}
        listed = {name for name in rows if name}
        for name in sorted(listed - {f"data/records/{one}.json" for one in names}):
            self.wrong.append(("record_gone", {"name": name}))
        if len(names) > len(listed):
            self.wrong.append(("record_added", {}))

    def check_complete(self, leaves: dict[int, bytes]) -> None:
        """An export of everything holds every place of the log, and they make up its root."""
        if self.count not in (None, len(leaves)):
            self.wrong.append(("count", {"count": self.count, "found": len(leaves)}))
        if not self.everything:
            return
        gone = [index for index in range(self.size) if index not in leaves]
        if gone:
            self.wrong.append(("places_gone", {"first": gone[0], "number": len(gone)}))
            return
        stack: list[tuple[int, bytes]] = []
        for index in range(self.size):
            level, value = 0, leaves[index]
            while stack and stack[-1][0] == level:
                level, value = level + 1, node(stack.pop()[1], value)
            stack.append((level, value))
        value = stack.pop()[1] if stack else hashlib.sha256(b"").digest()
        while stack:
            value = node(stack.pop()[1], value)
        if value != self.root:
            self.wrong.append(("other_root", {}))

    def check_time_stamps(self) -> list[str]:
        """Moments at which an authority saw a head that this export extends."""
        moments = []
        for name in sorted(n for n in self.export.names() if STAMP.fullmatch(n)):
            try:
                stamp = json.loads(self.export.read(name))
                _, size, root = self.head(stamp["checkpoint"])
                path = [base64.b64decode(one) for one in stamp["consistency"]]
                if not extends(size, self.size, root, self.root, path):
                    raise Wrong("stamp_other")
                token = base64.b64decode(stamp["token"])
                if hashlib.sha256(stamp["checkpoint"].encode()).digest() not in token:
                    raise Wrong("stamp_other")
                found = re.search(rb"\x18.(\d{14})(?:\.\d+)?Z", token, re.DOTALL)
                moments.append(found[1].decode() if found else "?")
            except Wrong as error:
                self.note(error)
            except (ValueError, KeyError, TypeError):
                self.wrong.append(("stamp_other", {}))
        return moments


# --- what it says


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="verifier", description=WORDS["nl"]["what"] + " / " + WORDS["en"]["what"]
    )
    parser.add_argument("export", type=Path, help="folder or ZIP / map of ZIP")
    parser.add_argument("--public-key", metavar="KEY", help=WORDS["nl"]["key_help"])
    parser.add_argument("--lang", choices=sorted(WORDS), default="nl", help="nl of/or en")
    parser.add_argument("--quiet", action="store_true", help=WORDS["nl"]["quiet_help"])
    chosen = parser.parse_args(arguments)
    words = WORDS[chosen.lang]
    try:
        pinned = read_key(_text_or_file(chosen.public_key)) if chosen.public_key else None
        checker = Checker(Export(chosen.export), pinned)
        return report(checker, words, chosen.quiet, bool(pinned))
    except CannotCheck as error:
        print(words[error.key].format(**error.values), file=sys.stderr)
        return 2


def _text_or_file(text: str) -> str:
    path = Path(text)
    return path.read_text() if len(text) < 4096 and path.is_file() else text


def report(checker: Checker, words: dict[str, str], quiet: bool, pinned: bool) -> int:
    checker.check_files()
    counts = {AUTHENTIC: 0, ALTERED: 0, UNKNOWN: 0}
    names: set[str] = set()
    leaves: dict[int, bytes] = {}
    erasures: dict[str, dict[str, Any]] = {}
    emptied: list[Verdict] = []
    for verdict in checker.check_records():
        names.add(verdict.name)
        if verdict.state == AUTHENTIC:
            leaves[verdict.index] = verdict.leaf
            if verdict.header["kind"] == "erasure":
                erasures[verdict.header["metadata"]["record"]] = verdict.header
        if verdict.erased:
            emptied.append(verdict)
        else:
            _tell(verdict, words, quiet, counts, None)
    for verdict in emptied:
        erasure = erasures.get(verdict.header["attribute"])
        if erasure is None:
            verdict.state, verdict.reason = UNKNOWN, ("content_gone", {})
        _tell(verdict, words, quiet, counts, erasure)
    checker.check_index(names)
    checker.check_complete(leaves)
    moments = checker.check_time_stamps()
    print()
    for heading, troubles in (("wrong", checker.wrong), ("missing", checker.missing)):
        for key, values in dict((repr(one), one) for one in troubles).values():
            print(f"{words[heading]}: {words[key].format(**values)}")
    print(words["totals"].format(**counts))
    print(words["log"].format(origin=checker.origin, size=checker.size))
    for moment in moments:
        print(words["stamp"].format(moment=moment))
    fingerprint = hashlib.sha256(checker.key).hexdigest()
    print(words["pinned" if pinned else "unpinned"].format(fingerprint=fingerprint))
    altered = bool(counts[ALTERED] or checker.wrong)
    short = bool(counts[UNKNOWN] or checker.missing)
    scope = "complete_all" if checker.everything else "complete_selection"
    print(words["altered_export" if altered else "incomplete" if short else scope])
    return 1 if altered else 3 if short else 0


def _tell(
    verdict: Verdict,
    words: dict[str, str],
    quiet: bool,
    counts: dict[str, int],
    erasure: dict[str, Any] | None,
) -> None:
    counts[verdict.state] += 1
    if quiet and verdict.state == AUTHENTIC:
        return
    key, values = verdict.reason or ("", {})
    why = words[key].format(**values) if key else ""
    if erasure:
        ground = erasure["metadata"].get("ground", "")
        why = words["erased"].format(
            when=erasure["registered_at"][:10], ground=words.get(f"ground_{ground}", ground)
        )
    when = verdict.header.get("registered_at", "")[:19].replace("T", " ")
    kind = words.get(f"kind_{verdict.header.get('kind')}", "")
    about = words["registered"].format(kind=kind, when=when) if when else ""
    line = f"{words[verdict.state]:<12} {verdict.name}  {about}"
    print(f"{line}: {why}" if why else line)


if __name__ == "__main__":
    raise SystemExit(main())
