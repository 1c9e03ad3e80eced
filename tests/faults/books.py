"""Compares the town's own memory with the desk's database, and the database with itself.

Each check returns what is wrong, in words that name it; an empty list is what should be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

import httpx

from tests.faults.answering import Accepted
from tests.running_desk import Desk
from webcare.demo import town

SHOWN = 8


def compare(desk: Desk, since: int, accepted: Iterable[Accepted]) -> list[str]:
    """Everything that is wrong with what happened after the town's post `since`."""
    return [
        *check_stored(desk, since),
        *check_triaged(desk),
        *check_cases(desk),
        *check_answers(desk, since, accepted),
        *check_sealed(desk),
        *check_counters(desk),
        *check_archive(desk),
    ]


def _name(what: str, found: Iterable[Any]) -> list[str]:
    found = list(found)
    shown = ", ".join(map(str, found[:SHOWN])) + (", …" if len(found) > SHOWN else "")
    return [f"{len(found)} {what}: {shown}"] if found else []


# --- the town's side


def find_expected(desk: Desk, since: int) -> dict[str, set[str]]:
    """Account handle → ids of the posts that its source should have seen."""
    expected = {}
    municipalities = set()
    for account in town.ACCOUNTS:
        asked = [{"mentions": account.handle}]
        if account.municipality not in municipalities:
            # A municipality's first account also follows its hashtag.
            asked.append({"tag": account.municipality})
            municipalities.add(account.municipality)
        posts = [
            post
            for one in asked
            for post in desk.town("GET", "posts", params={**one, "after": since})
            if "mentions" in one or post["visibility"] == "public"
        ]
        own = desk.town("GET", "replies", params={"handle": account.handle, "after": since})
        expected[account.handle] = {post["id"] for post in [*posts, *own]}
    return expected


def find_articles(desk: Desk) -> set[str]:
    feed = httpx.get(f"http://127.0.0.1:{desk.town_port}{town.NEWSPAPER_FEED}", trust_env=False)
    return {guid.text or "" for guid in ElementTree.fromstring(feed.content).iter("guid")}


def _stored(desk: Desk) -> dict[str, Counter[str]]:
    """Account handle (or "" for the newspaper) → platform id → how often it is stored."""
    rows = desk.query(
        "SELECT coalesce(a.handle, '') AS handle, m.platform_id FROM monitoring_mention m"
        " LEFT JOIN organisation_account a ON a.source_id = m.source_id"
    )
    stored: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        stored[row["handle"].lstrip("@").split("@")[0]][row["platform_id"]] += 1
    return stored


def find_missing(desk: Desk, since: int) -> list[str]:
    """Posts and articles that were published and are not stored (yet)."""
    stored, expected = _stored(desk), find_expected(desk, since)
    missing = [
        f"{handle}/{post}"
        for handle, posts in expected.items()
        for post in sorted(posts - stored[handle].keys())
    ]
    return missing + sorted(f"krant/{guid}" for guid in find_articles(desk) - stored[""].keys())


def check_stored(desk: Desk, since: int) -> list[str]:
    stored = _stored(desk)
    twice = (f"{h}/{p}" for h, posts in stored.items() for p, n in posts.items() if n > 1)
    published = {post["id"] for what in ("posts", "replies") for post in desk.town("GET", what)}
    invented = (f"{h}/{p}" for h, posts in stored.items() if h for p in posts if p not in published)
    return [
        *_name("published posts are not stored", find_missing(desk, since)),
        *_name("posts are stored twice", twice),
        *_name("stored posts were never published", invented),
    ]


# --- the desk's side


def _ids(desk: Desk, statement: str) -> list[Any]:
    return [next(iter(row.values())) for row in desk.query(statement)]


def check_triaged(desk: Desk) -> list[str]:
    waiting = "SELECT mention_id FROM monitoring_waiting"
    undecided = """
        SELECT m.id FROM monitoring_mention m LEFT JOIN desk_triage t ON t.mention_id = m.id
        WHERE t.mention_id IS NULL"""
    homeless = """
        SELECT m.id FROM monitoring_mention m
        JOIN monitoring_source s ON s.id = m.source_id JOIN desk_triage t ON t.mention_id = m.id
        WHERE m.direct AND NOT m.own
            -- What was asked long before the account was linked opens nothing.
            AND NOT (t.outcome = 'before_us' AND m.posted_at < s.created_at)
            AND (SELECT count(*) FROM desk_casemessage c WHERE c.mention_id = m.id) <> 1"""
    disagreeing = """
        SELECT t.mention_id FROM desk_triage t JOIN desk_casemessage c USING (mention_id)
        WHERE t.case_id IS DISTINCT FROM c.case_id AND t.outcome <> 'own'"""
    torn = """
        SELECT child.id FROM monitoring_mention child
        JOIN monitoring_mention parent
            ON parent.source_id = child.source_id AND parent.platform_id = child.in_reply_to
        JOIN desk_casemessage c ON c.mention_id = child.id
        JOIN desk_casemessage p ON p.mention_id = parent.id
        WHERE c.case_id <> p.case_id"""
    unread = """
        SELECT m.id FROM monitoring_mention m
        WHERE NOT m.own AND NOT EXISTS (
            SELECT FROM monitoring_labelset l WHERE l.mention_id = m.id AND l.current)"""
    return [
        *_name("mentions still wait", _ids(desk, waiting)),
        *_name("mentions were never triaged", _ids(desk, undecided)),
        *_name("direct mentions are not in exactly one case", _ids(desk, homeless)),
        *_name("mentions are in another case than triage says", _ids(desk, disagreeing)),
        *_name("mentions are in another case than what they answer", _ids(desk, torn)),
        *_name("mentions were left unread", _ids(desk, unread)),
    ]


