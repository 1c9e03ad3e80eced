"""Sealing, checking and sending by themselves: nothing waits long, trouble becomes an alarm."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail
from django.test import Client

from archive import notes, outside, witness
from archive.models import Checkpoint, Cosignature, Kind, Log, Sent, Verification
from archive.records import Entry, record_many
from archive.sequencer import seal_all
from archive.signing import trusted_verifiers
from tests.archive.tools import attack
from tests.makers import make_municipality
from webcare.organisation.models import AuditEntry
from webcare.records import sending, sequencing, tasks
from webcare.records.alarms import find_alarm


def register(municipality, *numbers):
    return record_many(
        [
            Entry(municipality.pk, Kind.INCOMING, "mention", number, {"text": "x"})
            for number in numbers
        ]
    )


@pytest.fixture
def municipality(db):
    municipality = make_municipality("Elzendrecht", slug="elzendrecht")
    register(municipality, 1, 2, 3)
    seal_all()
    return municipality


def test_a_round_seals_every_log_and_an_alarm_for_one_holds_up_no_other(municipality):
    outside.remember(
        Log.objects.get().origin,
        Checkpoint.objects.get().note.replace("\n3\n", "\n9\n"),
    )
    other = make_municipality("Klaverwaard", slug="klaverwaard")
    register(municipality, 4)
    register(other, 5, 6)
    assert sequencing.seal_round() == 2
    assert sequencing.seal_round() == 0
    alarm = find_alarm(municipality.pk)
    assert "9 records were signed, the database holds 3" in alarm.findings[0]
    assert find_alarm(other.pk) is None
    assert AuditEntry.objects.get(action="archive.verified").result == "failed"


@pytest.mark.django_db(transaction=True)
def test_the_thread_of_a_worker_seals_what_is_registered(transactional_db):
    municipality = make_municipality("Elzendrecht")
    ending = threading.Event()
    thread = threading.Thread(target=sequencing.keep_sealing, args=(ending, 0.02))
    thread.start()
    try:
        from django.db import transaction

        with transaction.atomic():
            register(municipality, 1, 2)
        for _ in range(500):
            if Checkpoint.objects.filter(size=2).exists():
                break
            ending.wait(0.02)
    finally:
        ending.set()
        thread.join()
    assert Checkpoint.objects.get().size == 2


def test_a_check_is_kept_and_told_and_an_altered_record_raises_the_alarm(municipality):
    tasks.check_sample()
    good = Verification.objects.get()
    assert (good.scope, good.records, good.wrong) == ("sample", 3, 0)
    assert find_alarm(municipality.pk) is None
    attack("UPDATE archive_content SET body = 'x'")
    tasks.check_everything()
    bad = Verification.objects.latest("pk")
    assert (bad.scope, bad.wrong) == ("full", 3)
    assert find_alarm(municipality.pk) == bad
    results = AuditEntry.objects.filter(action="archive.verified").order_by("pk")
    assert [entry.result for entry in results] == ["ok", "failed"]


class WitnessServer(BaseHTTPRequestHandler):
    """Passes what it gets to our own witness page, as a neighbour's machine would."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_):
        return


@pytest.fixture
def server():
    made = HTTPServer(("127.0.0.1", 0), WitnessServer)
    made.asked, made.status, made.answer = [], 200, b""
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def neighbour(municipality, settings, server):
    address = f"127.0.0.1:{server.server_port}"
    settings.FETCH_ALLOW = frozenset({address})
    settings.ARCHIVE_WITNESS_NAME = "klaverwaard.example/getuige"
    settings.ARCHIVE_WITNESSED = [str(trusted_verifiers(Log.objects.get().origin)[0])]
    settings.ARCHIVE_WITNESSES = [f"http://{address}/witness {witness.our_verifier()}"]
    return server


def answer_as_witness(server, body):
    response = Client().post("/witness/add-checkpoint", body, content_type="text/plain")
    server.status, server.answer = response.status_code, response.content


def test_a_new_head_goes_to_the_witness_and_comes_back_cosigned(neighbour):
    head, log = Checkpoint.objects.get(), Log.objects.get()
    answer_as_witness(neighbour, witness.prepare(log, head, 0))
    sending.send_all()
    path, body = neighbour.asked[0]
    assert path == "/witness/add-checkpoint"
    assert body.decode() == witness.prepare(log, head, 0)
    assert Cosignature.objects.get().witness == "klaverwaard.example/getuige"
    sending.send_all()
    assert len(neighbour.asked) == 1


def test_a_witness_that_saw_another_history_raises_the_alarm(neighbour, municipality):
    neighbour.status, neighbour.answer = 422, b"not consistent"
    sending.send_all()
    assert "andere geschiedenis" in find_alarm(municipality.pk).findings[0]
    assert "andere geschiedenis" in Sent.objects.get().trouble


@pytest.mark.parametrize("answer", [(200, b"rommel"), (500, b""), (302, b"")])
def test_what_a_witness_must_not_answer_is_trouble_and_nothing_is_kept(neighbour, answer):
    neighbour.status, neighbour.answer = answer
    sending.send_all()
    assert Sent.objects.get().trouble
    assert not Cosignature.objects.exists()


def test_the_checkpoint_of_the_day_goes_out_by_mail_once(municipality, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ARCHIVE_MAIL_TO = ["griffie@elzendrecht.example"]
    sending.send_all()
    register(municipality, 9)
    seal_all()
    sending.send_all()
    (message,) = mail.outbox
    note = Checkpoint.objects.get(size=3).note
    assert note in message.body
    notes.check_signed(note, trusted_verifiers(Log.objects.get().origin))
