"""Mastodon.py on top of the guarded client.

Mastodon.py knows the endpoints; the guarded client does every request, so that neither the
address a person typed nor a redirect reaches anything private, nothing lasts longer than ten
seconds, and every failure already is one of our typed errors when it leaves the transport.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from mastodon import Mastodon
from mastodon.errors import MastodonError
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from monitoring.platforms.answers import check_answer
from monitoring.platforms.base import DeliveryUnknown, PermanentError, PlatformError
from monitoring.platforms.guarded import USER_AGENT, GuardedClient
from monitoring.platforms.text import read_json

# Any real server of the last years speaks at least this; asking each one costs a request.
SPOKEN_VERSION = "4.4.0"
# All that Mastodon.py gets to see: it raises over odd rate-limit headers even after a successful
# post, and pages on its own terms; both are ours.
FOR_LIBRARY = {"content-type", "location"}


# What Mastodon.py raises itself, and what it stumbles into over answers of the wrong shape.
UNTYPED = (MastodonError, requests.RequestException, LookupError, AttributeError, TypeError)


class _Answer(dict[str, Any]):
    """An object of JSON on which Mastodon.py can look up and hang attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class RawMastodon(Mastodon):
    """Mastodon.py whose answers stay the JSON the server sent.

    Its casts cost 1.8 ms per notification and lose the payload as received, which the archive
    needs. See docs/decisions/0021.
    """

    def _Mastodon__try_cast_to_type(self, value: Any, override_type: Any = None) -> Any:
        return (_Answer(value) if isinstance(value, dict) else value), None


class _Transport(BaseAdapter):
    """Lets `requests`, which Mastodon.py speaks, go out through the guarded client."""

    def __init__(self, client: GuardedClient) -> None:
        super().__init__()
        self._client = client

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> requests.Response:
        method = request.method or "GET"
        headers = {str(name): str(value) for name, value in request.headers.items()}
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if body is not None and not isinstance(body, bytes):
            raise TypeError("only whole bodies are sent")
        answer = self._client.send(method, request.url or "", headers=headers, content=body)
        posted = method == "POST"
        check_answer(answer, posted=posted)
        if answer.status in (302, 303) and posted:
            raise DeliveryUnknown("the server sends us elsewhere after the message had been sent")
        if answer.status >= 300 and method != "GET":
            raise PermanentError("the server has moved: it redirects what is sent to it")
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(
            {n: v for n, v in answer.headers.items() if n in FOR_LIBRARY}
        )
        response.url = answer.url
        response.request = request
        response.raw = io.BytesIO(answer.body)
        if answer.status < 300:
            response.raw = io.BytesIO(_checked_json(answer.body, posted=posted))
        return response

    def close(self) -> None:
        self._client.close()


def _checked_json(body: bytes, *, posted: bool) -> bytes:
    try:
        return json.dumps(read_json(body)).encode()
    except ValueError as error:
        if posted:
            raise DeliveryUnknown("the answer to what was sent cannot be read") from error
        raise PermanentError("the address does not answer as a Mastodon server") from error


def connect(base_url: str, access_token: str, client: GuardedClient) -> RawMastodon:
    """A client for one account on one server. Does no request yet."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 5
    transport = _Transport(client)
    session.mount("http://", transport)
    session.mount("https://", transport)
    mastodon = RawMastodon(
        api_base_url=base_url,
        version_check_mode="none",
        mastodon_version=SPOKEN_VERSION,
        ratelimit_method="throw",
        session=session,
        user_agent=USER_AGENT,
    )
    # With checks off it forgets the version it was told, and refuses to page a search.
    mastodon.mastodon_major, mastodon.mastodon_minor = 4, 4
    # Given to the constructor, a token that is the name of a file would be read from disk.
    mastodon.access_token = access_token
    return mastodon


@contextmanager
def typed_errors(*, posting: bool = False) -> Iterator[None]:
    """Give back the typed error that Mastodon.py wrapped; nothing else leaves this room."""
    try:
        yield
    except PlatformError:
        raise
    except UNTYPED as error:
        cause = error.__context__
        while cause is not None and not isinstance(cause, PlatformError):
            cause = cause.__context__
        if cause is not None:
            raise cause from error
        if posting:
            raise DeliveryUnknown("the answer to what was sent cannot be read") from error
        raise PermanentError("the address does not answer as a Mastodon server") from error


def as_list(answer: object) -> list[Mapping[str, Any]]:
    """The answer when it is a list of objects. Raises PermanentError when it is not."""
    if not isinstance(answer, list) or not all(isinstance(item, Mapping) for item in answer):
        raise PermanentError("the address does not answer as a Mastodon server")
    return answer


def as_mapping(answer: object) -> Mapping[str, Any]:
    """The answer when it is an object. Raises PermanentError when it is not."""
    if not isinstance(answer, Mapping):
        raise PermanentError("the address does not answer as a Mastodon server")
    return answer
