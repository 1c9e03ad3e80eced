"""What an HTTP status means to us: the typed error that belongs to it, and how long to wait."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from monitoring.platforms.base import AccessDenied, DeliveryUnknown, PermanentError, RetryAfter
from monitoring.platforms.guarded import Fetched


def check_answer(answer: Fetched, *, posted: bool = False) -> None:
    """Raise the typed error that belongs to an HTTP status of 400 and up.

    A POST that ends in a 5xx may have been carried out before something failed: unknown.
    """
    host = httpx.URL(answer.url).host
    status = answer.status
    if status < 400:
        return
    if status in (401, 403):
        raise AccessDenied(f"{host} refuses our access ({status})")
    if status == 429:
        raise RetryAfter(f"{host} asks us to slow down", seconds=seconds_to_wait(answer.headers))
    if status >= 500 and posted:
        raise DeliveryUnknown(f"{host} answered {status} after the message had been sent")
    if status >= 500 or status in (408, 425):
        seconds = seconds_to_wait(answer.headers, otherwise=30)
        raise RetryAfter(f"{host} is out of order ({status})", seconds=seconds)
    raise PermanentError(f"{host} answers {status}{_reason(answer)}")


def _reason(answer: Fetched) -> str:
    """Why a server calls our message invalid: a person has to read that to do better."""
    if answer.status not in (400, 422):
        return ""
    try:
        reason = json.loads(answer.body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f": {reason[:160]}" if isinstance(reason, str) and reason.isprintable() else ""


def seconds_to_wait(headers: Mapping[str, str], *, otherwise: float = 60) -> float:
    """How long a server asks us to stay away: `Retry-After` or `X-RateLimit-Reset`.

    Both exist as a number and as a date; the server's own clock (`Date`) is what it counts by.
    Bounded to between 1 second and 15 minutes, whatever the server says.
    """
    now = _moment(headers.get("date", "")) or datetime.now(UTC)
    for name in ("retry-after", "x-ratelimit-reset"):
        given = headers.get(name, "").strip()
        if given.isascii() and given.isdigit() and len(given) < 12:
            number = float(given)
            seconds = number - now.timestamp() if number > 1_000_000_000 else number
        elif moment := _moment(given):
            seconds = (moment - now).total_seconds()
        else:
            continue
        return min(max(seconds, 1.0), 900.0)
    return otherwise


def _moment(given: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(given)
        except (ValueError, TypeError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
