"""The database itself refuses to change what was registered."""

from django.db import migrations

LOCK = """
CREATE FUNCTION archive_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'archive: % on % is refused, records never change', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER archive_record_locked
    BEFORE UPDATE OR DELETE OR TRUNCATE ON archive_record
    FOR EACH STATEMENT EXECUTE FUNCTION archive_refuse();

CREATE TRIGGER archive_content_locked
    BEFORE UPDATE OR DELETE OR TRUNCATE ON archive_content
    FOR EACH STATEMENT EXECUTE FUNCTION archive_refuse();
"""

UNLOCK = """
DROP TRIGGER archive_content_locked ON archive_content;
DROP TRIGGER archive_record_locked ON archive_record;
DROP FUNCTION archive_refuse();
"""


class Migration(migrations.Migration):
    dependencies = (("archive", "0002_initial"),)
    operations = (migrations.RunSQL(LOCK, UNLOCK),)
