"""One way to write a value as bytes: RFC 8785, and what RFC 8785 cannot carry, without loss.

Four things that arrive over real platform APIs have no place in RFC 8785: lone surrogates, whole
numbers beyond 2**53, NaN and infinity. They are written as an object with one marked key
(`{"$utf16": "d83d"}`, `{"$int": "9007199254740993"}`, `{"$float": "NaN"}`), and an object that
already looks like that is wrapped in `{"$object": [[key, value], …]}`, so that reading the bytes
back gives exactly what was recorded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import rfc8785

#: Beyond these a JSON number is no longer exact everywhere (RFC 8785, 3.2.2.3).
LARGEST: Final = 2**53 - 1
MARKS: Final = frozenset({"$utf16", "$int", "$float", "$object"})


class NotRecordable(ValueError):
    """The content is not JSON: a program error, since everything JSON has a canonical form."""


def write_canonical(value: Any) -> bytes:
    """Canonical bytes of anything JSON. Raises `NotRecordable` for dates, bytes, sets and such."""
    try:
        return rfc8785.dumps(_mark(value))
    except RecursionError:
        raise NotRecordable("nested too deeply to record") from None


def read_canonical(data: bytes) -> Any:
    """What `write_canonical` was given, exactly (tuples come back as lists)."""
    return _unmark(json.loads(data, parse_int=_read_whole))


def _mark(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if _encodable(value) else {"$utf16": _units(value)}
    if isinstance(value, int):
        return value if -LARGEST <= value <= LARGEST else {"$int": str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": _name(value)}
    if isinstance(value, list | tuple):
        return [_mark(item) for item in value]
    if isinstance(value, Mapping):
        return _mark_object(value)
    raise NotRecordable(f"{type(value).__name__} is not JSON and has no canonical form")


def _mark_object(value: Mapping[Any, Any]) -> Any:
    if not all(isinstance(key, str) for key in value):
        raise NotRecordable("the keys of an object must be text")
    looks_marked = len(value) == 1 and next(iter(value)) in MARKS
    if looks_marked or not all(_encodable(key) for key in value):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16be", "surrogatepass"))
        return {"$object": [[_mark(key), _mark(item)] for key, item in pairs]}
    return {key: _mark(item) for key, item in value.items()}


def _unmark(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmark(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (key, inner), *_ = value.items()
        match key:
            case "$utf16":
                return bytes.fromhex(inner).decode("utf-16be", "surrogatepass")
            case "$int":
                return int(inner)
            case "$float":
                return float(inner)
            case "$object":
                return {_unmark(key): _unmark(item) for key, item in inner}
    return {key: _unmark(item) for key, item in value.items()}


def _read_whole(digits: str) -> int | float:
    """Beyond `LARGEST` only a float can have been written without a fraction."""
    number = int(digits)
    return number if -LARGEST <= number <= LARGEST else float(digits)


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _units(text: str) -> str:
    return text.encode("utf-16be", "surrogatepass").hex()


def _name(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
