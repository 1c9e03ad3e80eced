"""Numeric character references that no parser should have to meet.

Feeds hold emoji as two halves (`&#55357;&#56832;`), zeros and numbers beyond Unicode. Over one of
them feedparser gives up the whole feed, so they are mended in the bytes before.
"""

from __future__ import annotations

import re

REFERENCES = re.compile(rb"(?:&#(?:[xX][0-9a-fA-F]+|[0-9]+);)+")
REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")
BEYOND = 0x110000
REPLACEMENT = "\ufffd"


def mend_references(body: bytes) -> bytes:
    """Join halves of surrogate pairs; replace what is no character by U+FFFD."""
    return REFERENCES.sub(lambda found: _mend(found.group()), body)


def _mend(references: bytes) -> bytes:
    codes = [_code(*found.groups()) for found in REFERENCE.finditer(references)]
    if all(0 < code < 0xD800 or 0xDFFF < code < BEYOND for code in codes):
        return references
    text = "".join(chr(code) if 0 < code < BEYOND else REPLACEMENT for code in codes)
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(f"&#{ord(character)};" for character in whole).encode()


def _code(hexadecimal: bytes | None, decimal: bytes | None) -> int:
    digits = hexadecimal or decimal or b""
    if len(digits.lstrip(b"0")) > 7:
        return BEYOND
    return int(digits, 16 if hexadecimal else 10)
