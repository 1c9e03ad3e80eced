"""Attacks on the archive with every right on the database, and who finds each.

The table in docs/archive-attacks.md lists them by the name of the test.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import uuid

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from archive import notes, outside, verifier, witness
from archive.keys import current_key
from archive.leaves import hash_record
from archive.merkle import InvalidProof, check_consistency
from archive.models import Checkpoint, Kind, Leaf, Log, Record
from archive.records import Entry, File, record_many
from archive.sequencer import seal_log
from archive.signing import trusted_verifiers
from archive.tree import Tree
from archive.verify import configured_secrets, verify_all
from monitoring.platforms.base import Page
from tests.archive.tools import attack, locks_off
from tests.makers import make_municipality
from tests.webcare.desk.makers import make_case, make_post
from webcare import pipeline

OTHER_KEY = "b7Wq2Lx9ZkT4nVr6YcH1mJ8sDf3Gp5QaEu0RiOyKjBvNwCtX"


@pytest.fixture(autouse=True)
def drop(settings, tmp_path):
    settings.ARCHIVE_DROP = tmp_path / "drop"
    return settings.ARCHIVE_DROP


def grow(municipality, number, first):
    record_many(
        [
            Entry(
                municipality.pk,
                Kind.OWN_POST,
                "mention",
                at,
                {"text": f"Er is geen ruzie {at}", "posted_at": "2026-11-20T12:00:00Z"},
                metadata={"case": at},
                files=[File("image/png", f"foto {at}".encode())],
            )
            for at in range(first, first + number)
        ]
    )
    seal_log(municipality.pk)


@pytest.fixture
def town(db):
    """Three checkpoints: after 4, 7 and 12 records."""
    municipality = make_municipality("Elzendrecht", slug="elzendrecht")
    for number, first in ((4, 1), (3, 5), (5, 8)):
        grow(municipality, number, first)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert found() == []
    return municipality


@pytest.fixture
def log(town):
    return Log.objects.get()


def found():
    """What archive_verify says."""
    steps = verify_all(configured_secrets())
    return [
        f"{finding.record}: {'; '.join(finding.reasons)}"
        for step in steps
        for finding in step.findings
    ]


def at(index):
    return Leaf.objects.select_related("record").get(index=index).record


def assert_only(text, name=""):
    said = found()
    assert len(said) == 1, said
    assert text in said[0]
    assert name in said[0]


# --- one record


def test_a_bit_of_the_content(town):
    attack(
        "UPDATE archive_content SET body = set_bit(body, 9, 1 - get_bit(body, 9))"
        " WHERE record_id = %s",
        at(5).pk,
    )
    assert_only("inhoud gewijzigd", str(at(5).attribute))


def test_a_bit_of_the_metadata(town):
    attack(
        "UPDATE archive_record SET header = set_bit(header, 99, 1 - get_bit(header, 99)),"
        " sha256 = sha256(set_bit(header, 99, 1 - get_bit(header, 99))) WHERE id = %s",
        at(5).pk,
    )
    (said,) = found()
    assert "blad 5 van het logboek is van een ander record" in said


def test_a_bit_of_the_control_number(town):
    attack(
        "UPDATE archive_record SET control = set_bit(control, 0, 1 - get_bit(control, 0))"
        " WHERE id = %s",
        at(5).pk,
    )
    assert_only("controlegetal klopt niet", str(at(5).attribute))


def test_metadata_remade_with_the_secret_key(town):
    """Whoever holds ARCHIVE_KEY makes a right control number; the log knows the old one."""
    record = at(5)
    header = json.loads(bytes(record.header)) | {"metadata": {"case": 99}}
    data = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    control = hmac.digest(current_key().secret, record.attribute.bytes + data, "sha256")
    attack(
        "UPDATE archive_record SET header = %s, sha256 = %s, control = %s WHERE id = %s",
        data,
        hashlib.sha256(data).digest(),
        control,
        record.pk,
    )
    assert_only("blad 5 van het logboek is van een ander record", str(record.attribute))
    attack("UPDATE archive_leaf SET hash = %s WHERE index = 5", hash_record(data, control))
    said = "\n".join(found())
    assert "boom gewijzigd" in said
    assert "controlepunt 7: wortel klopt niet" in said


def test_a_picture_swapped_for_another(town):
    attack("UPDATE archive_media SET body = 'anders' WHERE record_id = %s", at(2).pk)
    assert_only("bijlage 1 gewijzigd", str(at(2).attribute))


def test_a_picture_removed(town):
    attack("DELETE FROM archive_media WHERE record_id = %s", at(2).pk)
    assert_only("bijlage 1 ontbreekt", str(at(2).attribute))


def test_a_byte_of_what_the_platform_said_of_a_message(cast):
    """Outside the archive, in the tables of the desk; the header holds its salted hash."""
    case = make_case(cast.account, id="1", raw={"id": "1", "content": "<p>Is er feest?</p>"})
    seal_log(cast.municipality.pk)
    assert found() == []
    attack(
        "UPDATE monitoring_rawpayload"
        " SET payload = replace(payload::text, 'feest', 'geest')::jsonb WHERE mention_id = %s",
        case.first_mention_id,
    )
    name = str(Record.objects.get(kind=Kind.INCOMING).attribute)
    assert_only("oorspronkelijk platformbericht gewijzigd", name)


@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_a_byte_of_what_the_platform_said_of_an_edit_or_deletion(cast, change):
    make_case(cast.account, "Is er feest?", id="1")
    post = make_post("Is er geen feest?", id="1", change=change, raw={"id": "1", "v": "feest"})
    pipeline.store(cast.account.source, Page((post,), {}), keep_cursor=True)
    seal_log(cast.municipality.pk)
    assert found() == []
    attack("UPDATE monitoring_revision SET raw = replace(raw::text, 'feest', 'geest')::jsonb")
    record = Record.objects.get(kind__in=(Kind.EDIT, Kind.DELETION))
    assert_only("oorspronkelijk platformbericht gewijzigd", str(record.attribute))


# --- the log


def remove(record):
    for table in ("archive_content", "archive_media", "archive_published"):
        with locks_off(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE record_id = %s", [record.pk])
    attack("DELETE FROM archive_record WHERE id = %s", record.pk)


def test_a_record_deleted_with_everything_of_it(town):
    remove(at(5))
    assert_only("record ontbreekt", "plaats 5")


def test_a_record_deleted_from_the_log_as_well(town):
    record = at(5)
    attack("DELETE FROM archive_leaf WHERE index = 5")
    remove(record)
    said = "\n".join(found())
    assert "plaats 5: ontbreekt in het logboek" in said
    assert "wortel klopt niet" in said


def test_a_record_deleted_and_the_gap_closed(town):
    record = at(5)
    attack("DELETE FROM archive_leaf WHERE index = 5")
    remove(record)
    attack("UPDATE archive_leaf SET index = -index WHERE index > 5")
    attack("UPDATE archive_leaf SET index = -index - 1 WHERE index < 0")
    said = "\n".join(found())
    assert "plaats 11: ontbreekt in het logboek" in said
    assert "controlepunt 12: wortel klopt niet" in said


def test_a_record_inserted_beside_the_log(town):
    grow(town, 1, 50)
    record = Record.objects.latest("pk")
    attack("DELETE FROM archive_leaf WHERE record_id = %s", record.pk)
    attack("DELETE FROM archive_checkpoint WHERE size = 13")
    said = "\n".join(found())
    assert "staat niet in het logboek en wacht er ook niet op" in said
    assert "teruggezet: er is getekend voor 13 records" in said


def test_a_record_inserted_into_the_log(town):
    made = record_many([Entry(town.pk, Kind.INCOMING, "mention", 70, {"text": "later bedacht"})])
    attack("DELETE FROM archive_pending")
    attack("UPDATE archive_leaf SET index = -index - 1 WHERE index >= 3")
    attack("UPDATE archive_leaf SET index = -index WHERE index < 0")
    attack(
        "INSERT INTO archive_leaf (log_id, index, record_id, hash) VALUES (%s, 3, %s, %s)",
        town.pk,
        made[0].pk,
        hash_record(bytes(made[0].header), bytes(made[0].control)),
    )
    said = "\n".join(found())
    assert "controlepunt 4: wortel klopt niet" in said
    assert "na het laatste ondertekende controlepunt" in said


def test_two_records_swapped(town):
    one, other = at(2).pk, at(9).pk
    attack(
        "UPDATE archive_leaf SET record_id = CASE record_id WHEN %s THEN -%s ELSE -%s END"
        " WHERE record_id IN (%s, %s)",
        one,
        other,
        one,
        one,
        other,
    )
    attack("UPDATE archive_leaf SET record_id = -record_id WHERE record_id < 0")
    said = found()
    assert sum("van een ander record" in line for line in said) == 2


def test_the_whole_log_in_another_order(town):
    attack("UPDATE archive_leaf SET index = -1 - index")
    attack("UPDATE archive_leaf SET index = 12 + index")
    said = "\n".join(found())
    assert "boom gewijzigd" in said
    for size in (4, 7, 12):
        assert f"controlepunt {size}: wortel klopt niet" in said


def truncate(size):
    attack("DELETE FROM archive_checkpoint WHERE size > %s", size)
    for record in [leaf.record for leaf in Leaf.objects.filter(index__gte=size)]:
        attack("DELETE FROM archive_leaf WHERE record_id = %s", record.pk)
        remove(record)
    attack("DELETE FROM archive_node WHERE ((index + 1) << level) > %s", size)


def test_the_end_of_the_log_cut_off(town, log):
    """The same as a database put back to yesterday: everything in it agrees with itself."""
    truncate(7)
    assert_only("teruggezet: er is getekend voor 12 records, er zijn er 7", log.origin)


def test_nothing_is_sealed_over_a_database_put_back_to_yesterday(town):
    truncate(7)
    with pytest.raises(outside.RolledBack):
        grow(town, 1, 90)


def test_a_database_put_back_together_with_the_folder_beside_it(town, log, drop, settings):
    """Then whoever keeps a checkpoint elsewhere finds it: here a witness."""
    watch(log, settings)
    assert cosign(log, 0).status_code == 200
    shutil.rmtree(drop)
    truncate(7)
    grow(town, 6, 200)
    assert found() == []
    answer = cosign(log, 12)
    assert answer.status_code == 422
    assert b"not consistent" in answer.content


def test_the_log_wiped_and_begun_anew(town, log):
    origin = log.origin
    with locks_off(), connection.cursor() as cursor:
        for table in ("leaf", "node", "checkpoint", "log", "content", "media", "record"):
            cursor.execute(f"DELETE FROM archive_{table}")
    grow(town, 2, 300)
    assert_only("logboek ontbreekt: er is voor getekend", origin)


# --- signatures


def rebuild(municipality, drop):
    """All that the keeper of the machine can do: alter a record, make the whole log again."""
    record = at(1)
    header = json.loads(bytes(record.header)) | {"metadata": {"case": 666}}
    data = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    control = hmac.digest(current_key().secret, record.attribute.bytes + data, "sha256")
    attack(
        "UPDATE archive_record SET header = %s, sha256 = %s, control = %s WHERE id = %s",
        data,
        hashlib.sha256(data).digest(),
        control,
        record.pk,
    )
    with locks_off(), connection.cursor() as cursor:
        for table in ("leaf", "node", "checkpoint"):
            cursor.execute(f"DELETE FROM archive_{table}")
        cursor.execute(
            "INSERT INTO archive_pending (record_id, municipality_id)"
            " SELECT id, municipality_id FROM archive_record"
        )
    shutil.rmtree(drop)
    seal_log(municipality.pk)


def watch(log, settings):
    settings.ARCHIVE_WITNESS_NAME = "klaverwaard.example/getuige"
    settings.ARCHIVE_WITNESSED = [str(trusted_verifiers(log.origin)[0])]


def cosign(log, old):
    newest = log.checkpoints.order_by("-size").first()
    body = witness.prepare(log, newest, min(old, newest.size))
    return Client().post("/witness/add-checkpoint", body, content_type="text/plain")


def test_the_whole_tree_signed_again_with_a_new_key(town, log, drop, settings):
    ours = trusted_verifiers(log.origin)
    settings.ARCHIVE_SIGNING_KEY, real = OTHER_KEY, settings.ARCHIVE_SIGNING_KEY
    rebuild(town, drop)
    forged = Checkpoint.objects.get().note
    settings.ARCHIVE_SIGNING_KEY = real
    assert_only("handtekening klopt niet of is van een onbekende sleutel")
    with pytest.raises(notes.InvalidNote):
        notes.check_signed(forged, ours)


def test_an_export_of_a_tree_signed_with_a_new_key(town, log, drop, settings, tmp_path, capsys):
    pinned = str(trusted_verifiers(log.origin)[0])
    settings.ARCHIVE_SIGNING_KEY = OTHER_KEY
    rebuild(town, drop)
    call_command("archive_export", to=tmp_path / "uit", verbosity=0)
    capsys.readouterr()
    assert verifier.main([str(tmp_path / "uit"), "--public-key", pinned]) == 1
    assert "0 authentiek" in capsys.readouterr().out


def test_the_whole_tree_made_again_with_our_own_keys(town, log, drop, settings):
    """Nothing on the machine can tell; whoever kept one checkpoint can, with our own proof."""
    watch(log, settings)
    kept = [notes.read_checkpoint(one.note) for one in Checkpoint.objects.order_by("size")]
    assert cosign(log, 0).status_code == 200
    rebuild(town, drop)
    assert found() == []
    now = notes.read_checkpoint(Checkpoint.objects.get().note)
    for head in kept:
        proof = Tree(log.pk).prove_consistency(head.size, now.size)
        with pytest.raises(InvalidProof):
            check_consistency(head.size, now.size, head.root, now.root, proof)
    assert cosign(log, 12).status_code == 409


def test_two_histories_shown_to_two_readers(town, log, drop, settings):
    """Both are signed with our key; a witness cosigns one of them, and the two contradict."""
    watch(log, settings)
    assert cosign(log, 0).status_code == 200
    one = Checkpoint.objects.get(size=12).note
    rebuild(town, drop)
    other = Checkpoint.objects.get(size=12).note
    for note in (one, other):
        notes.check_signed(note, trusted_verifiers(log.origin))
    assert notes.read_checkpoint(one).root != notes.read_checkpoint(other).root
    assert cosign(log, 12).status_code == 409


def test_an_old_checkpoint_shown_as_the_newest(town, log, settings, tmp_path, capsys):
    watch(log, settings)
    assert cosign(log, 0).status_code == 200
    old = Checkpoint.objects.get(size=4)
    body = witness.write_request(12, [], old.note)
    assert (
        Client().post("/witness/add-checkpoint", body, content_type="text/plain").status_code == 400
    )
    call_command("archive_export", to=tmp_path / "uit", verbosity=0)
    (tmp_path / "uit/checkpoint.txt").write_text(old.note)
    capsys.readouterr()
    assert verifier.main([str(tmp_path / "uit")]) == 1
    assert "hoort bij een ander controlepunt" in capsys.readouterr().out


def test_a_checkpoint_of_another_log(town, log):
    note = Checkpoint.objects.get(size=12).note.replace("Elzendrecht", "Klaverwaard")
    attack("UPDATE archive_checkpoint SET note = %s WHERE size = 12", note)
    assert_only("handtekening klopt niet", "controlepunt 12")


def test_a_checkpoint_removed(town, log):
    attack("DELETE FROM archive_checkpoint WHERE size = 12")
    said = "\n".join(found())
    assert "5 plaatsen na het laatste ondertekende controlepunt" in said
    assert "teruggezet: er is getekend voor 12 records" in said


def test_records_kept_out_of_the_log(town):
    """Whoever empties the queue keeps records from ever being sealed."""
    record_many([Entry(town.pk, Kind.INCOMING, "mention", 80, {"text": "lastig"})])
    attack("DELETE FROM archive_pending")
    assert_only("staat niet in het logboek en wacht er ook niet op")


def test_the_locks_of_the_tables_switched_off(town):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE archive_leaf DISABLE TRIGGER archive_leaf_locked")
    assert_only("het slot tegen wijzigen staat uit", "archive_leaf_locked")


def test_without_full_rights_the_log_cannot_be_changed(town):
    from django.db import IntegrityError

    for table in ("leaf", "node", "checkpoint", "log", "record", "media", "content"):
        for statement in (
            f"DELETE FROM archive_{table}",
            f"TRUNCATE archive_{table} CASCADE",
        ):
            with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(statement)
    assert uuid.UUID(str(at(0).attribute))
