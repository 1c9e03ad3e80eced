"""/echt, "is this real?": public pages on which anybody checks what the municipality published.

No log-in, no cookies, nothing of a visitor is kept. Only our own public posts are ever looked at.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import segno
from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods
from redis.exceptions import RedisError

from archive.export import Selection, write_export
from archive.models import Leaf, Log
from archive.publishing import (
    MOST_CHARACTERS,
    Answer,
    Post,
    answer,
    find_by_link,
    find_post,
    list_changes,
)
from archive.sameness import compare_words, is_link
from webcare.organisation.audit import get_origin
from webcare.organisation.models import Municipality
from webcare.records.echt_words import WORDS

View = Callable[..., HttpResponse]
_OWN_PAGE: Final = re.compile(r"/echt/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\b")


def limited(view: View) -> View:
    """At most ECHT_PER_MINUTE per address; the address itself is forgotten within a minute."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        if _asks_too_much(get_origin(request)):
            response = show_page(request, "echt/busy.html", {}, status=429)
            response.headers["Retry-After"] = "60"
            return response
        return view(request, *args, **values)

    return checked


def _asks_too_much(origin: str) -> bool:
    key = f"echt:{origin}"
    try:
        cache.add(key, 0, timeout=60)
        return int(cache.incr(key)) > settings.ECHT_PER_MINUTE
    except ValueError:
        # It ran out between the two: a new minute.
        return False
    except RedisError:
        return False


def language_of(request: HttpRequest) -> str:
    return "en" if request.GET.get("lang") == "en" else "nl"


def show_page(
    request: HttpRequest, template: str, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    language = language_of(request)
    values |= {"w": WORDS[language], "language": language}
    response = render(request, template, values, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@csrf_exempt  # Nothing is changed and nobody is logged in, and a token would be a cookie.
@require_http_methods(["GET", "HEAD", "POST"])
@limited
def ask(request: HttpRequest) -> HttpResponse:
    """The question and its answer. The text comes by POST, so that no log keeps what was asked."""
    text = request.POST.get("text", "").replace("\r\n", "\n") if request.method == "POST" else ""
    values: dict[str, Any] = {
        "text": text[:MOST_CHARACTERS],
        "longest": MOST_CHARACTERS,
        "towns": Municipality.objects.filter(archive_log__isnull=False).order_by("name"),
    }
    if text.strip():
        asked_link = is_link(text)
        found = _answer_link(text) if asked_link else answer(text)
        values |= {"answer": found, "asked_link": asked_link}
        if found.post:
            values |= describe(request, found.post)
            if found.verdict == "differs":
                values["pieces"] = compare_words(found.post.text, text)
    return show_page(request, "echt/ask.html", values)


def _answer_link(text: str) -> Answer:
    own = _OWN_PAGE.search(text)
    post = find_post(own[1]) if own else find_by_link(text)
    return Answer("link" if post else "unknown", post)


def describe(request: HttpRequest, post: Post) -> dict[str, Any]:
    return {
        "post": post,
        "page": request.build_absolute_uri(f"/echt/{post.record.attribute}"),
        "changes": list_changes(post),
        "index": Leaf.objects.values_list("index", flat=True).get(record=post.record),
    }


@require_GET
@limited
def show_post(request: HttpRequest, attribute: UUID) -> HttpResponse:
    """The page of one post of ours, for a link or a QR code under a press release."""
    post = get_post(attribute)
    return show_page(request, "echt/post.html", describe(request, post))


@require_GET
@limited
def show_code(request: HttpRequest, attribute: UUID) -> HttpResponse:
    """The QR code that leads to the page of this post, as SVG."""
    get_post(attribute)
    code = segno.make(request.build_absolute_uri(f"/echt/{attribute}"), error="m", micro=False)
    image = io.BytesIO()
    code.save(image, kind="svg", scale=4, border=4, light="white", title="QR", xmldecl=False)
    response = HttpResponse(image.getvalue(), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@require_GET
@limited
def give_proof(request: HttpRequest, attribute: UUID) -> HttpResponse:
    """The post with its proof, as a ZIP that `python -m archive.verifier` checks."""
    post = get_post(attribute)
    log = Log.objects.get(pk=post.record.municipality_id)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"bewijs-{attribute}.zip"
        for _ in write_export(log, Selection(attribute=str(attribute)), target):
            pass
        data = target.read_bytes()
    response = HttpResponse(data, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="bewijs-{attribute}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


def get_post(attribute: UUID) -> Post:
    post = find_post(attribute)
    if post is None:
        raise Http404
    return post


urlpatterns = [
    path("echt", ask, name="echt"),
    path("echt/<uuid:attribute>", show_post, name="echt-post"),
    path("echt/<uuid:attribute>.svg", show_code, name="echt-code"),
    path("echt/<uuid:attribute>/bewijs.zip", give_proof, name="echt-proof"),
]
