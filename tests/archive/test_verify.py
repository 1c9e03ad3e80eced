"""Attacks with every right on the database; `archive_verify` must name each."""

from __future__ import annotations

import hashlib
import io
import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from archive.models import Kind, Record
from archive.records import Entry, record_many
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
    assert rest == ["1 niet in orde, 4 records kloppen."]


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


def test_records_are_read_through_a_cursor_in_the_database_so_that_memory_stays_the_same(records):
    findings = verify_all(configured_secrets())
    next(findings)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE statement LIKE '%archive_record%'")
        assert cursor.fetchone() == (1,)
    assert list(findings) == [None] * 4
