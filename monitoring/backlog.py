"""The queue of stored mentions that still have to be read, as rows of `Waiting`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

import nlp
from monitoring.models import Mention, Waiting
from monitoring.own_models import find_model
from monitoring.traces import describe_trace

logger = logging.getLogger(__name__)

# How many mentions a batch holds by how often its first was tried before: what kills a worker is
# isolated in three tries, and then goes on unread instead of blocking the rest.
BATCH_SIZES = (500, 50, 5, 1)
GIVE_UP_AFTER = len(BATCH_SIZES)

_TAKE_TURN = """
UPDATE monitoring_waiting SET attempts = attempts + 1 WHERE mention_id IN (
    SELECT mention_id FROM monitoring_waiting WHERE lane = %(lane)s AND attempts <= %(last)s
    ORDER BY mention_id
    LIMIT (SELECT (%(sizes)s::int[])[least(attempts + 1, %(last)s)] FROM monitoring_waiting
           WHERE lane = %(lane)s AND attempts <= %(last)s ORDER BY mention_id LIMIT 1)
    FOR UPDATE SKIP LOCKED
) RETURNING mention_id
"""
# What fails even unread (a municipality without a team) must not stand in front of the others,
# and goes on by itself once its cause is gone.
_TAKE_STUCK = """
UPDATE monitoring_waiting SET attempts = least(attempts + 1, 1000) WHERE mention_id IN (
    SELECT mention_id FROM monitoring_waiting WHERE lane = %(lane)s AND attempts > %(last)s
    ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING mention_id
"""


def take_turn(lane: int) -> list[int]:
    """Pick the oldest waiting mentions of `lane` and count the try, committed at once.

    Only when there are no others, one that failed every time before.
    """
    values: dict[str, Any] = {"lane": lane, "sizes": list(BATCH_SIZES), "last": GIVE_UP_AFTER}
    with connection.cursor() as cursor:
        for statement in (_TAKE_TURN, _TAKE_STUCK):
            cursor.execute(statement, values)
            if taken := [row[0] for row in cursor.fetchall()]:
                return taken
    return []


def claim(mention_ids: Sequence[int]) -> list[tuple[Mention, int]]:
    """Lock those still waiting that nobody else works on; returns (mention, tries so far).

    Runs in the caller's transaction, which also finishes them.
    """
    tries = dict(
        Waiting.objects.select_for_update(skip_locked=True)
        .filter(pk__in=mention_ids)
        .values_list("mention_id", "attempts")
    )
    mentions = Mention.objects.filter(pk__in=tries).defer("search")
    return [(mention, tries[mention.pk]) for mention in mentions]


def classify(
    claimed: Iterable[tuple[Mention, int]],
) -> list[tuple[Mention, dict[str, Any] | None]]:
    """Read what was claimed; None for what the machine cannot read, or must not try again.

    Our own posts are not read: the desk knows what it meant. A municipality that taught a model of
    its own is read with that one.
    """
    readable: dict[int, list[Mention]] = {}
    verdicts: dict[int, dict[str, Any] | None] = {}
    mentions = []
    for mention, tries in claimed:
        mentions.append(mention)
        if not mention.own and tries <= GIVE_UP_AFTER:
            readable.setdefault(mention.municipality_id, []).append(mention)
    for municipality_id, group in readable.items():
        try:
            own = find_model(municipality_id)
            read = (own.classify if own else nlp.classify)(
                (mention.text for mention in group), gazetteer=find_gazetteer(municipality_id)
            )
            for mention, verdict in zip(group, read, strict=True):
                verdicts[mention.pk] = (
                    verdict.as_dict() if isinstance(verdict, nlp.Verdict) else None
                )
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # Whatever the machine chokes on never blocks the inbox: people read it instead.
            logger.error("%d mentions stay unclassified: %s", len(group), describe_trace(error))
    return [(mention, verdicts.get(mention.pk)) for mention in mentions]


def finish(mention_ids: Sequence[int]) -> None:
    Waiting.objects.filter(pk__in=mention_ids).delete()


def is_waiting(lane: int) -> bool:
    return Waiting.objects.filter(lane=lane).exists()


@lru_cache(maxsize=64)
def find_gazetteer(municipality_id: int) -> nlp.Gazetteer:
    """The municipality's places. Kept per process: a changed list takes effect at a restart."""
    municipality = apps.get_model(settings.MUNICIPALITY_MODEL)
    places = municipality.objects.values_list("places", flat=True).get(pk=municipality_id)
    return nlp.Gazetteer([(name, kind) for name, kind in places])
