"""The Mastodon adapter: collects what addresses us, streams it, and publishes answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import cached_property, partial
from typing import Any
from urllib.parse import quote

from monitoring.platforms.base import (
    Author,
    Capabilities,
    DeliveryUnknown,
    LengthRule,
    Outgoing,
    Page,
    PermanentError,
    Post,
    PublishedRef,
    RetryAfter,
)
from monitoring.platforms.guarded import GuardedClient
from monitoring.platforms.mastodon import payloads, timeline
from monitoring.platforms.mastodon.client import as_list, as_mapping, connect, typed_errors
from monitoring.platforms.mastodon.config import MastodonConfig
from monitoring.platforms.mastodon.stream import Event, Stream

# How many posts that vanished from a timeline are looked up per fetch.
LOOKED_UP = 10
# Servers differ a little in what time it is.
CLOCK_SKEW = timedelta(minutes=5)

CAPABILITIES = Capabilities(
    collects=True,
    streams=True,
    publishes=True,
    length=payloads.DEFAULT_LENGTH,
    private_reply=True,
    edit=True,
    delete=True,
    finds_published=True,
    idempotent=True,
)


class MastodonAdapter:
    """One account. Not shared between threads, except that `close` may come from any."""

    capabilities = CAPABILITIES

    def __init__(self, config: MastodonConfig, *, allow: frozenset[str] = frozenset()) -> None:
        self._config = config
        self._client = GuardedClient(allow, https_only=True)
        self._client.check_url(config.base_url)
        self._token = config.access_token.get_secret_value()
        self._mastodon = connect(config.base_url, self._token, self._client)
        self._stream: Stream | None = None
        self._closed = False

    def close(self) -> None:
        """End the stream and let the connections go."""
        self._closed = True
        if self._stream is not None:
            self._stream.close()
        self._client.close()

    # Who we are

    @cached_property
    def _account(self) -> Mapping[str, Any]:
        with typed_errors():
            account = as_mapping(self._mastodon.account_verify_credentials())
        if not account.get("id"):
            raise PermanentError("the server does not say whose access token this is")
        return account

    @cached_property
    def _instance(self) -> payloads.Instance:
        try:
            with typed_errors():
                payload = as_mapping(self._mastodon.instance_v2())
        except PermanentError:
            payload = {}  # some servers lack this page; Mastodon's own numbers hold then
        return payloads.read_instance(payload, self._config.base_url)

    @cached_property
    def _side(self) -> payloads.Side:
        return payloads.Side(str(self._account["id"]), self._instance.domain)

    @property
    def _token_mark(self) -> str:
        """Tells whether a cursor was made with this very token; says nothing about it."""
        return hashlib.sha256(self._token.encode()).hexdigest()[:12]

    def _remember(self, us: object) -> None:
        if isinstance(us, Mapping) and us.get("token") == self._token_mark:
            self._side = payloads.Side(str(us["account_id"]), str(us["domain"]))

    def whoami(self) -> Author:
        """The account behind the access token. Raises AccessDenied when the token is refused."""
        return payloads.read_author(self._account, self._instance.domain)

    def length_rule(self) -> LengthRule:
        """How long a post may be on this very server."""
        return self._instance.length

    # Collecting

    def fetch(self, cursor: Mapping[str, Any]) -> Page:
        """Mentions and replies, our own posts, and what the watched terms find; oldest first.

        The cursor: `us` (who we are, so that a new adapter need not ask), `min_id`
        (notifications), `own` and `terms` (a mark per timeline), `seen` (the newest posts of ours
        and to us, with their moment of editing: a poll has no other way to notice that a resident
        edited or deleted a post).
        """
        self._remember(cursor.get("us"))
        posts: dict[tuple[str, str], Post] = {}
        after: dict[str, Any] = {"us": asdict(self._side), "terms": {}, "seen": {}}
        after["us"]["token"] = self._token_mark
        more = False
        known = cursor.get("seen") or {}
        for name, read in self._watched().items():
            step = timeline.read_on(read, str(cursor.get(name) or ""), self._config.history)
            after[name], more = step.mark, more or step.more
            self._take(posts, step)
            seen = known.get(name) or {}
            if step.newest is None:
                after["seen"][name] = seen
            else:
                after["seen"][name] = self._compare(posts, seen, step.newest, own=name == "own")
        problems: list[str] = []
        for term, mark in self._marks(cursor).items():
            after["terms"][term] = mark
            try:
                step = timeline.read_on(partial(self._read_term, term), mark, timeline.PAGE)
            except (PermanentError, RetryAfter) as error:
                # What residents ask us must not wait for a search the server refuses.
                problems.append(f"{term}: {error}")
                continue
            after["terms"][term], more = step.mark, more or step.more
            self._take(posts, step)
        oldest_first = sorted(posts.values(), key=lambda post: post.posted_at)
        return Page(tuple(oldest_first), after, more, tuple(problems))

    def _marks(self, cursor: Mapping[str, Any]) -> dict[str, str]:
        marks = cursor.get("terms") or {}
        return {term: str(marks.get(term) or "") for term in self._config.terms}

    def _watched(self) -> dict[str, timeline.Read]:
        return {"min_id": self._read_notifications, "own": self._read_own}

    def _take(self, posts: dict[tuple[str, str], Post], step: timeline.Step) -> None:
        for item in step.fresh:
            post = payloads.read_post(item.status, self._side, change=item.change)
            posts.setdefault((post.id, post.change), post)

    def _compare(
        self,
        posts: dict[tuple[str, str], Post],
        seen: Mapping[str, str],
        newest: list[timeline.Item],
        *,
        own: bool,
    ) -> dict[str, str]:
        """Add what was edited or deleted since `seen`; return what to remember now."""
        for status in timeline.changed(seen, newest):
            post = payloads.read_post(status, self._side, change="edited")
            posts[post.id, post.change] = post
        gone = timeline.missing(seen, newest)
        for status_id in gone[:LOOKED_UP]:
            # Also a dismissed notification or a block takes a post off the page: ask.
            if self._find_status(status_id) is None:
                posts[status_id, "deleted"] = payloads.deleted_post(status_id, own=own)
        later = {status_id: seen[status_id] for status_id in gone[LOOKED_UP:]}
        return timeline.window(newest) | later

    def _read_notifications(self, **paging: Any) -> list[timeline.Item]:
        with typed_errors():
            answer = as_list(self._mastodon.notifications(types=["mention", "update"], **paging))
        return [
            timeline.Item(
                str(line["id"]), line["status"], "edited" if line.get("type") == "update" else "new"
            )
            for line in answer
            if line.get("id") and payloads.is_status(line.get("status"))
        ]

    def _read_own(self, **paging: Any) -> list[timeline.Item]:
        with typed_errors():
            answer = as_list(
                self._mastodon.account_statuses(
                    self._side.account_id, exclude_reblogs=True, **paging
                )
            )
        return _items(answer)

    def _read_term(self, term: str, **paging: Any) -> list[timeline.Item]:
        with typed_errors():
            if term.startswith("#"):
                answer = as_list(self._mastodon.timeline_hashtag(term[1:], **paging))
            else:
                answer = self._search(term, **paging)
        return _items(answer)

    def _search(
        self, term: str, *, limit: int, min_id: str | None = None, **paging: Any
    ) -> list[Mapping[str, Any]]:
        """What the server's search finds. Unlike a timeline it has the newest first also after
        `min_id`, so that a burst is read by offset, at most five pages of it."""
        found: list[Mapping[str, Any]] = []
        for _ in range(5 if min_id else 1):
            answer = self._mastodon.search_v2(
                term,
                resolve=False,
                result_type="statuses",
                limit=limit,
                min_id=min_id,
                offset=len(found) or None,
                **paging,
            )
            page = as_list(as_mapping(answer).get("statuses"))
            found += page
            if len(page) < limit:
                break
        return found

    def _find_status(self, status_id: str) -> Mapping[str, Any] | None:
        """The status, or None when the server no longer has it for us."""
        try:
            return self._get_status(status_id)
        except PermanentError as error:
            if type(error) is PermanentError:
                return None
            raise

    def _get_status(self, status_id: str) -> Mapping[str, Any]:
        with typed_errors():
            return as_mapping(self._mastodon.status(quote(status_id, safe="")))

    def context(self, post_id: str) -> tuple[Post, ...]:
        """The thread around a post, without the post itself: what came before it, then after."""
        with typed_errors():
            thread = as_mapping(self._mastodon.status_context(quote(post_id, safe="")))
        before, after = (
            [item.status for item in _items(as_list(thread.get(part) or []))]
            for part in ("ancestors", "descendants")
        )
        root = str(before[0]["id"]) if before else post_id
        posts = (payloads.read_post(status, self._side) for status in (*before, *after))
        return tuple(payloads.in_conversation(post, root) for post in posts)

    # Streaming

    def listen(self, opened: Callable[[], object]) -> Iterator[Post]:
        """Posts as they happen: to us, by us, and under watched hashtags; edits and deletions.

        `opened` is called once the stream is open.
        Ends after `close`, or at once when the account's settings turn streaming off.
        """
        if not self._config.stream or self._closed:
            return
        hashtags = [term[1:] for term in self._config.terms if term.startswith("#")]
        self._stream = Stream(self._instance.streaming, self._token, self._client.allowed)
        for event in self._stream.events(hashtags, opened):
            post = self._heard(event)
            if post is not None:
                yield post

    def _heard(self, event: Event) -> Post | None:
        if event.name == "delete":
            return payloads.deleted_post(str(event.payload)) if event.payload else None
        status = event.payload
        if event.name == "notification" and isinstance(status, Mapping):
            edited = status.get("type") == "update"
            status = status.get("status") if status.get("type") in ("mention", "update") else None
        elif event.name in ("update", "status.update"):
            edited = event.name == "status.update"
        else:
            return None
        if not payloads.is_status(status):
            return None
        post = payloads.read_post(status, self._side, change="edited" if edited else "new")
        # The home timeline also brings whatever the accounts we follow write to others.
        asked_for = post.direct or post.own or event.stream[0] == "hashtag"
        return post if asked_for else None

    # Publishing

    def publish(self, outgoing: Outgoing) -> PublishedRef:
        """Publish once. An answer gets the handle it answers in front where it is missing.

        Raises PermanentError when the post to answer is gone or the text is too long (nothing was
        sent), `DeliveryUnknown` whenever the server may have published it.
        """
        handles: list[str] = []
        visibility: str = "direct" if outgoing.private else self._config.visibility
        if outgoing.in_reply_to:
            parent = self._get_status(outgoing.in_reply_to)
            handles = self._handles(parent)
            visibility = payloads.stricter(visibility, str(parent.get("visibility") or "public"))
        text = self._fitting(payloads.address_to(outgoing.text, handles))
        with typed_errors(posting=True):
            status = self._mastodon.status_post(
                text,
                in_reply_to_id=outgoing.in_reply_to or None,
                visibility=visibility,
                language=outgoing.lang or None,
                idempotency_key=outgoing.key,
            )
        try:
            return payloads.read_reference(status)
        except ValueError as error:
            raise DeliveryUnknown("the answer to what was sent cannot be read") from error

    def find_published(self, outgoing: Outgoing) -> PublishedRef | None:
        """Our own recent status with the same parent and the same words, or None."""
        since = outgoing.not_before - CLOCK_SKEW if outgoing.not_before else None
        oldest: str | None = None
        for _ in range(5):
            items = self._read_own(limit=timeline.PAGE, max_id=oldest)
            for item in items:
                reference = payloads.read_reference(item.status)
                if since and reference.published_at < since:
                    return None
                if self._is_same(item.status, outgoing):
                    return reference
            if not items or since is None:
                return None
            oldest = min((item.mark for item in items), key=timeline.order)
        return None

    def _is_same(self, status: Mapping[str, Any], outgoing: Outgoing) -> bool:
        if str(status.get("in_reply_to_id") or "") != outgoing.in_reply_to:
            return False
        return payloads.same_words(payloads.read_text(status, self._instance.domain), outgoing.text)

    def edit(self, post_id: str, text: str) -> PublishedRef:
        """Replace the words of a post of ours; who it addresses and its media stay."""
        status = self._get_status(post_id)
        handles = payloads.mentioned(status, self._instance.domain)
        media = [m["id"] for m in status.get("media_attachments") or () if m.get("id")]
        fitting = self._fitting(payloads.address_to(text, handles))
        with typed_errors():
            edited = self._mastodon.status_update(
                quote(post_id, safe=""), fitting, media_ids=media or None
            )
        try:
            return payloads.read_reference(edited)
        except ValueError as error:
            raise PermanentError("the answer to an edit cannot be read") from error

    def delete(self, post_id: str) -> None:
        """Delete a post of ours. A post that is gone already is no error."""
        if self._find_status(post_id) is not None:
            with typed_errors():
                self._mastodon.status_delete(quote(post_id, safe=""))

    def _handles(self, parent: Mapping[str, Any]) -> list[str]:
        """Who an answer to `parent` is meant for: its author, or whom we addressed in it."""
        domain = self._instance.domain
        author = parent.get("account") or {}
        if str(author.get("id")) == self._side.account_id:
            return payloads.mentioned(parent, domain)
        return [handle for handle in [payloads.handle_of(author, domain)] if handle]

    def _fitting(self, text: str) -> str:
        rule = self.length_rule()
        length = payloads.measure(text, rule)
        if length > rule.limit:
            raise PermanentError(f"the text counts {length} characters, {rule.limit} fit")
        return text


def _items(statuses: list[Mapping[str, Any]]) -> list[timeline.Item]:
    return [timeline.Item(str(s["id"]), s) for s in statuses if payloads.is_status(s)]
