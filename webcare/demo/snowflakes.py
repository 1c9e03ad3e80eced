"""Ids that grow with time, as Mastodon makes them: milliseconds, then sixteen bits of count."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def iso(ms: int) -> str:
    """Return a moment the way Mastodon writes it: `2026-11-20T14:17:00.123Z`."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def next_id(last: int, ms: int) -> int:
    """Return an id for the moment `ms`, always greater than `last`."""
    return max(last + 1, ms << 16)
