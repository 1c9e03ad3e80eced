from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from monitoring.platforms import guarded
from monitoring.platforms.addresses import AddressRefused
from monitoring.platforms.base import PermanentError, RetryAfter
from tests.monitoring.platforms.local import Answer, LocalServer, Request, as_json, serving


@pytest.fixture
def secret() -> Iterator[LocalServer]:
    """A server inside that nobody listed."""
    with serving(lambda request: Answer(200, b"the crown jewels")) as server:
        yield server


def answering(*answers: Answer) -> Callable[[Request], Answer]:
    waiting = iter(answers)
    return lambda request: next(waiting)


def moved(to: str, status: int = 302) -> Answer:
    return Answer(status, b"", {"Location": to})


def fetch(server: LocalServer, path: str = "/", **options: Any) -> guarded.Fetched:
    return guarded.fetch(f"{server.url}{path}", allow=server.allow, **options)


def test_an_answer_is_returned_with_its_status_and_headers() -> None:
    with serving(lambda request: as_json({"a": 1}, 404, ETag='"7"')) as server:
        answer = fetch(server, "/x?y=1")
    assert (answer.status, answer.body, answer.headers["etag"]) == (404, b'{"a": 1}', '"7"')
    assert answer.url == f"{server.url}/x?y=1"


def test_it_says_who_it_is_and_asks_for_gzip_only() -> None:
    with serving(lambda request: Answer()) as server:
        fetch(server, headers={"Accept-Encoding": "br", "If-None-Match": '"1"'})
        (request,) = server.received
    assert request.headers["User-Agent"].startswith("Stadspraat/")
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.headers["If-None-Match"] == '"1"'


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://127.1:{port}/",
        "http://0:{port}/",
        "//127.0.0.1:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "https://192.168.0.1/",
        "http://user:word@127.0.0.1:{port}/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:{port}/",
        "javascript:alert(1)",
        "http://",
        "http://[",
        "http://\u2488\u2488:{port}/",
    ],
)
def test_no_redirect_leads_inside(secret: LocalServer, target: str) -> None:
    target = target.format(port=secret.port).encode("utf-8").decode("latin-1")
    with serving(lambda request: moved(target)) as server, pytest.raises(PermanentError):
        fetch(server)
    assert secret.received == []


def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch, secret: LocalServer
) -> None:
    """DNS rebinding: the name server first says something public, then something inside."""
    asked: list[str] = []
    connected: list[str] = []

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        address = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(RetryAfter):
        guarded.fetch(f"http://rebind.example:{secret.port}/")
    assert asked == ["rebind.example"]
    assert connected == ["8.8.8.8"]


def test_the_name_asked_for_is_the_host_told_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def resolve(host: str, *rest: Any, **named: Any) -> Any:
        return real("127.0.0.1" if host == "krant.example" else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with serving(lambda request: Answer()) as server:
        guarded.fetch(f"http://krant.example:{server.port}/", allow=["127.0.0.0/8"])
        assert server.received[0].headers["Host"] == f"krant.example:{server.port}"


def test_five_redirects_are_followed_and_six_are_not() -> None:
    with serving(answering(*[moved("/next")] * 5, Answer(200, b"here"))) as server:
        assert fetch(server).body == b"here"
    with (
        serving(lambda request: moved("/next")) as server,
        pytest.raises(PermanentError, match="more than 5 times"),
    ):
        fetch(server)
    assert len(server.received) == 6


def test_a_permanent_move_is_told_and_a_detour_is_not() -> None:
    with serving(answering(moved("/new", 301), moved("/newer", 308), Answer())) as server:
        assert fetch(server).moved_permanently_to == f"{server.url}/newer"
    with serving(answering(moved("/new", 301), moved("/today", 302), Answer())) as server:
        assert fetch(server).moved_permanently_to == f"{server.url}/new"
    with serving(answering(moved("/today", 302), moved("/new", 301), Answer())) as server:
        assert fetch(server).moved_permanently_to == ""


def test_cookies_are_not_kept_and_credentials_stay_at_home() -> None:
    with serving(lambda request: Answer()) as other:
        first = Answer(302, b"", {"Location": f"{other.url}/", "Set-Cookie": "a=1"})
        with serving(lambda request: first) as server:
            guarded.fetch(
                server.url,
                headers={"Authorization": "Bearer x", "X-Kept": "1"},
                allow=server.allow | other.allow,
            )
        (arrived,) = other.received
    assert not {"Cookie", "Authorization"} & set(arrived.headers)
    assert arrived.headers["X-Kept"] == "1"


def test_proxies_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, secret: LocalServer
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, secret.url)
    with serving(lambda request: Answer(200, b"direct")) as server:
        assert fetch(server).body == b"direct"
    assert secret.received == []


