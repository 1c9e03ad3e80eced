"""The test pair of the domain page: one word too many, one wrong, and nobody sees it in passing."""

from __future__ import annotations

import hashlib
import json

import pytest

from archive.canonical import write_canonical
from archive.models import Content, Kind
from archive.records import record
from tests.makers import make_municipality

PUBLISHED = (
    "Er is geen ruzie gaande tussen de voorzitters van de voetbalclub 010 en de voetbalclub 020."
)
SPREAD = "Er is een ruzie gaande tussen de supporters van de voetbalclub 010 en de voetbalclub 020."


@pytest.mark.django_db
def test_what_we_published_is_told_apart_from_what_was_spread_in_our_name():
    made = record(
        municipality_id=make_municipality().pk,
        kind=Kind.OWN_POST,
        subject_type="reply",
        subject_id=1,
        content={"text": PUBLISHED},
    )
    sealed = json.loads(made.header)["content_hash"]
    salt = bytes(Content.objects.get(pk=made.pk).salt)

    def seal_of(text):
        return hashlib.sha256(salt + write_canonical({"text": text})).hexdigest()

    assert seal_of(PUBLISHED) == sealed
    assert seal_of(SPREAD) != sealed
