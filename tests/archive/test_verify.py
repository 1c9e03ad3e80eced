"""Attacks with every right on the database; `archive_verify` must name each."""

from __future__ import annotations

import hashlib
import io
import json
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from archive.models import Kind, Record
from archive.records import Entry, File, record_many
from archive.sequencer import seal_log
from archive.verify import configured_secrets, verify_all
from tests.archive.tools import attack
from tests.makers import make_municipality


@pytest.fixture
def records(db):
    municipality = make_municipality(slug="elzendrecht")
    made = record_many(
        [
            Entry(municipality.pk, Kind.INCOMING, "mention", number, {"text": f"bericht {number}"})
            for number in range(1, 6)
        ]
    )
    seal_log(municipality.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return made


def run(*args):
    out = io.StringIO()
    try:
        call_command("archive_verify", *args, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def test_an_untouched_archive_holds(records):
    assert run() == (0, "5 records gecontroleerd, alles klopt.\n")


def test_an_empty_archive_holds(db):
    assert run()[0] == 0


ATTACKS = {
    "a bit of the content": (
        "UPDATE archive_content SET body = set_bit(body, 3, 1 - get_bit(body, 3))"
        " WHERE record_id = %s",
        "inhoud gewijzigd",
    ),
    "the salt": (
        "UPDATE archive_content SET salt = sha256(salt) WHERE record_id = %s",
        "inhoud gewijzigd",
    ),
    "a bit of the header": (
        "UPDATE archive_record SET header = set_bit(header, 900, 1 - get_bit(header, 900))"
        " WHERE id = %s",
        "kop gewijzigd",
    ),
    "the header, with its hash made anew": (
        "UPDATE archive_record SET header = convert_to(replace(convert_from(header, 'UTF8'),"
        " '\"incoming\"', '\"own_post\"'), 'UTF8'), kind = 'own_post',"
        " sha256 = sha256(convert_to(replace(convert_from(header, 'UTF8'),"
        " '\"incoming\"', '\"own_post\"'), 'UTF8')) WHERE id = %s",
        "controlegetal klopt niet",
    ),
    "a space in the header, with its hash made anew": (
        "UPDATE archive_record SET header = header || '\\x20'::bytea,"
        " sha256 = sha256(header || '\\x20'::bytea) WHERE id = %s",
        "kop gewijzigd: niet in de vastgelegde vorm",
    ),
    "the public hash": (
        "UPDATE archive_record SET sha256 = sha256(sha256) WHERE id = %s",
        "de openbare hash klopt niet",
    ),
    "the control number": (
        "UPDATE archive_record SET control = set_bit(control, 0, 1 - get_bit(control, 0))"
        " WHERE id = %s",
        "controlegetal klopt niet",
    ),
    "the attribute": (
        "UPDATE archive_record SET attribute = gen_random_uuid() WHERE id = %s",
        "attribute is anders dan in de kop",
    ),
    "the time of registration": (
        "UPDATE archive_record SET registered_at = registered_at - interval '1 microsecond'"
        " WHERE id = %s",
        "registered_at is anders dan in de kop",
    ),
    "what it is about": (
        "UPDATE archive_record SET subject_id = 99 WHERE id = %s",
        "subject is anders dan in de kop",
    ),
    "content removed": (
        "DELETE FROM archive_content WHERE record_id = %s",
        "inhoud ontbreekt",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_record_that_was_tampered_with_is_named_with_what_is_wrong(records, name):
    sql, reason = ATTACKS[name]
    victim = records[2]
    attack(sql, victim.pk)
    code, said = run()
    line, *rest = said.splitlines()
    assert code == 1
    assert reason in line
    assert str(Record.objects.get(pk=victim.pk).attribute) in line
    assert rest == ["1 niet in orde; 5 records gecontroleerd."]


def test_a_moment_that_python_cannot_hold_is_named_and_stops_nothing(records):
    attack(
        "UPDATE archive_record SET registered_at = 'infinity' WHERE id IN (%s, %s)",
        records[1].pk,
        records[3].pk,
    )
    code, said = run()
    assert code == 1
    for record in (records[1], records[3]):
        assert f"{record.attribute} (" in said
    assert said.count("registered_at is anders dan in de kop") == 2
    assert "5 records gecontroleerd" in said


def test_contents_swapped_between_two_records_are_both_named(records):
    one, other = records[0].pk, records[1].pk
    attack(
        "UPDATE archive_content c SET salt = o.salt, body = o.body FROM archive_content o"
        " WHERE (c.record_id, o.record_id) IN ((%s, %s), (%s, %s))",
        one,
        other,
        other,
        one,
    )
    code, said = run()
    assert code == 1
    assert said.count("inhoud gewijzigd") == 2


def test_a_record_removed_from_above_its_content_is_noticed(records):
    attack("DELETE FROM archive_record WHERE id = %s", records[0].pk)
    code, said = run()
    assert code == 1
    assert f"inhoud {records[0].pk}: record ontbreekt" in said


def test_a_record_forged_without_the_key_has_a_wrong_control_number(records):
    header = json.loads(records[0].header) | {"subject": {"type": "mention", "id": 77}}
    forged = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    attack(
        "UPDATE archive_record SET header = %s, sha256 = %s, subject_id = 77 WHERE id = %s",
        forged,
        hashlib.sha256(forged).digest(),
        records[0].pk,
    )
    code, said = run()
    assert code == 1
    assert "controlegetal klopt niet" in said


def test_a_lock_that_was_switched_off_is_noticed(records):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE archive_record DISABLE TRIGGER archive_record_locked")
    code, said = run()
    assert code == 1
    assert "archive_record_locked: het slot" in said


def test_after_a_rotation_old_records_hold_under_the_retired_key(records, settings):
    old = settings.ARCHIVE_KEY
    settings.ARCHIVE_KEY = "b7Wq2Lx9ZkT4nVr6YcH1mJ8sDf3Gp5QaEu0RiOyKjBvNwCtX"
    code, said = run()
    assert code == 1
    assert said.count("is onbekend") == 5
    settings.ARCHIVE_RETIRED_KEYS = [old]
    assert run()[0] == 0


def test_a_missing_key_is_a_clear_error_and_not_a_broken_archive(records, settings):
    settings.ARCHIVE_KEY = ""
    with pytest.raises(ImproperlyConfigured, match="ARCHIVE_KEY is missing"):
        run()


def test_one_municipality_is_checked_without_its_neighbours(records):
    make_municipality(slug="klaverwaard")
    attack("DELETE FROM archive_content WHERE record_id = %s", records[0].pk)
    assert run("--municipality", "klaverwaard")[0] == 0
    assert run("--municipality", "elzendrecht")[0] == 1
    assert run("--municipality", "nergens") == (1, "Er is geen gemeente 'nergens'.")


def test_memory_stays_the_same_because_a_log_is_read_in_parts(records, monkeypatch):
    monkeypatch.setattr("archive.verify.SPAN", 2)
    monkeypatch.setattr("archive.recheck.SPAN", 2)
    monkeypatch.setattr("archive.verify.LEVEL", 1)
    monkeypatch.setattr("archive.recheck.LEVEL", 1)
    steps = list(verify_all(configured_secrets()))
    assert [step.records for step in steps if step.records] == [2, 2, 1]
    assert not [finding for step in steps for finding in step.findings]


@pytest.mark.django_db(transaction=True)
def test_several_processes_find_what_one_finds(settings):
    municipality = make_municipality(slug="elzendrecht")
    for first in (1, 8):
        with transaction.atomic():
            made = record_many(
                [
                    Entry(municipality.pk, Kind.INCOMING, "mention", at, {"text": f"bericht {at}"})
                    for at in range(first, first + 7)
                ]
            )
        seal_log(municipality.pk)
    assert run("--processes", "2") == (0, "14 records gecontroleerd, alles klopt.\n")
    attack("UPDATE archive_content SET body = body || '\\x20' WHERE record_id = %s", made[0].pk)
    code, said = run("--processes", "2")
    assert code == 1
    assert "inhoud gewijzigd" in said


@pytest.mark.django_db(transaction=True)
def test_what_is_sealed_while_everything_is_checked_is_no_alarm():
    old, new = (make_municipality(slug=slug) for slug in ("elzendrecht", "klaverwaard"))

    def register(municipality, number):
        with transaction.atomic():
            record_many([Entry(municipality.pk, Kind.INCOMING, "mention", number, {"text": "x"})])
        seal_log(municipality.pk)

    def register_elsewhere():
        register(old, 2)
        register(new, 3)
        connection.close()

    register(old, 1)
    steps = verify_all(configured_secrets(), processes=1)
    said = next(steps).findings
    other = threading.Thread(target=register_elsewhere)
    other.start()
    other.join()
    assert [*said, *(finding for step in steps for finding in step.findings)] == []


def test_a_signed_head_of_nothing_is_named(records):
    attack(
        "INSERT INTO archive_checkpoint (log_id, size, root, note, at)"
        " SELECT log_id, 0, root, note, at FROM archive_checkpoint"
    )
    code, said = run()
    assert code == 1
    assert "controlepunt 0: is van een leeg logboek" in said


def test_a_record_that_waits_for_its_place_holds(records):
    record_many(
        [
            Entry(
                records[0].municipality_id,
                "edit",
                "mention",
                1,
                {"text": "x"},
                "1",
                files=[File("image/png", b"picture")],
            )
        ]
    )
    assert run() == (0, "6 records gecontroleerd, alles klopt.\n")


def test_a_sample_reads_some_parts_and_still_sees_the_newest_head(records, monkeypatch):
    for name in ("archive.verify", "archive.recheck"):
        monkeypatch.setattr(f"{name}.SPAN", 2)
        monkeypatch.setattr(f"{name}.LEVEL", 1)
    steps = list(verify_all(configured_secrets(), sample=1))
    assert sum(step.records for step in steps) == 3
    assert not [finding for step in steps for finding in step.findings]
