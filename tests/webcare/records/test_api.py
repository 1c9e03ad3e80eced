"""The reading room: who reads what, that every look is logged, and erasing by two roles."""

from __future__ import annotations

import base64
import hashlib
import uuid

import pytest
from django.test import Client

from archive.merkle import check_inclusion
from archive.models import Content, Kind, Record, Verification
from archive.records import Entry, record_many
from archive.sequencer import seal_all
from tests.cast import Cast
from webcare.organisation.models import AuditEntry, Role


@pytest.fixture
def records(cast: Cast) -> list[Record]:
    made = record_many(
        [
            Entry(
                cast.municipality.pk,
                Kind.INCOMING,
                "mention",
                number,
                {"text": f"bericht {number}", "author": {"handle": "@ria"}},
            )
            for number in range(1, 8)
        ]
    )
    record_many([Entry(cast.neighbour.pk, Kind.INCOMING, "mention", 99, {"text": "buren"})])
    seal_all()
    return made


@pytest.fixture
def archivist(client: Client, cast: Cast) -> Client:
    client.force_login(cast.archivist)
    return client


def test_records_come_newest_first_a_page_at_a_time(archivist, records):
    page = archivist.get("/api/v1/records?limit=5").json()
    assert [item["subjectId"] for item in page["items"]] == [7, 6, 5, 4, 3]
    rest = archivist.get(f"/api/v1/records?limit=5&cursor={page['next']}").json()
    assert [item["subjectId"] for item in rest["items"]] == [2, 1]
    assert rest["next"] is None


def test_records_are_found_by_kind_day_and_attribute(archivist, records):
    assert archivist.get("/api/v1/records?kind=own_post").json()["items"] == []
    assert archivist.get("/api/v1/records?until=2020-01-01T00:00:00Z").json()["items"] == []
    (item,) = archivist.get(f"/api/v1/records?attribute={records[2].attribute}").json()["items"]
    assert item["subjectId"] == 3
    assert archivist.get("/api/v1/records?kind=onzin").status_code == 400


def test_a_page_of_records_costs_a_fixed_number_of_queries(
    archivist, records, django_assert_max_num_queries
):
    with django_assert_max_num_queries(10):
        archivist.get("/api/v1/records")


def test_one_record_comes_with_a_proof_that_holds(archivist, records):
    said = archivist.get(f"/api/v1/records/{records[4].attribute}").json()
    assert said["content"]["text"] == "bericht 5"
    proof = said["proof"]
    path = [bytes.fromhex(step["hash"]) for step in proof["steps"]]
    leaf, root = bytes.fromhex(proof["leaf"]), bytes.fromhex(proof["root"])
    check_inclusion(leaf, said["index"], proof["size"], path, root)
    assert base64.b64encode(root).decode() in proof["checkpoint"]
    assert [step["side"] for step in proof["steps"]] == ["right", "right", "left"]
    assert said["sha256"] == hashlib.sha256(bytes(records[4].header)).hexdigest()


def test_every_look_is_logged_without_content(archivist, cast, records):
    archivist.get("/api/v1/records?kind=incoming")
    archivist.get(f"/api/v1/records/{records[0].attribute}")
    looks = AuditEntry.objects.filter(actor=cast.archivist)
    assert list(looks.order_by("pk").values_list("action", "object_id")) == [
        ("records.searched", ""),
        ("record.looked", str(records[0].attribute)),
    ]
    assert "bericht" not in str([entry.detail for entry in looks])


@pytest.mark.parametrize("role", [Role.AGENT, Role.ADVISER])
def test_the_reading_room_is_for_archivist_and_privacy_officer(client, cast, records, role):
    client.force_login(cast.by_role[role])
    for address in ("records", f"records/{records[0].attribute}", "archive-log"):
        assert client.get(f"/api/v1/{address}").status_code == 403


def test_the_state_of_the_log_shows_what_waits_heads_and_alarm(archivist, cast, records):
    said = archivist.get("/api/v1/archive-log").json()
    assert (said["size"], said["waiting"], said["alarm"]) == (7, 0, [])
    assert said["heads"][0]["size"] == 7
    assert said["channels"][0] == {"name": "file", "size": 7, "at": None, "trouble": ""}
    record_many([Entry(cast.municipality.pk, Kind.INCOMING, "mention", 50, {"text": "nieuw"})])
    Verification.objects.create(
        municipality=cast.municipality,
        scope="full",
        finished_at=records[0].registered_at,
        wrong=1,
        findings=["plaats 3: record ontbreekt"],
    )
    said = archivist.get("/api/v1/archive-log").json()
    assert said["waiting"] == 1
    assert said["alarm"] == ["plaats 3: record ontbreekt"]


def test_one_asks_another_agrees_and_the_content_is_gone(client, cast, records):
    address = f"/api/v1/records/{records[0].attribute}/erasure"
    client.force_login(cast.archivist)
    asked = {"ground": "request"}
    assert client.post(address, asked, content_type="application/json").status_code == 403
    client.force_login(cast.privacy_officer)
    assert client.post(address, asked, content_type="application/json").status_code == 200
    assert client.post(address, asked, content_type="application/json").status_code == 409
    agreed = {"approve": True}
    assert client.put(address, agreed, content_type="application/json").status_code == 403
    client.force_login(cast.archivist)
    (item,) = client.get("/api/v1/records?asked=true").json()["items"]
    assert item["asked"] == "request"
    said = client.put(address, agreed, content_type="application/json").json()
    assert said["erased"] is True
    assert said["content"] is None
    assert said["proof"]["steps"]
    assert not Content.objects.filter(pk=records[0].pk).exists()
    assert AuditEntry.objects.filter(action="record.erased", actor=cast.archivist).exists()


def test_what_does_not_exist_is_404(archivist, records):
    assert archivist.get(f"/api/v1/records/{uuid.uuid4()}").status_code == 404
