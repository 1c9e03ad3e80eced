"""Is the desk alive, is it ready, and how is it doing: `/healthz`, `/readyz` and `/metrics`.

Ready means: pages can be served and posts come in and are understood. Every check is short and
answers in words a monitor can show; none shows what went wrong inside.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from hmac import compare_digest
from typing import Final

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from monitoring.collecting import find_collected
from monitoring.models import Source
from webcare.env import read_text

logger = logging.getLogger(__name__)

LANES: Final = ("default", "direct")
HEARTBEAT_SECONDS: Final = 5
# A worker misses a few beats while it restarts; a source is late when rounds stop, not when
# one is slow.
HEART_LIMIT: Final = 30.0
LAG_LIMIT: Final = 120.0
TIMEOUT_SECONDS: Final = 1.0

Check = dict[str, object]


def _broker() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )


def _heart_key(lane: str) -> str:
    return f"stadspraat:heart:{lane}"


def beat_heart(lane: str, name: str) -> None:
    """Say that the worker `name` takes work from `lane` now."""
    now = time.time()
    try:
        with _broker() as broker, broker.pipeline() as pipeline:
            pipeline.zadd(_heart_key(lane), {name: now})
            pipeline.zremrangebyscore(_heart_key(lane), 0, now - 10 * HEART_LIMIT)
            pipeline.execute()
    except redis.RedisError:
        logger.warning("No heartbeat for lane %s: Redis does not answer", lane)


def stop_heart(lane: str, name: str) -> None:
    """Say that the worker `name` takes no more work."""
    try:
        with _broker() as broker:
            broker.zrem(_heart_key(lane), name)
    except redis.RedisError:
        logger.warning("No farewell for lane %s: Redis does not answer", lane)


def check_database() -> Check:
    started = time.monotonic()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(TIMEOUT_SECONDS * 1000)}")
            cursor.execute("SELECT 1")
    except DatabaseError:
        return {"ok": False, "reason": "PostgreSQL does not answer"}
    return {"ok": True, "seconds": round(time.monotonic() - started, 4)}


def check_redis() -> Check:
    started = time.monotonic()
    try:
        with _broker() as broker:
            broker.ping()
    except redis.RedisError:
        return {"ok": False, "reason": "Redis does not answer"}
    return {"ok": True, "seconds": round(time.monotonic() - started, 4)}


def _heart_age(lane: str) -> float | None:
    """Seconds since any worker of this lane was heard; None when there is none."""
    with _broker() as broker:
        newest = broker.zrevrange(_heart_key(lane), 0, 0, withscores=True)
    return max(time.time() - newest[0][1], 0.0) if newest else None


def check_worker() -> Check:
    try:
        ages = {lane: _heart_age(lane) for lane in LANES}
    except redis.RedisError:
        return {"ok": False, "reason": "unknown: Redis does not answer"}
    silent = [lane for lane, age in ages.items() if age is None or age > HEART_LIMIT]
    shown = {lane: None if age is None else round(age, 1) for lane, age in ages.items()}
    check: Check = {"ok": not silent, "secondsSinceHeartbeat": shown}
    return check | ({"reason": f"no worker for {', '.join(silent)}"} if silent else {})


def collector_lag() -> float:
    """Seconds the most overdue active source has waited for its next round; 0 when none waits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {int(TIMEOUT_SECONDS * 1000)}")
        oldest = (
            Source.objects.filter(active=True, platform__in=find_collected())
            .order_by("next_round")
            .values_list("next_round", flat=True)
            .first()
        )
    return max((timezone.now() - oldest).total_seconds(), 0.0) if oldest else 0.0


def check_collector() -> Check:
    try:
        lag = collector_lag()
    except DatabaseError:
        return {"ok": False, "reason": "unknown: PostgreSQL does not answer"}
    if lag > LAG_LIMIT:
        return {"ok": False, "lagSeconds": round(lag, 1), "reason": "collection is behind"}
    return {"ok": True, "lagSeconds": round(lag, 1)}


CHECKS: Final[dict[str, Callable[[], Check]]] = {
    "database": check_database,
    "redis": check_redis,
    "worker": check_worker,
    "collector": check_collector,
}


@require_safe
@never_cache
def show_alive(request: HttpRequest) -> HttpResponse:
    """200 while this process serves requests, whatever else is down."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def show_ready(request: HttpRequest) -> JsonResponse:
    """`{"ready": bool, "checks": {name: {"ok": bool, …}}}`; 503 when one check fails."""
    checks = {name: check() for name, check in CHECKS.items()}
    ready = all(check["ok"] for check in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def may_see_metrics(request: HttpRequest) -> bool:
    """With METRICS_TOKEN: whoever carries it. Without: this machine itself, not through a proxy."""
    token = read_text("METRICS_TOKEN")
    if token:
        given = request.headers.get("Authorization", "")
        return compare_digest(given.encode(), f"Bearer {token}".encode())
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not forwarded


@require_safe
@never_cache
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, measured at the moment of asking."""
    if not may_see_metrics(request):
        return HttpResponse("Not for you\n", status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    up = Gauge(
        "stadspraat_check_ok", "1 while the readiness check holds", ["check"], registry=registry
    )
    for name, check in CHECKS.items():
        up.labels(name).set(1 if check()["ok"] else 0)
    _measure_lanes(registry)
    _measure_collector(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _measure_lanes(registry: CollectorRegistry) -> None:
    waiting = Gauge("stadspraat_queue_length", "Nudges waiting", ["lane"], registry=registry)
    age = Gauge(
        "stadspraat_worker_heartbeat_age_seconds",
        "Since a worker of this lane was last heard",
        ["lane"],
        registry=registry,
    )
    try:
        with _broker() as broker:
            for lane in LANES:
                waiting.labels(lane).set(broker.llen(lane))
                heard = _heart_age(lane)
                if heard is not None:
                    age.labels(lane).set(heard)
    except redis.RedisError:
        logger.warning("No queue metrics: Redis does not answer")


def _measure_collector(registry: CollectorRegistry) -> None:
    lag = Gauge(
        "stadspraat_collector_lag_seconds",
        "How far the most overdue source is behind its next round",
        registry=registry,
    )
    try:
        lag.set(collector_lag())
    except DatabaseError:
        logger.warning("No collector metrics: PostgreSQL does not answer")


urlpatterns = [
    path("healthz", show_alive, name="alive"),
    path("readyz", show_ready, name="ready"),
    path("metrics", show_metrics, name="metrics"),
]
