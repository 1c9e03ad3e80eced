"""The history of a case cannot be edited, whoever asks: the database itself refuses."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION desk_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of a case is append-only' USING ERRCODE = 'raise_exception';
END $$;
CREATE TRIGGER desk_caseevent_append_only BEFORE UPDATE OR DELETE ON desk_caseevent
    FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_caseevent_no_truncate BEFORE TRUNCATE ON desk_caseevent
    FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change();
"""
BACKWARD = """
DROP TRIGGER desk_caseevent_append_only ON desk_caseevent;
DROP TRIGGER desk_caseevent_no_truncate ON desk_caseevent;
DROP FUNCTION desk_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
