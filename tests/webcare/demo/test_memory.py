"""What the town acknowledged survives `kill -9`, each thing exactly once."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from tests.webcare.demo.town_process import TownProcess, running_town
from webcare.demo.journal import Journal, JournalBroken


def _publish_until_it_dies(town: TownProcess, acknowledged: dict[str, str]) -> None:
    with town.client() as client:
        for number in range(100_000):
            try:
                answer = client.post("/api/v1/statuses", json={"status": f"Bericht {number}"})
            except httpx.TransportError:
                return
            acknowledged[answer.json()["id"]] = f"Bericht {number}"


def test_everything_acknowledged_is_there_after_kill_9(tmp_path: Path) -> None:
    acknowledged: dict[str, str] = {}
    with running_town(tmp_path, "--limit", "0") as town:
        town.order("play", posts=20_000, rate=800)
        writer = threading.Thread(target=_publish_until_it_dies, args=(town, acknowledged))
        writer.start()
        while len(acknowledged) < 200 and writer.is_alive():
            writer.join(0.05)
        seen = {one["id"]: one["text"] for one in town.ask("posts")}
        town.kill()
        writer.join()
    with running_town(tmp_path) as town:
        replies = [(one["id"], one["text"]) for one in town.ask("replies")]
        posts = [(one["id"], one["text"]) for one in town.ask("posts")]
        assert len(acknowledged) >= 200
        assert acknowledged.items() <= dict(replies).items()
        assert seen.items() <= dict(posts).items()
        assert len(dict(replies)) == len(replies)
        assert len(dict(posts)) == len(posts)


def test_edits_deletions_keys_and_notifications_survive_a_restart(tmp_path: Path) -> None:
    key = {"Idempotency-Key": "blijft"}
    with running_town(tmp_path) as town, town.client() as client:
        first = client.post("/api/v1/statuses", json={"status": "Een"}, headers=key).json()
        client.put(f"/api/v1/statuses/{first['id']}", json={"status": "Twee"})
        gone = town.say("@gemeente straks weg")
        httpx.delete(f"{town.url}/_town/posts/{gone['id']}")
        town.say("@gemeente van een nieuwkomer", handle="nieuw_hier")
        before = client.get("/api/v1/notifications", params={"limit": 80}).json()
        town.kill()
    with running_town(tmp_path) as town, town.client() as client:
        again = client.post("/api/v1/statuses", json={"status": "Een"}, headers=key).json()
        assert again["id"] == first["id"]
        assert client.get(f"/api/v1/statuses/{first['id']}/source").json()["text"] == "Twee"
        assert client.get(f"/api/v1/statuses/{gone['id']}").status_code == 404
        after = client.get("/api/v1/notifications", params={"limit": 80}).json()
        assert [one["id"] for one in after] == [one["id"] for one in before]


def test_a_half_written_last_line_is_cut_off(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    list(journal.read())
    journal.note({"e": "one"})
    journal.close()
    with (tmp_path / "town.jsonl").open("ab") as file:
        file.write(b'{"e": "tw')
    again = Journal(tmp_path)
    assert list(again.read()) == [{"e": "one"}]
    again.note({"e": "three"})
    again.close()
    assert list(Journal(tmp_path).read()) == [{"e": "one"}, {"e": "three"}]


def test_a_damaged_line_stops_the_start_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "town.jsonl").write_text('{"e":"one"}\nscribble\n{"e":"two"}\n')
    with pytest.raises(JournalBroken, match=r"town\.jsonl, line 2"):
        list(Journal(tmp_path).read())
