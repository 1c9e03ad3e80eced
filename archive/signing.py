"""The key that signs checkpoints: from ARCHIVE_SIGNING_KEY, which never enters the database.

Rotation and loss are described in docs/archive-keys.md. While ARCHIVE_SIGNING_KEY_PREVIOUS is set,
every checkpoint carries both signatures, so that whoever trusts the old key can follow to the new.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from archive import notes
from archive.keys import check_strong

INFO = b"stadspraat archive signing key v1"
WITNESS_INFO = b"stadspraat archive witness key v1"


def signing_keys() -> list[Ed25519PrivateKey]:
    """The key of today first. Raises `ImproperlyConfigured` when weak or missing."""
    previous = getattr(settings, "ARCHIVE_SIGNING_KEY_PREVIOUS", "")
    texts = [getattr(settings, "ARCHIVE_SIGNING_KEY", ""), *([previous] if previous else [])]
    return [derive_key(text, INFO) for text in texts]


def witness_key() -> Ed25519PrivateKey:
    """What we cosign neighbours' checkpoints with; never the key of our own log."""
    return derive_key(getattr(settings, "ARCHIVE_SIGNING_KEY", ""), WITNESS_INFO)


@lru_cache(maxsize=16)
def derive_key(text: str, info: bytes) -> Ed25519PrivateKey:
    check_strong(text, "ARCHIVE_SIGNING_KEY")
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(text.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def sign_checkpoint(checkpoint: notes.Checkpoint) -> str:
    text = str(checkpoint)
    return notes.write_note(
        text, [notes.sign(text, checkpoint.origin, key) for key in signing_keys()]
    )


def trusted_verifiers(origin: str) -> list[notes.Verifier]:
    """Every key our own checkpoints may be signed with: today's, and those of before by vkey."""
    ours = [notes.Verifier(origin, key.public_key().public_bytes_raw()) for key in signing_keys()]
    retired = [read_retired(text) for text in getattr(settings, "ARCHIVE_RETIRED_SIGNERS", ())]
    return [*ours, *(one for one in retired if one.name == origin)]


def read_retired(text: str) -> notes.Verifier:
    try:
        return notes.read_verifier(text)
    except notes.InvalidNote as error:
        raise ImproperlyConfigured(f"ARCHIVE_RETIRED_SIGNERS: {error}") from None
