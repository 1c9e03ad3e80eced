"""The secret behind the control numbers: from ARCHIVE_KEY, which never enters the database.

One key never does two jobs: the HMAC key and the public key id are both derived from ARCHIVE_KEY
with HKDF (RFC 5869) under different names. `ARCHIVE_RETIRED_KEYS` lists former keys, so that
records made under them can still be checked after a rotation.
"""

from __future__ import annotations

import math
import string
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

#: 32 bytes as hexadecimal, and as base64 without padding.
HEX_LENGTH: Final = 64
TEXT_LENGTH: Final = 43
#: Random hexadecimal has 3.8 bits per character and more, repetition has less.
BITS_PER_CHARACTER: Final = 3.0
ADVICE: Final = (
    'make one with: python -c "import secrets; print(secrets.token_urlsafe(48))" '
    "and keep a copy outside the database"
)


@dataclass(frozen=True, slots=True)
class ControlKey:
    """`id` is public and written in every header; `secret` makes the control numbers."""

    id: str
    secret: bytes


def current_key() -> ControlKey:
    """The key new records are sealed with. Raises `ImproperlyConfigured` when weak or missing."""
    return derive_key(getattr(settings, "ARCHIVE_KEY", ""))


@lru_cache(maxsize=16)
def derive_key(text: str) -> ControlKey:
    check_strong(text)
    return ControlKey(
        id=_expand(text, b"stadspraat archive key id v1")[:8].hex(),
        secret=_expand(text, b"stadspraat archive control number v1"),
    )


def check_strong(text: str, name: str = "ARCHIVE_KEY") -> None:
    """Refuse what cannot hold 32 random bytes. The key itself is never repeated in the error."""
    if not text:
        raise ImproperlyConfigured(f"{name} is missing; {ADVICE}")
    needed = HEX_LENGTH if set(text) <= set(string.hexdigits) else TEXT_LENGTH
    if len(text) < needed:
        raise ImproperlyConfigured(
            f"{name} is weak: {len(text)} characters where {needed} are needed; {ADVICE}"
        )
    if _bits(text) < BITS_PER_CHARACTER or len(zlib.compress(text.encode(), 9)) < 32:
        raise ImproperlyConfigured(f"{name} is weak: it repeats itself; {ADVICE}")


def _bits(text: str) -> float:
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def _expand(text: str, name: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=name).derive(text.encode())
