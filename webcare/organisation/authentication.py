"""Who is asking: the session cookie, and 401 (not 403) when there is none."""

from __future__ import annotations

from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from webcare.organisation.models import Person


class Session(SessionAuthentication):
    def authenticate_header(self, request: Request) -> str:
        """Makes "not logged in" a 401, so that the page knows it from "not allowed" (403)."""
        return 'Session realm="Stadspraat"'


class OurRequest(Request):
    """What a view gets once a permission let it through: a person, never an anonymous user."""

    user: Person  # type: ignore[assignment]


class SessionInSchema(SessionScheme):
    target_class = "webcare.organisation.authentication.Session"
