"""A BagIt folder (RFC 8493) written file by file, that can be broken off and gone on with.

What was written is listed in the manifests at once; `save` notes how far all of it came, and going
on cuts the lists off there, so that nothing is listed twice or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import IO, Any, Final

PROGRESS: Final = ".progress.json"
MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
#: What grows while writing.
LISTS: Final = (MANIFEST, TAG_MANIFEST, "index.csv")


class OtherExport(ValueError):
    """What lies there was begun with another question."""


class Bag:
    """The folder being written, at `target` + ".partial" until it is whole."""

    def __init__(self, target: Path, question: dict[str, Any]) -> None:
        self.target = target
        self.folder = target.with_name(f"{target.name}.partial")
        self.state: dict[str, Any] = {}
        for name in ("data/records", "data/readable", "data/media", "proofs", "timestamps"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        progress = self.folder / PROGRESS
        if progress.exists():
            self.state = json.loads(progress.read_text())
            if self.state["question"] != question:
                raise OtherExport(
                    f"{self.folder} is the beginning of another export; remove it or finish it"
                )
        else:
            self.state = {"question": question, "lengths": {name: 0 for name in LISTS}}
        self.lists = {name: self._open(name) for name in LISTS}

    def _open(self, name: str) -> IO[bytes]:
        path = self.folder / name
        path.touch()
        os.truncate(path, self.state["lengths"][name])
        return path.open("ab")

    def add(self, name: str, data: bytes) -> None:
        """Write one file and list it: under `data/` as payload, else as tag file."""
        with open(f"{self.folder}/{name}", "wb") as file:
            file.write(data)
        self.list_file(name, hashlib.sha256(data).hexdigest())

    def list_file(self, name: str, digest: str) -> None:
        manifest = MANIFEST if name.startswith("data/") else TAG_MANIFEST
        self.lists[manifest].write(f"{digest}  {name}\n".encode())

    def save(self, **state: Any) -> None:
        """A later run goes on from here, whatever ends this one.

        Nothing is forced to disk: that costs more than all the rest. After a power cut, check the
        export with the verifier, or remove the folder and begin again.
        """
        for file in self.lists.values():
            file.flush()
        self.state |= state
        self.state["lengths"] = {name: file.tell() for name, file in self.lists.items()}
        draft = self.folder / f"{PROGRESS}.new"
        draft.write_text(json.dumps(self.state))
        draft.replace(self.folder / PROGRESS)

    def close_lists(self) -> str:
        """List the lists themselves; the digest of the tag manifest, which stands for all."""
        for name in ("index.csv", MANIFEST):
            self.lists[name].close()
            self.list_file(name, _digest(self.folder / name))
        self.lists[TAG_MANIFEST].close()
        return _digest(self.folder / TAG_MANIFEST)

    def finish(self) -> None:
        """Put the whole thing in its place: as a folder, or as a ZIP when its name ends so."""
        (self.folder / PROGRESS).unlink()
        if self.target.suffix != ".zip":
            self.folder.rename(self.target)
            return
        draft = self.target.with_name(f".{self.target.name}.new")
        write_zip(self.folder, draft)
        draft.replace(self.target)
        shutil.rmtree(self.folder)


def write_zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
        for base, folders, files in os.walk(folder):
            folders.sort()
            inside = Path(base).relative_to(folder).as_posix().removeprefix(".")
            for name in sorted(files):
                with open(os.path.join(base, name), "rb") as file:
                    bundle.writestr(f"{inside}/{name}".lstrip("/"), file.read())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
