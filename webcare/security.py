"""What every request passes: where it comes from, whether its session still holds, safe headers.

The websocket asks `find_refusal` the same question, so that a page and its socket end together.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import orjson
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import loader
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from webcare.organisation.audit import from_origin, get_origin, record_audit
from webcare.organisation.models import Person, Role

Answer = Callable[[HttpRequest], HttpResponse]
Refusal = Literal["session_ended", "second_factor_required"]

log = logging.getLogger(__name__)

OUTAGES = (OperationalError, InterfaceError, RedisError)
STARTED, SEEN, SECOND_FACTOR = "started", "seen", "second_factor"
# A session row is written at most this often for being used.
SEEN_STEP_SECONDS = 30
# Reachable before the second factor is there: setting it up, and leaving.
BEFORE_SECOND_FACTOR = ("/accounts/", "/static/")


def find_refusal(person: Person, session: SessionBase) -> Refusal | None:
    """Return why this session may not go on, or None.

    A session ends after SESSION_IDLE_SECONDS without a person and SESSION_COOKIE_AGE in all.
    """
    now = time.time()
    if now - session.get(SEEN, now) > settings.SESSION_IDLE_SECONDS:
        return "session_ended"
    if now - session.get(STARTED, now) > settings.SESSION_COOKIE_AGE:
        return "session_ended"
    if needs_second_factor(person) and not _has_second_factor(person, session):
        return "second_factor_required"
    return None


def needs_second_factor(person: Person) -> bool:
    if settings.REQUIRE_MFA == "administrators":
        return person.has_role(Role.ADMINISTRATOR)
    return bool(settings.REQUIRE_MFA == "everyone")


def _has_second_factor(person: Person, session: SessionBase) -> bool:
    """Whether this session proved one: by code or key, at the single sign-on, or by adding it."""
    if session.get(SECOND_FACTOR) == person.pk:
        return True
    methods = {one.get("method") for one in session.get("account_authentication_methods", [])}
    proved = (
        bool(methods & {"mfa", "socialaccount"})
        or Authenticator.objects.filter(user_id=person.pk)
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .exists()
    )
    if proved:
        session[SECOND_FACTOR] = person.pk
    return proved


def guard_session(get_response: Answer) -> Answer:
    """End sessions nobody sits at, ask for the second factor, and speak the person's language."""

    def guarded(request: HttpRequest) -> HttpResponse:
        with from_origin(get_origin(request)):
            person = request.user
            if not isinstance(person, Person):
                translation.activate(_cookie_language(request))
                request.LANGUAGE_CODE = translation.get_language()
                return get_response(request)
            translation.activate(person.language)
            request.LANGUAGE_CODE = person.language
            refusal = find_refusal(person, request.session)
            if refusal == "session_ended":
                record_audit("person.session_ended", actor=person, obj=person)
                request.session.flush()
                request.user = AnonymousUser()
                return _refuse(request, refusal, get_response)
            if refusal and not request.path.startswith(BEFORE_SECOND_FACTOR):
                return _refuse(request, refusal, get_response)
            _note_presence(request)
            return get_response(request)

    return guarded


def _cookie_language(request: HttpRequest) -> str:
    """Dutch unless somebody chose otherwise here; a browser's own language is no choice."""
    wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _note_presence(request: HttpRequest) -> None:
    """Remember when somebody was last there.

    The page refetches by itself when something happens, so a request is no sign of a person. The
    page therefore says in `X-Idle` for how many seconds nobody touched it; without that header,
    the request counts as a touch.
    """
    now = time.time()
    session = request.session
    if STARTED not in session:
        session[STARTED] = session[SEEN] = now
        return
    try:
        idle = max(0, int(request.headers.get("X-Idle", "0")))
    except ValueError:
        idle = 0
    touched = now - idle
    if touched - session.get(SEEN, 0) >= SEEN_STEP_SECONDS:
        session[SEEN] = touched


def _refuse(request: HttpRequest, refusal: Refusal, get_response: Answer) -> HttpResponse:
    reason = {
        "session_ended": _("Je was een tijd niet actief. Log opnieuw in om verder te gaan."),
        "second_factor_required": _("Stel eerst een tweede factor in."),
    }[refusal]
    if request.path.startswith("/api/"):
        return _problem(401 if refusal == "session_ended" else 403, reason, refusal)
    messages.info(request, reason)
    if refusal == "second_factor_required":
        return redirect("mfa_index")
    if request.path.startswith("/accounts/"):
        return get_response(request)
    return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}")


def _problem(status: int, reason: str, code: str) -> HttpResponse:
    problem = {"status": status, "title": reason, "detail": reason, "code": code}
    return HttpResponse(
        orjson.dumps(problem), status=status, content_type="application/problem+json"
    )


class ExplainOutage:
    """Answers 503 in plain words while database or cache are away, instead of a bare error."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            # Loads the session and the person here, where their absence can be explained.
            bool(request.user.is_authenticated)
        except OUTAGES as error:
            return self.process_exception(request, error) or self.get_response(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OUTAGES):
            return None
        log.error("Database or cache is away: %s", type(error).__name__)
        # Not even a person's language can be looked up now.
        request.user = AnonymousUser()
        reason = _(
            "De gegevens zijn even niet bereikbaar. Er is niets verloren; probeer het zo weer."
        )
        response: HttpResponse
        if request.path.startswith("/api/"):
            response = _problem(503, reason, "data_away")
        else:
            response = HttpResponse(loader.render_to_string("503.html"), status=503)
        response.headers["Retry-After"] = "5"
        return response


def add_headers(get_response: Answer) -> Answer:
    """Nothing personal stays in a cache, and no page may use what the desk does not need."""

    def answered(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answered


def show_security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: whom to tell about a weakness."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    # A year ahead from the first of this month: stable for caches, never expired while we run.
    expires = timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    fields: Mapping[str, Any] = {
        "Contact": settings.SECURITY_CONTACT,
        "Expires": (expires + timedelta(days=364)).isoformat().replace("+00:00", "Z"),
        "Preferred-Languages": "nl, en",
        "Canonical": request.build_absolute_uri(request.path),
    }
    body = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return HttpResponse(body, content_type="text/plain; charset=utf-8")


urlpatterns = [path(".well-known/security.txt", show_security_txt)]
