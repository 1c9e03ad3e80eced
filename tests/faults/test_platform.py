"""The platform falters while an answer goes out: it is published once, and we know it."""

from __future__ import annotations

import itertools
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.answering import Colleague
from tests.running_desk import Desk, wait_until

pytestmark = pytest.mark.run

# A broken-off call has settled after 12 s here; the sweeper looks every 5 s.
SOON, LATER = 30, 90
_numbers = itertools.count(1)


def ask(desk: Desk) -> int:
    """A resident asks something; returns the case it opened."""
    text = f"@gemeente Wanneer wordt het grofvuil opgehaald? Vraag {next(_numbers)}"
    post = desk.town("POST", "posts", json={"text": text})
    return wait_until(lambda: find_case(desk, post["id"]), SOON, "a case for the question")


def find_case(desk: Desk, platform_id: str) -> int | None:
    rows = desk.query(
        "SELECT c.case_id FROM desk_casemessage c JOIN monitoring_mention m ON m.id = c.mention_id"
        " WHERE m.platform_id = %s",
        platform_id,
    )
    return rows[0]["case_id"] if rows else None


def answer(sanne: Colleague, case: int) -> int:
    """Send an answer; returns its number."""
    sanne.answer(case)
    assert sanne.accepted[-1].case == case
    return sanne.accepted[-1].reply


def read_reply(desk: Desk, reply: int) -> dict[str, Any]:
    (row,) = desk.query(
        "SELECT state, trouble, platform_id, key::text FROM desk_reply WHERE id = %s", reply
    )
    return row


def find_published(desk: Desk, reply: int) -> list[str]:
    key = read_reply(desk, reply)["key"]
    return [p["id"] for p in desk.town("GET", "replies") if p["idempotency_key"] == key]


def has_state(desk: Desk, reply: int, state: str) -> bool:
    return read_reply(desk, reply)["state"] == state


def wait_until_sent(desk: Desk, reply: int) -> None:
    wait_until(lambda: has_state(desk, reply, "sent"), LATER, f"reply {reply} is sent")


def check_once(desk: Desk, reply: int) -> None:
    """On the platform once, under the name we have for it, and sealed once."""
    assert find_published(desk, reply) == [read_reply(desk, reply)["platform_id"]]
    records = desk.query(
        "SELECT id FROM archive_record WHERE subject_type = 'reply' AND subject_id = %s", reply
    )
    assert len(records) == 1


def test_an_answer_whose_confirmation_was_lost_is_found_and_not_sent_again(
    desk: Desk, sanne: Colleague
) -> None:
    case = ask(desk)
    desk.town("POST", "faults", json={"publish_lost": 1})
    reply = answer(sanne, case)
    wait_until_sent(desk, reply)
    check_once(desk, reply)


def test_an_answer_is_found_when_its_worker_died_before_the_confirmation(
    desk: Desk, sanne: Colleague
) -> None:
    case = ask(desk)
    desk.town("POST", "faults", json={"publish_lost": 1})
    reply = answer(sanne, case)
    wait_until(lambda: find_published(desk, reply), SOON, "the platform has the answer")
    os.kill(desk.find_programs()["direct"].pid, signal.SIGKILL)
    wait_until_sent(desk, reply)
    check_once(desk, reply)


def test_an_answer_that_met_an_error_of_the_platform_is_looked_for_and_sent_again(
    desk: Desk, sanne: Colleague
) -> None:
    case = ask(desk)
    desk.town("POST", "faults", json={"publish_500": 1})
    reply = answer(sanne, case)
    wait_until_sent(desk, reply)
    check_once(desk, reply)
    outcomes = desk.query("SELECT outcome FROM desk_attempt WHERE reply_id = %s ORDER BY id", reply)
    assert [row["outcome"] for row in outcomes] == ["unknown", "sent"]


def test_an_answer_waits_as_long_as_the_platform_asks(desk: Desk, sanne: Colleague) -> None:
    case = ask(desk)
    desk.town("POST", "faults", json={"publish_429": 1})
    reply = answer(sanne, case)
    wait_until(lambda: read_reply(desk, reply)["trouble"], SOON, "the platform said: not now")
    assert has_state(desk, reply, "queued")
    waits = desk.query("SELECT send_at > now() + '30 s' AS late FROM desk_reply WHERE id=%s", reply)
    assert waits == [{"late": True}]
    # The minute the platform asked for has passed.
    desk.query("UPDATE desk_reply SET send_at = now() WHERE id = %s", reply)
    wait_until_sent(desk, reply)
    check_once(desk, reply)


def test_a_platform_that_is_silent_for_twenty_seconds_delays_and_loses_nothing(
    desk: Desk, sanne: Colleague
) -> None:
    case = ask(desk)
    desk.town("POST", "faults", json={"silent": 20, "drop_streams": True})
    reply = answer(sanne, case)
    post = desk.town("POST", "posts", json={"text": "@gemeente Is het zwembad zondag open?"})
    wait_until_sent(desk, reply)
    check_once(desk, reply)
    wait_until(lambda: find_case(desk, post["id"]), LATER, "the question asked in the silence")


def test_a_silent_platform_keeps_no_question_from_another_one_waiting(
    desk: Desk, sanne: Colleague, tmp_path: Path
) -> None:
    cases = [ask(desk) for _ in range(8)]
    desk.town("POST", "faults", json={"silent": 40})
    replies = [answer(sanne, case) for case in cases]
    trying = "SELECT id FROM desk_attempt WHERE finished_at IS NULL"
    wait_until(lambda: desk.query(trying), SOON, "an answer is on its way")
    letter = {"text": "Wanneer gaat de markt open?", "posted_at": "2026-01-05T12:00:00+01:00"}
    (tmp_path / "post.jsonl").write_text(json.dumps({**letter, "direct": True, "id": "brief-1"}))
    done = desk.command(
        "import_mentions", str(tmp_path / "post.jsonl"), "--municipality", "elzendrecht"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: find_case(desk, "brief-1"), 5, "a case for the letter")
    desk.town("POST", "faults", json={"silent": 0})
    for reply in replies:
        wait_until_sent(desk, reply)
        check_once(desk, reply)
