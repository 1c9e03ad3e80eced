from __future__ import annotations

from typing import Any

import pytest

from monitoring.platforms.base import AccessDenied, LengthRule
from tests.contracts.mastodon_server import TOKEN, MastodonServer
from tests.monitoring.platforms.local import Answer, Request, as_json
from tests.monitoring.platforms.mastodon_cast import fetch_all, municipality


@pytest.fixture
def town() -> MastodonServer:
    return MastodonServer()


def fetched(town: MastodonServer, **settings: Any) -> dict[str, Any]:
    with municipality(town, **settings) as (_, adapter):
        return {post.id[-3:].lstrip("0"): post for post in adapter.fetch({}).posts}


def test_a_question_is_read_as_people_read_it(town: MastodonServer) -> None:
    question = fetched(town)["1"]
    assert question.text == (
        "@gemeente@plein.example de lantaarn voor Lindehof 92 is al een week kapot. "
        "Wanneer komt er iemand?\n\n"
        "Zie https://buurt.example/lindehof/lantaarn?foto=3 #verlichting"
    )
    assert question.author.handle == "@ria@plein.example"
    assert question.author.followers == 120
    assert question.posted_at.isoformat() == "2026-11-20T13:17:00+00:00"
    assert question.url == "https://plein.example/@ria/113500000000000001"
    assert question.lang == "nl"
    assert question.media[0].alt == "Een donkere straat met een lantaarnpaal"
    assert (question.direct, question.private, question.own) == (True, False, False)
    assert question.conversation == question.id
    assert question.raw["content"].startswith("<p>")


def test_handles_of_elsewhere_keep_their_own_server_and_emoji_stay(town: MastodonServer) -> None:
    answer = fetched(town)["2"]
    assert (
        answer.text
        == "@gemeente@plein.example @ria@plein.example bij ons ook\nal drie dagen :zucht:"
    )
    assert answer.author.handle == "@tom@elders.example"
    assert (answer.in_reply_to, answer.conversation) == ("113500000000000001", "")


def test_a_private_message_is_direct_and_private(town: MastodonServer) -> None:
    message = fetched(town)["3"]
    assert (message.direct, message.private) == (True, True)


def test_a_reply_of_only_emoji_without_a_mention_is_direct(town: MastodonServer) -> None:
    reply = fetched(town)["4"]
    assert (reply.text, reply.direct) == ("🎉🎉👩‍👩‍👧", True)


def test_what_a_watched_hashtag_finds_is_general(town: MastodonServer) -> None:
    with municipality(town, terms=["#elzendrecht"]) as (_, adapter):
        found = [p for p in adapter.fetch({}).posts if not (p.direct or p.own)]
    assert [post.text for post in found] == ["Prachtig licht vanochtend #elzendrecht"]


def test_a_post_found_in_three_ways_comes_once(town: MastodonServer) -> None:
    with municipality(town, terms=["#verlichting", "lantaarn", "Lindehof"]) as (_, adapter):
        ids = [post.id for post in adapter.fetch({}).posts]
    assert ids.count("113500000000000001") == 1


