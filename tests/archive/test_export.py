"""Exports, and what the lone verifier says of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pytest
import rfc8785
from django.core.management import CommandError, call_command
from django.db import connection

from archive import export, verifier
from archive.models import Kind, Log
from archive.records import Entry, File, record_many
from archive.sequencer import seal_log
from archive.signing import trusted_verifiers
from tests.makers import make_municipality

TEXT = "Er is geen ruzie gaande 😀 “tussen” de voorzitters. ^SG"
PICTURE = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def municipality(db):
    municipality = make_municipality("Elzendrecht", slug="elzendrecht")
    awkward = {"text": TEXT, "p": 0.1, "big": 2**60, "odd": "\ud83d", "url": "https://x.example"}
    record_many(
        [
            Entry(municipality.pk, Kind.OWN_POST, "mention", 1, awkward, metadata={"case": 7}),
            Entry(
                municipality.pk,
                Kind.INCOMING,
                "mention",
                2,
                {"text": "<script>alert(1)</script>", "author": {"handle": "@ria"}},
                metadata={"case": 7, "platform": "mastodon"},
                files=[File("image/png", PICTURE)],
            ),
            *(
                Entry(municipality.pk, Kind.INCOMING, "mention", number, {"text": f"n {number}"})
                for number in range(3, 9)
            ),
        ]
    )
    return municipality


def write(target, *args):
    call_command("archive_export", *args, "--to", str(target), stdout=io.StringIO())
    return target


def check(target, *args, capsys):
    code = verifier.main([str(target), *args])
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.mark.parametrize("name", ["uit", "uit.zip"])
def test_an_export_of_everything_is_authentic_and_complete(municipality, tmp_path, capsys, name):
    target = write(tmp_path / name, "--all")
    code, said = check(target, capsys=capsys)
    assert code == 0, said
    assert said.count("AUTHENTIEK") == 8
    assert "8 authentiek, 0 gewijzigd, 0 onbekend." in said
    assert "alles is authentiek en het logboek is volledig" in said
    assert not list(tmp_path.glob("*.partial"))


def test_it_is_a_valid_bag_of_canonical_records_and_readable_pages(municipality, tmp_path):
    target = write(tmp_path / "uit")
    bagit.Bag(str(target)).validate()
    files = sorted((target / "data/records").iterdir())
    for file in files:
        data = file.read_bytes()
        assert rfc8785.dumps(json.loads(data)) == data
    page = next((target / "data/readable").glob("0000000001-*")).read_text()
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    rows = list(csv.DictReader(io.StringIO((target / "index.csv").read_text()), delimiter=";"))
    assert [int(row["plaats"]) for row in rows] == list(range(8))
    assert [row["bestand"] for row in rows] == [f"data/records/{f.name}" for f in files]
    assert PICTURE in [file.read_bytes() for file in (target / "data/media").iterdir()]
    assert "SHA-256( zout + inhoud )" in (target / "LEESMIJ.txt").read_text()


def test_the_verifier_needs_python_and_cryptography_only_and_no_network(municipality, tmp_path):
    target = write(tmp_path / "uit")
    forbidden = (
        "import sys\n"
        "known = {*sys.stdlib_module_names, 'archive', 'cryptography', '_cffi_backend'}\n"
        "class No:\n"
        "    def find_spec(self, name, *a):\n"
        "        if name.split('.')[0] not in known - {'socket'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        "from archive.verifier import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    for folder in (Path(verifier.__file__).parent.parent, target / "controle"):
        done = subprocess.run(
            [sys.executable, "-c", forbidden, str(target), "--lang", "en"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "the log is complete" in done.stdout


def test_a_selection_says_that_it_is_one(municipality, tmp_path, capsys):
    target = write(tmp_path / "gesprek.zip", "--case", "7")
    code, said = check(target, capsys=capsys)
    assert code == 0
    assert said.count("AUTHENTIEK") == 2
    assert "een keuze uit het logboek" in said


def test_days_are_local_and_both_ends_are_in_it(municipality, tmp_path, capsys):
    assert (
        "AUTHENTIEK" not in check(write(tmp_path / "a", "--until", "2020-01-01"), capsys=capsys)[1]
    )
    from django.utils import timezone

    today = timezone.localdate().isoformat()
    said = check(write(tmp_path / "b", "--since", today, "--until", today), capsys=capsys)[1]
    assert said.count("AUTHENTIEK") == 8


def test_a_pinned_key_is_told_from_another(municipality, tmp_path, capsys):
    target = write(tmp_path / "uit")
    origin = Log.objects.get().origin
    ours = str(trusted_verifiers(origin)[0])
    code, said = check(target, "--public-key", ours, capsys=capsys)
    assert (code, "de sleutel die u opgaf" in said) == (0, True)
    pem = str(target / "public-key.pem")
    assert check(target, "--public-key", pem, capsys=capsys)[0] == 0
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from archive.notes import Verifier

    other = Verifier(origin, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    code, said = check(target, "--public-key", str(other), capsys=capsys)
    assert code == 1
    assert "de sleutel in de uitgifte is niet de sleutel die u vertrouwt" in said
    assert "0 authentiek" in said


@pytest.mark.parametrize("name", ["uit", "uit.zip"])
def test_an_export_that_was_broken_off_goes_on_and_is_the_same(
    municipality, tmp_path, capsys, monkeypatch, name
):
    whole = write(tmp_path / "heel")
    monkeypatch.setattr(export, "BATCH", 3)
    target = tmp_path / name
    steps = export.write_export(Log.objects.get(), export.Selection(), target)
    assert next(steps) == 3
    steps.close()
    broken = tmp_path / f"{name}.partial"
    for list_name in ("index.csv", *(one.name for one in broken.glob(".[ed]*"))):
        with (broken / list_name).open("a") as file:
            file.write("half a li")
    record_many([Entry(municipality.pk, Kind.INCOMING, "mention", 99, {"text": "later"})])
    seal_log(municipality.pk)
    write(target)
    code, said = check(target, capsys=capsys)
    assert code == 0, said
    if name.endswith(".zip"):
        with zipfile.ZipFile(target) as bundle:
            assert bundle.testzip() is None
            bundle.extractall(tmp_path / "los")
        target = tmp_path / "los"
    assert (target / "index.csv").read_text() == (whole / "index.csv").read_text()
    bagit.Bag(str(target)).validate()


def test_the_beginning_of_another_export_is_not_gone_on_with(municipality, tmp_path):
    seal_log(municipality.pk)
    steps = export.write_export(Log.objects.get(), export.Selection(), tmp_path / "uit")
    next(steps)
    steps.close()
    with pytest.raises(CommandError, match="another export"):
        write(tmp_path / "uit", "--case", "7")


def test_bad_questions_are_one_clear_line(municipality, tmp_path):
    for args, match in (
        (["--since", "gisteren"], "geen datum"),
        (["--all", "--case", "1"], "--all gaat niet samen"),
        (["--municipality", "nergens"], "geen gemeente"),
    ):
        with pytest.raises(CommandError, match=match):
            write(tmp_path / "uit", *args)
    with pytest.raises(CommandError, match="bestaat niet"):
        write(tmp_path / "weg" / "uit")
    write(tmp_path / "uit")
    with pytest.raises(CommandError, match="bestaat al"):
        write(tmp_path / "uit")


@pytest.mark.parametrize("what", ["nothing", "text", "zip", "folder"])
def test_what_is_no_export_cannot_be_checked(tmp_path, capsys, what):
    target = tmp_path / "x"
    if what == "text":
        target.write_text("hallo")
    elif what == "zip":
        with zipfile.ZipFile(target, "w") as bundle:
            bundle.writestr("a", "b")
    elif what == "folder":
        target.mkdir()
    assert check(target, capsys=capsys)[0] == 2


def test_proofs_are_small_and_a_batch_costs_one_query(
    municipality, tmp_path, django_assert_num_queries
):
    from archive.tree import Tree

    seal_log(municipality.pk)
    with django_assert_num_queries(1):
        paths = export.prove_many(Tree(municipality.pk), range(8), 8)
    assert paths == [Tree(municipality.pk).prove_inclusion(index, 8) for index in range(8)]
    target = write(tmp_path / "uit")
    assert max(file.stat().st_size for file in (target / "proofs").iterdir()) < 2000


# --- what an export suffers on its way


def remake_lists(target):
    """What a careful forger does: the checksums are right again."""
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        path = target / manifest
        names = [line.split("  ", 1)[1] for line in path.read_text().splitlines()]
        lines = [
            f"{hashlib.sha256((target / name).read_bytes()).hexdigest()}  {name}\n"
            for name in names
            if (target / name).exists()
        ]
        path.write_text("".join(lines))


def first(target, folder):
    return sorted((target / folder).iterdir())[0]


def change(path, old, new):
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def swap(target):
    one, other, *_ = sorted((target / "data/records").iterdir())
    mine, theirs = one.read_bytes(), other.read_bytes()
    one.write_bytes(theirs)
    other.write_bytes(mine)


def drop_record(target):
    name = sorted((target / "data/records").iterdir())[3].stem
    for path in (
        *(target / "data/records" / f"{name}.json", target / "data/readable" / f"{name}.html"),
        target / "proofs" / f"{name}.json",
    ):
        path.unlink()
    index = target / "index.csv"
    lines = index.read_text().splitlines(keepends=True)
    index.write_text("".join(line for line in lines if name not in line))


ALTERATIONS = {
    "a word of the content": (
        lambda t: change(first(t, "data/records"), b"geen ruzie", b"een ruzie"),
        "de inhoud is niet wat is geregistreerd",
    ),
    "metadata": (
        lambda t: change(first(t, "data/records"), b'"case":7', b'"case":8'),
        "zo staat dit niet in het logboek",
    ),
    "the salt": (
        lambda t: change(first(t, "data/records"), b'"salt":"', b'"salt":"00'),
        "de inhoud is niet wat is geregistreerd",
    ),
    "the control number": (
        lambda t: change(first(t, "proofs"), b'"control": "', b'"control": "00'),
        "zo staat dit niet in het logboek",
    ),
    "the place": (
        lambda t: change(first(t, "proofs"), b'"index": 0', b'"index": 1'),
        "zo staat dit niet in het logboek",
    ),
    "the path": (
        lambda t: change(first(t, "proofs"), b'"path": [\n    "', b'"path": [\n    "AAAA'),
        "zo staat dit niet in het logboek",
    ),
    "two records swapped": (swap, "zo staat dit niet in het logboek"),
    "a picture": (
        lambda t: first(t, "data/media").write_bytes(b"other"),
        "bijlage 1 is niet wat is geregistreerd",
    ),
    "a record removed without a trace": (drop_record, "plaatsen van het logboek ontbreken"),
    "the readable page": (
        lambda t: change(first(t, "data/readable"), b"geen ruzie", b"een ruzie"),
        None,
    ),
    "the index": (lambda t: change(t / "index.csv", b"own_post", b"incoming"), None),
    "the size in the checkpoint": (
        lambda t: change(t / "checkpoint.txt", b"\n8\n", b"\n7\n"),
        "een handtekening van de gemeente is vervalst",
    ),
    "the statement": (
        lambda t: change(t / "export.txt", b"\nall\n", b"\ncase=1\n"),
        "een handtekening van de gemeente is vervalst",
    ),
    "a file added": (
        lambda t: (t / "data/records/extra.txt").write_text("x"),
        "bestand toegevoegd: data/records/extra.txt",
    ),
}


@pytest.mark.parametrize("careful", [False, True], ids=["plainly", "with lists remade"])
@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_export_is_told_with_what_was_altered(
    municipality, tmp_path, capsys, name, careful
):
    alter, said_of_it = ALTERATIONS[name]
    target = write(tmp_path / "uit")
    alter(target)
    if careful:
        remake_lists(target)
    code, said = check(target, capsys=capsys)
    assert code == 1, said
    lists = "de lijst van bestanden is niet de lijst waarvoor is getekend"
    assert (said_of_it or (lists if careful else "bestand gewijzigd")) in said


def test_a_missing_proof_leaves_a_record_unknown(municipality, tmp_path, capsys):
    target = write(tmp_path / "uit")
    first(target, "proofs").unlink()
    code, said = check(target, capsys=capsys)
    assert code == 1
    assert said.count("ONBEKEND") == 1


def test_a_copy_in_another_place_and_in_a_folder_of_a_zip_still_holds(
    municipality, tmp_path, capsys
):
    target = write(tmp_path / "uit")
    shutil.make_archive(str(tmp_path / "verpakt"), "zip", tmp_path, "uit")
    assert check(tmp_path / "verpakt.zip", capsys=capsys)[0] == 0
    shutil.copytree(target, tmp_path / "elders")
    assert check(tmp_path / "elders", "--quiet", capsys=capsys)[0] == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
