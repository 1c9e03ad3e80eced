"""A municipality after two busy years: a million mentions, a hundred thousand conversations.

Made by the database itself out of the corpus' invented texts, each with the verdict our own model
gives it. What the inbox and the town page never read (raw payloads, archive) is left out.
"""

from __future__ import annotations

import orjson
import psycopg

import nlp
from nlp.posts import read_posts
from tests.running_desk import Desk

MENTIONS, CASES, MESSAGES = 1_000_000, 100_000, 180_000
# The newest cases are open, as anywhere that keeps up.
OPEN = 2_000
TEAMS = 10
RARE, RARE_IN = "zeppelinhangar", 20

_TEXTS = """
CREATE TEMP TABLE texts (number serial, text text, lang text, verdict jsonb);
CREATE TEMP TABLE places AS
SELECT (row_number() OVER (ORDER BY a.id)) - 1 AS number, a.id AS account, a.source_id AS source,
    a.team_id AS team, m.id AS municipality
FROM organisation_account a JOIN organisation_municipality m ON m.id = a.municipality_id
WHERE m.slug = 'elzendrecht';
"""
# Messages in cases first (their ids are in order of time), then what the town said beside them.
_MENTIONS = """
INSERT INTO monitoring_mention (id, municipality_id, source_id, platform, platform_id, url,
    author_handle, author_name, author_followers, text, lang, posted_at, collected_at, in_reply_to,
    conversation, direct, private, own, can_reply, media, place)
SELECT n, p.municipality, p.source, 'mastodon', 'm' || n, 'https://plein.example/' || n,
    'inwoner' || who || '@plein.example', 'Inwoner ' || who, who %% 900,
    t.text || CASE WHEN n <= %(messages)s AND n %% (%(messages)s / %(rare_in)s) = 7
        THEN ' ' || %(rare)s ELSE ' ' || n END,
    t.lang, at, at + interval '2 s', '', '', n <= %(messages)s, false, false, true, '[]', ''
FROM (
    SELECT n, (n::bigint * 7919 %% 20000) AS who, now() - CASE
        WHEN n <= %(cases)s THEN interval '730 days' * (1 - n / %(cases)s.0)
        WHEN n <= %(messages)s THEN
            interval '730 days' * (1 - ((n::bigint * 7919 %% %(cases)s) + 1) / %(cases)s.0)
        ELSE interval '730 days' * (%(mentions)s - n) / (%(mentions)s - %(messages)s) END AS at
    FROM generate_series(1, %(mentions)s) n
) said
JOIN texts t ON t.number = 1 + n %% (SELECT count(*) FROM texts)
JOIN places p ON p.number = n %% (SELECT count(*) FROM places)
"""
_LABELS = """
INSERT INTO monitoring_labelset (mention_id, municipality_id, posted_at, current, lang, intent,
    tenor, themes, about_us, urgent, abuse, verdict, model, corrected)
SELECT m.id, m.municipality_id, m.posted_at, true, t.lang, v->>'intent', v->>'tenor',
    ARRAY(SELECT one->>'theme' FROM jsonb_array_elements(v->'themes') one),
    (v->>'about_us')::float, (v->>'urgent')::float, (v->>'abuse')::float, v, v->>'model', '{}'
FROM monitoring_mention m
JOIN (SELECT *, verdict AS v FROM texts) t ON t.number = 1 + m.id % (SELECT count(*) FROM texts)
WHERE m.id <= 1000000
"""
_CASES = """
INSERT INTO desk_case (id, municipality_id, account_id, team_id, state, close_reason, assignee_id,
    opened_at, closed_at, version, deadline, first_mention_id, platform, author_handle, author_name,
    preview, message_count, last_message_at, intent, tenor, themes, urgent, unclassified)
SELECT m.id, m.municipality_id, p.account, teams.ids[1 + m.id %% cardinality(teams.ids)],
    CASE WHEN open THEN 'open' ELSE 'closed' END,
    CASE WHEN open THEN '' WHEN m.id %% 7 = 0 THEN 'no_action' ELSE 'answered' END,
    CASE WHEN m.id %% 3 = 0 THEN people.ids[1 + m.id %% cardinality(people.ids)] END,
    m.posted_at, CASE WHEN NOT open THEN m.posted_at + interval '3 hours' END, 4,
    CASE WHEN open AND m.id %% 10 > 0 THEN m.posted_at + interval '2 hours' END, m.id, m.platform,
    m.author_handle, m.author_name, left(m.text, 280), 1, m.posted_at, l.intent, l.tenor, l.themes,
    l.urgent >= 0.5, false
FROM (SELECT *, id > %(cases)s - %(open)s AS open FROM monitoring_mention) m
JOIN places p ON p.source = m.source_id
JOIN monitoring_labelset l ON l.mention_id = m.id
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM organisation_team
    WHERE municipality_id = (SELECT municipality FROM places LIMIT 1)) teams
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM organisation_person
    WHERE 'agent' = ANY(roles)
    AND municipality_id = (SELECT municipality FROM places LIMIT 1)) people
WHERE m.id <= %(cases)s
"""
_AROUND = """
INSERT INTO desk_casemessage (case_id, mention_id, added_at)
SELECT CASE WHEN id <= %(cases)s THEN id ELSE (id::bigint * 7919 %% %(cases)s) + 1 END, id,
    collected_at
FROM monitoring_mention WHERE id <= %(messages)s;
UPDATE desk_case c SET message_count = n.number FROM (
    SELECT case_id, count(*) AS number FROM desk_casemessage GROUP BY 1 HAVING count(*) > 1) n
WHERE c.id = n.case_id;
INSERT INTO desk_triage (mention_id, municipality_id, outcome, case_id, at)
SELECT m.id, m.municipality_id, CASE WHEN x.case_id IS NULL THEN 'not_direct'
    WHEN m.id <= %(cases)s THEN 'opened' ELSE 'joined' END, x.case_id, m.collected_at
FROM monitoring_mention m LEFT JOIN desk_casemessage x ON x.mention_id = m.id
WHERE m.id <= %(mentions)s;
INSERT INTO desk_clock (case_id, kind, round, started_at, due_at, stopped_at, met_by_reply)
SELECT c.id, kind, 1, c.opened_at, c.opened_at + due, c.closed_at,
    CASE WHEN c.closed_at IS NOT NULL THEN c.close_reason = 'answered' END
FROM desk_case c CROSS JOIN (VALUES ('first_reaction', interval '2 hours'),
    ('answer', interval '1 day')) k (kind, due);
INSERT INTO desk_reply (case_id, account_id, in_reply_to_id, author_id, kind, text, close_after,
    key, state, send_at, created_at, sent_at, platform_id, url, trouble)
SELECT id, account_id, id, (SELECT min(id) FROM organisation_person), 'answer',
    'Dank voor uw bericht, we hebben het opgelost. ^SG', true, gen_random_uuid(), 'sent', closed_at,
    closed_at, closed_at, 'r' || id, '', ''
FROM desk_case WHERE close_reason = 'answered';
INSERT INTO desk_caseevent (case_id, kind, version, at, data)
SELECT c.id, e.kind, e.version, coalesce(c.closed_at, c.opened_at), '{}'
FROM desk_case c CROSS JOIN (VALUES ('opened', 1), ('reply_queued', 2), ('reply_sent', 3),
    ('closed', 4)) e (kind, version)
WHERE c.state = 'closed' OR e.kind = 'opened';
"""
_SEQUENCES = """
SELECT setval(pg_get_serial_sequence('monitoring_mention', 'id'), %(mentions)s);
SELECT setval(pg_get_serial_sequence('desk_case', 'id'), %(cases)s);
"""
_RECOUNT = "import django; django.setup(); from monitoring.town.counts import recount; recount()"
# Built faster afterwards than kept up to date.
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes i WHERE tablename IN
    ('monitoring_mention', 'monitoring_labelset') AND indexdef NOT LIKE 'CREATE UNIQUE%'
