"""One round of one source: fetch pages, store each with its cursor, keep the ledger of rounds."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from monitoring.explaining import explain
from monitoring.ingest import Stored
from monitoring.models import Round, Source
from monitoring.platforms.base import AccessDenied, Page, PermanentError, PlatformError, RetryAfter
from monitoring.platforms.registry import PLATFORMS, get_platform
from monitoring.traces import describe_trace

logger = logging.getLogger(__name__)

# Seconds between rounds where a stream does not ask for one sooner.
INTERVALS = {"mastodon": 30, "rss": 300}
LONGEST_WAIT = 15 * 60
# A round stops here and goes on in the next, so that no source keeps the others waiting.
PAGES_A_ROUND = 50
UNFORESEEN = "Er ging bij ons iets mis bij het ophalen; laat de beheerder ernaar kijken."

Store = Callable[[Source, Page], Stored]


@dataclass(slots=True)
class Outcome:
    """What one round brought. `problem` is in plain Dutch, empty when all went well."""

    fetched: int = 0
    new: int = 0
    repeated: int = 0
    problem: str = ""
    # What did not work beside what did, e.g. one search term the server refuses.
    remarks: tuple[str, ...] = ()
    busy: bool = False


def find_collected() -> list[str]:
    """The platforms that are collected from; what comes in by hand or is gone has no rounds."""
    return [name for name, platform in PLATFORMS.items() if platform.capabilities.collects]


def make_adapter(source: Source) -> Any:
    """The adapter of a source. Raises `PermanentError` when its settings cannot be right."""
    platform = get_platform(source.platform)
    # `interval` is ours: how often we come by, whatever the platform.
    given = {name: value for name, value in source.config.items() if name != "interval"}
    try:
        config = platform.config.model_validate({**given, **source.secrets})
    except ValueError as error:
        # pydantic's own text repeats values, and these may be secrets.
        raise PermanentError("the settings of this source are not complete") from error
    return platform.make(config, allow=settings.FETCH_ALLOW)


def collect(source_id: int, store: Store) -> Outcome:
    """Fetch and store what is new. Two collectors never work on one source at a time."""
    with _alone(source_id) as alone:
        if not alone:
            return Outcome(busy=True)
        source = Source.objects.get(pk=source_id)
        started, outcome = timezone.now(), Outcome()
        wait: float = INTERVALS.get(source.platform, LONGEST_WAIT)
        try:
            _fetch_all(source, store, outcome)
        except PlatformError as error:
            outcome.problem = describe_problem(error)
            wait = _wait_after(error, source.failures)
            logger.warning("source %d: %s", source.pk, type(error).__name__)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # A fault of ours or an answer nobody foresaw.
            outcome.problem = f"{UNFORESEEN} ({type(error).__name__})"
            wait = LONGEST_WAIT
            logger.error("source %d: %s", source.pk, describe_trace(error))
        _note_round(source, started, outcome, wait)
        return outcome


@contextlib.contextmanager
def _alone(source_id: int) -> Iterator[bool]:
    """An advisory lock rather than a row lock: it must not outlive us nor block an edit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('collect'), %s)", [source_id])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('collect'), %s)", [source_id])


def _fetch_all(source: Source, store: Store, outcome: Outcome) -> None:
    refused = 0
    with contextlib.closing(make_adapter(source)) as adapter:
        for _ in range(PAGES_A_ROUND):
            page = adapter.fetch(source.cursor)
            stored = store(source, page)
            outcome.fetched += len(page.posts)
            outcome.new += len(stored.new_ids)
            outcome.repeated += stored.repeated
            outcome.remarks = page.problems
            refused += stored.refused
            if refused:
                outcome.remarks += (f"Niet op te slaan berichten: {refused}.",)
            if not page.more:
                return


def _wait_after(error: PlatformError, failures: int) -> float:
    if isinstance(error, RetryAfter):
        wait = max(error.seconds, 2.0 ** min(failures, 8))
    else:
        wait = LONGEST_WAIT
    # Jitter, so that a platform that comes back is not met by everyone at once.
    return min(wait, LONGEST_WAIT) * random.uniform(1, 1.2)


def describe_problem(error: PlatformError) -> str:
    """What went wrong and what to do next, in Dutch."""
    match error:
        case AccessDenied():
            advice = "Het platform weigert onze toegang. Koppel het account opnieuw."
        case PermanentError():
            advice = "Deze bron werkt zo niet. Controleer het adres en de instellingen."
        case RetryAfter():
            advice = "De bron is nu niet bereikbaar; we proberen het vanzelf opnieuw."
        case _:
            advice = "Er ging iets mis bij het ophalen; we proberen het vanzelf opnieuw."
    return f"{advice} ({explain(error)})"


def _note_round(source: Source, started: datetime, outcome: Outcome, wait: float) -> None:
    ended, ok = timezone.now(), not outcome.problem
    with transaction.atomic():
        last = source.rounds.order_by("-ended_at").first()
        same = last is not None and last.ok == ok
        # A long silence between two good rounds is a gap in collection, not one long good round.
        if same and last and (not ok or started - last.ended_at < timedelta(seconds=3 * wait)):
            last.ended_at, last.error = ended, outcome.problem[:200]
            last.fetched += outcome.fetched
            last.new += outcome.new
            last.save()
        else:
            Round.objects.create(
                source=source,
                started_at=started,
                ended_at=ended,
                ok=ok,
                fetched=outcome.fetched,
                new=outcome.new,
                error=outcome.problem[:200],
            )
        source.failures = 0 if ok else source.failures + 1
        source.trouble = outcome.problem or " ".join(outcome.remarks)
        source.last_round = ended
        source.next_round = ended + timedelta(seconds=wait)
        source.save(update_fields=["failures", "trouble", "last_round", "next_round"])
