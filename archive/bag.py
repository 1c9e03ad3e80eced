"""A BagIt folder or ZIP (RFC 8493), written file by file, that can be broken off and gone on with.

What was written is listed in the manifests at once; `save` notes how far all of it came, and going
on cuts the lists off there, so that nothing is listed twice or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import IO, Any, Final

from archive.zipping import Zip

PROGRESS: Final = ".progress.json"
#: The next one, until it is whole.
DRAFT: Final = f"{PROGRESS}.new"
MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
#: What grows while writing, and for a ZIP besides.
LISTS: Final = (MANIFEST, TAG_MANIFEST, "index.csv")
ENTRIES: Final = ".entries.zip"
DIRECTORY: Final = ".directory"
FOLDERS: Final = (
    *("data/records", "data/readable", "data/media", "proofs", "timestamps"),
    "controle/archive/lone",
)


class OtherExport(ValueError):
    """What lies there was begun with another question, or is no longer what was begun."""


class Bag:
    """What is being written, in a folder `target` + ".partial" until it is whole.

    A folder grows there file by file; a ZIP as two files (`archive.zipping`).
    """

    def __init__(self, target: Path, question: dict[str, Any]) -> None:
        self.target = target
        self.folder = target.with_name(f"{target.name}.partial")
        zipped = target.suffix == ".zip"
        for name in () if zipped else FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(exist_ok=True)
        growing = (*LISTS, ENTRIES, DIRECTORY) if zipped else LISTS
        self.state: dict[str, Any] = {"question": question, "lengths": {}, "entries": 0}
        progress = self.folder / PROGRESS
        if progress.exists():
            self.state = json.loads(progress.read_text())
            if self.state["question"] != question:
                raise OtherExport(
                    f"{self.folder} is the beginning of another export; remove it or finish it"
                )
        self.lists = {name: self._open(name) for name in growing}
        self.zip = (
            Zip(self.lists[ENTRIES], self.lists[DIRECTORY], self.state["entries"])
            if zipped
            else None
        )

    def _open(self, name: str) -> IO[bytes]:
        path, length = self.folder / name, self.state["lengths"].get(name, 0)
        path.touch()
        if path.stat().st_size < length:
            raise OtherExport(f"{path} lost what was written before; remove {self.folder}")
        os.truncate(path, length)
        return path.open("ab")

    def add(self, name: str, data: bytes) -> None:
        """Write one file and list it: under `data/` as payload, else as tag file."""
        self.put(name, data)
        self.list_file(name, hashlib.sha256(data).hexdigest())

    def put(self, name: str, data: bytes) -> None:
        """Write one file."""
        if self.zip is not None:
            # Pictures and films are as small as they get.
            self.zip.put(name, data, squeeze=not name.startswith("data/media/"))
            return
        with open(f"{self.folder}/{name}", "wb", buffering=0) as file:
            file.write(data)

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
        self.state["entries"] = self.zip.number if self.zip else 0
        draft = self.folder / DRAFT
        draft.write_text(json.dumps(self.state))
        draft.replace(self.folder / PROGRESS)

    def close_lists(self) -> str:
        """List the lists themselves; the digest of the tag manifest, which stands for all."""
        for name in ("index.csv", MANIFEST):
            self.list_file(name, self._close(name))
        return self._close(TAG_MANIFEST)

    def _close(self, name: str) -> str:
        """Nothing more comes into this list; its digest."""
        self.lists[name].close()
        path = self.folder / name
        if self.zip is not None:
            self.zip.put_file(name, path)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def finish(self) -> None:
        """Put the whole thing in its place."""
        if self.zip is None:
            for name in (PROGRESS, DRAFT):
                (self.folder / name).unlink(missing_ok=True)
            self.folder.rename(self.target)
            return
        self.zip.finish()
        # Emptied first: what is killed from here on begins anew, or leaves an empty folder behind.
        for name in (PROGRESS, DRAFT, *LISTS, DIRECTORY):
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / ENTRIES).replace(self.target)
        self.folder.rmdir()
