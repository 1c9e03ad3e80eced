"""An adapter for the municipality's account on the sample server, for the tests beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from monitoring.platforms.base import Post
from monitoring.platforms.mastodon.adapter import MastodonAdapter
from monitoring.platforms.mastodon.config import MastodonConfig
from tests.contracts.mastodon_server import TOKEN, MastodonServer
from tests.monitoring.platforms.local import LocalServer, serving


@contextmanager
def municipality(town: MastodonServer, **settings: Any) -> Iterator[tuple[LocalServer, Any]]:
    with serving(town) as server:
        config = MastodonConfig(base_url=server.url, access_token=TOKEN, **settings)
        with closing(MastodonAdapter(config, allow=server.allow)) as adapter:
            yield server, adapter


def fetch_all(adapter: Any, cursor: Any) -> tuple[list[Post], Any]:
    """Fetch until there is no more; the posts of all pages and the last cursor."""
    posts: list[Post] = []
    while True:
        page = adapter.fetch(cursor)
        posts += page.posts
        cursor = page.cursor
        if not page.more:
            return posts, cursor