def check_cases(desk: Desk) -> list[str]:
    counted = """
        SELECT c.id FROM desk_case c
        WHERE c.message_count <> (
            SELECT count(*) FROM desk_casemessage x JOIN monitoring_mention m ON m.id = x.mention_id
            WHERE x.case_id = c.id AND NOT m.own)"""
    due = """
        SELECT c.id FROM desk_case c
        WHERE c.deadline IS DISTINCT FROM CASE WHEN c.state = 'open' THEN
            (SELECT min(k.due_at) FROM desk_clock k
             WHERE k.case_id = c.id AND k.stopped_at IS NULL) END"""
    newest = """
        SELECT c.id FROM desk_case c
        WHERE c.last_message_at <> (
            SELECT max(m.posted_at) FROM desk_casemessage x
            JOIN monitoring_mention m ON m.id = x.mention_id WHERE x.case_id = c.id)"""
    clocks = """
        SELECT c.id FROM desk_case c
        WHERE (SELECT count(DISTINCT k.kind) FROM desk_clock k
               WHERE k.case_id = c.id AND k.round = 1) <> 2"""
    opened = """
        SELECT c.id FROM desk_case c
        WHERE (SELECT count(*) FROM desk_caseevent e
               WHERE e.case_id = c.id AND e.kind = 'opened') <> 1"""
    return [
        *_name("cases count their messages wrong", _ids(desk, counted)),
        *_name("cases have another deadline than their clocks", _ids(desk, due)),
        *_name("cases have another newest message than their messages", _ids(desk, newest)),
        *_name("cases lack a clock", _ids(desk, clocks)),
        *_name("cases were not opened exactly once", _ids(desk, opened)),
    ]


def check_answers(desk: Desk, since: int, accepted: Iterable[Accepted]) -> list[str]:
    """Both sides of every answer: the colleague's, the desk's and the town's agree."""
    replies = {
        row["id"]: row
        for row in desk.query(
            "SELECT r.id, r.case_id, r.key::text, r.text, r.state, r.platform_id,"
            " m.platform_id AS parent FROM desk_reply r"
            " JOIN monitoring_mention m ON m.id = r.in_reply_to_id"
        )
    }
    told = {one.reply: one for one in accepted}
    published: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for post in desk.town("GET", "replies", params={"after": since}):
        published[post["idempotency_key"] or ""].append(post)
    wrong = []
    for reply in replies.values():
        posts = published.pop(reply["key"], [])
        if len(posts) != 1:
            wrong.append(f"reply {reply['id']} is {len(posts)} times on the platform")
        elif reply["state"] != "sent":
            wrong.append(f"reply {reply['id']} is on the platform and {reply['state']} here")
        elif posts[0]["id"] != reply["platform_id"]:
            wrong.append(f"reply {reply['id']} has another reference than on the platform")
        elif posts[0]["in_reply_to_id"] != reply["parent"]:
            wrong.append(f"reply {reply['id']} answers something else on the platform")
        elif reply["text"] not in posts[0]["text"]:
            wrong.append(f"reply {reply['id']} says something else on the platform")
    texts = Counter(reply["text"] for reply in replies.values())
    return [
        *_name("answers went wrong", wrong),
        *_name("answers are on the platform and nobody wrote them", published),
        *_name("accepted answers are gone", told.keys() - replies.keys()),
        *_name("answers exist that nobody was told of", replies.keys() - told.keys()),
        *_name("answers were accepted twice", (text for text, n in texts.items() if n > 1)),
        *_name(
            "answers are in another case",
            (r for r in told.keys() & replies.keys() if told[r].case != replies[r]["case_id"]),
        ),
    ]


def check_sealed(desk: Desk) -> list[str]:
    in_cases = """
        SELECT m.id FROM desk_casemessage c JOIN monitoring_mention m ON m.id = c.mention_id
        WHERE NOT m.own AND (
            SELECT count(*) FROM archive_record r WHERE r.subject_type = 'mention'
            AND r.subject_id = m.id AND r.kind = 'incoming') <> 1"""
    replies = """
        SELECT y.id FROM desk_reply y
        WHERE (SELECT count(*) FROM archive_record r WHERE r.subject_type = 'reply'
               AND r.subject_id = y.id AND r.kind = 'own_post')
            <> CASE WHEN y.state = 'sent' THEN 1 ELSE 0 END"""
    own = """
        SELECT m.id FROM monitoring_mention m
        WHERE m.own AND (SELECT count(*) FROM archive_record r
            WHERE r.kind = 'own_post' AND (
                r.subject_type = 'mention' AND r.subject_id = m.id
                OR r.subject_type = 'reply' AND r.subject_id = (
                    SELECT y.id FROM desk_reply y JOIN organisation_account a ON a.id = y.account_id
                    WHERE a.source_id = m.source_id AND y.platform_id = m.platform_id))) <> 1"""
    return [
        *_name("messages do not have exactly one archive record", _ids(desk, in_cases)),
        *_name("replies do not have exactly one archive record", _ids(desk, replies)),
        *_name("own posts do not have exactly one archive record", _ids(desk, own)),
    ]


_DRIFT = """
import django; django.setup()
from monitoring.town.counts import find_drift
for drift in find_drift(): print(drift)
"""


def check_counters(desk: Desk) -> list[str]:
    found = desk.python("-c", _DRIFT)
    assert found.returncode == 0, found.stderr
    return _name("counters of the town are off", found.stdout.splitlines())


def check_archive(desk: Desk) -> list[str]:
    found = desk.command("archive_verify")
    return [] if found.returncode == 0 else [f"archive_verify: {found.stdout}{found.stderr}"]
