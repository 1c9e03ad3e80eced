"""Reads settings from the environment or `.env`, and refuses what cannot be meant.

A wrong value stops the start with one clear line instead of a surprise at noon.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

BASE_DIR: Final = Path(__file__).resolve().parent.parent

_env = Env(eager=True)
_env.read_env(str(BASE_DIR / ".env"), recurse=False)


def read_text(name: str, default: str = "") -> str:
    return _env.str(name, default).strip()


def read_list(name: str) -> list[str]:
    """Comma-separated values; empty items are dropped."""
    return [item.strip() for item in read_text(name).split(",") if item.strip()]


def read_bool(name: str, default: bool) -> bool:
    try:
        return _env.bool(name, default)
    except EnvError as error:
        raise ImproperlyConfigured(f"{name} must be true or false: {error}") from None


def read_int(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
    try:
        value = _env.int(name, default)
    except EnvError:
        raise ImproperlyConfigured(
            f"{name} must be a whole number, not {read_text(name)!r}"
        ) from None
    if not minimum <= value <= maximum:
        raise ImproperlyConfigured(f"{name} must be between {minimum} and {maximum}, not {value}")
    return value


def read_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = read_text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return value


def read_path(name: str, default: Path) -> Path:
    return Path(read_text(name, str(default))).expanduser().resolve()


def read_url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    value = read_text(name, default)
    if value and not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        # The value itself may hold a password, so it is not repeated here.
        raise ImproperlyConfigured(f"{name} must start with {' or '.join(schemes)}://")
    return value