@pytest.mark.parametrize("layers", [1, 30])
def test_a_gzip_bomb_is_put_out_before_it_fills_the_memory(layers: int) -> None:
    packed = gzip.compress(bytes(200_000_000 // layers), 9) * layers
    bomb = Answer(200, packed, {"Content-Encoding": "gzip"})
    with serving(lambda request: bomb) as server:
        tracemalloc.start()
        try:
            with pytest.raises(PermanentError, match="more than 5242880 bytes"):
                fetch(server)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 4 * guarded.MAX_BYTES


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_what_is_compressed_comes_whole(pack: Callable[[bytes], bytes]) -> None:
    content = b"".join(str(number).encode() for number in range(400_000))
    name = "gzip" if pack is gzip.compress else "deflate"
    with serving(lambda r: Answer(200, pack(content), {"Content-Encoding": name})) as server:
        assert fetch(server).body == content


def test_a_compressed_answer_in_two_members_comes_whole() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0\0"
    with serving(lambda r: Answer(200, packed, {"Content-Encoding": "gzip"})) as server:
        assert fetch(server).body == b"one two"


@pytest.mark.parametrize(
    ("packed", "encoding", "error"),
    [
        (b"not gzip at all", "gzip", PermanentError),
        (gzip.compress(b"x" * 9000)[:20], "gzip", RetryAfter),
        (b"x", "br", PermanentError),
    ],
)
def test_a_damaged_or_unasked_encoding_is_a_typed_error(
    packed: bytes, encoding: str, error: type[Exception]
) -> None:
    with (
        serving(lambda r: Answer(200, packed, {"Content-Encoding": encoding})) as server,
        pytest.raises(error),
    ):
        fetch(server)


def _endless(wire: Any, over: threading.Event) -> None:
    wire.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while not over.is_set():
        wire.write(b"<item>" * 10_000)


def _drip(beginning: bytes) -> Callable[[Any, threading.Event], None]:
    def drip(wire: Any, over: threading.Event) -> None:
        wire.write(beginning)
        for _ in range(200):
            wire.write(b"x")
            wire.flush()
            if over.wait(0.05):
                return

    return drip


def test_an_answer_that_never_ends_is_cut_off_at_five_megabytes() -> None:
    with (
        serving(lambda request: Answer(misbehave=_endless)) as server,
        pytest.raises(PermanentError, match="more than 5242880 bytes"),
    ):
        fetch(server)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1."],
    ids=["body", "headers", "first line"],
)
def test_an_answer_that_drips_is_cut_off_at_the_deadline(beginning: bytes) -> None:
    with (
        serving(lambda request: Answer(misbehave=_drip(beginning))) as server,
        pytest.raises(RetryAfter, match=r"takes too long|cannot be reached"),
    ):
        fetch(server)


@pytest.mark.usefixtures("hurried")
def test_the_deadline_holds_for_all_redirects_together() -> None:
    def slowly(request: Request) -> Answer:
        threading.Event().wait(0.4)
        return moved("/next")

    with serving(slowly) as server, pytest.raises(RetryAfter, match="takes too long"):
        fetch(server)


@pytest.mark.parametrize("url", ["krant.example/x", "file:///etc/passwd", "http://a b/", "", "//x"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        guarded.fetch(url)


def test_a_client_for_tokens_takes_plain_http_at_listed_places_only() -> None:
    with guarded.GuardedClient(["127.0.0.1:8000"], https_only=True) as client:
        client.check_url("https://plein.example/")
        client.check_url("http://127.0.0.1:8000/")
        with pytest.raises(AddressRefused, match="over https"):
            client.check_url("http://plein.example/")
