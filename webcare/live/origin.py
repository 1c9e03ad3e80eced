"""Only our own pages may open a websocket: browsers send cookies with it from anywhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import validate_host


class SameSiteOnly:
    """Refuses a handshake whose Origin is not one of ALLOWED_HOSTS (its port may differ)."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
        host = urlsplit(origin).hostname or ""
        bracketed = f"[{host}]" if ":" in host else host
        allowed = host and validate_host(bracketed, settings.ALLOWED_HOSTS)
        application = self.application if allowed else WebsocketDenier()
        return await application(scope, receive, send)
