"""The one way out: HTTP requests that cannot be lured, flooded or kept waiting.

Used for feeds and for every address given by people. It speaks http and https only, checks every
hop against `addresses`, connects to the very address it checked, takes at most ten seconds in all
and five megabytes after decompression, keeps no cookies and knows no proxies.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from monitoring.platforms.addresses import AddressRefused, Allowed, check_address
from monitoring.platforms.base import (
    DeliveryUnknown,
    PermanentError,
    PlatformError,
    RetryAfter,
)

TOTAL_SECONDS = 10.0
CONNECT_SECONDS = 5.0
MAX_BYTES = 5 * 1024 * 1024
MAX_REDIRECTS = 5
INFLATE_STEP = 64 * 1024
USER_AGENT = "Stadspraat/0.1 (municipal webcare; honours Retry-After)"
# Names, and addresses with the colons of IPv6; international names are \w too.
HOST = re.compile(r"[\w.:-]+")
REDIRECTS = {301, 302, 303, 307, 308}
PERMANENT_REDIRECTS = {301, 308}
# Set by the client itself, never by a caller: the body is decoded here, with a limit.
OWN_HEADERS = {"accept-encoding", "connection", "content-length", "host", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is where it came from after redirects; `headers` has lower-case names.

    `moved_permanently_to` is the new address when every redirect on the way was permanent.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    moved_permanently_to: str = ""


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _Way(httpcore.NetworkBackend):
    """Connects to checked addresses only, and lets nothing last beyond `until`."""

    def __init__(self, allowed: Allowed) -> None:
        self.allowed = allowed
        self.until = 0.0
        self.sent = False
        self._network = httpcore.SyncBackend()

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("time is up")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in check_address(host, port, self.allowed, seconds=self.left()):
            try:
                stream = self._network.connect_tcp(
                    address, port, min(CONNECT_SECONDS, self.left()), local_address, socket_options
                )
                return _Stream(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"no address for {host}")


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write ends at the deadline of the request it serves."""

    def __init__(self, stream: httpcore.NetworkStream, way: _Way) -> None:
        self._stream = stream
        self._way = way

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._way.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._way.left()
        self._way.sent = True
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._way.left())
        return _Stream(stream, self._way)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedClient:
    """A guarded client that keeps its connections; one request at a time.

    `allow` lists what may be reached although it is not public (see `Allowed.parse`).
    `https_only` refuses plain http, except at places on that list.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        https_only: bool = False,
        total_seconds: float | None = None,
        max_bytes: int | None = None,
    ) -> None:
        self.allowed = Allowed.parse(allow)
        self._https_only = https_only
        self._total_seconds = TOTAL_SECONDS if total_seconds is None else total_seconds
        self._max_bytes = MAX_BYTES if max_bytes is None else max_bytes
        self._way = _Way(self.allowed)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), network_backend=self._way, keepalive_expiry=5.0
        )
        self._one_at_a_time = threading.Lock()

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> GuardedClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check_url(self, url: str) -> httpx.URL:
        """Parse `url`; raises `AddressRefused` for what needs no network to be refused."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
            raise AddressRefused("this is not a usable address") from error
        if parsed.scheme not in ("http", "https") or not HOST.fullmatch(parsed.host):
            raise AddressRefused("only http and https addresses can be read")
        if parsed.userinfo:
            raise AddressRefused("an address may not hold a user name or password")
        unprotected = parsed.scheme == "http" and self._https_only
        if unprotected and not self.allowed.names(parsed.host, parsed.port or 80):
            raise AddressRefused(f"{parsed.host} must be reached over https")
        return parsed

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Fetched:
        """One request, no redirects followed. Any status is an answer, not an error.

        Raises `AddressRefused`; `RetryAfter` when nothing was sent or sending again is harmless;
        `DeliveryUnknown` when a POST was sent and no whole answer came; `PermanentError` when
        the answer is larger than the limit.
        """
        with self._one_at_a_time:
            self._way.until = time.monotonic() + self._total_seconds
            return self._send(method, self.check_url(url), headers or {}, content)

    def fetch(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """GET with at most five redirects, each hop checked, ten seconds for all of it."""
        permanently = ""
        only_permanent = True
        sending = dict(headers or {})
        with self._one_at_a_time:
            self._way.until = time.monotonic() + self._total_seconds
            here = self.check_url(url)
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._send("GET", here, sending, None)
                target = answer.headers.get("location", "")
                if answer.status not in REDIRECTS or not target:
                    return Fetched(
                        answer.status, answer.url, answer.headers, answer.body, permanently
                    )
                try:
                    there = self.check_url(str(here.join(target)))
                except (httpx.InvalidURL, ValueError) as error:
                    raise AddressRefused(f"{here.host} redirects to no usable address") from error
                only_permanent = only_permanent and answer.status in PERMANENT_REDIRECTS
                permanently = str(there) if only_permanent else permanently
                if _origin(there) != _origin(here):
                    sending = {n: v for n, v in sending.items() if n.lower() != "authorization"}
                here = there
        raise PermanentError(f"{here.host} redirects more than {MAX_REDIRECTS} times")

    def _send(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes | None
    ) -> Fetched:
        given = {n: v for n, v in headers.items() if n.lower() not in OWN_HEADERS}
        request = httpx.Request(
            method,
            url,
            headers={"User-Agent": USER_AGENT, **given, "Accept-Encoding": "gzip"},
            content=content,
        )
        self._way.sent = False
        try:
            with self._pool.stream(
                method.upper().encode(),
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=content,
            ) as response:
                answered = httpx.Headers(response.headers)
                body = _read(response.iter_stream(), answered, self._max_bytes, url.host)
        except PlatformError:
            raise
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise self._unanswered(method, f"{url.host} takes too long to answer") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, EOFError) as error:
            raise self._unanswered(method, f"{url.host} cannot be reached") from error
        return Fetched(response.status, str(url), dict(answered.items()), body)

    def _unanswered(self, method: str, why: str) -> PlatformError:
        if self._way.sent and method.upper() == "POST":
            return DeliveryUnknown(f"{why}, after the message had been sent")
        return RetryAfter(why, seconds=15)


