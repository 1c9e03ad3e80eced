"""Reading a timeline forward without losing a burst, and noticing what changed behind us.

A timeline is anything that gives pages of items, newest first, and understands `min_id` (the
oldest items after it) and `max_id`. Marks are ids; they are compared, never calculated with,
because some servers use numbers and others ULIDs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.platforms.base import Change

PAGE = 40
# Sorts before every id of either kind, so that a timeline that was empty is read from its start.
START = "0"

Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a timeline: its own id (`mark`), the status it is about and what became of it."""

    mark: str
    status: Status
    change: Change = "new"


Read = Callable[..., list[Item]]


@dataclass(frozen=True, slots=True)
class Step:
    """What reading on gave: `fresh` oldest first, the next mark, whether there may be more.

    `newest` is the newest page when nothing is left behind it to be read, else None.
    """

    fresh: list[Item]
    mark: str
    more: bool
    newest: list[Item] | None


def order(mark: str) -> tuple[int, str]:
    """Sorts numeric ids by value and ULIDs (all of one length) by text."""
    return len(mark), mark


def read_on(read: Read, mark: str, history: int) -> Step:
    """One step forward from `mark`; the first time at most about `history` items back."""
    newest = _sorted(read(limit=PAGE))
    if not mark:
        fresh = _sorted(_backwards(read, newest, history))[-history:] if history else []
        return Step(fresh, newest[-1].mark if newest else START, False, newest)
    if not newest or order(newest[0].mark) <= order(mark):
        fresh = [item for item in newest if order(item.mark) > order(mark)]
        return Step(fresh, fresh[-1].mark if fresh else mark, False, newest)
    # The newest page does not reach back to where we were: go on from there, page by page.
    fresh = [i for i in _sorted(read(limit=PAGE, min_id=mark)) if order(i.mark) > order(mark)]
    reached = fresh[-1].mark if fresh else mark
    behind = bool(fresh) and order(reached) < order(newest[-1].mark)
    return Step(fresh, reached, behind, None if behind else newest)


def changed(seen: Mapping[str, str], newest: Sequence[Item]) -> list[Status]:
    """Statuses whose moment of editing is another than when they were last `seen`."""
    return [
        item.status
        for item in newest
        if seen.get(str(item.status["id"]), edited_at(item.status)) != edited_at(item.status)
    ]


def missing(seen: Mapping[str, str], newest: Sequence[Item]) -> list[str]:
    """Ids once seen that the newest page should hold and does not: perhaps deleted."""
    present = {str(item.status["id"]) for item in newest}
    oldest = min(map(order, present), default=order(""))
    all_of_it = len(newest) < PAGE // 2
    return [i for i in seen if i not in present and (all_of_it or order(i) > oldest)]


def window(newest: Sequence[Item]) -> dict[str, str]:
    """What to remember of a page: which statuses, and when each was last edited."""
    return {str(item.status["id"]): edited_at(item.status) for item in newest}


def edited_at(status: Status) -> str:
    return str(status.get("edited_at") or "")


def _backwards(read: Read, newest: list[Item], history: int) -> list[Item]:
    items = {item.mark: item for item in newest}
    oldest = newest[0].mark if newest else ""
    while oldest and len(items) < history:
        page = [item for item in read(limit=PAGE, max_id=oldest) if item.mark not in items]
        if not page:
            break
        items |= {item.mark: item for item in page}
        oldest = min(items, key=order)
    return list(items.values())


def _sorted(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: order(item.mark))