"""


def is_filled(desk: Desk) -> bool:
    (found,) = desk.query(
        "SELECT (SELECT count(*) FROM desk_case) AS cases, (SELECT max(posted_at) FROM"
        " monitoring_mention WHERE id <= 1000000) > now() - interval '1 day' AS fresh"
    )
    return found["cases"] == CASES and bool(found["fresh"])


def fill(desk: Desk) -> None:
    """Empty the tables of the stream and fill them. Takes a few minutes."""
    numbers = {
        "mentions": MENTIONS,
        "messages": MESSAGES,
        "cases": CASES,
        "open": OPEN,
        "rare": RARE,
        "rare_in": RARE_IN,
    }
    texts = [post.text for post in read_posts()]
    verdicts = [v.as_dict() for v in nlp.classify(texts) if isinstance(v, nlp.Verdict)]
    with desk.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '256MB'")
        connection.execute("SET synchronous_commit = off")
        connection.execute("TRUNCATE monitoring_mention, desk_case, town_hourcount CASCADE")
        connection.execute(
            "INSERT INTO organisation_team (municipality_id, slug, name, central)"
            " SELECT id, 'team-' || n, 'Team ' || n, false FROM organisation_municipality,"
            " generate_series(3, %s) n WHERE slug = 'elzendrecht' ON CONFLICT DO NOTHING",
            [TEAMS],
        )
        connection.execute(_TEXTS)
        with connection.cursor().copy("COPY texts (text, lang, verdict) FROM STDIN") as copy:
            for text, verdict in zip(texts, verdicts, strict=True):
                copy.write_row((text, verdict["lang"], orjson.dumps(verdict).decode()))
        indexes = connection.execute(_INDEXES).fetchall()
        for index in indexes:
            connection.execute(f'DROP INDEX "{index["indexname"]}"')
        _run(connection, _MENTIONS, numbers)
        connection.execute(_LABELS)
        connection.execute("ANALYZE monitoring_mention, monitoring_labelset")
        _run(connection, _CASES, numbers)
        _run(connection, _AROUND, numbers)
        _run(connection, _SEQUENCES, numbers)
        for index in indexes:
            connection.execute(index["indexdef"])
    done = desk.python("-c", _RECOUNT)
    if done.returncode:
        raise RuntimeError(done.stderr)
    settle(desk)


def settle(desk: Desk) -> None:
    """What autovacuum does within minutes."""
    desk.query("VACUUM ANALYZE")
    desk.query("CHECKPOINT")


def open_all(desk: Desk) -> None:
    desk.query(
        "UPDATE desk_case SET state = 'open', closed_at = NULL, deadline = opened_at + '2 hours'"
        " WHERE state = 'closed'"
    )
    settle(desk)


def close_old(desk: Desk) -> None:
    desk.query(
        "UPDATE desk_case SET state = 'closed', closed_at = opened_at + interval '3 hours',"
        " deadline = NULL WHERE id <= %s",
        CASES - OPEN,
    )
    settle(desk)


def _run(connection: psycopg.Connection, statements: str, numbers: dict[str, int | str]) -> None:
    psycopg.ClientCursor(connection).execute(statements, numbers)
