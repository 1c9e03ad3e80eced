"""`python -m webcare.running.probe ROLE`: is this container's role well? Exit 0 or 1, one line why.

Containers ask every half minute, so nothing here loads models: a page, a port, a heartbeat.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Final

import redis
from django.conf import settings

from webcare.env import read_list
from webcare.running import embedded

TIMEOUT_SECONDS: Final = 3
HEART_LIMIT: Final = 30.0
LOCAL: Final = "127.0.0.1"


def web_serves() -> bool:
    host = (read_list("ALLOWED_HOSTS") or ["localhost"])[0].lstrip(".")
    request = urllib.request.Request(
        f"http://{LOCAL}:{settings.PORT}/healthz",
        headers={"Host": host, "X-Forwarded-Proto": "https"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        return bool(answer.status == 200)


def live_listens() -> bool:
    return embedded.port_answers(LOCAL, settings.LIVE_PORT, TIMEOUT_SECONDS)


def workers_beat() -> bool:
    """Both lanes were heard lately; the broker knows of every worker, not of this one alone."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS) as broker:
        return all(
            broker.zcount(f"stadspraat:heart:{lane}", time.time() - HEART_LIMIT, "+inf")
            for lane in ("default", "direct")
        )


PROBES: Final[dict[str, Callable[[], bool]]] = {
    "web": web_serves,
    "live": live_listens,
    "worker": workers_beat,
}


def main(arguments: list[str]) -> int:
    role = arguments[0] if arguments else ""
    if role not in PROBES:
        print(f"No probe called {role!r}; there are {', '.join(PROBES)}", file=sys.stderr)
        return 2
    try:
        well = PROBES[role]()
    except (OSError, redis.RedisError) as error:
        print(f"{role}: {type(error).__name__}", file=sys.stderr)
        return 1
    if not well:
        print(f"{role}: no sign of life", file=sys.stderr)
    return 0 if well else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
    raise SystemExit(main(sys.argv[1:]))
