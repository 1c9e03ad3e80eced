"""Mastodon's paging by id: `min_id`, `since_id`, `max_id`, `limit` and the Link header.

`min_id` gives the oldest items after it, `since_id` the newest: with a burst of fifty and a limit
of five the first continues where one left off and the second skips forty-five. Either way the
newest comes first on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from starlette.datastructures import URL, QueryParams

from webcare.demo.gate import Problem
from webcare.demo.world import between

T = TypeVar("T")


class Window(NamedTuple):
    min_id: int | None
    since_id: int | None
    max_id: int | None
    limit: int


def read_window(query: QueryParams, default_limit: int) -> Window:
    """Read the four parameters; the largest page is twice the default. Raises Problem(400)."""
    limit = _whole(query, "limit")
    if limit is not None and limit < 0:
        raise Problem(400, "Pagination values for `offset` and `limit` must be positive")
    return Window(
        _whole(query, "min_id"),
        _whole(query, "since_id"),
        _whole(query, "max_id"),
        default_limit if limit is None else min(limit, default_limit * 2),
    )


def _whole(query: QueryParams, name: str) -> int | None:
    value = query.get(name, "")
    if not value:
        return None
    try:
        return int(value)
    except ValueError:
        return None


def cut(
    items: Sequence[T],
    numbers: Sequence[int],
    window: Window,
    keep: Callable[[T], bool],
) -> list[T]:
    """Return one page of `items` (growing by `numbers`, same length), newest first."""
    oldest_first = window.min_id is not None
    above = window.min_id if oldest_first else window.since_id
    start, end = between(numbers, above, window.max_id)
    places = range(start, end) if oldest_first else range(end - 1, start - 1, -1)
    page = list(islice((items[at] for at in places if keep(items[at])), window.limit))
    return page[::-1] if oldest_first else page


def link_header(url: URL, newest: int, oldest: int, *, more: bool = True) -> dict[str, str]:
    """Return the Link header of a page that runs from `newest` down to `oldest`."""
    plain = url.remove_query_params(["min_id", "max_id", "since_id", "access_token"])
    links = [f'<{plain.include_query_params(max_id=oldest)}>; rel="next"'] if more else []
    links.append(f'<{plain.include_query_params(min_id=newest)}>; rel="prev"')
    return {"Link": ", ".join(links)}
