"""The desk over HTTP: parse, ask one domain function, serialise."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from redis.exceptions import RedisError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.models import LabelSet
from webcare.desk import cases, paging, queries, replies
from webcare.desk.detail import (
    describe_case,
    describe_event,
    describe_labels,
    describe_messages,
    describe_note,
    describe_reply,
)
from webcare.desk.models import Case, Reply
from webcare.desk.shapes import (
    AssignBody,
    CaseCounts,
    CaseDetail,
    CaseItem,
    CasePage,
    CloseBody,
    EventPage,
    LabelBody,
    Labels,
    MessagePage,
    MoveBody,
    NoteBody,
    NotePage,
    NoteShape,
    ReplyBody,
    ReplyShape,
    ResolveBody,
    UndoBody,
    Viewer,
)
from webcare.live.presence import find_viewers
from webcare.organisation.audit import record_audit
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Person

MAX_LIMIT = 200
# An open page asks again at every event; within this time that is the same look at a case.
LOOK_SECONDS = 15 * 60
FILTERS = (
    "state",
    "team",
    "account",
    "intent",
    "theme",
    "tenor",
    "assignee",
    "platform",
    "q",
)


def _parsed(shape: type, request: OurRequest) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data


def _or_404(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A neighbour's case does not exist here, in the same words as one that never did."""
    try:
        return call(*args, **kwargs)
    except (Case.DoesNotExist, Reply.DoesNotExist):
        raise Http404 from None


def _seen_version(request: OurRequest) -> int:
    """The version in If-Match; an answer without one would be blind to a colleague's."""
    tag = request.headers.get("If-Match", "").removeprefix("W/").strip('"')
    if not re.fullmatch(r"v[0-9]{1,9}", tag):
        raise exceptions.ValidationError(
            {"If-Match": _('Stuur de versie mee die je zag, bijvoorbeeld "v3".')}
        )
    return int(tag[1:])


class CaseList(APIView):
    @extend_schema(
        operation_id="listCases",
        parameters=[OpenApiParameter(name, str) for name in (*FILTERS, "cursor")]
        + [OpenApiParameter("limit", int)],
        responses=CasePage,
    )
    def get(self, request: OurRequest) -> Response:
        """The inbox: open cases with the nearest deadline first, or closed ones newest first."""
        given = request.query_params
        try:
            limit = max(1, min(int(given.get("limit", queries.LIMIT)), MAX_LIMIT))
        except ValueError:
            raise exceptions.ValidationError({"limit": _("Dit moet een getal zijn.")}) from None
        if given.get("q", "").strip() and not given.get("cursor"):
            # Who searches among residents' words is logged; for what, is not kept.
            record_audit(
                "cases.searched",
                actor=request.user,
                detail={"filters": [name for name in FILTERS if name in given and name != "q"]},
            )
        items, following = queries.list_cases(
            request.user,
            {name: given[name] for name in FILTERS if name in given},
            cursor=given.get("cursor", ""),
            limit=limit,
        )
        return Response({"items": items, "next": following})


class CaseCountsView(APIView):
    @extend_schema(operation_id="countCases", responses=CaseCounts)
    def get(self, request: OurRequest) -> Response:
        """How many cases are open, mine, unassigned, overdue or in trouble."""
        return Response(queries.count_cases(request.user))


def _looks_anew(person: Person, case: Case) -> bool:
    """Whether this is a look for the audit log, and not the open page keeping itself up to date."""
    try:
        return bool(cache.add(f"looked:{person.pk}:{case.pk}", 1, LOOK_SECONDS))
    except RedisError:
        return True


def _look(request: OurRequest, case_id: int) -> Case:
    """The case, when the person may read it; that they looked is in the audit log."""
    case: Case = _or_404(queries.get_case, request.user, case_id)
    if _looks_anew(request.user, case):
        record_audit("case.looked", actor=request.user, obj=case)
    return case


class CaseView(APIView):
    @extend_schema(operation_id="getCase", responses=CaseDetail)
    def get(self, request: OurRequest, case_id: int) -> Response:
        """One case with the newest of its thread and history. The ETag is its version."""
        case = _look(request, case_id)
        return Response(describe_case(request.user, case), headers={"ETag": f'"v{case.version}"'})


_CURSOR = OpenApiParameter("cursor", str, description="From `older` or the page after it.")


class MessagesView(APIView):
    @extend_schema(
        operation_id="listMessages",
        responses=MessagePage,
        parameters=[
            _CURSOR,
            OpenApiParameter("only", str, description="These and no page: `mention-12,reply-3`."),
        ],
    )
    def get(self, request: OurRequest, case_id: int) -> Response:
        """What was said before, a page at a time; or some messages again, because they changed."""
        case, only = _look(request, case_id), request.query_params.get("only")
        keys, following = (
            (paging.read_keys(only), None)
            if only is not None
            else paging.list_messages(case, request.query_params.get("cursor", ""))
        )
        return Response({"items": describe_messages(case, keys), "next": following})


class EventsView(APIView):
    @extend_schema(operation_id="listEvents", responses=EventPage, parameters=[_CURSOR])
    def get(self, request: OurRequest, case_id: int) -> Response:
        """What happened to a case before, a page at a time."""
        case = _look(request, case_id)
        events, following = paging.list_events(case, request.query_params.get("cursor", ""))
        return Response({"items": [describe_event(one) for one in events], "next": following})


