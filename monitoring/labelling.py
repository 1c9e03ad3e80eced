"""A week's list of mentions to look at: what teaches the machine most, and what measures it fairly.

The list is worked out of the rows of the week before, kept (numbers only, no words) until the week
is over, and so the same for everybody; what people have answered is read beside it every time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.cache import cache
from django.db.models import Q, QuerySet
from redis.exceptions import RedisError

from monitoring.models import LabelSet, Mention, Revision
from monitoring.town.windows import HERE
from nlp.similarity import Groups, signature

SIZE: Final = 50
#: Of ten places in the list: only the random ones tell how often the machine is wrong.
PLACES: Final = {
    LabelSet.Why.UNCERTAIN: 4,
    LabelSet.Why.RANDOM: 4,
    LabelSet.Why.RARE: 2,
}
#: One in so many is put before two people, to learn how far people agree.
DOUBLE: Final = 10
#: Mentions of a week that are weighed; more change nothing but the time it takes.
WEIGHED: Final = 3000
#: How long a full list is kept. One with places left is made anew: there is little to weigh then.
KEPT: Final = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Item:
    """A mention to label and why; `people` (their ids) have said something of it on purpose."""

    mention_id: int
    why: str
    double: bool
    people: tuple[int, ...]

    @property
    def done(self) -> bool:
        return len(self.people) >= (2 if self.double else 1)

    def done_for(self, person_id: int) -> bool:
        """Nothing left to ask of this person: all was said, or they said theirs."""
        return self.done or person_id in self.people


@dataclass(frozen=True, slots=True)
class _Candidate:
    mention_id: int
    intent: str
    themes: tuple[str, ...]
    sure: float
    group: int


def labelling_queue(
    municipality_id: int, day: date | None = None, *, size: int = SIZE
) -> list[Item]:
    """The list for the week that holds `day` (default: this one), made of the week before it.

    Made at the first look of the week (a second per 2,000 mentions), a query after that. Of texts
    that say the same only one is listed; private, own, erased and deleted ones are not, also when
    they became so since.
    """
    monday = _monday(day or datetime.now(HERE).date())
    chosen = _kept(municipality_id, monday, size)
    people = _people_by_mention([number for number, _ in chosen])
    return [
        Item(number, why, place % DOUBLE == 0, people[number])
        for place, (number, why) in enumerate(chosen)
        if number in people
    ]


def _kept(municipality_id: int, monday: date, size: int) -> list[tuple[int, str]]:
    """The list as it was first made: what comes in late must not push out what was begun."""
    key = f"labelling:{municipality_id}:{monday}:{size}"
    try:
        if kept := cache.get(key):
            return [(number, why) for number, why in kept]
    except RedisError:
        return _choose(municipality_id, monday, size)
    chosen = _choose(municipality_id, monday, size)
    if len(chosen) == size:
        with suppress(RedisError):
            cache.set(key, chosen, int(KEPT.total_seconds()))
    return chosen


def _choose(municipality_id: int, monday: date, size: int) -> list[tuple[int, str]]:
    """(mention, why), one query."""
    candidates = _candidates(municipality_id, monday)
    chosen: dict[int, str] = {}
    orders = {
        # The random ones first: what another reason took away would no longer be random.
        LabelSet.Why.RANDOM: candidates,
        LabelSet.Why.UNCERTAIN: sorted(candidates, key=lambda one: one.sure),
        LabelSet.Why.RARE: _rare_first(candidates),
    }
    taken_groups: set[int] = set()
    for why, order in orders.items():
        room = size * PLACES[why] // sum(PLACES.values())
        for one in order:
            if room and one.mention_id not in chosen and one.group not in taken_groups:
                chosen[one.mention_id] = why.value
                taken_groups.add(one.group)
                room -= 1
    return list(chosen.items())


def listed(mentions: QuerySet[Mention]) -> QuerySet[Mention]:
    """Those of `mentions` that may be put before people to label."""
    return (
        mentions.filter(own=False, private=False)
        .exclude(text="")
        .exclude(revision__kind=Revision.Kind.DELETED)
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _candidates(municipality_id: int, until: date) -> list[_Candidate]:
    """The machine's labels of the week before `until`, in an order that means nothing."""
    ends = datetime.combine(until, time(), HERE)
    starts = datetime.combine(until - timedelta(days=7), time(), HERE)
    rows = (
        LabelSet.objects.filter(
            municipality_id=municipality_id,
            person__isnull=True,
            posted_at__gte=starts,
            posted_at__lt=ends,
            mention__own=False,
            mention__private=False,
        )
        .exclude(mention__text="")
        .exclude(mention__revision__kind=Revision.Kind.DELETED)
        .values_list("mention_id", "mention__text", "intent", "tenor", "themes", "verdict")
    )
    drawn: dict[int, Any] = {}
    for row in rows.iterator(chunk_size=2000):
        drawn[row[0]] = row
        if len(drawn) > 2 * WEIGHED:
            drawn = dict(_drawn(drawn, until))
    groups = Groups()
    return [
        _Candidate(number, intent, tuple(themes), _sure(verdict, intent, tenor), place)
        for (number, (_, text, intent, tenor, themes, verdict)) in _drawn(drawn, until)
        for place in (groups.add(signature(text)),)
    ]


def _drawn(rows: dict[int, Any], week: date) -> Iterator[tuple[int, Any]]:
    """At most WEIGHED of the rows in the week's own order."""
    order = sorted(rows, key=lambda number: sha256(f"{week} {number}".encode()).digest())
    return ((number, rows[number]) for number in order[:WEIGHED])


def _sure(verdict: dict[str, Any], intent: str, tenor: str) -> float:
    """The probability of the least sure of intent and tenor."""
    said = (("intent_p", intent), ("tenor_p", tenor))
    return min(float(verdict.get(head, {}).get(label, 0)) for head, label in said)


def _rare_first(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """First texts that say the same and were read differently, then those with rare labels."""
    candidates = list(candidates)
    seen: Counter[str] = Counter()
    read: defaultdict[int, set[str]] = defaultdict(set)
    for one in candidates:
        seen.update((one.intent, *one.themes))
        read[one.group].add(one.intent)
    return sorted(
        candidates,
        key=lambda one: (
            len(read[one.group]) < 2,
            min(seen[label] for label in (one.intent, *one.themes)),
        ),
    )


def _people_by_mention(mention_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Mention → who said something of it that stands. What may not be shown any more is not in."""
    said = Q(label_sets__person__isnull=False, label_sets__taken_back=False)
    rows = (
        listed(Mention.objects.filter(pk__in=mention_ids))
        .annotate(people=ArrayAgg("label_sets__person_id", filter=said, distinct=True, default=[]))
        .values_list("pk", "people")
    )
    return {number: tuple(people) for number, people in rows}
