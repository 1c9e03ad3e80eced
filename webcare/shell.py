"""The page that holds the front end: one small document, no inline script."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.csrf import ensure_csrf_cookie

ENTRY = "src/main.ts"


@cache
def read_manifest() -> dict[str, Any]:
    path = settings.FRONTEND_DIR / ".vite" / "manifest.json"
    return json.loads(path.read_text()) if path.exists() else {}


@login_required
@ensure_csrf_cookie
def show_desk(request: HttpRequest) -> HttpResponse:
    manifest = read_manifest()
    entry: dict[str, Any] = manifest.get(ENTRY, {})
    return render(
        request,
        "app.html",
        {
            "entry_js": entry.get("file"),
            "entry_css": entry.get("css", []),
            "language": get_language(),
            "live_url": settings.LIVE_URL,
            "live_port": settings.LIVE_PORT,
        },
    )
