"""HTTP for the audit log. Looking is itself an entry."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from webcare.api import CamelSerializer
from webcare.organisation import queries
from webcare.organisation.access import allow
from webcare.organisation.audit import ACTIONS, record_audit
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import AuditEntry, Role

PAGE = 100


class AuditEntrySerializer(CamelSerializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor_id = serializers.IntegerField(allow_null=True, help_text="Null: nobody logged in.")
    action = serializers.CharField()
    label = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text="The action in words."
    )
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    result = serializers.CharField()
    origin = serializers.CharField(help_text='Network address, or "worker".')
    detail = serializers.DictField()

    def get_label(self, entry: AuditEntry) -> str:
        return str(ACTIONS.get(entry.action, entry.action))


class AuditEntriesSerializer(CamelSerializer):
    items = AuditEntrySerializer(many=True)
    next = serializers.CharField(allow_null=True)


class AuditQuerySerializer(CamelSerializer):
    action = serializers.CharField(required=False)
    actor = serializers.IntegerField(required=False)
    object_type = serializers.CharField(required=False)
    object_id = serializers.CharField(required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    cursor = serializers.RegexField(r"^\d{1,18}$", required=False)
    limit = serializers.IntegerField(required=False, default=PAGE, min_value=1, max_value=500)


class AuditEntriesView(APIView):
    permission_classes = (allow(Role.PRIVACY_OFFICER, Role.ADMINISTRATOR),)

    @extend_schema(
        operation_id="listAuditEntries",
        parameters=[AuditQuerySerializer],
        responses=AuditEntriesSerializer,
        tags=["audit"],
    )
    def get(self, request: OurRequest) -> Response:
        asked = AuditQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        cursor, limit = wanted.pop("cursor", None), wanted.pop("limit")
        if not cursor:
            record_audit(
                "audit.looked",
                actor=request.user,
                object_type="auditentry",
                detail={"filters": sorted(wanted)},
            )
        entries = list(
            queries.audit_entries_for(
                request.user,
                before=int(cursor) if cursor else None,
                since=wanted.get("since"),
                until=wanted.get("until"),
                action=wanted.get("action"),
                actor_id=wanted.get("actor"),
                object_type=wanted.get("object_type"),
                object_id=wanted.get("object_id"),
            )[: limit + 1]
        )
        page = entries[:limit]
        return Response(
            {
                "items": AuditEntrySerializer(page, many=True).data,
                "next": str(page[-1].pk) if len(entries) > limit else None,
            }
        )


urlpatterns = [path("audit-entries", AuditEntriesView.as_view())]
