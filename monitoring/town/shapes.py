"""A report as the API and `manage.py town --format json` give it: camelCase, times in UTC."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from monitoring.town.report import Report


def report_as_json(report: Report) -> dict[str, Any]:
    shaped: dict[str, Any] = _shape(report)
    return shaped


def _shape(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return [_shape(item) for item in value]
    if is_dataclass(value):
        return {_camel(item.name): _shape(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, float):
        return round(value, 4)
    return value


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.title() for word in tail)
