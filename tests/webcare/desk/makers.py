"""Makes mentions and cases the way the pipeline does, so that tests start from real rows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitoring import labels
from monitoring.ingest import store_page
from monitoring.models import LabelSet, Mention, Source, Waiting
from monitoring.platforms.base import Author, Page, Post
from webcare.desk.models import Case
from webcare.desk.triage import triage
from webcare.organisation.models import Account

_numbers = itertools.count(1000)


def make_post(text: str = "Wanneer gaat de markt open?", **fields: Any) -> Post:
    fields.setdefault("id", str(next(_numbers)))
    fields.setdefault("posted_at", timezone.now() - timedelta(minutes=5))
    fields.setdefault("author", Author("ria@plein.example", "Ria"))
    fields.setdefault("direct", True)
    return Post(text=text, **fields)


def verdict(**changes: Any) -> dict[str, Any]:
    """A verdict in the contract's shape, as the machine gives it."""
    base = {
        "lang": "nl",
        "lang_p": 0.99,
        "intent": "question",
        "intent_p": {"question": 0.9, "other": 0.1},
        "themes": [{"theme": "events", "p": 0.8}],
        "tenor": "neutral",
        "tenor_p": {"support": 0.1, "criticism": 0.1, "neutral": 0.8, "mixed": 0.0},
        "emotions": {},
        "urgent": 0.01,
        "abuse": 0.01,
        "about_us": 0.9,
        "places": [],
        "model": "test",
    }
    return base | changes


def store_posts(source: Source, *posts: Post) -> list[Mention]:
    stored = store_page(source, Page(tuple(posts), {}), keep_cursor=True)
    return list(Mention.objects.filter(pk__in=stored.new_ids).order_by("posted_at", "pk"))


def read_and_triage(
    mentions: list[Mention], read: Mapping[str, Any] | None = None, *, unread: bool = False
) -> None:
    """What `pipeline.process_batch` does after the machine has read them."""
    verdicts = [(mention, None if unread else dict(read or verdict())) for mention in mentions]
    with transaction.atomic():
        triage(verdicts)
        labels.append_verdicts(verdicts)
        Waiting.objects.filter(mention__in=mentions).delete()


def make_case(account: Account, text: str = "Wanneer gaat de markt open?", **fields: Any) -> Case:
    """A case as a resident's direct post opens it."""
    (mention,) = store_posts(account.source, make_post(text, **fields))
    read_and_triage([mention])
    return Case.objects.get(first_mention=mention)


def make_listed_case(account: Account, text: str = "Wanneer gaat de markt open?") -> Case:
    """A case of a week ago: its message is on this week's list of what to label."""
    case = make_case(account, text)
    last_week = timezone.now() - timedelta(days=7)
    Mention.objects.filter(pk=case.first_mention_id).update(posted_at=last_week)
    LabelSet.objects.filter(mention=case.first_mention_id).update(posted_at=last_week)
    return case
