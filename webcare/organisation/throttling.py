"""How often one person may write: far above any hand, below what a runaway script does."""

from __future__ import annotations

import logging
from typing import Any

from redis.exceptions import RedisError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

log = logging.getLogger(__name__)


class WriteThrottle(UserRateThrottle):
    scope = "write"
    rate = "240/min"

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return True
        try:
            return super().allow_request(request, view)
        except RedisError:
            # An answer to a resident matters more than counting it.
            log.warning("Writes are not counted: the cache is away")
            return True


class OutwardThrottle(WriteThrottle):
    """For calls that make this machine fetch an address somebody typed."""

    scope = "outward"
    rate = "10/min"
