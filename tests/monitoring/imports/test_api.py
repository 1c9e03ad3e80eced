from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIRequestFactory, force_authenticate

from monitoring.models import Mention
from tests.cast import Cast
from webcare import imports
from webcare.imports import ImportView, PreviewView
from webcare.organisation.models import AuditEntry, Role

IMPORTERS = {Role.AGENT, Role.TEAM_LEAD, Role.ADVISER}
GOOD = "bericht;datum;kanaal\nDe brug is dicht;5-1-2026;Krant\n"
MIXED = GOOD + ";5-1-2026;Krant\n"


def post(view, person, content=GOOD, query=""):
    data = {} if content is None else {"file": SimpleUploadedFile("b.csv", content.encode())}
    request = APIRequestFactory().post("/" + query, data, format="multipart")
    force_authenticate(request, person)
    return view.as_view()(request)


def shown(answer):
    return json.loads(answer.render().content)


@pytest.mark.parametrize("view", [PreviewView, ImportView])
@pytest.mark.parametrize("role", Role)
def test_only_who_answers_or_advises_imports(cast: Cast, view, role):
    assert post(view, cast.by_role[role]).status_code == (200 if role in IMPORTERS else 403)


def test_a_preview_shows_the_rows_as_they_will_be_stored(cast: Cast):
    body = shown(post(PreviewView, cast.adviser, MIXED))
    assert (body["total"], body["valid"], body["repeated"], body["rejectedTotal"]) == (2, 1, 0, 1)
    assert body["rejected"] == [{"line": 3, "reason": "bericht is leeg"}]
    row = body["rows"][0]
    assert (row["text"], row["platform"], row["line"]) == ("De brug is dicht", "newspaper", 2)
    assert row["postedAt"].startswith("2026-01-0")
    assert not Mention.objects.exists()


def test_a_file_goes_in_and_leaves_a_line_in_the_audit_log(cast: Cast):
    body = shown(post(ImportView, cast.adviser))
    assert body == {"imported": 1, "repeated": 0, "rejected": [], "rejectedTotal": 0}
    assert Mention.objects.get().municipality == cast.municipality
    entry = AuditEntry.objects.get(action="mentions.imported")
    assert (entry.actor, entry.detail) == (cast.adviser, {"imported": 1, "repeated": 0})


def test_nothing_goes_in_when_a_line_is_rejected_unless_asked(cast: Cast):
    body = shown(post(ImportView, cast.adviser, MIXED))
    assert (body["imported"], body["rejectedTotal"]) == (0, 1)
    assert not Mention.objects.exists()
    assert shown(post(ImportView, cast.adviser, MIXED, "?skipRejected=true"))["imported"] == 1


@pytest.mark.parametrize("content", [None, "", "<html>"])
@pytest.mark.parametrize("view", [PreviewView, ImportView])
def test_a_file_that_cannot_be_read_is_a_bad_request_with_the_reason(cast: Cast, view, content):
    answer = post(view, cast.adviser, content)
    assert answer.status_code == 400
    assert answer.data["invalidParams"][0]["name"] == "file"


def test_a_file_too_large_for_a_browser_is_refused(cast: Cast, monkeypatch):
    monkeypatch.setattr(imports, "LARGEST", 10)
    assert "50 MB" in post(ImportView, cast.adviser).data["detail"]


def test_an_unknown_platform_is_a_bad_request(cast: Cast):
    assert post(ImportView, cast.adviser, GOOD, "?platform=fakebook").status_code == 400
