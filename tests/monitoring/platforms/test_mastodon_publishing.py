from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from monitoring.platforms.addresses import AddressRefused
from monitoring.platforms.base import LengthRule, Outgoing, PermanentError, RetryAfter
from monitoring.platforms.mastodon.adapter import MastodonAdapter
from monitoring.platforms.mastodon.config import MastodonConfig
from monitoring.platforms.mastodon.payloads import address_to, measure, same_words, stricter
from tests.contracts.mastodon_server import MastodonServer
from tests.monitoring.platforms.local import Answer, LocalServer, serving
from tests.monitoring.platforms.mastodon_cast import municipality

QUESTION, FROM_TOM, PRIVATE = (f"11350000000000000{n}" for n in (1, 2, 3))
OURS = "113400000000000001"


@pytest.fixture
def town() -> MastodonServer:
    return MastodonServer()


def posted(server: LocalServer) -> list[dict[str, str]]:
    forms = [r.form() for r in server.received if r.method in ("POST", "PUT")]
    return [{name: values[0] for name, values in form.items()} for form in forms]


def test_an_answer_carries_key_parent_language_and_the_handle_it_answers(
    town: MastodonServer,
) -> None:
    with municipality(town) as (server, adapter):
        adapter.publish(Outgoing("Wij komen kijken. ^SG", key="k-1", in_reply_to=FROM_TOM))
        (form,) = posted(server)
        assert form["status"] == "@tom@elders.example Wij komen kijken. ^SG"
        assert form["in_reply_to_id"] == FROM_TOM
        assert (form["visibility"], form["language"]) == ("public", "nl")
        assert server.received[-1].headers["Idempotency-Key"] == "k-1"


@pytest.mark.parametrize("text", ["@ria dank!", "Dank @Ria@plein.example!", "dank, @RIA"])
def test_a_handle_that_is_there_is_not_put_in_again(text: str) -> None:
    assert address_to(text, ["@ria@plein.example"]) == text


@pytest.mark.parametrize("text", ["dank", "@ria_2 dank", "mail ria@ria.example", "zie a/@ria"])
def test_a_handle_that_only_seems_to_be_there_is_put_in(text: str) -> None:
    assert address_to(text, ["@ria@plein.example"]) == f"@ria@plein.example {text}"


def test_the_second_part_of_an_answer_addresses_the_resident_again(town: MastodonServer) -> None:
    ria = {"id": "2001", "username": "ria", "acct": "ria", "url": "https://plein.example/@ria"}
    town.statuses[OURS]["mentions"] = [ria]
    with municipality(town) as (server, adapter):
        adapter.publish(Outgoing("(2/2) en dan dit", key="k", in_reply_to=OURS))
        assert posted(server)[0]["status"] == "@ria@plein.example (2/2) en dan dit"


def test_a_post_of_its_own_addresses_nobody(town: MastodonServer) -> None:
    with municipality(town, visibility="unlisted") as (server, adapter):
        adapter.publish(Outgoing("De brug is open", key="k"))
        (form,) = posted(server)
        assert (form["status"], form["visibility"]) == ("De brug is open", "unlisted")
        assert "in_reply_to_id" not in form


