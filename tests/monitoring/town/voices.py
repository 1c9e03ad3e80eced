"""Lets residents of a test town say something, along the way every mention takes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from monitoring.ingest import store_page
from monitoring.labels import append_verdicts
from monitoring.models import Mention, Source
from monitoring.platforms.base import Author, Page, Post

#: A Friday afternoon in winter: 16:00 here.
NOW = datetime(2026, 11, 13, 15, 0, tzinfo=UTC)

_numbers = itertools.count(1)


def verdict(
    *themes: str, tenor: str = "neutral", tenor_p: float = 0.9, model: str = "2026.11.1"
) -> dict[str, Any]:
    return {
        "lang": "nl",
        "intent": "opinion",
        "intent_p": {"opinion": 0.9},
        "themes": [{"theme": theme, "p": 0.9} for theme in themes],
        "tenor": tenor,
        "tenor_p": {tenor: tenor_p},
        "about_us": 0.9,
        "urgent": 0.0,
        "abuse": 0.0,
        "model": model,
    }


def say(
    source: Source,
    *themes: str,
    tenor: str = "neutral",
    author: str = "ria",
    hours_ago: float = 1,
    text: str = "Wat een stad is dit toch.",
    tenor_p: float = 0.9,
    **post: Any,
) -> Mention:
    post.setdefault("posted_at", NOW - timedelta(hours=hours_ago))
    page = Page(
        (Post(id=f"p{next(_numbers)}", text=text, author=Author(author), **post),),
        cursor={},
    )
    with transaction.atomic():
        stored = store_page(source, page, keep_cursor=True)
        mention = Mention.objects.get(pk=stored.new_ids[0])
        append_verdicts([(mention, verdict(*themes, tenor=tenor, tenor_p=tenor_p))])
    return mention
