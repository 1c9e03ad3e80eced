"""Previews a file and stores it, in one transaction, in constant memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring.imports.files import FileProblem, read_lines
from monitoring.imports.lines import PLATFORM_NAMES, Judged, judge
from monitoring.ingest import store_page
from monitoring.models import Mention, Source
from monitoring.platforms.base import Page, Post
from monitoring.platforms.registry import get_platform

BATCH: Final = 1000
SHOWN: Final = 20
#: More reasons than this help nobody; the number of rejected lines is always told.
REASONS: Final = 1000
#: What a line without a platform is: something heard in town.
DEFAULT_PLATFORM: Final = "street"

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Rejection:
    line: int
    reason: str


@dataclass(slots=True)
class _Tally:
    total: int = 0
    repeated: int = 0
    rejected_total: int = 0
    # The first `REASONS` of them.
    rejected: list[Rejection] = field(default_factory=list)

    def reject(self, line: Judged) -> None:
        self.rejected_total += 1
        if len(self.rejected) < REASONS:
            self.rejected.append(Rejection(line.number, line.reason))


@dataclass(slots=True)
class Preview(_Tally):
    """What an import would do. `rows` are the first valid lines as they would be stored."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def valid(self) -> int:
        return self.total - self.rejected_total


@dataclass(slots=True)
class Imported(_Tally):
    """What an import did: `imported` is 0 when lines were rejected and not to be skipped."""

    imported: int = 0
    # Lanes of the pipeline that have new work; see monitoring.ingest.
    lanes: set[int] = field(default_factory=set)


def preview_import(
    municipality_id: int, stream: BinaryIO, *, platform: str = DEFAULT_PLATFORM
) -> Preview:
    """Judge every line and store nothing. Raises `FileProblem`."""
    preview, seen = Preview(), set[bytes]()
    for batch in _batches(_judged(stream, platform, preview)):
        stored = _find_stored(municipality_id, batch)
        for line in batch:
            assert line.post is not None
            key = (line.platform, line.post.id)
            # 16 bytes a line, so that a large file fits in memory.
            digest = hashlib.blake2b(repr(key).encode(), digest_size=16).digest()
            repeated = key in stored or digest in seen
            seen.add(digest)
            preview.repeated += repeated
            if len(preview.rows) < SHOWN:
                preview.rows.append(_as_row(line, line.post, repeated))
    return preview


def import_file(
    municipality_id: int,
    stream: BinaryIO,
    *,
    platform: str = DEFAULT_PLATFORM,
    skip_rejected: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Store every line, or none when one is rejected (unless `skip_rejected`).

    `progress` hears after each batch how many lines were read. Raises `FileProblem`.
    """
    result, sources = Imported(), dict[str, Source]()
    with transaction.atomic():
        for batch in _batches(_judged(stream, platform, result)):
            if skip_rejected or not result.rejected_total:
                _store(municipality_id, batch, sources, result)
            if progress:
                progress(result.total)
        if result.rejected_total and not skip_rejected:
            transaction.set_rollback(True)
            result.imported = result.repeated = 0
            result.lanes.clear()
    return result


def find_import_source(municipality_id: int, platform: str) -> Source:
    """The source that imports of `platform` belong to; made on first need.

    It is never active: nothing can be fetched from it, it only says where mentions came from.
    """
    source = _import_sources(municipality_id).filter(platform=platform).first()
    if source is None:
        source, _made = Source.objects.get_or_create(
            municipality_id=municipality_id,
            name=f"Import: {get_platform(platform).label}",
            defaults={
                "platform": platform,
                "config": {"import": True},
                "active": False,
                "purpose": "Berichten die een collega uit een bestand heeft ingelezen.",
            },
        )
    return source


def _import_sources(municipality_id: int) -> QuerySet[Source]:
    return Source.objects.filter(municipality_id=municipality_id, config__contains={"import": True})


def _judged(stream: BinaryIO, platform: str, tally: _Tally) -> Iterator[Judged]:
    """The valid lines; the others are tallied."""
    default = PLATFORM_NAMES.get(platform.lower())
    if default is None:
        raise FileProblem(_("Platform %(platform)s is onbekend.") % {"platform": repr(platform)})
    for line in read_lines(stream):
        judged = judge(line, default)
        tally.total += 1
        if judged.post is None:
            tally.reject(judged)
        else:
            yield judged
    if not tally.total:
        raise FileProblem(_("Dit bestand heeft een kop, maar geen regels."))


def _batches(lines: Iterable[Judged]) -> Iterator[list[Judged]]:
    lines = iter(lines)
    while batch := list(islice(lines, BATCH)):
        yield batch


def _store(
    municipality_id: int, batch: list[Judged], sources: dict[str, Source], result: Imported
) -> None:
    by_platform: dict[str, list[Post]] = {}
    for line in batch:
        assert line.post is not None
        by_platform.setdefault(line.platform, []).append(line.post)
    for platform, posts in by_platform.items():
        if platform not in sources:
            sources[platform] = find_import_source(municipality_id, platform)
        stored = store_page(sources[platform], Page(tuple(posts), {}), keep_cursor=True)
        result.imported += len(stored.new_ids)
        result.repeated += len(posts) - len(stored.new_ids)
        result.lanes |= stored.lanes


def _find_stored(municipality_id: int, batch: list[Judged]) -> set[tuple[str, str]]:
    return set(
        Mention.objects.filter(
            source__in=_import_sources(municipality_id),
            platform_id__in=[line.post.id for line in batch if line.post],
        ).values_list("platform", "platform_id")
    )


def _as_row(line: Judged, post: Post, repeated: bool) -> dict[str, Any]:
    return {
        "line": line.number,
        "repeated": repeated,
        "platform": line.platform,
        "id": post.id,
        "url": post.url,
        "author": {
            "handle": post.author.handle,
            "name": post.author.name,
            "followers": post.author.followers,
        },
        "text": post.text,
        "lang": post.lang,
        "posted_at": post.posted_at,
        "in_reply_to": post.in_reply_to,
        "direct": post.direct,
        "private": post.private,
        "media": [{"url": medium.url, "alt": medium.alt} for medium in post.media],
        "place": post.place,
    }
