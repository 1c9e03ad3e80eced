"""A ZIP written from front to back, that can be broken off and gone on with.

PKWARE's APPNOTE, with ZIP64 where numbers ask for it. The standard library's keeps every name in
memory until the end and cannot go on with what a kill left behind. Here the entries and the
directory, which a ZIP has at its end, are two files that only grow: what came after a known length
of both is cut off, and writing goes on.
"""

from __future__ import annotations

import shutil
import time
import zlib
from pathlib import Path
from struct import Struct
from typing import IO, Any, Final

LOCAL: Final = Struct("<4s5H3I2H")
CENTRAL: Final = Struct("<4s6H3I5H2I")
SIZES: Final = Struct("<2H2Q")
PLACED: Final = Struct("<2H3Q")
DESCRIPTOR: Final = Struct("<4sI2Q")
END: Final = Struct("<4s4H2IH")
END64: Final = Struct("<4sQ2H2I4Q")
LOCATOR: Final = Struct("<4sIQI")

STORED, DEFLATED = 0, 8
#: Names in UTF-8; sizes behind the data instead of before it.
UTF8: Final = 0x800
SIZES_BEHIND: Final = 0x8
#: The lowest version that reads an entry: plain, and with ZIP64.
PLAIN, LARGE = 20, 45
#: As made on Unix: a file that its owner may write and everybody may read.
MADE_BY: Final = 3 << 8 | LARGE
ATTRIBUTES: Final = 0o100644 << 16
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
BLOCK: Final = 1 << 20


def start_deflating() -> Any:
    """Level 1 in a window of 8 kB: for files of a kilobyte as small as any, in a tenth of the time.

    The usual 32 kB costs 256 kB of fresh memory per file.
    """
    return zlib.compressobj(1, zlib.DEFLATED, -13, 6)


class Zip:
    """`entries` and `directory` are open at their ends, after `number` entries."""

    def __init__(self, entries: IO[bytes], directory: IO[bytes], number: int) -> None:
        self.entries, self.directory, self.number = entries, directory, number
        self.offset = entries.tell()
        now = time.localtime()
        self.moment = (
            now.tm_hour << 11 | now.tm_min << 5 | now.tm_sec // 2,
            (now.tm_year - 1980) << 9 | now.tm_mon << 5 | now.tm_mday,
        )

    def put(self, name: str, data: bytes, *, squeeze: bool = True) -> None:
        """Add one file (smaller than 4 GiB); `squeeze` as long as that makes it smaller."""
        packed, method = data, STORED
        if squeeze:
            deflating = start_deflating()
            deflated = deflating.compress(data) + deflating.flush()
            if len(deflated) < len(data):
                packed, method = deflated, DEFLATED
        encoded, checksum = name.encode(), zlib.crc32(data)
        sizes = (checksum, len(packed), len(data))
        local = LOCAL.pack(b"PK\3\4", PLAIN, UTF8, method, *self.moment, *sizes, len(encoded), 0)
        self._list(encoded, UTF8, method, *sizes)
        self._write(local + encoded + packed)

    def put_file(self, name: str, path: Path) -> None:
        """Add a file of any size, a block at a time."""
        encoded, flags = name.encode(), UTF8 | SIZES_BEHIND
        local = LOCAL.pack(
            *(b"PK\3\4", LARGE, flags, DEFLATED, *self.moment),
            *(0, FULL32, FULL32, len(encoded), SIZES.size),
        )
        start = self.offset
        self._write(local + encoded + SIZES.pack(1, SIZES.size - 4, 0, 0))
        begun = self.offset
        checksum, deflating = 0, start_deflating()
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                checksum = zlib.crc32(block, checksum)
                self._write(deflating.compress(block))
            size = file.tell()
        self._write(deflating.flush())
        packed = self.offset - begun
        self._write(DESCRIPTOR.pack(b"PK\7\x08", checksum, packed, size))
        self._list(encoded, flags, DEFLATED, checksum, packed, size, start)

    def finish(self) -> None:
        """Put the directory behind the entries, and what tells where it is."""
        self.directory.flush()
        at, size, number = self.offset, self.directory.tell(), self.number
        with open(self.directory.name, "rb") as directory:
            shutil.copyfileobj(directory, self.entries, BLOCK)
        if number >= FULL16 or at >= FULL32 or size >= FULL32:
            self.entries.write(
                END64.pack(b"PK\6\6", 44, MADE_BY, LARGE, 0, 0, number, number, size, at)
                + LOCATOR.pack(b"PK\6\7", 0, at + size, 1)
            )
        shown = min(number, FULL16)
        end = (0, 0, shown, shown, min(size, FULL32), min(at, FULL32), 0)
        self.entries.write(END.pack(b"PK\5\6", *end))
        self.entries.close()
        self.directory.close()

    def _write(self, data: bytes) -> None:
        self.entries.write(data)
        self.offset += len(data)

    def _list(
        self,
        name: bytes,
        flags: int,
        method: int,
        checksum: int,
        packed: int,
        size: int,
        offset: int | None = None,
    ) -> None:
        at = self.offset if offset is None else offset
        large = flags & SIZES_BEHIND or at >= FULL32
        extra = PLACED.pack(1, PLACED.size - 4, size, packed, at) if large else b""
        shown = (FULL32, FULL32, FULL32) if large else (packed, size, at)
        self.directory.write(
            CENTRAL.pack(
                *(b"PK\1\2", MADE_BY, LARGE if large else PLAIN, flags, method, *self.moment),
                *(checksum, *shown[:2], len(name), len(extra), 0, 0, 0, ATTRIBUTES, shown[2]),
            )
            + name
            + extra
        )
        self.number += 1
