"""What the log holds of a record: one leaf, version 1. Byte by byte in docs/archive-log.md.

    0x01 ‖ SHA-256(control number) ‖ header

The header carries the metadata and only salted hashes of the content, so a leaf has no personal
data and stays when the content goes. The control number is bound in by its hash: it cannot be
changed afterwards, and the log does not give it away.
"""

from __future__ import annotations

import hashlib
from typing import Final

from archive.merkle import hash_leaf

VERSION: Final = b"\x01"


def write_leaf(header: bytes, control: bytes) -> bytes:
    return VERSION + hashlib.sha256(control).digest() + header


def hash_record(header: bytes, control: bytes) -> bytes:
    """The leaf hash as it stands in the tree (RFC 6962, 2.1)."""
    return hash_leaf(write_leaf(header, control))
