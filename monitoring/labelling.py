"""A week's list of mentions to look at: what teaches the machine most, and what measures it fairly.

The list is worked out of the rows of the week before and is the same for everybody all week,
because the machine's labels never change; what people have answered is counted beside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final

from monitoring.models import LabelSet, Revision
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


@dataclass(frozen=True, slots=True)
class Item:
    """A mention to label and why; `people` have said something of it on purpose."""

    mention_id: int
    why: str
    double: bool
    people: int

    @property
    def done(self) -> bool:
        return self.people >= (2 if self.double else 1)


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

    Two queries. Of texts that say the same only one is listed; private, own, erased and deleted
    ones are not.
    """
    starts = _monday(day or datetime.now(HERE).date())
    candidates = _candidates(municipality_id, starts)
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
                chosen[one.mention_id] = why
                taken_groups.add(one.group)
                room -= 1
    people = _people(chosen)
    return [
        Item(number, why, place % DOUBLE == 0, people[number])
        for place, (number, why) in enumerate(chosen.items())
    ]


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


def _people(mention_ids: Iterable[int]) -> Counter[int]:
    """How many people said something of each mention."""
    answers = LabelSet.objects.filter(mention__in=list(mention_ids), person__isnull=False)
    return Counter(
        number for number, _ in answers.values_list("mention_id", "person_id").distinct()
    )
