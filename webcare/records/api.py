"""The reading room: records, proofs, the state of the log, erasing. Every look is logged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework.response import Response
from rest_framework.views import APIView

from archive.erasing import CannotErase
from archive.models import ErasureRequest, Kind
from webcare.api import CamelSerializer, Conflict
from webcare.organisation.access import absent_is_404, allow
from webcare.organisation.audit import record_audit
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Role
from webcare.records import erasing, queries
from webcare.records.alarms import TOLD

READERS = (Role.ARCHIVIST, Role.PRIVACY_OFFICER)


class RecordFilters(CamelSerializer):
    kind = s.ChoiceField(choices=Kind.choices, required=False)
    since = s.DateTimeField(required=False)
    until = s.DateTimeField(required=False)
    attribute = s.UUIDField(required=False)
    asked = s.BooleanField(required=False, default=False)
    cursor = s.IntegerField(required=False, min_value=1)
    limit = s.IntegerField(required=False, min_value=1, max_value=200, default=50)


class RecordItem(CamelSerializer):
    attribute = s.UUIDField()
    kind = s.ChoiceField(choices=Kind.choices)
    subject_type = s.CharField()
    subject_id = s.IntegerField()
    registered_at = s.DateTimeField()
    index = s.IntegerField(allow_null=True)
    erased = s.BooleanField()
    asked = s.CharField(allow_null=True)


class RecordPage(CamelSerializer):
    items = RecordItem(many=True)
    next = s.CharField(allow_null=True)


class ProofStep(CamelSerializer):
    side = s.ChoiceField(choices=["left", "right"])
    first = s.IntegerField()
    last = s.IntegerField()
    hash = s.CharField()


class Proof(CamelSerializer):
    leaf = s.CharField()
    size = s.IntegerField()
    root = s.CharField()  # type: ignore[assignment]
    at = s.DateTimeField()
    checkpoint = s.CharField()
    steps = ProofStep(many=True)


class Erasure(CamelSerializer):
    ground = s.ChoiceField(choices=ErasureRequest.Ground.choices)
    requested_by = s.IntegerField()
    requested_at = s.DateTimeField()
    approved_by = s.IntegerField(allow_null=True)
    approved_at = s.DateTimeField(allow_null=True)


class RecordDetail(CamelSerializer):
    attribute = s.UUIDField()
    kind = s.ChoiceField(choices=Kind.choices)
    subject_type = s.CharField()
    subject_id = s.IntegerField()
    registered_at = s.DateTimeField()
    header = s.JSONField()
    sha256 = s.CharField()
    content = s.JSONField(allow_null=True)
    files = s.IntegerField()
    erased = s.BooleanField()
    erasure = Erasure(allow_null=True)
    index = s.IntegerField(allow_null=True)
    proof = Proof(allow_null=True)


class Head(CamelSerializer):
    size = s.IntegerField()
    at = s.DateTimeField()
    root = s.CharField()  # type: ignore[assignment]
    witnesses = s.ListField(child=s.CharField())


class Channel(CamelSerializer):
    name = s.CharField()
    size = s.IntegerField()
    at = s.DateTimeField(allow_null=True)
    trouble = s.CharField()


class Check(CamelSerializer):
    scope = s.CharField()
    started_at = s.DateTimeField()
    finished_at = s.DateTimeField(allow_null=True)
    records = s.IntegerField()
    wrong = s.IntegerField()
    findings = s.ListField(child=s.CharField())


class LastStamp(CamelSerializer):
    authority = s.CharField()
    at = s.DateTimeField()


class LogState(CamelSerializer):
    origin = s.CharField(allow_null=True)
    size = s.IntegerField()
    waiting = s.IntegerField()
    oldest_waiting = s.DateTimeField(allow_null=True)
    key = s.CharField(allow_null=True)
    heads = Head(many=True)
    channels = Channel(many=True)
    last_time_stamp = LastStamp(allow_null=True)
    checks = Check(many=True)
    alarm = s.ListField(child=s.CharField())


class ErasureAsked(CamelSerializer):
    ground = s.ChoiceField(choices=ErasureRequest.Ground.choices)


class ErasureAnswer(CamelSerializer):
    approve = s.BooleanField()


class RecordsView(APIView):
    permission_classes = (allow(*READERS),)

    @extend_schema(
        operation_id="listRecords",
        parameters=[RecordFilters],
        responses=RecordPage,
        tags=["archive"],
    )
    def get(self, request: OurRequest) -> Response:
        filters = RecordFilters(data=request.query_params)
        filters.is_valid(raise_exception=True)
        asked = dict(filters.validated_data)
        limit, before = asked.pop("limit"), asked.pop("cursor", None)
        found = queries.list_records(request.user, before=before, limit=limit + 1, **asked)
        following = str(found[limit - 1]["id"]) if len(found) > limit else None
        # What was looked for is ids, kinds and days only, so it can be written down.
        detail = {name: str(value) for name, value in asked.items() if value}
        record_audit("records.searched", actor=request.user, object_type="record", detail=detail)
        return Response(RecordPage({"items": found[:limit], "next": following}).data)


class RecordView(APIView):
    permission_classes = (allow(*READERS),)

    @extend_schema(operation_id="getRecord", responses=RecordDetail, tags=["archive"])
    def get(self, request: OurRequest, attribute: UUID) -> Response:
        with absent_is_404():
            record = queries.get_record(request.user, attribute)
        record_audit("record.looked", actor=request.user, obj=record, object_id=str(attribute))
        return Response(RecordDetail(queries.describe_record(record)).data)


class ErasureView(APIView):
    """POST asks (privacy officer); PUT agrees or refuses (archivist)."""

    permission_classes = (allow(*READERS),)

    @extend_schema(
        operation_id="askErasure", request=ErasureAsked, responses=RecordDetail, tags=["archive"]
    )
    def post(self, request: OurRequest, attribute: UUID) -> Response:
        return self._change(request, attribute, ErasureAsked)

    @extend_schema(
        operation_id="answerErasure",
        request=ErasureAnswer,
        responses=RecordDetail,
        tags=["archive"],
    )
    def put(self, request: OurRequest, attribute: UUID) -> Response:
        return self._change(request, attribute, ErasureAnswer)

    def _change(
        self, request: OurRequest, attribute: UUID, shape: type[CamelSerializer]
    ) -> Response:
        with absent_is_404():
            record = queries.get_record(request.user, attribute)
        given = shape(data=request.data)
        given.is_valid(raise_exception=True)
        said: dict[str, Any] = given.validated_data
        try:
            if "ground" in said:
                erasing.request_erasure(record, said["ground"], request.user)
            elif said["approve"]:
                erasing.approve_erasure(record, request.user)
            else:
                erasing.refuse_erasure(record, request.user)
        except CannotErase as error:
            raise Conflict(_(str(error))) from None
        record = queries.get_record(request.user, attribute)
        return Response(RecordDetail(queries.describe_record(record)).data)


class LogView(APIView):
    permission_classes = (allow(*TOLD),)

    @extend_schema(operation_id="getArchiveLog", responses=LogState, tags=["archive"])
    def get(self, request: OurRequest) -> Response:
        return Response(LogState(queries.describe_log(request.user)).data)


urlpatterns = [
    path("records", RecordsView.as_view()),
    path("records/<uuid:attribute>", RecordView.as_view()),
    path("records/<uuid:attribute>/erasure", ErasureView.as_view()),
    path("archive-log", LogView.as_view()),
]
