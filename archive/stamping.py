"""Time-stamps of RFC 3161 on checkpoints: what is asked, and whether the answer holds."""

from __future__ import annotations

from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from archive.models import Checkpoint, TimeStamp


class BadStamp(ValueError):
    """The authority's answer cannot be used; nothing of it is kept."""


def make_request(note: str) -> bytes:
    """The DER request for a stamp on a signed checkpoint, with a nonce and its certificate."""
    builder = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256)
    return builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes()


def read_roots(path: str) -> list[Certificate]:
    return load_pem_x509_certificates(Path(path).read_bytes())


def keep_stamp(
    checkpoint: Checkpoint, authority: str, answer: bytes, roots: list[Certificate]
) -> TimeStamp:
    """Check the answer against the authority's roots and keep it. Raises `BadStamp`."""
    try:
        response = decode_timestamp_response(answer)
    except ValueError:
        raise BadStamp("the answer is no time-stamp") from None
    if response.status > 1:
        raise BadStamp(f"the authority refused with status {response.status}")
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, checkpoint.note.encode())
    except (VerificationError, ValueError) as error:
        raise BadStamp(f"the time-stamp does not hold: {error}") from None
    return TimeStamp.objects.create(
        checkpoint=checkpoint,
        authority=authority,
        token=answer,
        at=response.tst_info.gen_time,
    )
