"""A text that is erased leaves what the machine learns from."""

from __future__ import annotations

import pytest

from archive.models import Record
from archive.sequencer import seal_all
from monitoring.labels import correct
from monitoring.learning import training_texts
from monitoring.models import Mention
from tests.cast import Cast
from tests.makers import make_person
from tests.webcare.desk.makers import make_case
from webcare.organisation.models import Role
from webcare.records import erasing


@pytest.mark.django_db(transaction=True)
def test_what_the_archivist_erases_is_no_longer_learned_from(cast: Cast) -> None:
    case = make_case(cast.account, id="1")
    correct(case.first_mention, "intent", "report", cast.agent.pk)
    seal_all()
    town = cast.account.municipality
    assert [one.text for one in training_texts(town.pk)] == [case.first_mention.text]

    record = Record.objects.get(subject_type="mention", subject_id=case.first_mention_id)
    erasing.request_erasure(record, "request", make_person(town, Role.PRIVACY_OFFICER))
    erasing.approve_erasure(record, make_person(town, Role.ARCHIVIST))

    assert training_texts(town.pk) == []
    assert Mention.objects.get(pk=case.first_mention_id).text == ""
