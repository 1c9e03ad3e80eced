"""What every registered platform promises, tried on real HTTP against recorded-style samples."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from monitoring.platforms import guarded
from monitoring.platforms.base import (
    AccessDenied,
    Capabilities,
    Collector,
    DeliveryUnknown,
    Editor,
    Outgoing,
    PermanentError,
    PlatformError,
    Publisher,
    RetryAfter,
    Streamer,
)
from monitoring.platforms.registry import PLATFORMS, Platform, UnknownPlatform, get_platform
from tests.contracts.mastodon_server import TOKEN, MastodonServer
from tests.monitoring.platforms.local import (
    Answer,
    LocalServer,
    Respond,
    hang,
    hang_up,
    mumble,
    serving,
)

SAMPLES = Path(__file__).parent / "samples"
WORDS = "Dank u, wij komen morgen kijken. ^SG"


@dataclass(frozen=True)
class Setup:
    """How a platform is tried: a server with its samples, its settings, a post to answer."""

    server: Callable[[], Respond]
    settings: Callable[[str], dict[str, Any]]
    answered: str = ""


def _newspaper() -> Respond:
    body = (SAMPLES / "rss" / "newspaper.xml").read_bytes()
    return lambda request: Answer(200, body, {"Content-Type": "application/rss+xml"})


SETUPS = {
    "mastodon": Setup(
        MastodonServer,
        lambda url: {"base_url": url, "access_token": TOKEN, "terms": ["#elzendrecht", "brug"]},
        answered="113500000000000001",
    ),
    "rss": Setup(_newspaper, lambda url: {"url": f"{url}/rss"}),
}
ONLINE = [p for p in PLATFORMS.values() if not p.offline]
PUBLISHERS = [p for p in ONLINE if p.capabilities.publishes]
OFFLINE = [p for p in PLATFORMS.values() if p.offline]


def each(platforms: list[Platform]) -> Any:
    return pytest.mark.parametrize("platform", platforms, ids=lambda platform: platform.name)


@pytest.fixture
def server(platform: Platform) -> Iterator[LocalServer]:
    with serving(SETUPS[platform.name].server()) as server:
        yield server


@pytest.fixture
def adapter(platform: Platform, server: LocalServer) -> Iterator[Any]:
    settings = SETUPS[platform.name].settings(server.url)
    with closing(platform.make(platform.config(**settings), allow=server.allow)) as adapter:
        yield adapter


@pytest.fixture
def outgoing(platform: Platform) -> Outgoing:
    return Outgoing(WORDS, key=str(uuid.uuid4()), in_reply_to=SETUPS[platform.name].answered)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds of waiting prove no more than one does."""
    monkeypatch.setattr(guarded, "TOTAL_SECONDS", 1.0)


def test_every_online_platform_brings_its_samples() -> None:
    assert {platform.name for platform in ONLINE} == set(SETUPS)


def test_every_platform_goes_by_its_own_name() -> None:
    assert all(name == platform.name for name, platform in PLATFORMS.items())


def test_an_unknown_platform_is_named_together_with_the_known_ones() -> None:
    with pytest.raises(UnknownPlatform, match="no platform is called 'hyves'; known are mastodon"):
        get_platform("hyves")


def test_the_platforms_need_no_django() -> None:
    asked = "import sys, monitoring.platforms.registry; print('django' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


@each(OFFLINE)
def test_an_offline_platform_can_do_nothing_by_itself(platform: Platform) -> None:
    assert platform.capabilities == Capabilities()
    with pytest.raises(PermanentError, match="entered by hand or imported"):
        platform.make(platform.config())


@each(ONLINE)
def test_another_platforms_settings_are_refused(platform: Platform) -> None:
    with pytest.raises(TypeError):
        platform.make(OFFLINE[0].config())


@each(list(PLATFORMS.values()))
def test_settings_with_an_unknown_key_are_refused(platform: Platform) -> None:
    setup = SETUPS.get(platform.name)
    settings = setup.settings("https://plein.example") if setup else {}
    platform.config(**settings)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        platform.config(**settings, acces_token="x")


