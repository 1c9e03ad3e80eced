"""What the residents say: believable, different, invented, and as much as was asked."""

from __future__ import annotations

import re
import subprocess
import sys

import httpx
import pytest

from tests.webcare.demo.town_process import TownProcess, free_port, running_town, wait_for
from webcare.demo import reactions
from webcare.demo.residents import HABITS, MOODS, RESIDENTS
from webcare.demo.scenes import SCENES
from webcare.demo.storyteller import Storyteller, ordinary_pieces
from webcare.demo.texts import FOLDER, Piece, read_lists, read_pieces
from webcare.demo.town import FACILITIES, STREETS

PHONE = re.compile(r"\+31|\b0\d{1,3}[- ]?\d{6,8}\b|\b06[- ]?\d")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}")


def _every_piece() -> list[Piece]:
    scenes = [
        piece for scene in SCENES.values() if scene.texts for piece in read_pieces(scene.texts)
    ]
    return [*ordinary_pieces(), *scenes]


@pytest.mark.parametrize("scene", SCENES)
def test_two_thousand_posts_are_all_different(scene: str) -> None:
    teller = Storyteller(SCENES[scene], seed=7, said=set())
    texts = [teller.begin(n / 2_500, direct=n % 6 == 0).text for n in range(2_500)]
    assert len(set(texts)) == 2_500
    assert not any("{" in text for text in texts)


def test_the_same_seed_says_the_same() -> None:
    tellers = [Storyteller(SCENES["quiet-tuesday"], 11, set()) for _ in range(2)]
    first, second = ([one.begin(0, n % 5 == 0).text for n in range(300)] for one in tellers)
    assert first == second


def test_more_than_350_texts_are_written_by_hand() -> None:
    texts = [t.text for p in ordinary_pieces() for t in p.turns if t.speaker != "town"]
    assert len(set(texts)) == len(texts)
    assert len(texts) >= 350


def test_no_text_holds_an_email_address_or_a_phone_number() -> None:
    for path in FOLDER.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert not PHONE.search(text), path.name
        assert not EMAIL.search(text), path.name


def test_every_resident_is_one_of_a_kind() -> None:
    assert len({one.handle for one in RESIDENTS}) == len({one.name for one in RESIDENTS}) == 120
    assert {one.mood for one in RESIDENTS} == set(MOODS)
    assert {habit for one in RESIDENTS for habit in one.habits} == set(HABITS)
    assert {one.language for one in RESIDENTS} == {"nl", "en", "tr", "pl"}
    assert all(one.server == "" or one.server.endswith(".example") for one in RESIDENTS)


def test_the_town_is_large_enough() -> None:
    assert len(set(STREETS)) == len(STREETS) >= 80
    assert len(set(FACILITIES.values())) == len(FACILITIES)


def test_every_text_has_somebody_who_would_say_it() -> None:
    teller = Storyteller(SCENES["quiet-tuesday"], 1, set())
    for piece in _every_piece():
        assert len(teller.begin_with(piece).text) <= 500


def test_every_reaction_has_words_in_every_language() -> None:
    lists = read_lists("reactions")
    spoken = {*reactions.KINDS, "detail", "wait"} - {"like", "silence"}
    wanted = {f"{language} {kind}" for language in ("nl", "en", "tr", "pl") for kind in spoken}
    assert wanted == set(lists)


def test_a_play_makes_exactly_what_was_asked(town: TownProcess) -> None:
    before = town.ask("stats")["posts"]
    report = town.play(1_000, 5_000, react=False)
    assert (report["made"], report["done"], report["error"]) == (1_000, True, "")
    assert town.ask("stats")["posts"] == before + 1_000
    assert 0.13 < report["addressed"] / 1_000 < 0.17


def test_the_share_that_addresses_us_can_be_set(town: TownProcess) -> None:
    assert town.play(200, 5_000, direct=1.0, react=False)["addressed"] > 180
    assert town.play(200, 5_000, direct=0.0, react=False)["addressed"] == 0


def test_general_talk_carries_the_towns_tag(town: TownProcess) -> None:
    last = town.ask("posts")[-1]["id"]
    town.play(300, 5_000, react=False)
    general = [
        one
        for one in town.ask("posts", after=last)
        if not one["mentions"] and not one["in_reply_to_id"]
    ]
    assert len(general) > 100
    assert all("elzendrecht" in one["tags"] for one in general)


@pytest.mark.parametrize(
    "order",
    [{"scene": "zomer"}, {"posts": 0}, {"rate": 0}, {"rate": -1}, {"direct": 2}, {"speed": 3}],
)
def test_an_order_that_makes_no_sense_is_refused(town: TownProcess, order: dict[str, int]) -> None:
    answer = httpx.post(f"{town.url}/_town/play", json=order)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_a_web_page_cannot_give_orders(town: TownProcess) -> None:
    headers = {"Origin": "https://elders.example"}
    answer = httpx.post(f"{town.url}/_town/faults", json={"silent": 60}, headers=headers)
    assert answer.status_code == 403


def test_a_new_town_has_a_month_behind_it() -> None:
    with running_town(None, "--seed", "5") as town:
        posts, replies = town.ask("posts"), town.ask("replies")
        assert 200 <= len(posts) + len(replies) <= 330
        assert len(replies) >= 30
        days = {one["created_at"][:10] for one in posts}
        assert len(days) >= 20
        ids = [int(one["id"]) for one in posts]
        assert ids == sorted(ids)
        assert not any("{" in one["text"] for one in [*posts, *replies])


def test_residents_react_to_an_answer() -> None:
    with running_town() as town, town.client() as client:
        asked = [one for one in town.ask("posts", mentions="gemeente")][-12:]
        for one in asked:
            client.post(
                "/api/v1/statuses",
                json={
                    "status": f"@{one['handle']} Op welk nummer is dat? ^SG",
                    "in_reply_to_id": one["id"],
                    "visibility": one["visibility"],
                },
            ).raise_for_status()
        answers = {one["id"] for one in town.ask("replies")}
        last = int(max(answers, key=int))
        reaction = wait_for(
            lambda: [one for one in town.ask("posts", after=last) if one["in_reply_to_id"]]
        )[0]
        assert reaction["in_reply_to_id"] in answers
        assert "gemeente" in reaction["mentions"]


def test_simulate_plays_and_says_how_it_went(town: TownProcess) -> None:
    done = _simulate("--posts", "40", "--rate", "400", "--town", town.url)
    assert done.returncode == 0
    assert "40 posts in" in done.stdout


def test_simulate_without_a_town_says_so() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = _simulate("--posts", "1", "--rate", "1", "--town", url)
    assert done.returncode != 0
    assert "The demo town does not answer" in done.stderr


def _simulate(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "simulate", *options],
        capture_output=True,
        text=True,
        check=False,
    )
