"""Content goes by law, with two people, and everything else still holds."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from archive import erasing, verifier
from archive.models import Content, ErasureRequest, Kind, Media, Published
from archive.publishing import answer
from archive.records import Entry, File, record_many
from archive.sequencer import seal_log
from tests.archive.test_verify import run
from tests.archive.tools import attack
from tests.makers import make_municipality, make_person


@pytest.fixture
def municipality(db):
    return make_municipality("Elzendrecht", slug="elzendrecht")


@pytest.fixture
def people(municipality):
    return make_person(municipality), make_person(municipality)


@pytest.fixture
def records(municipality):
    post = {"text": "Kom naar de markt", "private": False, "posted_at": "2026-11-20T12:00:00Z"}
    made = record_many(
        [
            Entry(
                municipality.pk,
                Kind.INCOMING,
                "mention",
                1,
                {"text": "geheim"},
                files=[File("image/png", b"x")],
            ),
            Entry(municipality.pk, Kind.EDIT, "mention", 1, {"text": "geheimer"}, "1"),
            Entry(municipality.pk, Kind.OWN_POST, "reply", 3, post),
        ]
    )
    seal_log(municipality.pk)
    return made


def erase(record, people):
    erasing.request_erasure(record, "request", people[0])
    return erasing.approve_erasure(record, people[1])


def test_content_salt_files_and_edits_go_together_and_the_archive_holds(records, people):
    assert len(erase(records[0], people)) == 2
    assert list(Content.objects.filter(record__in=records).values_list("record", flat=True)) == [
        records[2].pk
    ]
    assert not Media.objects.exists()
    assert run() == (0, "5 records gecontroleerd, alles klopt.\n")
    seal_log(records[0].municipality_id)
    assert run() == (0, "5 records gecontroleerd, alles klopt.\n")


def test_the_verifier_says_when_and_on_what_ground(records, people, tmp_path, capsys):
    erase(records[0], people)
    target = tmp_path / "uit"
    call_command("archive_export", "--to", str(target), stdout=io.StringIO())
    assert verifier.main([str(target)]) == 0
    said = capsys.readouterr().out
    assert said.count("inhoud gewist op 20") == 2
    assert "grond: verzoek van de betrokkene (AVG art. 17)" in said


def test_a_selection_takes_the_statement_along(municipality, people, tmp_path, capsys):
    (made,) = record_many(
        [Entry(municipality.pk, Kind.INCOMING, "mention", 5, {"text": "x"}, metadata={"case": 9})]
    )
    erase(made, people)
    target = tmp_path / "uit.zip"
    call_command("archive_export", "--case", "9", "--to", str(target), stdout=io.StringIO())
    assert verifier.main([str(target), "--lang", "en"]) == 0
    assert "content erased on" in capsys.readouterr().out


def test_an_erased_post_of_ours_is_no_longer_found(records, people):
    assert answer("Kom naar de markt").verdict == "exact"
    erase(records[2], people)
    assert not Published.objects.exists()
    assert answer("Kom naar de markt").verdict == "unknown"


def test_who_asked_cannot_agree(records, people):
    erasing.request_erasure(records[0], "request", people[0])
    with pytest.raises(erasing.CannotErase, match="niet zelf"):
        erasing.approve_erasure(records[0], people[0])
    assert Content.objects.filter(pk=records[0].pk).exists()
    with pytest.raises(IntegrityError, match="erasure_by_two"), transaction.atomic():
        ErasureRequest.objects.update(approved_by=people[0])


def test_without_a_request_nothing_goes_and_twice_is_refused(records, people):
    with pytest.raises(erasing.CannotErase):
        erasing.approve_erasure(records[0], people[1])
    with pytest.raises(erasing.CannotErase, match="grond"):
        erasing.request_erasure(records[0], "zomaar", people[0])
    said = erase(records[0], people)
    with pytest.raises(erasing.CannotErase, match="al gewist"):
        erasing.request_erasure(records[0], "request", people[0])
    with pytest.raises(erasing.CannotErase, match="zelf niet"):
        erasing.request_erasure(said[0], "request", people[0])


def test_a_refused_request_leaves_everything(records, people):
    erasing.request_erasure(records[0], "request", people[0])
    erasing.refuse_erasure(records[0])
    assert not ErasureRequest.objects.exists()
    assert Content.objects.count() == 3
    with pytest.raises(erasing.CannotErase):
        erasing.refuse_erasure(records[0])


def test_the_database_lets_content_go_only_after_two_people_agreed(records, people):
    erasing.request_erasure(records[0], "request", people[0])
    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="two people"),
        transaction.atomic(),
    ):
        cursor.execute("DELETE FROM archive_content WHERE record_id = %s", [records[0].pk])


def test_content_removed_with_a_forged_request_only_is_noticed(records, people):
    erasing.request_erasure(records[0], "request", people[0])
    ErasureRequest.objects.update(approved_by=people[1])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM archive_content WHERE record_id = %s", [records[0].pk])
        cursor.execute("DELETE FROM archive_media")
    code, said = run()
    assert code == 1
    assert "inhoud ontbreekt" in said


def test_an_erasure_that_names_another_record_covers_nothing(records, people):
    erase(records[0], people)
    attack("DELETE FROM archive_content WHERE record_id = %s", records[2].pk)
    attack(
        "UPDATE archive_record SET subject_id = %s WHERE kind = 'erasure' AND subject_id = %s",
        records[2].pk,
        records[0].pk,
    )
    code, said = run()
    assert code == 1
    assert said.count("inhoud ontbreekt") == 2


def test_the_command_says_who_may_do_what(records, people, municipality):
    attribute = str(records[0].attribute)
    officer = make_person(municipality, "privacy_officer")
    archivist = make_person(municipality, "archivist")

    def erase_by(step, *args):
        call_command("archive_erase", step, attribute, *args, stdout=io.StringIO())

    with pytest.raises(CommandError, match="--by"):
        erase_by("request")
    with pytest.raises(CommandError, match="Dit mag alleen"):
        erase_by("request", "--by", archivist.email, "--ground", "request")
    erase_by("request", "--by", officer.email, "--ground", "retention")
    with pytest.raises(CommandError, match="Dit mag alleen"):
        erase_by("approve", "--by", officer.email)
    erase_by("approve", "--by", archivist.email)
    assert not Content.objects.filter(pk=records[0].pk).exists()