def test_a_burst_is_fetched_whole_with_min_id(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        cursor = adapter.fetch({}).cursor
        server.received.clear()
        sent = [town.mention(number)["id"] for number in range(100, 305)]
        posts, cursor = fetch_all(adapter, cursor)
        assert [post.id for post in posts] == sent
        asked = [r.query for r in server.received if r.path == "/api/v1/notifications"]
        assert {"min_id", "limit"} <= {name for query in asked for name in query}
        assert not any("since_id" in query for query in asked)
        assert adapter.fetch(cursor).posts == ()


def test_a_quiet_fetch_costs_one_request_per_timeline(town: MastodonServer) -> None:
    with municipality(town) as (_, adapter):
        cursor = adapter.fetch({}).cursor
    with municipality(town) as (server, adapter):
        adapter.fetch(cursor)
        assert len(server.received) == 2


def test_a_cursor_of_another_account_does_not_say_who_we_are(town: MastodonServer) -> None:
    with municipality(town) as (_, adapter):
        cursor = adapter.fetch({}).cursor
        assert TOKEN not in str(cursor)
        stale = {"us": {**cursor["us"], "token": "another", "account_id": "2001"}}
    with municipality(town) as (_, adapter):
        assert [p.id for p in adapter.fetch(stale).posts if p.own] == ["113400000000000001"]


def test_the_first_fetch_takes_a_bounded_history(town: MastodonServer) -> None:
    sent = [town.mention(number)["id"] for number in range(100, 400)]
    with municipality(town, history=120) as (_, adapter):
        posts, cursor = fetch_all(adapter, {})
        assert [p.id for p in posts if p.direct] == sent[-120:]
        town.mention(400)
        assert [post.id for post in adapter.fetch(cursor).posts] == [str(10**17 + 400)]


def test_an_account_that_was_empty_loses_nothing_of_its_first_burst(town: MastodonServer) -> None:
    town.notifications.clear()
    town.statuses.clear()
    with municipality(town, history=10) as (_, adapter):
        cursor = adapter.fetch({}).cursor
        sent = [town.mention(number)["id"] for number in range(100, 200)]
        posts, _ = fetch_all(adapter, cursor)
        assert [post.id for post in posts] == sent


def test_going_on_works_when_the_last_seen_notification_is_gone(town: MastodonServer) -> None:
    with municipality(town) as (_, adapter):
        cursor = adapter.fetch({}).cursor
        del town.notifications[-1]
        town.mention(100)
        assert str(10**17 + 100) in [post.id for post in fetch_all(adapter, cursor)[0]]


def test_an_edit_is_noticed_by_the_next_poll(town: MastodonServer) -> None:
    with municipality(town) as (_, adapter):
        cursor = adapter.fetch({}).cursor
        town.statuses["113500000000000001"] |= {
            "content": "<p>Al gemaakt!</p>",
            "edited_at": "2026-11-20T14:00:00.000Z",
        }
        town.notifications[0]["status"] = town.statuses["113500000000000001"]
        (edited,) = (page := adapter.fetch(cursor)).posts
        assert (edited.id, edited.change) == ("113500000000000001", "edited")
        assert edited.text == "Al gemaakt!"
        assert adapter.fetch(page.cursor).posts == ()


@pytest.mark.parametrize(
    ("status_id", "own"), [("113500000000000001", False), ("113400000000000001", True)]
)
def test_a_deletion_is_noticed_by_the_next_poll(
    town: MastodonServer, status_id: str, own: bool
) -> None:
    with municipality(town) as (_, adapter):
        cursor = adapter.fetch({}).cursor
        del town.statuses[status_id]
        town.notifications = [n for n in town.notifications if n["status"]["id"] != status_id]
        (deleted,) = (page := adapter.fetch(cursor)).posts
        assert (deleted.id, deleted.change, deleted.text) == (status_id, "deleted", "")
        assert deleted.own is own
        assert adapter.fetch(page.cursor).posts == ()


def test_a_dismissed_notification_is_no_deletion(town: MastodonServer) -> None:
    with municipality(town) as (_, adapter):
        cursor = adapter.fetch({}).cursor
        del town.notifications[0]
        assert adapter.fetch(cursor).posts == ()


def test_a_post_pushed_off_the_newest_page_is_no_deletion(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        cursor = adapter.fetch({}).cursor
        for number in range(100, 300):
            town.mention(number)
        _, cursor = fetch_all(adapter, cursor)
        server.received.clear()
        assert adapter.fetch(cursor).posts == ()
        assert not any("/statuses/1135" in request.path for request in server.received)


def test_a_refused_term_is_a_problem_told_and_what_residents_ask_comes_in(
    town: MastodonServer,
) -> None:
    def without_search(request: Request) -> Answer:
        if request.path == "/api/v2/search":
            return as_json({"error": "This action is outside the authorized scopes"}, 403)
        return town(request)

    with municipality(town, terms=["brug"]) as (server, adapter):
        server.respond = without_search
        page = adapter.fetch({})
        assert len([post for post in page.posts if post.direct]) == 4
        assert page.problems == ("brug: 127.0.0.1 refuses our access (403)",)
        server.respond = town
        assert any("Steurbrug" in post.text for post in adapter.fetch(page.cursor).posts)


def test_a_burst_in_a_search_is_read_by_offset(town: MastodonServer) -> None:
    with municipality(town, terms=["ijsbaan"]) as (_, adapter):
        cursor = adapter.fetch({}).cursor
        for number in range(100, 220):
            status = town.mention(number, "De ijsbaan gaat open")
            status["mentions"] = []
        town.notifications = town.notifications[:4]
        posts, cursor = fetch_all(adapter, cursor)
        assert len({post.id for post in posts}) == 120
        assert adapter.fetch(cursor).posts == ()


def test_a_post_of_20_000_characters_comes_whole(town: MastodonServer) -> None:
    town.mention(100, "woord " * 4_000)
    with municipality(town) as (_, adapter):
        post = next(p for p in adapter.fetch({}).posts if p.id.endswith("100"))
    assert len(post.text) == len("woord " * 4_000) - 1


def test_hostile_markup_becomes_words(town: MastodonServer) -> None:
    town.mention(
        100,
        "<script>alert(1)</script><a href='javascript:alert(1)'>klik</a><img src=x onerror=y>",
        url="javascript:alert(1)",
        uri="file:///etc/passwd",
        media_attachments=[{"type": "image", "url": "javascript:alert(1)"}],
    )
    with municipality(town) as (_, adapter):
        post = next(p for p in adapter.fetch({}).posts if p.id.endswith("100"))
    assert (post.text, post.url, post.media) == ("klik", "", ())


@pytest.mark.parametrize(
    "fields",
    [
        {"account": None},
        {"mentions": None},
        {"content": None},
        {"created_at": "yesterday"},
        {"media_attachments": [None, 7]},
        {"language": None, "visibility": None},
        {"content": "a\x00b\ud83d"},
        {"account": {"id": 7, "acct": None, "followers_count": "many"}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_status_with_odd_parts_is_still_read(town: MastodonServer, fields: Any) -> None:
    town.mention(100, **fields)
    with municipality(town) as (_, adapter):
        post = next(p for p in adapter.fetch({}).posts if p.id.endswith("100"))
    assert post.posted_at.utcoffset() is not None
    assert f"{post.text}{post.author}{post.raw}".encode()


def test_a_thread_is_read_around_a_post(town: MastodonServer) -> None:
    with municipality(town) as (_, adapter):
        before, *after = adapter.context("113500000000000004")
        assert (before.id, before.own) == ("113400000000000001", True)
        assert after == []
        assert before.conversation == "113400000000000001"
        (reply,) = adapter.context("113500000000000001")
        assert (reply.id, reply.conversation) == ("113500000000000002", "113500000000000001")


def test_the_server_decides_how_long_a_post_may_be(town: MastodonServer) -> None:
    statuses = {"max_characters": 5000, "characters_reserved_per_url": 25}
    town.instance["configuration"]["statuses"] = statuses
    with municipality(town) as (_, adapter):
        assert adapter.length_rule() == LengthRule(5000, 25)


@pytest.mark.parametrize("instance", [{}, {"configuration": None}, {"domain": 7}])
def test_a_server_that_says_little_gets_the_usual_numbers(
    town: MastodonServer, instance: dict[str, Any]
) -> None:
    town.instance = instance
    with municipality(town) as (_, adapter):
        assert adapter.length_rule() == LengthRule(500, 23)
        assert adapter.whoami().handle == "@gemeente@127.0.0.1"


def test_a_refused_token_pauses_the_account(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        server.broken["*"] = Answer(401)
        with pytest.raises(AccessDenied):
            adapter.whoami()


def test_answers_stay_the_json_the_server_sent(town: MastodonServer) -> None:
    """Mastodon.py would turn moments into datetimes and ids into numbers with methods."""
    with municipality(town) as (_, adapter):
        raw = next(p for p in adapter.fetch({}).posts if p.id == "113500000000000001").raw
    assert raw == town.statuses["113500000000000001"]
    assert type(raw["created_at"]) is str