@each(ONLINE)
def test_secrets_are_never_shown(platform: Platform, server: LocalServer, adapter: Any) -> None:
    settings = SETUPS[platform.name].settings(server.url)
    config = platform.config(**settings)
    secrets = [v for v in dict(config).values() if isinstance(v, SecretStr)]
    shown = f"{config!r} {config} {config.model_dump()} {config.model_dump_json()} {adapter!r}"
    assert not any(secret.get_secret_value() in shown for secret in secrets)
    named = [n for n in platform.config.model_fields if "token" in n or "password" in n]
    assert len(secrets) == len(named)


@each(ONLINE)
def test_capabilities_say_what_the_adapter_is(platform: Platform, adapter: Any) -> None:
    can = platform.capabilities
    assert adapter.capabilities == can
    assert isinstance(adapter, Collector) == can.collects
    assert isinstance(adapter, Streamer) == can.streams
    assert isinstance(adapter, Publisher) == can.publishes == can.finds_published
    assert isinstance(adapter, Editor) == (can.edit and can.delete)
    assert (can.length is not None) == can.publishes


@each(ONLINE)
def test_the_same_cursor_gives_the_same_posts(adapter: Any) -> None:
    first, second = adapter.fetch({}), adapter.fetch({})
    assert first.posts
    assert [(post.id, post.change) for post in first.posts] == [
        (post.id, post.change) for post in second.posts
    ]


@each(ONLINE)
def test_posts_come_once_and_oldest_first(adapter: Any) -> None:
    page = adapter.fetch({})
    assert len({post.id for post in page.posts}) == len(page.posts)
    assert [p.posted_at for p in page.posts] == sorted(p.posted_at for p in page.posts)
    assert page.problems == ()


@each(ONLINE)
def test_posts_are_plain_text_with_a_time_zone_and_web_links(adapter: Any) -> None:
    for post in adapter.fetch({}).posts:
        assert post.id
        assert post.text
        assert "<" not in post.text
        assert post.posted_at.utcoffset() is not None
        assert post.url == "" or post.url.startswith(("http://", "https://"))


@each(ONLINE)
def test_payload_and_cursor_are_json_and_the_stored_cursor_goes_on(adapter: Any) -> None:
    page = adapter.fetch({})
    for post in page.posts:
        assert json.loads(json.dumps(dict(post.raw)))
    cursor = json.loads(json.dumps(dict(page.cursor)))
    again = adapter.fetch(cursor)
    assert again.posts == ()
    assert again.more is False


@each(ONLINE)
def test_an_address_that_is_not_public_is_refused(platform: Platform, server: LocalServer) -> None:
    settings = SETUPS[platform.name].settings(server.url)
    with pytest.raises(PermanentError, match=r"public|https"):
        platform.make(platform.config(**settings)).fetch({})
    assert server.received == []


@each(ONLINE)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, PermanentError),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, PermanentError),
        (410, PermanentError),
        (429, RetryAfter),
        (500, RetryAfter),
        (503, RetryAfter),
    ],
)
def test_a_refused_fetch_is_a_typed_error(
    adapter: Any, server: LocalServer, status: int, error: type[PlatformError]
) -> None:
    server.broken["*"] = Answer(status, '{"error": "no"}')
    with pytest.raises(PlatformError) as raised:
        adapter.fetch({})
    assert type(raised.value) is error
    assert TOKEN not in str(raised.value)


@each(ONLINE)
def test_a_fetch_waits_as_long_as_the_server_asks(adapter: Any, server: LocalServer) -> None:
    server.broken["*"] = Answer(429, "", {"Retry-After": "120"})
    with pytest.raises(RetryAfter) as raised:
        adapter.fetch({})
    assert raised.value.seconds == 120


@each(ONLINE)
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("misbehave", [hang, hang_up, mumble])
def test_a_fetch_without_an_answer_is_tried_again(
    adapter: Any, server: LocalServer, misbehave: Any
) -> None:
    server.broken["*"] = Answer(misbehave=misbehave)
    with pytest.raises(RetryAfter):
        adapter.fetch({})


@each(ONLINE)
def test_a_fetch_from_a_closed_door_is_tried_again(adapter: Any, server: LocalServer) -> None:
    server.close()
    with pytest.raises(RetryAfter):
        adapter.fetch({})


