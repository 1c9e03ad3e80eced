"""The log only grows; content goes only where two people agreed that it must."""

from django.db import migrations

GROWING = ("log", "leaf", "node", "checkpoint", "cosignature", "timestamp")

LOCK = """
CREATE FUNCTION archive_check_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM archive_erasurerequest e
        WHERE e.record_id = OLD.record_id AND e.approved_by_id IS NOT NULL
          AND e.approved_by_id <> e.requested_by_id
    ) THEN
        RAISE EXCEPTION 'archive: content of record % goes only after two people agreed: '
            'records never change', OLD.record_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;

DROP TRIGGER archive_content_locked ON archive_content;
CREATE TRIGGER archive_content_locked
    BEFORE UPDATE OR TRUNCATE ON archive_content
    FOR EACH STATEMENT EXECUTE FUNCTION archive_refuse();
CREATE TRIGGER archive_content_erased
    BEFORE DELETE ON archive_content
    FOR EACH ROW EXECUTE FUNCTION archive_check_erasure();
CREATE TRIGGER archive_media_locked
    BEFORE UPDATE OR TRUNCATE ON archive_media
    FOR EACH STATEMENT EXECUTE FUNCTION archive_refuse();
CREATE TRIGGER archive_media_erased
    BEFORE DELETE ON archive_media
    FOR EACH ROW EXECUTE FUNCTION archive_check_erasure();
-- Content and files are random bytes or already small: compressing them again costs more than it gains.
ALTER TABLE archive_media ALTER COLUMN body SET STORAGE EXTERNAL;
""" + "".join(
    f"""
CREATE TRIGGER archive_{name}_locked
    BEFORE UPDATE OR DELETE OR TRUNCATE ON archive_{name}
    FOR EACH STATEMENT EXECUTE FUNCTION archive_refuse();
"""
    for name in GROWING
)

UNLOCK = (
    "".join(f"DROP TRIGGER archive_{name}_locked ON archive_{name};\n" for name in GROWING)
    + """
DROP TRIGGER archive_media_erased ON archive_media;
DROP TRIGGER archive_media_locked ON archive_media;
DROP TRIGGER archive_content_erased ON archive_content;
DROP TRIGGER archive_content_locked ON archive_content;
CREATE TRIGGER archive_content_locked
    BEFORE UPDATE OR DELETE OR TRUNCATE ON archive_content
    FOR EACH STATEMENT EXECUTE FUNCTION archive_refuse();
DROP FUNCTION archive_check_erasure();
"""
)

# What the first layer registered still has to enter the log.
WAITING = """
INSERT INTO archive_pending (record_id, municipality_id)
SELECT id, municipality_id FROM archive_record
"""


class Migration(migrations.Migration):
    dependencies = (("archive", "0004_log"),)
    operations = (
        migrations.RunSQL(LOCK, UNLOCK),
        migrations.RunSQL(WAITING, migrations.RunSQL.noop),
    )
