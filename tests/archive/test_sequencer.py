"""The writer of the log: contiguous, one at a time, never over what was signed before."""

from __future__ import annotations

import threading

import pytest
from django.db import close_old_connections, connection, transaction

from archive import notes, outside
from archive.leaves import hash_record
from archive.merkle import check_consistency, check_inclusion
from archive.models import Checkpoint, Kind, Leaf, Log, Pending, Record
from archive.records import Entry, record_many
from archive.sequencer import LOCK, measure_window, seal_all, seal_log, seal_next, towns_waiting
from archive.signing import trusted_verifiers
from archive.tree import BrokenTree, Tree
from tests.archive.tools import attack
from tests.makers import make_municipality


def register(municipality, number, first=1):
    with transaction.atomic():
        return record_many(
            [
                Entry(municipality.pk, Kind.INCOMING, "mention", at, {"text": f"bericht {at}"})
                for at in range(first, first + number)
            ]
        )


@pytest.fixture
def municipality(db):
    return make_municipality("Den Elzen + Recht")


def test_records_get_contiguous_places_in_the_order_of_registration(municipality):
    made = register(municipality, 7)
    assert seal_log(municipality.pk) == 7
    leaves = Leaf.objects.order_by("index")
    assert [leaf.index for leaf in leaves] == list(range(7))
    assert [leaf.record_id for leaf in leaves] == sorted(record.pk for record in made)
    assert [bytes(leaf.hash) for leaf in leaves] == [
        hash_record(bytes(record.header), bytes(record.control))
        for record in Record.objects.order_by("pk")
    ]
    assert not Pending.objects.exists()


def test_the_head_is_signed_under_the_name_of_the_municipality(municipality):
    register(municipality, 3)
    seal_log(municipality.pk)
    log, checkpoint = Log.objects.get(), Checkpoint.objects.get()
    assert log.origin.startswith("Den-Elzen-Recht/archief/")
    head = notes.read_checkpoint(checkpoint.note)
    assert (head.origin, head.size, head.root) == (log.origin, 3, bytes(checkpoint.root))
    notes.check_signed(checkpoint.note, trusted_verifiers(log.origin))


@pytest.mark.parametrize("pieces", [(1, 1, 1, 1, 1), (3, 5, 1, 8, 2), (16, 1, 15)])
def test_every_record_is_proved_in_every_later_head_and_every_head_extends_the_others(
    municipality, pieces
):
    first = 1
    for piece in pieces:
        register(municipality, piece, first)
        seal_log(municipality.pk)
        first += piece
    tree = Tree(municipality.pk)
    hashes = {leaf.index: bytes(leaf.hash) for leaf in Leaf.objects.all()}
    heads = list(Checkpoint.objects.order_by("size"))
    for head in heads:
        for index in range(head.size):
            path = tree.prove_inclusion(index, head.size)
            check_inclusion(hashes[index], index, head.size, path, bytes(head.root))
        for older in heads[: heads.index(head) + 1]:
            proof = tree.prove_consistency(older.size, head.size)
            check_consistency(older.size, head.size, bytes(older.root), bytes(head.root), proof)


def test_a_large_backlog_is_sealed_in_batches_of_constant_size(municipality):
    register(municipality, 25)
    assert [seal_next(municipality.pk, limit=10).added for _ in range(3)] == [10, 10, 5]
    assert seal_next(municipality.pk) is None


def test_each_municipality_has_a_log_of_its_own(municipality):
    other = make_municipality("Klaverwaard")
    register(municipality, 2)
    register(other, 3, first=10)
    assert towns_waiting() == [municipality.pk, other.pk]
    assert seal_all() == 5
    assert dict(Checkpoint.objects.values_list("log_id", "size")) == {
        municipality.pk: 2,
        other.pk: 3,
    }


def test_a_proof_costs_one_query_whatever_the_size(municipality, django_assert_num_queries):
    register(municipality, 100)
    seal_log(municipality.pk)
    with django_assert_num_queries(1):
        Tree(municipality.pk).prove_inclusion(37, 100)
    with django_assert_num_queries(1):
        Tree(municipality.pk).prove_consistency(37, 100)


def test_the_window_between_registering_and_sealing_can_be_seen(municipality):
    assert measure_window(municipality.pk) == (0, None)
    made = register(municipality, 2)
    window = measure_window(municipality.pk)
    assert (window.number, window.oldest) == (2, made[0].registered_at)
    seal_log(municipality.pk)
    assert measure_window(municipality.pk).number == 0


@pytest.mark.django_db(transaction=True)
def test_a_second_writer_steps_aside_while_the_first_is_busy():
    municipality = make_municipality()
    register(municipality, 3)
    answers = []

    def try_too():
        answers.append(seal_next(municipality.pk))
        close_old_connections()
        connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, municipality.pk])
        thread = threading.Thread(target=try_too)
        thread.start()
        thread.join(20)
    assert answers == [None]
    assert seal_next(municipality.pk).added == 3


def test_nothing_is_signed_over_a_database_that_was_rolled_back(municipality):
    register(municipality, 4)
    seal_log(municipality.pk)
    sid = transaction.savepoint()
    register(municipality, 2, first=5)
    seal_log(municipality.pk)
    transaction.savepoint_rollback(sid)
    register(municipality, 1, first=90)
    with pytest.raises(outside.RolledBack, match="6 records were signed, the database holds 4"):
        seal_log(municipality.pk)
    assert measure_window(municipality.pk).number == 1


def test_nothing_is_signed_over_a_tree_that_was_rewritten(municipality):
    register(municipality, 4)
    seal_log(municipality.pk)
    attack("UPDATE archive_node SET hash = sha256(hash)")
    register(municipality, 1, first=90)
    with pytest.raises(outside.RolledBack, match="not those that were signed"):
        seal_log(municipality.pk)


def test_a_tree_that_lost_a_part_is_not_extended(municipality, drop):
    register(municipality, 4)
    seal_log(municipality.pk)
    attack("DELETE FROM archive_node")
    (outside.folder_of(Log.objects.get().origin) / "checkpoint").unlink()
    register(municipality, 1, first=90)
    with pytest.raises(BrokenTree):
        seal_log(municipality.pk)


def test_while_a_key_is_replaced_both_sign(municipality, settings):
    register(municipality, 1)
    seal_log(municipality.pk)
    origin = Log.objects.get().origin
    old = trusted_verifiers(origin)
    settings.ARCHIVE_SIGNING_KEY_PREVIOUS = settings.ARCHIVE_SIGNING_KEY
    settings.ARCHIVE_SIGNING_KEY = "b7Wq2Lx9ZkT4nVr6YcH1mJ8sDf3Gp5QaEu0RiOyKjBvNwCtX"
    register(municipality, 1, first=2)
    seal_log(municipality.pk)
    note = Checkpoint.objects.get(size=2).note
    new = trusted_verifiers(origin)[:1]
    assert new != old
    notes.check_signed(note, old)
    notes.check_signed(note, new)
