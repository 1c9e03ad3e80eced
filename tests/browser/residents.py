"""What residents do on the town, and what the town got to hear from the municipality."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass
from typing import Any

from tests.running_desk import Desk, wait_until
from webcare.demo.town import SERVER_DOMAIN

GENERAL, PARKING = "gemeente", "parkeren"
# Handles nobody used before, so that tests do not meet each other's cases.
_handles = (f"bewoner_{secrets.token_hex(2)}_{number}" for number in itertools.count(1))


@dataclass(frozen=True)
class Post:
    """Something said on the town. `handle` has its server; `words` lack the address in front."""

    id: str
    handle: str
    words: str


@dataclass(frozen=True)
class Answer:
    """What a municipal account said there, word for word."""

    id: str
    account: str
    text: str


class Residents:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.handles: set[str] = set()

    def ask(
        self,
        words: str,
        *,
        to: str = GENERAL,
        handle: str = "",
        after: Post | Answer | None = None,
    ) -> Post:
        """A resident (by default a new one) addresses a municipal account, or goes on `after`."""
        speaker = handle.split("@")[0] or next(_handles)
        body: dict[str, Any] = {"text": f"@{to} {words}", "handle": speaker}
        if after:
            body["in_reply_to_id"] = after.id
        told = self.desk.town("POST", "posts", json=body)
        post = Post(told["id"], f"{told['handle']}@{SERVER_DOMAIN}", words)
        self.handles.add(post.handle)
        return post

    def edit(self, post: Post, words: str) -> None:
        self.desk.town("PUT", f"posts/{post.id}", json={"text": f"@{GENERAL} {words}"})

    def delete(self, post: Post) -> None:
        self.desk.town("DELETE", f"posts/{post.id}")

    def find_answers(self, post: Post) -> list[Answer]:
        """What the municipality answered to `post`, oldest first."""
        told = self.desk.town("GET", "replies", params={"in_reply_to_id": post.id})
        return [Answer(one["id"], one["handle"], one["text"]) for one in told]

    def wait_for_answer(self, post: Post, seconds: float = 40) -> Answer:
        answers: list[Answer] = wait_until(
            lambda: self.find_answers(post), seconds, "the answer is on the town"
        )
        return answers[0]
