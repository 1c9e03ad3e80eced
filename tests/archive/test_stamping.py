"""RFC 3161 time-stamps, from a real OpenSSL authority on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from archive import stamping, verifier
from archive.models import Checkpoint, Kind, TimeStamp
from archive.records import Entry, record_many
from archive.sequencer import seal_log
from tests.makers import make_municipality

CONFIG = Path(__file__).parent / "tsa_openssl.cnf"
OPENSSL = shutil.which("openssl")


def openssl(folder, *words):
    assert OPENSSL, "these tests need the program openssl"
    subprocess.run([OPENSSL, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A root and a stamping certificate under it; `stamp(request)` answers as a server would."""
    folder = tmp_path_factory.mktemp("tsa")
    shutil.copy(CONFIG, folder / "tsa.cnf")
    (folder / "serial").write_text("01\n")
    new = ("req", "-config", "tsa.cnf", "-newkey", "rsa:2048", "-nodes")
    openssl(
        folder,
        *new,
        "-x509",
        "-days",
        "10",
        "-extensions",
        "ca",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    )
    openssl(folder, *new, "-subj", "/CN=Stamp", "-keyout", "tsa.key", "-out", "tsa.csr")
    openssl(
        folder,
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "10",
        "-extfile",
        "tsa.cnf",
        "-extensions",
        "tsa",
        "-out",
        "tsa.pem",
    )

    def stamp(request):
        (folder / "q.tsq").write_bytes(request)
        openssl(
            folder,
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-section",
            "tsa_config1",
            "-queryfile",
            "q.tsq",
            "-signer",
            "tsa.pem",
            "-inkey",
            "tsa.key",
            "-out",
            "r.tsr",
        )
        return (folder / "r.tsr").read_bytes()

    stamp.folder = folder
    return stamp


@pytest.fixture
def head(db):
    municipality = make_municipality("Elzendrecht", slug="elzendrecht")
    for first in (1, 4):
        record_many(
            [
                Entry(municipality.pk, Kind.INCOMING, "mention", at, {"text": f"{at}"})
                for at in range(first, first + 3)
            ]
        )
        seal_log(municipality.pk)
    return Checkpoint.objects.order_by("size").first()


def roots(authority):
    return stamping.read_roots(str(authority.folder / "ca.pem"))


def test_a_stamp_is_kept_when_it_holds(head, authority):
    answer = authority(stamping.make_request(head.note))
    stamp = stamping.keep_stamp(head, "tsa.example", answer, roots(authority))
    assert TimeStamp.objects.get() == stamp
    assert abs((stamp.at - head.at).total_seconds()) < 3600


def test_a_stamp_on_another_head_or_of_another_authority_is_refused(head, authority, tmp_path):
    later = Checkpoint.objects.order_by("size").last()
    answer = authority(stamping.make_request(head.note))
    with pytest.raises(stamping.BadStamp):
        stamping.keep_stamp(later, "tsa.example", answer, roots(authority))
    shutil.copy(CONFIG, tmp_path / "tsa.cnf")
    openssl(
        tmp_path,
        "req",
        "-config",
        "tsa.cnf",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-x509",
        "-extensions",
        "ca",
        "-keyout",
        "k",
        "-out",
        "other.pem",
    )
    with pytest.raises(stamping.BadStamp):
        stamping.keep_stamp(
            head, "tsa.example", answer, stamping.read_roots(str(tmp_path / "other.pem"))
        )
    for broken in (b"", b"hallo", answer[:-20]):
        with pytest.raises(stamping.BadStamp):
            stamping.keep_stamp(head, "tsa.example", broken, roots(authority))
    assert not TimeStamp.objects.exists()


def test_an_export_carries_the_stamp_and_openssl_and_the_verifier_accept_it(
    head, authority, tmp_path, capsys
):
    answer = authority(stamping.make_request(head.note))
    stamping.keep_stamp(head, "tsa.example", answer, roots(authority))
    target = tmp_path / "uit"
    call_command("archive_export", to=target, verbosity=0)
    capsys.readouterr()
    assert verifier.main([str(target)]) == 0
    assert "Een tijdstempeldienst zag dit logboek op 20" in capsys.readouterr().out
    name = target / "timestamps" / f"{head.size:010d}"
    openssl(
        tmp_path,
        "ts",
        "-verify",
        "-in",
        f"{name}.tsr",
        "-data",
        f"{name}.txt",
        "-CAfile",
        str(authority.folder / "ca.pem"),
    )
    said = json.loads(name.with_suffix(".json").read_text())
    said["checkpoint"] = Checkpoint.objects.order_by("size").last().note
    name.with_suffix(".json").write_text(json.dumps(said))
    assert verifier.main([str(target)]) == 1
    assert "een tijdstempel hoort niet bij dit logboek" in capsys.readouterr().out
