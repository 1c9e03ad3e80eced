"""A municipality to measure with, and posts as residents write them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from monitoring.platforms.base import Author, Post
from nlp.posts import read_posts
from tests.makers import make_account, make_municipality, make_team
from webcare.organisation.models import Account

DIRECT_SHARE = 0.15


def make_town() -> Account:
    """An empty database but for one municipality with one account."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        names = ", ".join(
            f'"{name}"'
            for name in connection.introspection.table_names()
            if name != "django_migrations"
        )
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY")
        cursor.execute("SET session_replication_role = DEFAULT")
    return make_account(make_team(make_municipality("Meetstad"), central=True))


def write_posts(
    number: int, *, seed: int = 1, direct_share: float = DIRECT_SHARE
) -> Iterator[Post]:
    """`number` different posts of the last two days, made from invented texts of the corpus."""
    chance = random.Random(seed)
    texts = [post.text for post in read_posts()]
    now = timezone.now()
    for index, text in zip(range(number), itertools.cycle(texts), strict=False):
        yield Post(
            id=f"{seed}-{index}",
            text=f"{text} {index}",
            posted_at=now - timedelta(seconds=chance.uniform(0, 48 * 3600)),
            author=Author(f"inwoner{chance.randrange(5_000)}@plein.example", "Inwoner"),
            direct=chance.random() < direct_share,
            raw={"id": str(index), "content": f"<p>{text}</p>", "visibility": "public"},
        )
