"""A colleague at a browser that keeps losing its server: answers cases over the real HTTP API.

Does what our own page does: sends with If-Match, and when it does not know whether an answer was
accepted, looks before it repeats.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from dataclasses import dataclass
from typing import Any

import httpx

from tests.running_desk import Desk, wait_until
from webcare.organisation.demo import PASSWORD

# Seconds that a page goes on asking a desk that is away.
PATIENCE = 120.0
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Accepted:
    """An answer of which the desk said, or showed on looking, that it will go out."""

    case: int
    reply: int
    text: str


class Colleague:
    """One logged-in person. `accepted` grows while `answer_until` runs."""

    def __init__(self, desk: Desk, email: str, seed: int) -> None:
        self.http = httpx.Client(base_url=desk.address, timeout=15, trust_env=False)
        self.chance = random.Random(seed)
        self.accepted: list[Accepted] = []
        self.looked_again = 0
        self._log_in(email)

    def _log_in(self, email: str) -> None:
        self.http.get("/accounts/login/").raise_for_status()
        form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": self._token}
        answer = self.http.post(
            "/accounts/login/", data=form, headers={"Referer": str(self.http.base_url)}
        )
        assert answer.status_code == 302, answer.status_code

    @property
    def _token(self) -> str:
        return self.http.cookies["csrftoken"]

    def try_call(self, method: str, path: str, **options: Any) -> httpx.Response | None:
        """One call; None when nobody knows what came of it (no connection, no answer, 5xx)."""
        headers = {"X-CSRFToken": self._token, **options.pop("headers", {})}
        try:
            answer = self.http.request(method, f"/api/v1/{path}", headers=headers, **options)
        except httpx.TransportError:
            return None
        return None if answer.status_code >= 500 else answer

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask until there is an answer: reading can be repeated."""
        answer = wait_until(
            lambda: self.try_call("GET", path, **options), PATIENCE, f"an answer to GET {path}"
        )
        assert answer.status_code == 200, f"GET {path}: {answer.status_code}"
        return answer

    def answer_until(self, ended: threading.Event, number: int) -> None:
        """Answer cases nobody has answered, until `number` answers were accepted or `ended`."""
        while not ended.is_set() and len(self.accepted) < number:
            items = self.get("cases", params={"limit": 100}).json()["items"]
            waiting = [item["id"] for item in items if item["assigneeId"] is None]
            if waiting:
                self.answer(self.chance.choice(waiting))
            time.sleep(0.2)

    def answer(self, case: int) -> None:
        """Answer one case, however often the server goes away meanwhile."""
        text = f"Dank voor uw bericht; we zoeken dit uit en laten het weten. Proef {next(_numbers)}"
        body = {"text": text, "closeAfter": self.chance.random() < 0.4}
        looked = self._look(case)
        while True:
            if self._find(looked, text):
                return
            if looked.json()["assigneeId"] is not None:
                return  # a colleague took it meanwhile
            answer = self.try_call(
                "POST",
                f"cases/{case}/replies",
                json=body,
                headers={"If-Match": looked.headers["ETag"]},
            )
            if answer is not None and answer.status_code == 201:
                self.accepted.append(Accepted(case, answer.json()["id"], text))
                return
            if answer is not None and answer.status_code not in (409, 412, 429):
                raise AssertionError(f"answer to case {case}: {answer.status_code} {answer.text}")
            self.looked_again += answer is None
            time.sleep(0.5)
            looked = self._look(case)

    def _look(self, case: int) -> httpx.Response:
        return self.get(f"cases/{case}")

    def _find(self, looked: httpx.Response, text: str) -> bool:
        """Is our answer there after all?"""
        for message in looked.json()["messages"]:
            if message["type"] == "reply" and message["text"].startswith(f"{text} ^"):
                self.accepted.append(Accepted(looked.json()["id"], message["id"], text))
                return True
        return False
