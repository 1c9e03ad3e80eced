"""What goes wrong with a resident's words is logged without them."""

from __future__ import annotations

import logging

import pytest

import nlp
from monitoring import collecting
from monitoring.platforms.base import Author, Page
from tests.cast import Cast
from tests.webcare.desk.makers import make_case, make_post
from tests.webcare.desk.test_replies import approve
from webcare import collector, pipeline
from webcare.desk import delivery
from webcare.desk.models import Case, Reply

SECRET, HANDLE = "mijn BSN is 111222333", "@geheim@plein.example"


def blow_up(*_: object, **__: object) -> None:
    raise ValueError(f"cannot read {SECRET} of {HANDLE}")


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def secret_post(**fields):
    return make_post(SECRET, author=Author(HANDLE, "Geheim"), **fields)


def assert_clean(logged: pytest.LogCaptureFixture) -> None:
    ours = [record for record in logged.records if not record.name.startswith("django.db")]
    assert ours
    text = "\n".join(logging.Formatter().format(record) for record in ours)
    assert SECRET not in text
    assert HANDLE not in text


def test_a_text_the_machine_chokes_on_is_not_in_the_log(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(nlp, "classify", blow_up)
    pipeline.store(cast.account.source, Page((secret_post(),), {}), keep_cursor=True)
    pipeline.process_batch(0)

    assert Case.objects.get().unclassified
    assert_clean(logged)


@pytest.mark.django_db(transaction=True)
def test_a_post_that_cannot_be_stored_is_not_in_the_log(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture
) -> None:
    class Adapter:
        def fetch(self, cursor):
            return Page((secret_post(),), {})

        def close(self) -> None:
            pass

    monkeypatch.setattr(collecting, "make_adapter", lambda source: Adapter())
    monkeypatch.setattr(pipeline, "store_page", blow_up)
    collector._round(cast.account.source.pk)

    assert_clean(logged)
    cast.account.source.refresh_from_db()
    assert SECRET not in cast.account.source.trouble


def test_an_answer_that_cannot_be_published_is_not_in_the_log(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture
) -> None:
    case = make_case(cast.account, id="1", author=Author(HANDLE, "Geheim"))
    reply = approve(cast, case, SECRET)
    Reply.objects.update(send_at=reply.created_at)
    monkeypatch.setattr(delivery, "make_adapter", blow_up)
    delivery.deliver(reply.pk)

    assert_clean(logged)
