"""The audit log only grows, whoever asks: the database itself refuses the rest."""

from django.db import migrations

LOCK = """
CREATE FUNCTION organisation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit log: % is refused, entries never change', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER organisation_auditentry_locked
    BEFORE UPDATE OR DELETE OR TRUNCATE ON organisation_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_refuse_change();
"""

UNLOCK = """
DROP TRIGGER organisation_auditentry_locked ON organisation_auditentry;
DROP FUNCTION organisation_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = (("organisation", "0001_initial"),)
    operations = (migrations.RunSQL(LOCK, UNLOCK),)
