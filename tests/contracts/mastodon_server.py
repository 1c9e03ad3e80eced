"""A small Mastodon server for the contract: the samples, paged and answered as Mastodon does."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from tests.monitoring.platforms.local import Answer, Request, as_json

SAMPLES = Path(__file__).parent / "samples" / "mastodon"
TOKEN = "sample-token-of-nobody"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


class MastodonServer:
    """Holds its notifications and statuses in plain lists, oldest first, for tests to change."""

    def __init__(self) -> None:
        self.me = sample("account")
        self.instance = sample("instance")
        self.notifications: list[dict[str, Any]] = sample("notifications")
        self.statuses: dict[str, dict[str, Any]] = {
            line["status"]["id"]: line["status"] for line in self.notifications
        }
        self.statuses |= {status["id"]: status for status in sample("statuses")}
        self.by_key: dict[str, str] = {}

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return as_json({"error": "The access token is invalid"}, 401)
        path = request.path.rstrip("/")
        if found := re.fullmatch(r"/api/v1/statuses/([^/]+)(/context)?", path):
            return self._one(request, found.group(1), bool(found.group(2)))
        if found := re.fullmatch(r"/api/v1/timelines/tag/(\w+)", path):
            tag = found.group(1).lower()
            return self._page(request, [s for s in self._all() if tag in _tags(s)])
        match (request.method, path):
            case ("GET", "/api/v1/accounts/verify_credentials"):
                return as_json(self.me)
            case ("GET", "/api/v2/instance"):
                return as_json(self.instance)
            case ("GET", "/api/v1/notifications"):
                return self._page(request, self.notifications)
            case ("GET", "/api/v2/search"):
                word = request.query["q"][0].lower()
                found_here = [s for s in self._all() if word in s["content"].lower()]
                page = _cut(request, found_here, newest_first=True)
                return as_json({"accounts": [], "hashtags": [], "statuses": page})
            case ("POST", "/api/v1/statuses"):
                return self._publish(request)
        if path == f"/api/v1/accounts/{self.me['id']}/statuses":
            own = [s for s in self._all() if _author(s) == self.me["id"]]
            return self._page(request, own)
        return as_json({"error": "Record not found"}, 404)

    def mention(self, number: int, text: str = "Wanneer komt u?", **fields: Any) -> dict[str, Any]:
        """A resident mentions us: notification and status `number`, later than all before."""
        line = copy.deepcopy(sample("notifications")[0])
        line["id"] = str(number)
        line["status"] |= {"id": str(10**17 + number), "content": f"<p>{text}</p>", **fields}
        self.notifications.append(line)
        self.statuses[line["status"]["id"]] = line["status"]
        return line["status"]

    def _all(self) -> list[dict[str, Any]]:
        return sorted(self.statuses.values(), key=lambda s: (len(s["id"]), s["id"]))

    def _page(self, request: Request, items: list[dict[str, Any]]) -> Answer:
        return as_json(_cut(request, items))

    def _one(self, request: Request, status_id: str, thread: bool) -> Answer:
        status = self.statuses.get(status_id)
        if status is None:
            return as_json({"error": "Record not found"}, 404)
        if thread:
            after = [s for s in self._all() if s.get("in_reply_to_id") == status_id]
            parent = self.statuses.get(str(status.get("in_reply_to_id")))
            return as_json({"ancestors": [parent] if parent else [], "descendants": after})
        if request.method == "PUT":
            status["content"] = f"<p>{request.form()['status'][0]}</p>"
            status["edited_at"] = "2026-11-20T15:30:00.000Z"
        if request.method == "DELETE":
            del self.statuses[status_id]
        return as_json(status)

    def _publish(self, request: Request) -> Answer:
        key = request.headers.get("Idempotency-Key", "")
        if key in self.by_key:
            return as_json(self.statuses[self.by_key[key]])
        form = {name: values[0] for name, values in request.form().items()}
        new_id = str(int(max(self._all(), key=lambda s: int(s["id"]))["id"]) + 1)
        status = copy.deepcopy(sample("statuses")[0]) | {
            "id": new_id,
            "account": self.me,
            "content": f"<p>{form['status']}</p>",
            "visibility": form["visibility"],
            "in_reply_to_id": form.get("in_reply_to_id"),
            "url": f"https://plein.example/@gemeente/{new_id}",
            "mentions": [],
            "media_attachments": [],
            "edited_at": None,
        }
        self.statuses[new_id] = status
        if key:
            self.by_key[key] = new_id
        return as_json(status, **{"X-RateLimit-Reset": "soon", "X-RateLimit-Remaining": "many"})


def _author(status: dict[str, Any]) -> str:
    return (status["account"] or {}).get("id", "")


def _tags(status: dict[str, Any]) -> list[str]:
    return [tag["name"].lower() for tag in status["tags"]]


def _cut(
    request: Request, items: list[dict[str, Any]], *, newest_first: bool = False
) -> list[dict[str, Any]]:
    query = {name: values[0] for name, values in request.query.items()}
    limit = min(int(query.get("limit", 20)), 40)
    above, below = int(query.get("min_id", 0)), int(query.get("max_id", 10**30))
    found = [item for item in items if above < int(item["id"]) < below]
    offset = int(query.get("offset", 0))
    if "min_id" in query and not newest_first:
        return found[:limit][::-1]
    return found[::-1][offset : offset + limit]
