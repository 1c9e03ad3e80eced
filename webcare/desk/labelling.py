"""The weekly list as one person works through it: what to look at, what they say, and back again.

Whoever labels sees what the machine said and never what a colleague did: of what two people look
at, the two must not know of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from monitoring import labels
from monitoring.labelling import Item, labelling_queue
from monitoring.models import LabelSet, Mention
from webcare.api import Conflict
from webcare.desk import cases
from webcare.desk.changes import check_may_work
from webcare.desk.models import CaseMessage
from webcare.organisation.access import ANSWERING, answerable_teams, check_role
from webcare.organisation.models import Person


@dataclass(frozen=True, slots=True)
class Task:
    """A post to label, with the machine's own labels beside it."""

    item: Item
    mention: Mention
    machine: LabelSet


@dataclass(frozen=True, slots=True)
class Work:
    """This week's list for one person: what is left of it, in an order of their own."""

    total: int
    tasks: list[Task]

    @property
    def done(self) -> int:
        return self.total - len(self.tasks)


def find_work(person: Person) -> Work:
    """What this person may still look at this week; as many queries however long the list is.

    Posts in conversations of other teams are not on their list. Everybody has an order of their
    own, so that two people at work seldom meet.
    """
    check_role(person, *ANSWERING)
    items = labelling_queue(person.municipality_id)
    elsewhere = _in_other_teams(person, [item.mention_id for item in items])
    mine = [item for item in items if item.mention_id not in elsewhere]
    left = sorted(
        (item for item in mine if not item.done_for(person.pk)),
        key=lambda item: sha256(f"{person.pk} {item.mention_id}".encode()).digest(),
    )
    numbers = [item.mention_id for item in left]
    mentions = Mention.objects.defer("search").in_bulk(numbers)
    machine = {one.mention_id: one for one in _of_the_machine(numbers)}
    tasks = [
        Task(item, mentions[item.mention_id], machine[item.mention_id])
        for item in left
        if item.mention_id in mentions and item.mention_id in machine
    ]
    return Work(len(mine), tasks)


def answer(person: Person, mention_id: int, said: Mapping[str, Any]) -> None:
    """Keep what this person says of a post on the list; None says that the machine is right.

    Raises `Mention.DoesNotExist` for what is not on the list of their municipality,
    `PermissionDenied` for another team's, and `Conflict` when nothing is left to say of it.
    """
    item, case_id = _find(person, mention_id)
    if item.done_for(person.pk):
        raise Conflict(_("Hier is al iets over gezegd. Door naar het volgende bericht."), "done")
    mention = Mention.objects.defer("search").get(pk=mention_id)
    machine = _of_the_machine([mention_id])[0]
    if not machine.current:
        # "Right" was said of what the machine showed, not of what a colleague made of it.
        for head in said:
            labels.check_correction(head, said[head])
        said = {
            head: labels.head_value(machine, head) if value is None else value
            for head, value in said.items()
        }
    if case_id is None:
        labels.say(mention, said, person.pk, why=item.why)
    else:
        cases.say_labels(person, case_id, mention_id, said, item.why)


def take_back(person: Person, mention_id: int) -> None:
    """Take back what this person said of a post on the list, while nobody said more.

    Raises as `answer` does, and `ValidationError` when there is nothing to take back.
    """
    _mention, case_id = _find(person, mention_id)
    said = (
        LabelSet.objects.filter(mention=mention_id, person=person, current=True)
        .select_related("mention")
        .first()
    )
    if said is None:
        raise ValidationError(_("Er is niets meer om terug te nemen."))
    if case_id is None:
        labels.restore(said)
    else:
        cases.take_back_labels(person, case_id, said)


def _find(person: Person, mention_id: int) -> tuple[Item, int | None]:
    """The item and the case it is in, if any."""
    check_role(person, *ANSWERING)
    for item in labelling_queue(person.municipality_id):
        if item.mention_id == mention_id:
            break
    else:
        raise Mention.DoesNotExist
    place = CaseMessage.objects.filter(mention=mention_id).select_related("case").first()
    if place is None:
        return item, None
    check_may_work(person, place.case)
    return item, place.case_id


def _of_the_machine(mention_ids: list[int]) -> list[LabelSet]:
    return list(LabelSet.objects.filter(mention__in=mention_ids, person__isnull=True))


def _in_other_teams(person: Person, mention_ids: list[int]) -> set[int]:
    return set(
        CaseMessage.objects.filter(mention__in=mention_ids)
        .exclude(case__team__in=answerable_teams(person))
        .values_list("mention_id", flat=True)
    )
