"""A neighbour as witness: it cosigns what extends what it saw, and nothing else."""

from __future__ import annotations

import pytest
from django.test import Client

from archive import notes, witness
from archive.models import Checkpoint, Cosignature, Kind, Log, Witnessed
from archive.records import Entry, record_many
from archive.sequencer import seal_log
from archive.signing import sign_checkpoint, trusted_verifiers
from archive.tree import Tree
from tests.makers import make_municipality


def grow(municipality, number, first):
    record_many(
        [
            Entry(municipality.pk, Kind.INCOMING, "mention", at, {"text": f"{at}"})
            for at in range(first, first + number)
        ]
    )
    seal_log(municipality.pk)
    return Checkpoint.objects.order_by("-size").first()


@pytest.fixture
def municipality(db, settings):
    municipality = make_municipality("Elzendrecht")
    grow(municipality, 3, 1)
    settings.ARCHIVE_WITNESS_NAME = "klaverwaard.example/getuige"
    settings.ARCHIVE_WITNESSED = [str(trusted_verifiers(Log.objects.get().origin)[0])]
    return municipality


def ask(body):
    return Client(enforce_csrf_checks=True).post(
        "/witness/add-checkpoint", body, content_type="text/plain"
    )


def us():
    return witness.Witness("https://klaverwaard.example/witness", witness.our_verifier())


def test_a_head_that_extends_what_was_seen_is_cosigned(municipality):
    log, head = Log.objects.get(), Checkpoint.objects.get()
    first = ask(witness.prepare(log, head, 0))
    assert first.status_code == 200
    witness.keep_cosignature(head, us(), first.content.decode())
    later = grow(municipality, 4, 10)
    second = ask(witness.prepare(log, later, 3))
    assert second.status_code == 200, second.content
    witness.keep_cosignature(later, us(), second.content.decode())
    assert Cosignature.objects.count() == 2
    assert Witnessed.objects.get().size == 7
    note = f"{later.note}{Cosignature.objects.get(checkpoint=later).line}\n"
    ((verifier, at),) = notes.find_signers(note, [us().verifier])
    assert verifier == us().verifier
    assert at > 1_700_000_000


def test_a_witness_that_saw_more_says_so_instead_of_signing(municipality):
    log, head = Log.objects.get(), Checkpoint.objects.get()
    ask(witness.prepare(log, head, 0))
    later = grow(municipality, 1, 10)
    answer = ask(witness.prepare(log, later, 0))
    assert (answer.status_code, answer.content) == (409, b"3\n")
    assert answer.headers["Content-Type"] == "text/x.tlog.size"


def test_a_second_history_is_not_cosigned(municipality):
    log, head = Log.objects.get(), Checkpoint.objects.get()
    ask(witness.prepare(log, head, 0))
    grow(municipality, 2, 10)
    forked = notes.Checkpoint(log.origin, 5, b"x" * 32)
    proof = Tree(log.pk).prove_consistency(3, 5)
    answer = ask(witness.write_request(3, proof, sign_checkpoint(forked)))
    assert answer.status_code == 422
    same_size = notes.Checkpoint(log.origin, 3, b"x" * 32)
    answer = ask(witness.write_request(3, [], sign_checkpoint(same_size)))
    assert answer.status_code == 409
    assert Witnessed.objects.get().size == 3


def test_an_older_head_is_not_cosigned_again(municipality):
    log, head = Log.objects.get(), Checkpoint.objects.get()
    later = grow(municipality, 2, 10)
    assert ask(witness.prepare(log, later, 0)).status_code == 200
    answer = ask(witness.write_request(0, [], head.note))
    assert (answer.status_code, answer.content) == (409, b"5\n")
    assert ask(witness.write_request(5, [], head.note)).status_code == 400


def test_only_known_logs_with_their_own_key_are_cosigned(municipality, settings):
    log, head = Log.objects.get(), Checkpoint.objects.get()
    body = witness.prepare(log, head, 0)
    settings.ARCHIVE_SIGNING_KEY = "kkk" + settings.ARCHIVE_SIGNING_KEY
    forged = sign_checkpoint(notes.Checkpoint(log.origin, 3, bytes(head.root)))
    assert ask(witness.write_request(0, [], forged)).status_code == 403
    settings.ARCHIVE_WITNESSED = []
    assert ask(body).status_code == 404
    settings.ARCHIVE_WITNESS_NAME = ""
    assert ask(body).status_code == 404


@pytest.mark.parametrize(
    "body",
    ["", "old", "old x\n\nnote", "old 0\n!!!\n\nnote", "old 0\n\nnot a note", "x" * 30_000],
)
def test_what_is_no_request_is_refused(municipality, body):
    assert ask(body).status_code in (400, 413)


def test_a_line_that_is_not_the_witness_s_is_not_kept(municipality):
    head = Checkpoint.objects.get()
    with pytest.raises(notes.InvalidNote):
        witness.keep_cosignature(head, us(), head.note.splitlines()[-1])
    with pytest.raises(notes.InvalidNote):
        witness.keep_cosignature(head, us(), "hallo")
    assert not Cosignature.objects.exists()