def fetch(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    allow: Iterable[str] = (),
    total_seconds: float | None = None,
    max_bytes: int | None = None,
) -> Fetched:
    """Read one address given by people. See `GuardedClient.fetch` for what it raises."""
    with GuardedClient(allow, total_seconds=total_seconds, max_bytes=max_bytes) as client:
        return client.fetch(url, headers=headers)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _read(chunks: Iterator[bytes], headers: httpx.Headers, limit: int, host: str) -> bytes:
    """The decoded body, never more than `limit` bytes in memory beyond one network read."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        pieces = chunks
    elif encoding in ("gzip", "x-gzip", "deflate"):
        pieces = _inflated(_capped(chunks, limit, host), limit, host)
    else:
        raise PermanentError(f"{host} answers in an encoding nobody asked for")
    return b"".join(_capped(pieces, limit, host))


def _capped(chunks: Iterator[bytes], limit: int, host: str) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise PermanentError(f"{host} sends more than {limit} bytes")
        yield chunk


def _inflated(chunks: Iterator[bytes], limit: int, host: str) -> Iterator[bytes]:
    """Decompress in steps: one small packet of a gzip bomb may stand for gigabytes."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
    for chunk in chunks:
        waiting, more = chunk, True
        while more:
            try:
                piece = inflater.decompress(waiting, INFLATE_STEP)
            except zlib.error as error:
                raise PermanentError(f"{host} sends a damaged compressed answer") from error
            yield piece
            waiting = inflater.unconsumed_tail
            if inflater.eof and inflater.unused_data.startswith(b"\x1f\x8b"):
                waiting = inflater.unused_data
                inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
            # A full step may leave output inside zlib although all input is taken.
            more = bool(waiting) or len(piece) == INFLATE_STEP
    if not inflater.eof:
        raise EOFError("the compressed answer ends halfway")
