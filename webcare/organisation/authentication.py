"""Who is asking: the session cookie, and 401 (not 403) when there is none."""

from __future__ import annotations

from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class Session(SessionAuthentication):
    def authenticate_header(self, request: Request) -> str:
        """Makes "not logged in" a 401, so that the page knows it from "not allowed" (403)."""
        return 'Session realm="Stadspraat"'


class SessionInSchema(SessionScheme):
    target_class = "webcare.organisation.authentication.Session"
