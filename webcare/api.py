"""What every API answer shares: encoding, key style, errors, paging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.defaults import server_error
from rest_framework import exceptions, parsers, renderers, serializers
from rest_framework.response import Response

PROBLEM = "application/problem+json"
# Far above the longest text anybody may type, in bytes. Files do not come as JSON.
LARGEST_BODY = 1_000_000


def add_api_version(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Every answer of the API says its version; its description may be read from any site.

    NL API Design Rules, /core/version-header and /core/publish-openapi.
    """

    def answered(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/api/"):
            response.headers["API-Version"] = settings.API_VERSION
            if request.path.endswith("/openapi.json"):
                response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return answered


def show_problem(request: HttpRequest, status: int, title: str) -> HttpResponse:
    problem = {"status": status, "title": title, "detail": title}
    return HttpResponse(orjson.dumps(problem), status=status, content_type=PROBLEM)


def show_missing(request: HttpRequest) -> HttpResponse:
    """Any address under /api that leads nowhere."""
    return show_problem(request, 404, _("Dit adres bestaat niet."))


def show_failure(request: HttpRequest) -> HttpResponse:
    """Our own fault, in the words of whoever asked: a program or a person."""
    if request.path.startswith("/api/"):
        return show_problem(request, 500, _("Er ging bij ons iets mis. Probeer het opnieuw."))
    return server_error(request)


class OrjsonRenderer(renderers.BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=str)


class OrjsonParser(parsers.BaseParser):
    """Reads JSON, of no more than a person types and no deeper than a program can follow."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, context: Any = None) -> Any:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise exceptions.ParseError(_("Dit is te groot."))
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            raise exceptions.ParseError(_("Dit is geen geldige JSON.")) from None


def camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.title() for word in tail)


class CamelMixin:
    """Declares fields in Python's style and speaks camelCase, as the NL API Design Rules ask."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()  # type: ignore[misc]
        renamed = {}
        for name, field in fields.items():
            if camel(name) != name and field.source is None:
                field.source = name
            renamed[camel(name)] = field
        return renamed


class CamelSerializer(CamelMixin, serializers.Serializer):
    pass


class Refused(exceptions.APIException):
    """A refusal with more to say than its words: `extra` joins the problem document."""

    def __init__(
        self, detail: str, code: str | None = None, extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(detail, code)
        self.extra = extra or {}


class Conflict(Refused):
    """Somebody was first (409): the answer says who and what, so that nothing typed is lost."""

    status_code = 409
    default_code = "conflict"


class PreconditionFailed(Refused):
    """The object changed since it was read (412)."""

    status_code = 412
    default_code = "changed"


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn every refusal into application/problem+json (RFC 9457)."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error) or None)
    elif isinstance(error, ValidationError):
        error = exceptions.ValidationError(
            detail=error.message_dict if hasattr(error, "error_dict") else error.messages
        )
    if not isinstance(error, exceptions.APIException):
        return None
    detail = error.detail
    problem: dict[str, Any] = {"status": error.status_code, "title": str(error.default_detail)}
    if isinstance(detail, dict | list):
        problem["invalidParams"] = [
            {"name": camel(name), "reason": str(reason)} for name, reason in _flatten(detail)
        ]
        problem["detail"] = " ".join(str(reason) for _, reason in _flatten(detail))
    else:
        problem["detail"] = str(detail)
        problem["code"] = getattr(detail, "code", None)
    extra = getattr(error, "extra", None)
    if extra:
        problem.update(extra)
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return Response(problem, status=error.status_code, headers=headers, content_type=PROBLEM)


def _flatten(detail: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(detail, dict):
        return [pair for key, value in detail.items() for pair in _flatten(value, str(key))]
    if isinstance(detail, list):
        return [pair for value in detail for pair in _flatten(value, name)]
    return [(name, detail)]
