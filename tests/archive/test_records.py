from __future__ import annotations

import hashlib
import hmac
import json
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections, connection, transaction
from django.db.transaction import TransactionManagementError

from archive.canonical import NotRecordable, read_canonical
from archive.keys import current_key
from archive.models import Content, Kind, Record
from archive.records import Entry, File, record, record_many
from tests.makers import make_municipality

TEXT = "De lantaarn in de Dorpsstraat is weer stuk, 👩‍👩‍👧 wanneer komt u?"


def entry(municipality, number=1, **fields):
    fields = {"kind": Kind.INCOMING, "content": {"text": TEXT, "number": number}, **fields}
    return Entry(
        municipality.pk, fields.pop("kind"), "mention", number, fields.pop("content"), **fields
    )


@pytest.fixture
def municipality(db):
    return make_municipality()


def test_a_record_holds_header_hash_control_number_and_content(municipality):
    made = record_many([entry(municipality, metadata={"platform": "mastodon"})])[0]
    stored = Record.objects.select_related("content").get(pk=made.pk)
    header, body = bytes(stored.header), bytes(stored.content.body)
    said = json.loads(header)
    assert said["attribute"] == str(stored.attribute)
    assert said["metadata"] == {"platform": "mastodon"}
    assert said["content_hash"] == hashlib.sha256(bytes(stored.content.salt) + body).hexdigest()
    assert bytes(stored.sha256) == hashlib.sha256(header).digest()
    assert bytes(stored.control) == hmac.digest(
        current_key().secret, stored.attribute.bytes + header, "sha256"
    )
    assert read_canonical(body) == {"text": TEXT, "number": 1}


def test_the_header_holds_nothing_of_the_content(municipality):
    made = record_many([entry(municipality, content={"handle": "@ria@plein.example"})])[0]
    assert b"ria" not in made.header


def test_the_same_words_twice_have_different_hashes(municipality):
    one, other = record_many([entry(municipality, 1), entry(municipality, 2)])
    assert json.loads(one.header)["content_hash"] != json.loads(other.header)["content_hash"]


def test_media_and_raw_payload_are_bound_in_by_salted_hash(municipality):
    file = File("image/png", b"picture")
    made = record_many([entry(municipality, files=[file], raw={"id": 1987654321987654321})])[0]
    picture = hashlib.sha256(b"picture").digest()
    said = json.loads(made.header)
    salt = bytes(Content.objects.get(pk=made.pk).salt)
    raw = hashlib.sha256(b'{"id":{"$int":"1987654321987654321"}}').digest()
    assert said["media"] == [hashlib.sha256(salt + picture).hexdigest()]
    assert said["raw"] == hashlib.sha256(salt + raw).hexdigest()
    assert [bytes(one.body) for one in made.files.all()] == [b"picture"]


def test_a_batch_is_registered_in_one_statement(municipality, django_assert_num_queries):
    with django_assert_num_queries(1):
        made = record_many([entry(municipality, number) for number in range(500)])
    assert [item.subject_id for item in made] == list(range(500))
    assert Content.objects.count() == 500


def test_registering_again_returns_the_first_record_unchanged(
    municipality, django_assert_num_queries
):
    first = record_many([entry(municipality, 1)])[0]
    with django_assert_num_queries(2):
        again = record_many(
            [entry(municipality, 2), entry(municipality, 1, content={"text": "anders"})]
        )
    assert again[1] == first
    assert bytes(again[1].header) == first.header
    assert Record.objects.count() == Content.objects.count() == 2


def test_the_same_thing_twice_in_one_batch_is_one_record_with_the_first_content(municipality):
    made = record_many([entry(municipality), entry(municipality, content={"text": "anders"})])
    assert made[0] == made[1]
    assert read_canonical(bytes(Content.objects.get().body))["text"] == TEXT


def test_another_part_of_the_same_subject_is_another_record(municipality):
    parts = [entry(municipality, kind=Kind.EDIT, part=part) for part in ("1", "2")]
    assert len({made.pk for made in record_many(parts)}) == 2


def test_nothing_to_register_costs_nothing(municipality, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert record_many([]) == []


@pytest.mark.django_db(transaction=True)
def test_registering_outside_a_transaction_is_refused():
    with pytest.raises(TransactionManagementError, match="atomic"):
        record(municipality_id=1, kind="incoming", subject_type="mention", subject_id=1, content={})


def test_a_record_disappears_with_the_change_that_failed(municipality):
    def change_that_fails():
        with transaction.atomic():
            record_many([entry(municipality)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_that_fails()
    assert not Record.objects.exists()


def test_an_unknown_kind_is_refused(municipality):
    with pytest.raises(ValueError, match="rumour"):
        record_many([entry(municipality, kind="rumour")])


def test_personal_data_cannot_slip_into_the_metadata_as_a_structure(municipality):
    with pytest.raises(NotRecordable, match="author"):
        record_many([entry(municipality, metadata={"author": {"name": "Ria"}})])


def test_a_weak_key_stops_the_registration(municipality, settings):
    settings.ARCHIVE_KEY = "geheim"
    with pytest.raises(ImproperlyConfigured):
        record_many([entry(municipality)])


@pytest.mark.parametrize(
    "text",
    ["🎉" * 20_000, "a\0b", "half a pair: \ud83d", "\u202eomgekeerd", "e\u0301 en é", ""],
    ids=["emoji", "nul", "surrogate", "bidi", "unnormalised", "empty"],
)
def test_any_text_is_recorded_without_loss(municipality, text):
    made = record_many([entry(municipality, content={"text": text})])[0]
    assert read_canonical(bytes(Content.objects.get(pk=made.pk).body)) == {"text": text}


@pytest.mark.django_db(transaction=True)
def test_two_workers_registering_the_same_things_at_once_get_the_same_records():
    municipality = make_municipality()
    found: list[list[int]] = []

    def work(numbers):
        for start in range(0, 200, 20):
            with transaction.atomic():
                made = record_many(
                    [entry(municipality, number) for number in numbers[start : start + 20]]
                )
            found.append([item.pk for item in sorted(made, key=lambda item: item.subject_id)])
        connection.close()

    workers = [
        threading.Thread(target=work, args=(list(numbers),))
        for numbers in (range(200), reversed(range(200)), range(200))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    close_old_connections()
    assert len(found) == 30
    assert Record.objects.count() == 200
    assert {pk for made in found for pk in made} == set(Record.objects.values_list("pk", flat=True))
