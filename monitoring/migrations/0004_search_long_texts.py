import django.contrib.postgres.search
import django.db.models.functions.text
from django.db import migrations, models

# In place, so that the index stays; Django itself cannot alter a generated column.
SET = """
ALTER TABLE monitoring_mention ALTER COLUMN search SET EXPRESSION AS
    (to_tsvector('dutch'::regconfig, COALESCE({text}, '')))
"""


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0003_own_answers"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    SET.format(text="left(text, 100000)"), SET.format(text="text"), elidable=False
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="mention",
                    name="search",
                    field=models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.SearchVector(
                            django.db.models.functions.text.Left("text", 100_000),
                            config="dutch",
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                )
            ],
        ),
    ]
