from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import RequestFactory

from tests.cast import Cast
from webcare.organisation.audit import ACTIONS, from_origin, get_origin, record_audit
from webcare.organisation.models import AuditEntry


def test_an_entry_says_who_did_what_to_which_object(cast: Cast) -> None:
    record_audit("account.changed", actor=cast.administrator, obj=cast.account)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == (cast.administrator, "account.changed")
    assert (entry.object_type, entry.object_id) == ("account", str(cast.account.pk))
    assert entry.municipality == cast.municipality
    assert entry.result == "ok"


def test_an_entry_outside_a_request_comes_from_the_worker(cast: Cast) -> None:
    assert record_audit("source.changed", actor=None).origin == "worker"


def test_an_entry_inside_a_request_takes_its_address(cast: Cast) -> None:
    with from_origin("192.0.2.7"):
        assert record_audit("source.changed", actor=cast.agent).origin == "192.0.2.7"


def test_an_entry_disappears_with_the_change_it_tells_about(cast: Cast) -> None:
    with transaction.atomic():
        record_audit("source.changed", actor=cast.agent)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organisation_auditentry SET action = 'other'",
        "DELETE FROM organisation_auditentry",
        "TRUNCATE organisation_auditentry CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_log(cast: Cast, statement: str) -> None:
    record_audit("source.changed", actor=cast.agent)
    with connection.cursor() as cursor, transaction.atomic():
        # Pending foreign-key checks alone would refuse TRUNCATE.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="entries never change"), transaction.atomic():
            cursor.execute(statement)
    assert AuditEntry.objects.count() == 1


def test_a_callers_own_forwarded_for_is_not_believed(settings: object) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0  # type: ignore[attr-defined]
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="6.6.6.6", REMOTE_ADDR="192.0.2.1")
    assert get_origin(request) == "192.0.2.1"


def test_behind_one_proxy_only_what_that_proxy_added_counts(settings: object) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1  # type: ignore[attr-defined]
    request = RequestFactory().get(
        "/", HTTP_X_FORWARDED_FOR="6.6.6.6, 192.0.2.9", REMOTE_ADDR="10.0.0.1"
    )
    assert get_origin(request) == "192.0.2.9"


def test_an_address_that_is_none_is_left_out(settings: object) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1  # type: ignore[attr-defined]
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="<script>", REMOTE_ADDR="10.0.0.1")
    assert get_origin(request) == ""


def test_every_action_has_words() -> None:
    assert all(str(words) for words in ACTIONS.values())
