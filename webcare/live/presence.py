"""Who is looking at or typing in a case right now. Lives in Redis and fades by itself."""

from __future__ import annotations

import time

import redis
import redis.asyncio
from django.conf import settings

# A browser repeats itself every 10 s; after this long without word it is gone.
FADES_AFTER = 25


def _key(case_id: int) -> str:
    return f"presence:{case_id}"


def find_viewers(case_id: int) -> list[tuple[int, bool]]:
    """Return (person id, is typing) of everyone at this case, in no particular order."""
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        seen = client.hgetall(_key(case_id))
    now = time.time()
    return [
        (int(person), state.startswith("t"))
        for person, state in seen.items()
        if now - float(state[1:]) < FADES_AFTER
    ]


async def note_presence(
    client: redis.asyncio.Redis, case_id: int, person_id: int, *, typing: bool
) -> None:
    state = f"{'t' if typing else 'l'}{time.time()}"
    async with client.pipeline() as pipe:
        pipe.hset(_key(case_id), str(person_id), state)
        pipe.expire(_key(case_id), FADES_AFTER * 2)
        await pipe.execute()


async def forget_presence(client: redis.asyncio.Redis, case_id: int, person_id: int) -> None:
    await client.hdel(_key(case_id), str(person_id))
