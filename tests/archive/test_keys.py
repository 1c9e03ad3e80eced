from __future__ import annotations

import secrets

import pytest
from django.core.exceptions import ImproperlyConfigured

from archive.keys import check_strong, derive_key
from archive.verify import derive_secrets

STRONG = "f3Jt7QpX1vB9sLmC5aYdE8hRwUfNg2oTi4VxKq6ZuWbD0yPr"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "geheim",
        "a" * 64,
        "ab" * 40,
        "change-me-" * 8,
        "f" * 32 + "0" * 32,
        STRONG[:42],
        "0123456789abcdef" * 3,
    ],
)
def test_a_key_that_cannot_hold_32_random_bytes_is_refused(key):
    with pytest.raises(ImproperlyConfigured, match="ARCHIVE_KEY"):
        check_strong(key)


@pytest.mark.parametrize("_", range(50))
@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex])
def test_32_random_bytes_are_accepted_in_hexadecimal_and_in_base64(make, _):
    check_strong(make(32))


def test_the_refusal_does_not_repeat_the_key():
    with pytest.raises(ImproperlyConfigured) as refusal:
        check_strong("zeer-geheim")
    assert "zeer-geheim" not in str(refusal.value)


def test_the_public_key_id_says_nothing_of_the_secret():
    key = derive_key(STRONG)
    assert key.id not in key.secret.hex()
    assert key.id not in STRONG


def test_writer_and_verifier_derive_the_same_secret_with_their_own_code():
    key = derive_key(STRONG)
    assert derive_secrets([STRONG]) == {key.id: key.secret}
