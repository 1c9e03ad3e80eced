"""Everything that was said in the town, and the only places where it changes.

A change is applied in memory, noted in the journal and queued for the streams; `commit` writes the
journal and only then lets the streams speak. Whoever answers a request commits first, so what was
acknowledged is on disk. Starting again replays the journal through the same functions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from webcare.demo import markup, snowflakes
from webcare.demo.journal import Event, Journal
from webcare.demo.residents import RESIDENTS
from webcare.demo.things import Account, News, Notification, Status, Visibility
from webcare.demo.town import ACCOUNTS, NEWSPAPER, NEWSPAPER_HANDLE, SERVER_DOMAIN

IDEMPOTENCY_MS = 3_600_000
_FIRST_ACCOUNT_MS = 1_667_260_800_000
_DAY_MS = 86_400_000
_FIRST_NOTIFICATION = 9_970
"""Small numbers, as on Mastodon: they soon grow a digit, so text order is not number order."""


class Refused(Exception):
    """The world does not take this post; the text is Mastodon's own error message."""


class World:
    """The town's accounts and posts. Not thread-safe: one event loop owns it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.accounts: dict[int, Account] = {}
        self.by_acct: dict[str, Account] = {}
        self.by_token: dict[str, Account] = {}
        self.statuses: dict[int, Status] = {}
        self.ids: list[int] = []
        self.tags: dict[str, list[int]] = defaultdict(list)
        self.replies: dict[int, list[int]] = defaultdict(list)
        self.deleted: dict[int, int] = {}
        self.keys: dict[tuple[int, str], int] = {}
        self.articles: dict[str, int] = {}
        self.began = 0
        self.seed = 0
        self.listeners: list[Callable[[News], None]] = []
        self._news: list[News] = []
        self._last_id = 0
        self._last_notification = _FIRST_NOTIFICATION
        self._people()
        self._journal = Journal(folder)
        for event in self._journal.read():
            self._replay(event)
        self._news.clear()

    def _people(self) -> None:
        for municipal in ACCOUNTS:
            self._settle(
                municipal.handle,
                municipal.display_name,
                note=f"Webcare van {municipal.display_name}. We antwoorden met onze initialen.",
                followers=4_200,
                token=municipal.token,
            )
        self._settle(
            NEWSPAPER_HANDLE,
            NEWSPAPER,
            note="Nieuws uit stad en streek.",
            followers=2_900,
        )
        for one in RESIDENTS:
            self._settle(
                one.handle,
                one.name,
                domain=one.server,
                note=one.note,
                followers=one.followers,
                resident=one,
            )

    def _settle(self, username: str, name: str, *, domain: str = "", **rest: Any) -> Account:
        created = _FIRST_ACCOUNT_MS + len(self.accounts) * _DAY_MS
        account = Account(created << 16, username, name, domain, created=created, **rest)
        self.accounts[account.id] = account
        self.by_acct[account.acct.lower()] = account
        if account.token:
            self.by_token[account.token] = account
        return account

    def _replay(self, event: Event) -> None:
        match event["e"]:
            case "began":
                self.began, self.seed = event["at"], event["seed"]
            case "article":
                self.articles[event["s"]] = event["at"]
            case "join":
                self._settle(event["u"], event["n"])
            case "post":
                self._post(
                    self.accounts[event["a"]],
                    event["t"],
                    event["id"],
                    event["at"],
                    event.get("r", 0),
                    event.get("v", "public"),
                    event.get("l", "nl"),
                    event.get("k", ""),
                )
            case "edit":
                self._edit(self.statuses[event["id"]], event["t"], event["at"])
            case "delete":
                self._delete(self.statuses[event["id"]], event["at"])
            case "like":
                self._like(self.accounts[event["a"]], self.statuses[event["id"]], event["at"])

    def begin(self, seed: int, at: int) -> None:
        """Mark the first start: the seed and the moment the present began."""
        self.began, self.seed = at, seed
        self._journal.note({"e": "began", "at": at, "seed": seed})

    def join(self, username: str, name: str = "") -> Account:
        """Return the resident `username`, who moves in now if nobody has that name."""
        known = self.by_acct.get(username.lower())
        if known is not None:
            return known
        self._journal.note({"e": "join", "u": username, "n": name or username})
        return self._settle(username, name or username)

    def post(
        self,
        account: Account,
        text: str,
        *,
        reply_to: int = 0,
        visibility: Visibility = "public",
        language: str = "nl",
        key: str = "",
        at: int = 0,
    ) -> Status:
        """Publish `text`; `at` (milliseconds) is only for the town's past, oldest first.

        Raises Refused for empty or too long text. A parent must exist; the caller looks it up.
        """
        text = text.strip()
        check_text(text)
        at = at or snowflakes.now_ms()
        number = snowflakes.next_id(self._last_id, at)
        event: Event = {"e": "post", "id": number, "a": account.id, "t": text, "at": at}
        if reply_to:
            event["r"] = reply_to
        if visibility != "public":
            event["v"] = visibility
        if language != "nl":
            event["l"] = language
        if key:
            event["k"] = key
        self._journal.note(event)
        return self._post(account, text, number, at, reply_to, visibility, language, key)

    def _post(
        self,
        account: Account,
        text: str,
        number: int,
        at: int,
        reply_to: int,
        visibility: Visibility,
        language: str,
        key: str,
    ) -> Status:
        mentions = self._mentioned(text)
        tags = markup.tags_in(text)
        status = Status(
            number,
            account.id,
            text,
            at,
            reply_to,
            visibility,
            language,
            mentions,
            tags,
            key=key,
        )
        self._last_id = number
        self.statuses[number] = status
        self.ids.append(number)
        account.statuses.append(number)
        for tag in tags:
            self.tags[tag].append(number)
        if reply_to:
            self.replies[reply_to].append(number)
        if key:
            self.keys[account.id, key] = number
        self._news.append(News("update", status))
        for mentioned in mentions:
            if mentioned != account.id:
                self._notify(self.accounts[mentioned], "mention", account, status, at)
        return status

    def _mentioned(self, text: str) -> tuple[int, ...]:
        if "@" not in text:
            return ()
        found = (self.find_account(name, domain) for name, domain in markup.names_in(text))
        return tuple(dict.fromkeys(account.id for account in found if account))

    def _notify(
        self, receiver: Account, kind: str, sender: Account, status: Status, at: int
    ) -> None:
        self._last_notification += 1
        if not receiver.token:
            return
        notification = Notification(self._last_notification, kind, sender.id, status.id, at)
        receiver.notifications.append(notification)
        self._news.append(News("notification", status, receiver.id, notification))

    def edit(self, status: Status, text: str) -> Status:
        """Replace the text. Raises Refused as `post` does."""
        text = text.strip()
        check_text(text)
        if text != status.text:
            at = snowflakes.now_ms()
            self._journal.note({"e": "edit", "id": status.id, "t": text, "at": at})
            self._edit(status, text, at)
        return status

    def _edit(self, status: Status, text: str, at: int) -> None:
        before = set(status.mentions)
        for tag in set(status.tags):
            _drop(self.tags[tag], status.id)
        status.text, status.edited = text, at
        status.mentions, status.tags = self._mentioned(text), markup.tags_in(text)
        for tag in status.tags:
            place = bisect_left(self.tags[tag], status.id)
            self.tags[tag].insert(place, status.id)
        self._news.append(News("status.update", status))
        for mentioned in status.mentions:
            if mentioned not in before and mentioned != status.account:
                sender = self.accounts[status.account]
                self._notify(self.accounts[mentioned], "mention", sender, status, at)

    def delete(self, status: Status) -> None:
        """Take a post away, with its notifications; replies to it stay."""
        at = snowflakes.now_ms()
        self._journal.note({"e": "delete", "id": status.id, "at": at})
        self._delete(status, at)

    def _delete(self, status: Status, at: int) -> None:
        del self.statuses[status.id]
        self.deleted[status.id] = at
        _drop(self.ids, status.id)
        _drop(self.accounts[status.account].statuses, status.id)
        for tag in set(status.tags):
            _drop(self.tags[tag], status.id)
        if status.reply_to:
            _drop(self.replies[status.reply_to], status.id)
        for mentioned in status.mentions:
            receiver = self.accounts[mentioned]
            receiver.notifications = [
                one for one in receiver.notifications if one.status != status.id
            ]
        self._news.append(News("delete", status))

    def like(self, account: Account, status: Status) -> None:
        """Let `account` favourite `status`; its author hears it when it is a municipality."""
        at = snowflakes.now_ms()
        self._journal.note({"e": "like", "a": account.id, "id": status.id, "at": at})
        self._like(account, status, at)

    def _like(self, account: Account, status: Status, at: int) -> None:
        status.favourites += 1
        self._notify(self.accounts[status.account], "favourite", account, status, at)

    def publish_article(self, slug: str) -> None:
        """Remember that the newspaper brought this article now."""
        at = self.articles[slug] = snowflakes.now_ms()
        self._journal.note({"e": "article", "s": slug, "at": at})

    def commit(self) -> None:
        """Write what changed, then tell the streams. Raises OSError when the disk refuses."""
        self._journal.flush()
        news, self._news = self._news, []
        for one in news:
            for listener in self.listeners:
                listener(one)

    def close(self) -> None:
        self.commit()
        self._journal.close()

    def find_account(self, name: str, domain: str = "") -> Account | None:
        if domain.lower() in ("", SERVER_DOMAIN):
            return self.by_acct.get(name.lower())
        return self.by_acct.get(f"{name}@{domain}".lower())

    def find_published(self, account: Account, key: str, at: int) -> Status | None:
        """Return what `account` posted under this idempotency key in the past hour."""
        status = self.statuses.get(self.keys.get((account.id, key), 0))
        return status if status and at - status.created < IDEMPOTENCY_MS else None

    def may_see(self, viewer: Account | None, status: Status) -> bool:
        if status.visibility in ("public", "unlisted"):
            return True
        return viewer is not None and (viewer.id == status.account or viewer.id in status.mentions)

    def ancestors(self, status: Status) -> list[Status]:
        """The posts above, oldest first; a deleted one ends the line."""
        line: list[Status] = []
        parent = self.statuses.get(status.reply_to)
        while parent is not None:
            line.append(parent)
            parent = self.statuses.get(parent.reply_to)
        return line[::-1]

    def descendants(self, status: Status) -> Iterator[Status]:
        """The posts below, each thread followed down before the next."""
        waiting = self.replies.get(status.id, [])[::-1]
        while waiting:
            number = waiting.pop()
            yield self.statuses[number]
            waiting += self.replies.get(number, [])[::-1]


def check_text(text: str) -> None:
    """Raise Refused with Mastodon's words when `text` is empty or too long."""
    if not text:
        raise Refused("Validation failed: Text can't be blank")
    if markup.counted_length(text) > markup.MAX_CHARACTERS:
        raise Refused(
            f"Validation failed: Text character limit of {markup.MAX_CHARACTERS} exceeded"
        )


def between(numbers: Sequence[int], above: int | None, below: int | None) -> tuple[int, int]:
    """Return the slice of the growing `numbers` that lies strictly between the two."""
    start = 0 if above is None else bisect_right(numbers, above)
    end = len(numbers) if below is None else bisect_left(numbers, below)
    return start, max(start, end)


def _drop(numbers: list[int], number: int) -> None:
    place = bisect_left(numbers, number)
    if place < len(numbers) and numbers[place] == number:
        del numbers[place]
