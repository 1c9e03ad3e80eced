"""Appends what the machine and people say of a mention, and keeps the town's counters with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from monitoring.batches import execute_batch
from monitoring.models import LabelSet, Mention
from monitoring.town import counts
from nlp import labels as names

# Heads a person can correct, and the values each may take.
CORRECTABLE: Mapping[str, Sequence[str] | type[bool]] = {
    "intent": names.INTENTS,
    "tenor": names.TENORS,
    "themes": names.THEMES,
    "urgent": bool,
    "abuse": bool,
    "about_us": bool,
}
# Above this a yes/no head counts as yes.
YES = 0.5
# What a person's label set repeats of the one before it.
_KEPT = ("lang", "intent", "tenor", "themes", "about_us", "urgent", "abuse", "verdict")

_APPEND = """
INSERT INTO monitoring_labelset (
    mention_id, municipality_id, posted_at, current, lang, intent, tenor, themes, about_us, urgent,
    abuse, verdict, model, corrected)
SELECT mention_id, municipality_id, posted_at, true, lang, intent, tenor,
    string_to_array(themes, ','), about_us, urgent, abuse, verdict::jsonb, model, '{}'
FROM unnest(%b::bigint[], %b::bigint[], %b::timestamptz[], %b::text[], %b::text[], %b::text[],
    %b::text[], %b::float8[], %b::float8[], %b::float8[], %b::text[], %b::text[])
    AS t(mention_id, municipality_id, posted_at, lang, intent, tenor, themes, about_us, urgent,
         abuse, verdict, model)
ON CONFLICT (mention_id) WHERE current DO NOTHING
RETURNING mention_id
"""


def append_verdicts(
    verdicts: Sequence[tuple[Mention, Mapping[str, Any] | None]],
) -> None:
    """Append one machine label set per mention; `None` is "could not be read" and leaves none.

    A mention that already has labels keeps them. Runs in the caller's transaction.
    """
    read = {mention.pk: (mention, verdict) for mention, verdict in verdicts if verdict is not None}
    if not read:
        return
    columns = zip(*(_columns(mention, verdict) for mention, verdict in read.values()), strict=True)
    appended = [row[0] for row in execute_batch(_APPEND, [list(column) for column in columns])]
    counts.add(
        (
            mention.municipality_id,
            mention.posted_at,
            themes_of(verdict),
            verdict["tenor"],
            1,
        )
        for mention, verdict in (read[pk] for pk in appended)
        if counts.belongs(mention)
    )


def _columns(mention: Mention, verdict: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        mention.pk,
        mention.municipality_id,
        mention.posted_at,
        verdict["lang"],
        verdict["intent"],
        verdict["tenor"],
        ",".join(themes_of(verdict)),
        verdict["about_us"],
        verdict["urgent"],
        verdict["abuse"],
        orjson.dumps(verdict).decode(),
        verdict["model"],
    )


def themes_of(verdict: Mapping[str, Any]) -> list[str]:
    return [item["theme"] for item in verdict["themes"]]


def check_correction(head: str, value: Any) -> None:
    """Raise `ValidationError` unless `value` is one that `head` can take; None confirms it."""
    allowed = CORRECTABLE.get(head)
    if allowed is None:
        raise ValidationError({"head": _("Dit label kan niet worden aangepast.")})
    if value is None:
        return
    given = value if isinstance(value, list) else [value]
    fits = (
        isinstance(value, bool)
        if allowed is bool
        else isinstance(value, list) == (head == "themes")
        and len(given) == len(set(map(str, given)))
        and all(item in allowed for item in given)
    )
    if not fits:
        raise ValidationError({"value": _("Kies een van de bestaande labels.")})


def head_value(labels: LabelSet, head: str) -> Any:
    """What a label set says of one head, in the shape a person gives it."""
    value = getattr(labels, head)
    return value >= YES if CORRECTABLE[head] is bool else value


def correct(
    mention: Mention,
    head: str,
    value: Any,
    person_id: int,
    *,
    why: str = LabelSet.Why.FOUND,
) -> LabelSet:
    """Append a person's label set: the current one with `head` set to `value`; see `say`."""
    return say(mention, {head: value}, person_id, why=why)[-1]


def say(
    mention: Mention,
    said: Mapping[str, Any],
    person_id: int,
    *,
    why: str = LabelSet.Why.FOUND,
) -> list[LabelSet]:
    """Append what a person says of some heads in one go: a label set per head, the last current.

    A value of None says "this is right": the head then counts as set by a person. The machine's set
    stays beside it. `why` tells how the mention came before this person (`LabelSet.Why`). Raises
    `ValidationError` for a value the head does not know, and when nothing is said.
    """
    if not said:
        raise ValidationError({"answers": _("Zeg van minstens één label wat het is.")})
    for head, value in said.items():
        check_correction(head, value)
    if why not in LabelSet.Why.values:
        raise ValidationError(
            {"why": _("Kies uit %(choices)s.") % {"choices": ", ".join(LabelSet.Why.values)}}
        )
    with transaction.atomic():
        _take_turn(mention)
        before = LabelSet.objects.filter(mention=mention, current=True).first()
        # One moment for all: `restore` takes back together what was said together.
        now = timezone.now()
        appended: list[LabelSet] = []
        for head, value in said.items():
            base = appended[-1] if appended else before
            after = LabelSet(
                mention=mention,
                municipality_id=mention.municipality_id,
                posted_at=mention.posted_at,
                current=len(appended) == len(said) - 1,
                person_id=person_id,
                corrected=sorted({*(base.corrected if base else ()), head}),
                head=head,
                why=why,
                created_at=now,
            )
            if base is not None:
                for name in _KEPT:
                    setattr(after, name, getattr(base, name))
            if value is not None:
                setattr(after, head, float(value) if isinstance(value, bool) else value)
            elif base is None or getattr(after, head) == "":
                raise ValidationError({"value": _("Er is nog geen label om te bevestigen.")})
            appended.append(after)
        if before is not None:
            LabelSet.objects.filter(pk=before.pk).update(current=False)
        LabelSet.objects.bulk_create(appended)
        if counts.belongs(mention):
            _recount(mention, before, appended[-1])
    return appended


def restore(label_set: LabelSet) -> None:
    """Take back what a person said: what was said before it counts again.

    All of it stays in the history. Raises `ValidationError` when somebody said something since.
    """
    with transaction.atomic():
        mention = label_set.mention
        _take_turn(mention)
        standing = LabelSet.objects.filter(mention=mention, taken_back=False)
        together = standing.filter(
            person=label_set.person, person__isnull=False, created_at=label_set.created_at
        ).order_by("pk")
        taken = list(together)
        if not taken or not taken[-1].current:
            raise ValidationError(_("Hierover is daarna nog iets gezegd."))
        before = standing.filter(pk__lt=taken[0].pk).order_by("-pk").first()
        together.update(current=False, taken_back=True)
        if before is not None:
            LabelSet.objects.filter(pk=before.pk).update(current=True)
        if counts.belongs(mention):
            _recount(mention, taken[-1], before)


def _take_turn(mention: Mention) -> None:
    """Lock the mention rather than its labels: the row that is current changes under a waiter."""
    Mention.objects.select_for_update().only("pk").get(pk=mention.pk)


def _recount(mention: Mention, before: LabelSet | None, after: LabelSet | None) -> None:
    place = (mention.municipality_id, mention.posted_at)
    counts.add(
        (*place, labels.themes, labels.tenor, sign)
        for labels, sign in ((before, -1), (after, 1))
        if labels is not None
    )
