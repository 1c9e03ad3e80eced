"""Residents are found by any part of their name, without walking every case."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_append_only")]
    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            model_name="case",
            index=GinIndex(
                fields=("author_handle", "author_name"),
                opclasses=("gin_trgm_ops", "gin_trgm_ops"),
                name="case_author_part",
            ),
        ),
    ]
