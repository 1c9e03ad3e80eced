"""Cursors: where a page ended, in a word that goes into an address."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _


def make_cursor(*parts: datetime | int | str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: Callable[[Any], Any]) -> list[Any]:
    """Return the parts of a cursor, each read by its kind (`moment`, `int`, `str`).

    Raises `ValidationError` for what we did not make.
    """
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        read = [kind(part) for kind, part in zip(kinds, parts, strict=True)]
        if any(isinstance(part, int) and not -(2**63) <= part < 2**63 for part in read):
            raise OverflowError
        if any(isinstance(part, str) and "\0" in part for part in read):
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise ValidationError({"cursor": _("Deze bladwijzer klopt niet; begin opnieuw.")}) from None
    return read


def moment(part: str) -> str:
    """A moment as PostgreSQL reads it: Python knows more ways of writing one. Or `infinity`."""
    if part == "infinity":
        return part
    at = parse_datetime(part)
    if at is None or at.tzinfo is None:
        raise ValueError(part)
    return at.isoformat()