@each(ONLINE)
@pytest.mark.parametrize("garbage", [b"", b"\x00\xff\xfe", b"[1, 2]", b'{"id": []}', b"[" * 99_999])
def test_a_fetch_of_garbage_is_a_typed_error(
    adapter: Any, server: LocalServer, garbage: bytes
) -> None:
    server.broken["*"] = Answer(200, garbage)
    with pytest.raises(PlatformError):
        adapter.fetch({})


@each(ONLINE)
def test_after_a_failure_the_same_cursor_loses_nothing(adapter: Any, server: LocalServer) -> None:
    expected = [post.id for post in adapter.fetch({}).posts]
    server.broken["*"] = Answer(500)
    with pytest.raises(RetryAfter):
        adapter.fetch({})
    server.broken.clear()
    assert [post.id for post in adapter.fetch({}).posts] == expected


@each(PUBLISHERS)
def test_the_same_key_publishes_once(adapter: Any, outgoing: Outgoing) -> None:
    first, second = adapter.publish(outgoing), adapter.publish(outgoing)
    assert first.id == second.id
    assert first.url.startswith("https://")
    assert first.published_at.utcoffset() is not None


@each(PUBLISHERS)
def test_what_was_published_is_found_and_what_was_not_is_not(
    adapter: Any, outgoing: Outgoing
) -> None:
    assert adapter.find_published(outgoing) is None
    reference = adapter.publish(outgoing)
    found = adapter.find_published(outgoing)
    assert found is not None
    assert found.id == reference.id


@each(PUBLISHERS)
def test_our_own_post_comes_back_as_our_own(adapter: Any, outgoing: Outgoing) -> None:
    page = adapter.fetch({})
    reference = adapter.publish(outgoing)
    back = adapter.fetch(page.cursor).posts
    assert [(post.id, post.own, post.direct) for post in back] == [(reference.id, True, False)]
    assert WORDS in back[0].text
    assert back[0].in_reply_to == outgoing.in_reply_to


@each(PUBLISHERS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AccessDenied),
        (403, AccessDenied),
        (404, PermanentError),
        (422, PermanentError),
        (429, RetryAfter),
        (500, DeliveryUnknown),
        (502, DeliveryUnknown),
        (504, DeliveryUnknown),
    ],
)
def test_a_refused_post_is_a_typed_error(
    adapter: Any,
    server: LocalServer,
    outgoing: Outgoing,
    status: int,
    error: type[PlatformError],
) -> None:
    server.broken["POST"] = Answer(status, '{"error": "no"}')
    with pytest.raises(PlatformError) as raised:
        adapter.publish(outgoing)
    assert type(raised.value) is error
    assert TOKEN not in str(raised.value)
    assert WORDS not in str(raised.value)


@each(PUBLISHERS)
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "answer",
    [
        Answer(misbehave=hang),
        Answer(misbehave=hang_up),
        Answer(misbehave=mumble),
        Answer(200, b""),
        Answer(200, b"<html>"),
        Answer(200, b"{}"),
        Answer(200, b"[]"),
        Answer(302, b"", {"Location": "/elsewhere"}),
    ],
    ids=["hang", "hang up", "mumble", "nothing", "a page", "no id", "a list", "a redirect"],
)
def test_a_post_without_a_usable_answer_is_unknown_never_retried(
    adapter: Any, server: LocalServer, outgoing: Outgoing, answer: Answer
) -> None:
    server.broken["POST"] = answer
    with pytest.raises(DeliveryUnknown):
        adapter.publish(outgoing)
    assert [request.method for request in server.received].count("POST") == 1


@each(PUBLISHERS)
def test_a_post_that_never_left_may_be_tried_again(
    adapter: Any, server: LocalServer, outgoing: Outgoing
) -> None:
    server.close()
    with pytest.raises(RetryAfter):
        adapter.publish(outgoing)


@each(PUBLISHERS)
def test_a_post_that_is_too_long_is_refused_before_it_is_sent(
    adapter: Any, server: LocalServer, outgoing: Outgoing
) -> None:
    too_long = Outgoing("x" * 20_000, key=outgoing.key, in_reply_to=outgoing.in_reply_to)
    with pytest.raises(PermanentError, match="20"):
        adapter.publish(too_long)
    assert "POST" not in [request.method for request in server.received]
