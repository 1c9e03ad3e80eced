"""What a person sets for one Mastodon account."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from monitoring.platforms.base import Config


class MastodonConfig(Config):
    """One account on one server.

    `terms` are watched besides what addresses us: `#hashtag`, or words for the server's search.
    `history` is how many older items of each timeline the first fetch takes along.
    """

    base_url: str
    access_token: SecretStr
    stream: bool = True
    terms: tuple[str, ...] = Field(default=(), max_length=20)
    visibility: Literal["public", "unlisted"] = "public"
    history: int = Field(default=800, ge=0, le=4000)

    @field_validator("base_url")
    @classmethod
    def _address(cls, given: str) -> str:
        given = given.strip().rstrip("/")
        address = given if "://" in given else f"https://{given}"
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError("the address of the server, like https://mastodon.example")
        if parts.path or parts.query or parts.fragment:
            raise ValueError("only the server itself, without anything after its name")
        return address

    @field_validator("access_token")
    @classmethod
    def _token(cls, given: SecretStr) -> SecretStr:
        token = given.get_secret_value().strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ValueError("an access token is one word of plain characters")
        return SecretStr(token)

    @field_validator("terms")
    @classmethod
    def _terms(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        terms = tuple(dict.fromkeys(term.strip() for term in given))
        for term in terms:
            if not term.strip("#") or len(term) > 100:
                raise ValueError("a term is a word or a #hashtag of at most 100 characters")
            if term.startswith("#") and not term[1:].replace("_", "").isalnum():
                raise ValueError(f"{term} is not a hashtag: letters, digits and _ only")
        return terms
