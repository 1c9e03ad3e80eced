from django.db import migrations, models

# Until now the pointer alone told what was taken back: it stood before such a row.
MARK = """
UPDATE monitoring_labelset AS said SET taken_back = true
WHERE person_id IS NOT NULL AND NOT current AND NOT EXISTS (
    SELECT 1 FROM monitoring_labelset AS now
    WHERE now.mention_id = said.mention_id AND now.current AND now.id > said.id
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0005_why_on_screen"),
    ]

    operations = [
        migrations.AddField(
            model_name="labelset",
            name="taken_back",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]