class ViewersView(APIView):
    @extend_schema(operation_id="listViewers", responses=Viewer(many=True))
    def get(self, request: OurRequest, case_id: int) -> Response:
        """Who else is looking at or typing in this case."""
        _or_404(queries.get_case, request.user, case_id)
        return Response(
            [
                {"personId": person_id, "typing": typing}
                for person_id, typing in sorted(find_viewers(case_id))
                if person_id != request.user.pk
            ]
        )


def _step(
    operation: str,
    call: Callable[..., Case],
    shape: type | None = None,
    names: tuple[str, ...] = (),
) -> type[APIView]:
    """Make the view of one step on a case: `call(person, case_id, *fields of the body)`."""

    class Step(APIView):
        @extend_schema(operation_id=operation, request=shape, responses=CaseItem)
        def post(self, request: OurRequest, case_id: int) -> Response:
            body = _parsed(shape, request) if shape else {}
            _or_404(call, request.user, case_id, *(body[name] for name in names))
            return Response(queries.get_item(case_id))

    Step.__doc__ = (call.__doc__ or "").split("\n")[0]
    return Step


class NotesView(APIView):
    @extend_schema(operation_id="listNotes", responses=NotePage, parameters=[_CURSOR])
    def get(self, request: OurRequest, case_id: int) -> Response:
        """What colleagues noted before, a page at a time."""
        case = _look(request, case_id)
        notes, following = paging.list_notes(case, request.query_params.get("cursor", ""))
        return Response({"items": [describe_note(one) for one in notes], "next": following})

    @extend_schema(operation_id="addNote", request=NoteBody, responses={201: NoteShape})
    def post(self, request: OurRequest, case_id: int) -> Response:
        """Leave a note for colleagues; it is never shown outside."""
        note = _or_404(cases.add_note, request.user, case_id, _parsed(NoteBody, request)["text"])
        return Response(describe_note(note), status=status.HTTP_201_CREATED)


class LabelsView(APIView):
    @extend_schema(operation_id="labelMention", request=LabelBody, responses={201: Labels})
    def post(self, request: OurRequest, case_id: int) -> Response:
        """Correct one label of a message, or confirm it with value null."""
        body = _parsed(LabelBody, request)
        labels = _or_404(
            cases.label_mention,
            request.user,
            case_id,
            body["mention_id"],
            body["head"],
            body["value"],
            body.get("why", LabelSet.Why.FOUND),
        )
        return Response(describe_labels(labels), status=status.HTTP_201_CREATED)


class RepliesView(APIView):
    @extend_schema(
        operation_id="approveReply",
        request=ReplyBody,
        responses={201: ReplyShape},
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True)],
    )
    def post(self, request: OurRequest, case_id: int) -> Response:
        """Answer. Leaves after the undo time; 409 or 412 when somebody was first."""
        body = _parsed(ReplyBody, request)
        reply = _or_404(
            replies.approve_reply,
            request.user,
            case_id,
            body["text"],
            seen_version=_seen_version(request),
            kind=body["kind"],
            close_after=body["close_after"],
            in_reply_to=body["in_reply_to"],
        )
        return Response(describe_reply(reply), status=status.HTTP_201_CREATED)


class WithdrawView(APIView):
    @extend_schema(operation_id="withdrawReply", request=None, responses=ReplyShape)
    def post(self, request: OurRequest, reply_id: int) -> Response:
        """Take an answer back within the undo time, or after it failed."""
        return Response(describe_reply(_or_404(replies.withdraw_reply, request.user, reply_id)))


class RetryView(APIView):
    @extend_schema(operation_id="retryReply", request=None, responses=ReplyShape)
    def post(self, request: OurRequest, reply_id: int) -> Response:
        """Try a failed answer again."""
        return Response(describe_reply(_or_404(replies.retry_reply, request.user, reply_id)))


class ResolveView(APIView):
    @extend_schema(operation_id="resolveReply", request=ResolveBody, responses=ReplyShape)
    def post(self, request: OurRequest, reply_id: int) -> Response:
        """Say whether an answer of unknown fate is on the platform."""
        outcome = _parsed(ResolveBody, request)["outcome"]
        return Response(
            describe_reply(_or_404(replies.resolve_reply, request.user, reply_id, outcome))
        )


_STEPS = {
    "take": _step("takeCase", cases.take_case),
    "release": _step("releaseCase", cases.release_case),
    "reopen": _step("reopenCase", cases.reopen_case),
    "assign": _step("assignCase", cases.assign_case, AssignBody, ("person_id",)),
    "move": _step("moveCase", cases.move_case, MoveBody, ("team_id",)),
    "close": _step("closeCase", cases.close_case, CloseBody, ("reason",)),
    "undo": _step("undoStep", cases.undo, UndoBody, ("event_id",)),
}

urlpatterns = [
    path("cases", CaseList.as_view()),
    path("cases/counts", CaseCountsView.as_view()),
    path("cases/<int:case_id>", CaseView.as_view()),
    path("cases/<int:case_id>/messages", MessagesView.as_view()),
    path("cases/<int:case_id>/events", EventsView.as_view()),
    path("cases/<int:case_id>/viewers", ViewersView.as_view()),
    path("cases/<int:case_id>/notes", NotesView.as_view()),
    path("cases/<int:case_id>/labels", LabelsView.as_view()),
    path("cases/<int:case_id>/replies", RepliesView.as_view()),
    *(path(f"cases/<int:case_id>/{name}", view.as_view()) for name, view in _STEPS.items()),
    path("replies/<int:reply_id>/withdraw", WithdrawView.as_view()),
    path("replies/<int:reply_id>/retry", RetryView.as_view()),
    path("replies/<int:reply_id>/resolve", ResolveView.as_view()),
]
