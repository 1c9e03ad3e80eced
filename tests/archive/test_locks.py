from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from archive.models import Kind, Record
from archive.records import record
from tests.makers import make_municipality

ATTEMPTS = [
    "UPDATE archive_record SET part = 'x'",
    "DELETE FROM archive_record",
    "TRUNCATE archive_record CASCADE",
    "UPDATE archive_content SET body = ''",
    "DELETE FROM archive_content",
    "TRUNCATE archive_content",
]


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ATTEMPTS)
def test_the_database_refuses_to_change_or_remove_what_was_registered(sql):
    made = record(
        municipality_id=make_municipality().pk,
        kind=Kind.OWN_POST,
        subject_type="reply",
        subject_id=1,
        content={"text": "Morgen komt de monteur. ^SG"},
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="records never change"), transaction.atomic():
            cursor.execute(sql)
    assert Record.objects.select_related("content").get().attribute == made.attribute
