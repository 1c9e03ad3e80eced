from __future__ import annotations

import pytest

from monitoring.platforms.answers import check_answer, seconds_to_wait
from monitoring.platforms.base import PermanentError
from monitoring.platforms.guarded import Fetched

DATE = "Fri, 20 Nov 2026 13:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "Fri, 20 Nov 2026 13:02:00 GMT", "date": DATE}, 120),
        ({"x-ratelimit-reset": "2026-11-20T13:05:00.123456Z", "date": DATE}, 300.123456),
        ({"x-ratelimit-reset": "1795179660", "date": DATE}, 60),
        ({"x-ratelimit-reset": "2026-11-20T12:00:00Z", "date": DATE}, 1),
        ({"retry-after": "99999"}, 900),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "\u00b2"}, 60),
    ],
)
def test_the_wait_is_what_the_server_says_within_reason(
    headers: dict[str, str], seconds: float
) -> None:
    assert seconds_to_wait(headers) == pytest.approx(seconds)


def test_a_refused_text_comes_with_the_reason() -> None:
    answer = Fetched(422, "https://plein.example/x", {}, b'{"error": "Text is too long"}')
    with pytest.raises(PermanentError, match=r"plein.example answers 422: Text is too long"):
        check_answer(answer)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": {}}', b"<html>"])
def test_a_refusal_without_a_reason_is_still_one(body: bytes) -> None:
    with pytest.raises(PermanentError, match=r"answers 422$"):
        check_answer(Fetched(422, "https://plein.example/x", {}, body))
