"""Signed notes and checkpoints, against the published example of C2SP and against bad input."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import notes

# The example of golang.org/x/mod/sumdb/note (BSD-3-Clause).
PETER = notes.read_verifier("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAD = notes.Checkpoint("Elzendrecht/archief/00000001", 7, bytes(32))


def signed():
    text = str(HEAD)
    return notes.write_note(text, [notes.sign(text, HEAD.origin, KEY)])


def ours():
    return notes.Verifier(HEAD.origin, KEY.public_key().public_bytes_raw())


def test_the_published_note_is_accepted_and_an_altered_one_is_not():
    notes.check_signed(NOTE, [PETER])
    with pytest.raises(notes.InvalidNote, match="wrong"):
        notes.check_signed(NOTE.replace("answer", "question"), [PETER])


def test_a_checkpoint_is_three_lines_and_reads_back():
    assert signed().startswith(
        "Elzendrecht/archief/00000001\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— "
    )
    assert notes.read_checkpoint(signed()) == HEAD
    notes.check_signed(signed(), [ours()])
    assert notes.read_verifier(str(ours())) == ours()


def test_another_key_or_another_name_is_not_a_signature():
    for name, key in ((HEAD.origin, bytes(31) + b"\x01"), ("Ander/archief", ours().public)):
        with pytest.raises(notes.InvalidNote):
            notes.check_signed(signed(), [notes.Verifier(name, key)])


def test_a_cosignature_says_when_it_was_seen():
    text = str(HEAD)
    line = notes.cosign(text, "getuige", KEY, 1_763_647_200)
    witness = notes.Verifier("getuige", ours().public, notes.COSIGNATURE)
    assert notes.find_signers(notes.write_note(text, [line]), [witness]) == [
        (witness, 1_763_647_200)
    ]


@pytest.mark.parametrize(
    "note",
    [
        "",
        "a\n\n",
        "a\nb\n\n— x\n",
        signed().rstrip("\n"),
        signed().replace("\n7\n", "\n07\n"),
        signed().replace("\n7\n", "\n-7\n"),
        signed().replace("\n7\n", "\n٧\n"),
        signed().replace("AAAA=", "AAA="),
        signed().replace("— ", "- "),
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_refused(note):
    with pytest.raises(notes.InvalidNote):
        notes.read_checkpoint(note)


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AAAA", str(ours()).replace("+", "+0", 1)])
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(notes.InvalidNote):
        notes.read_verifier(text)
