"""The collector: rounds of every source when they are due, and streams where platforms have them.

A stream only makes things sooner. What it misses, the next round brings; what both bring, the
unique key absorbs.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from monitoring.collecting import find_collected, make_adapter
from monitoring.models import Source
from monitoring.platforms.base import Page, PlatformError, Post
from monitoring.platforms.registry import get_platform
from monitoring.traces import describe_trace
from webcare import pipeline

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5
ROUNDS_AT_ONCE = 4
# A stream that ends is opened again after this long, doubling up to the second number.
REOPEN_AFTER, REOPEN_AT_MOST = 1.0, 60.0
# A burst is stored in pages of this many, not post by post.
PAGE_SIZE = 500


class Listener(threading.Thread):
    """Listens to the stream of one source and stores what it says, in pages when it is much."""

    def __init__(self, source: Source) -> None:
        super().__init__(name=f"stream-{source.pk}", daemon=True)
        self.source = source
        self.posts: queue.Queue[Post] = queue.Queue(maxsize=PAGE_SIZE * 20)
        self.ended = threading.Event()
        self.adapter = make_adapter(source)
        self.storer = threading.Thread(target=self._store, name=f"{self.name}-store", daemon=True)

    def start(self) -> None:
        super().start()
        self.storer.start()

    def run(self) -> None:
        wait = REOPEN_AFTER
        while not self.ended.is_set():
            try:
                for post in self.adapter.listen(self._ask_for_round):
                    wait = REOPEN_AFTER
                    self.posts.put(post)
                if not self.ended.is_set():
                    # Ended by itself: this source does not stream.
                    return
            except PlatformError as error:
                logger.warning("stream of source %d: %s", self.source.pk, type(error).__name__)
            except Exception as error:
                logger.error("stream of source %d: %s", self.source.pk, describe_trace(error))
            self.ended.wait(wait)
            wait = min(wait * 2, REOPEN_AT_MOST)

    def _ask_for_round(self) -> None:
        """What was said while nobody listened comes with a round."""
        with _database_may_fail():
            Source.objects.filter(pk=self.source.pk).update(next_round=timezone.now())

    def _store(self) -> None:
        while not self.ended.is_set():
            posts = self._next_page()
            while posts and not self.ended.is_set():
                with _database_may_fail() as attempt:
                    try:
                        pipeline.store(self.source, Page(tuple(posts), {}), keep_cursor=True)
                    except (OperationalError, InterfaceError):
                        raise
                    except Exception as error:
                        # The next round meets it too, and says so where people look.
                        logger.error("source %d: %s", self.source.pk, describe_trace(error))
                    posts = []
                if attempt.failed:
                    self.ended.wait(1)
        connection.close()

    def _next_page(self) -> list[Post]:
        posts: list[Post] = []
        with contextlib.suppress(queue.Empty):
            posts.append(self.posts.get(timeout=1))
            while len(posts) < PAGE_SIZE:
                posts.append(self.posts.get_nowait())
        return posts

    def close(self) -> None:
        self.ended.set()
        self.adapter.close()


class _database_may_fail:
    """A database that is away is waited for, not died of; `failed` tells afterwards."""

    def __init__(self) -> None:
        self.failed = False

    def __enter__(self) -> _database_may_fail:
        close_old_connections()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self.failed = kind is not None and issubclass(kind, OperationalError | InterfaceError)
        if self.failed:
            logger.warning("the database is away (%s); waiting for it", kind and kind.__name__)
            connection.close()
        return self.failed


def run(ended: threading.Event, say: Callable[[str], None]) -> None:
    """Collect until `ended`. Added, changed and stopped sources are noticed by themselves."""
    listeners: dict[int, Listener] = {}
    rounds: dict[int, Future[None]] = {}
    with ThreadPoolExecutor(ROUNDS_AT_ONCE, thread_name_prefix="round") as pool:
        while not ended.wait(LOOK_EVERY):
            with _database_may_fail():
                sources = {source.pk: source for source in _find_active()}
                _tend_listeners(listeners, sources, say)
                now = timezone.now()
                rounds = {pk: future for pk, future in rounds.items() if not future.done()}
                for source in sources.values():
                    if source.next_round <= now and source.pk not in rounds:
                        rounds[source.pk] = pool.submit(_round, source.pk)
        for listener in listeners.values():
            listener.close()
    for listener in listeners.values():
        listener.storer.join(timeout=5)


def _find_active() -> list[Source]:
    return list(Source.objects.filter(active=True, platform__in=find_collected()))


def _round(source_id: int) -> None:
    try:
        with _database_may_fail():
            outcome = pipeline.collect(source_id)
            if outcome.problem:
                logger.warning("source %d: round failed", source_id)
    except Exception as error:
        # Nobody asks this future what became of it.
        logger.error("source %d: round broke: %s", source_id, describe_trace(error))
    finally:
        connection.close()


def _tend_listeners(
    listeners: dict[int, Listener], sources: dict[int, Source], say: Callable[[str], None]
) -> None:
    for pk, listener in list(listeners.items()):
        source = sources.get(pk)
        changed = source is None or _settings_of(source) != _settings_of(listener.source)
        if changed or not listener.is_alive():
            listener.close()
            if changed:
                del listeners[pk]
    for pk, source in sources.items():
        if pk not in listeners and get_platform(source.platform).capabilities.streams:
            try:
                listeners[pk] = Listener(source)
            except Exception as error:
                # Its rounds tell what is wrong, in words, where people look.
                if not isinstance(error, PlatformError):
                    logger.error("source %d: %s", pk, describe_trace(error))
                continue
            listeners[pk].start()
            say(f"listening to source {pk}")


def _settings_of(source: Source) -> tuple[object, ...]:
    return source.platform, source.config, source.secrets
