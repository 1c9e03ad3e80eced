"""Importing over HTTP: a preview of a file, and the same file in, all of it or nothing."""

from __future__ import annotations

from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.imports.files import FileProblem
from monitoring.imports.run import DEFAULT_PLATFORM, import_file, preview_import
from monitoring.platforms.registry import PLATFORMS
from webcare import pipeline
from webcare.api import CamelSerializer
from webcare.organisation.access import allow
from webcare.organisation.audit import record_audit
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Role

MayImport = allow(Role.ADVISER, Role.TEAM_LEAD, Role.AGENT)
#: Larger files go in with `manage.py import_mentions`, which has no browser waiting for it.
LARGEST = 50 * 1024 * 1024


class ImportBody(s.Serializer):
    file = s.FileField(help_text="CSV, XLSX or JSONL, at most 50 MB.")


class ImportQuery(CamelSerializer):
    platform = s.ChoiceField(
        choices=tuple(PLATFORMS),
        default=DEFAULT_PLATFORM,
        help_text="For lines that name none.",
    )
    skip_rejected = s.BooleanField(default=False)


class RejectionShape(CamelSerializer):
    line = s.IntegerField()
    reason = s.CharField(help_text="In Dutch.")


class RowAuthorShape(CamelSerializer):
    handle = s.CharField()
    name = s.CharField()
    followers = s.IntegerField(allow_null=True)


class RowMediumShape(CamelSerializer):
    url = s.CharField()
    alt = s.CharField()


class RowShape(CamelSerializer):
    line = s.IntegerField()
    repeated = s.BooleanField()
    platform = s.CharField()
    id = s.CharField()
    url = s.CharField()
    author = RowAuthorShape()
    text = s.CharField()
    lang = s.CharField()
    posted_at = s.DateTimeField()
    in_reply_to = s.CharField()
    direct = s.BooleanField()
    private = s.BooleanField()
    media = RowMediumShape(many=True)
    place = s.CharField()


class ImportPreview(CamelSerializer):
    rows = RowShape(many=True, help_text="The first valid lines as they would be stored.")
    total = s.IntegerField()
    valid = s.IntegerField()
    repeated = s.IntegerField()
    rejected = RejectionShape(many=True, help_text="At most 1000 of them.")
    rejected_total = s.IntegerField()


class ImportResult(CamelSerializer):
    imported = s.IntegerField(help_text="0 when lines were rejected and not to be skipped.")
    repeated = s.IntegerField()
    rejected = RejectionShape(many=True, help_text="At most 1000 of them.")
    rejected_total = s.IntegerField()


def _read_file(request: OurRequest) -> BinaryIO:
    body = ImportBody(data=request.data)
    body.is_valid(raise_exception=True)
    file = body.validated_data["file"]
    if file.size > LARGEST:
        raise ValidationError(
            {"file": _("Dit bestand is groter dan 50 MB; deel het op of vraag de beheerder.")}
        )
    stream: BinaryIO = file
    return stream


def _read_query(request: OurRequest) -> dict[str, Any]:
    query = ImportQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    found: dict[str, Any] = query.validated_data
    return found


class PreviewView(APIView):
    permission_classes = (MayImport,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="previewImport",
        request={"multipart/form-data": ImportBody},
        parameters=[ImportQuery],
        responses=ImportPreview,
    )
    def post(self, request: OurRequest) -> Response:
        """What importing this file would do; stores nothing."""
        person = request.user
        query, stream = _read_query(request), _read_file(request)
        try:
            preview = preview_import(person.municipality_id, stream, platform=query["platform"])
        except FileProblem as problem:
            raise ValidationError({"file": str(problem)}) from None
        return Response(ImportPreview(preview).data)


class ImportView(APIView):
    permission_classes = (MayImport,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="importMentions",
        request={"multipart/form-data": ImportBody},
        parameters=[ImportQuery],
        responses=ImportResult,
    )
    def post(self, request: OurRequest) -> Response:
        """Import a file: nothing of it when a line is rejected, unless `skipRejected`."""
        person = request.user
        query, stream = _read_query(request), _read_file(request)
        try:
            with transaction.atomic():
                result = import_file(
                    person.municipality_id,
                    stream,
                    platform=query["platform"],
                    skip_rejected=query["skip_rejected"],
                )
                if result.imported:
                    record_audit(
                        "mentions.imported",
                        actor=person,
                        detail={"imported": result.imported, "repeated": result.repeated},
                    )
                for lane in result.lanes:
                    transaction.on_commit(pipeline.TASKS[lane].delay, robust=True)
        except FileProblem as problem:
            raise ValidationError({"file": str(problem)}) from None
        return Response(ImportResult(result).data)


urlpatterns = [
    path("imports", ImportView.as_view()),
    path("imports/preview", PreviewView.as_view()),
]