def test_a_private_answer_is_direct(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        adapter.publish(Outgoing("Belt u ons?", key="k", in_reply_to=QUESTION, private=True))
        assert posted(server)[0]["visibility"] == "direct"


def test_an_answer_is_never_more_public_than_the_question(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        adapter.publish(Outgoing("Belt u ons?", key="k", in_reply_to=PRIVATE, private=False))
        assert posted(server)[0]["visibility"] == "direct"


@pytest.mark.parametrize(
    ("one", "other", "strictest"),
    [
        ("public", "public", "public"),
        ("public", "unlisted", "unlisted"),
        ("private", "unlisted", "private"),
        ("direct", "public", "direct"),
        ("public", "limited", "direct"),
    ],
)
def test_the_stricter_visibility_holds(one: str, other: str, strictest: str) -> None:
    assert stricter(one, other) == strictest


def test_an_answer_to_a_post_that_is_gone_is_not_sent(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        with pytest.raises(PermanentError, match="404"):
            adapter.publish(Outgoing("Hallo", key="k", in_reply_to="999"))
        assert posted(server) == []


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hallo", 5),
        ("zie https://elzendrecht.example/een/heel/lang/adres?met=vragen", 27),
        ("@ria@een.heel.lange.server.example hoi", 8),
        ("é🎉", 2),
    ],
)
def test_length_is_counted_as_mastodon_counts(text: str, length: int) -> None:
    assert measure(text, LengthRule(500, 23)) == length


def test_what_just_fits_is_sent_and_the_handle_counts(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        adapter.publish(Outgoing("x" * 495, key="a", in_reply_to=FROM_TOM))
        with pytest.raises(PermanentError, match="counts 501 characters, 500 fit"):
            adapter.publish(Outgoing("x" * 496, key="b", in_reply_to=FROM_TOM))
        assert len(posted(server)) == 1


def test_the_servers_reason_for_refusing_a_text_is_told(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        server.broken["POST"] = Answer(422, '{"error": "Validation failed: no"}')
        with pytest.raises(PermanentError, match="422: Validation failed: no"):
            adapter.publish(Outgoing("Hallo", key="k"))


def test_a_rate_limit_waits_until_its_reset(town: MastodonServer) -> None:
    reset = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    with municipality(town) as (server, adapter):
        server.broken["POST"] = Answer(429, "{}", {"X-RateLimit-Reset": reset})
        with pytest.raises(RetryAfter) as raised:
            adapter.publish(Outgoing("Hallo", key="k"))
    assert 200 < raised.value.seconds < 302


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("@ria@plein.example Dank! ^SG", "Dank! ^SG"),
        ("@ria Dank!\n\nTot morgen", "Dank!  \nTot morgen "),
        ("caf\u00e9", "cafe\u0301"),
        ("zie https://a.nl/caf%C3%A9", "zie https://a.nl/café"),
        ("vraag @jan@elders.example", "vraag @jan"),
    ],
)
def test_our_words_are_recognised_as_the_server_gives_them_back(theirs: str, ours: str) -> None:
    assert same_words(theirs, ours)


def test_other_words_are_not_ours() -> None:
    assert not same_words("Er is geen ruzie gaande", "Er is een ruzie gaande")


def test_the_same_words_to_somebody_else_are_another_post(town: MastodonServer) -> None:
    with municipality(town) as (_, adapter):
        adapter.publish(Outgoing("Dank!", key="a", in_reply_to=QUESTION))
        assert adapter.find_published(Outgoing("Dank!", key="b", in_reply_to=FROM_TOM)) is None


def test_last_weeks_identical_post_is_not_this_one(town: MastodonServer) -> None:
    words = "Vanaf maandag is de Steurbrug dicht, ook voor fietsers. Kijk op "
    words += "https://elzendrecht.example/steurbrug ^SG"
    made = datetime(2026, 11, 19, 9, tzinfo=UTC)
    with municipality(town) as (_, adapter):
        found = adapter.find_published(Outgoing(words, key="k", not_before=made))
        assert found is not None
        assert found.id == OURS
        later = Outgoing(words, key="k", not_before=made + timedelta(days=1))
        assert adapter.find_published(later) is None


def test_an_edit_keeps_who_it_addresses_and_its_media(town: MastodonServer) -> None:
    ria = {"id": "2001", "username": "ria", "acct": "ria", "url": "https://plein.example/@ria"}
    town.statuses[OURS] |= {"mentions": [ria], "media_attachments": [{"id": "7001"}]}
    with municipality(town) as (server, adapter):
        reference = adapter.edit(OURS, "Toch open")
        (form,) = posted(server)
    assert reference.id == OURS
    assert form == {"status": "@ria@plein.example Toch open", "media_ids[]": "7001"}


def test_deleting_twice_is_deleting_once(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        adapter.delete(OURS)
        adapter.delete(OURS)
        assert [r.method for r in server.received].count("DELETE") == 1


def test_an_id_cannot_lead_to_another_page(town: MastodonServer) -> None:
    with municipality(town) as (server, adapter):
        with pytest.raises(PermanentError):
            adapter.context("../../v2/instance?x=")
        assert all("/statuses/" in request.path for request in server.received)


def test_a_redirect_cannot_lead_inside(town: MastodonServer) -> None:
    with (
        serving(lambda request: Answer(200, b"{}")) as secret,
        municipality(town) as (server, lured),
    ):
        target = f"http://localhost:{secret.port}/"
        server.broken["GET"] = Answer(302, b"", {"Location": target})
        with pytest.raises(AddressRefused):
            lured.whoami()
    assert secret.received == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://plein.example"])
def test_a_token_does_not_travel_unencrypted_to_an_unlisted_place(address: str) -> None:
    with pytest.raises(AddressRefused, match="over https"):
        MastodonAdapter(MastodonConfig(base_url=address, access_token="x"))


def test_a_private_server_is_refused_before_anything_is_sent() -> None:
    adapter = MastodonAdapter(MastodonConfig(base_url="https://2130706433", access_token="x"))
    with pytest.raises(AddressRefused, match="not a public address"):
        adapter.whoami()
    adapter.close()


def test_a_token_that_names_a_file_does_not_read_it(town: MastodonServer, tmp_path: Path) -> None:
    inside = tmp_path / "token"
    inside.write_text("crown-jewels")
    with serving(town) as server:
        config = MastodonConfig(base_url=server.url, access_token=str(inside))
        adapter = MastodonAdapter(config, allow=server.allow)
        with pytest.raises(PermanentError):
            adapter.whoami()
        adapter.close()
        assert server.received[0].headers["Authorization"] == f"Bearer {inside}"


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "plein.example/pad"},
        {"base_url": "ftp://plein.example"},
        {"base_url": "https://me:word@plein.example"},
        {"base_url": ""},
        {"access_token": ""},
        {"access_token": "two words"},
        {"access_token": "line\nbreak"},
        {"terms": ["#met-streepje"]},
        {"terms": [" "]},
        {"terms": ["x"] * 21},
        {"visibility": "private"},
        {"history": -1},
    ],
)
def test_a_typo_in_the_settings_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MastodonConfig(**({"base_url": "https://plein.example", "access_token": "x"} | settings))


def test_a_bare_name_is_reached_over_https() -> None:
    config = MastodonConfig(base_url=" plein.example/ ", access_token=" x ")
    assert config.base_url == "https://plein.example"
    assert config.access_token.get_secret_value() == "x"
