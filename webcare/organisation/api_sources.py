"""HTTP for where we listen. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.models import Source
from monitoring.platforms.registry import PLATFORMS, Platform
from webcare.api import CamelSerializer
from webcare.organisation import queries, sources
from webcare.organisation.access import absent_is_404, allow
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Role
from webcare.organisation.throttling import OutwardThrottle


@extend_schema_field(OpenApiTypes.OBJECT)
class SettingsField(serializers.DictField):
    """A platform's own settings, by the names `platforms` in the list of sources gives."""


class SourceSerializer(CamelSerializer):
    id = serializers.IntegerField()
    platform = serializers.CharField()
    name = serializers.CharField()
    active = serializers.BooleanField()
    trouble = serializers.CharField(help_text="Why it is not collecting; empty when all is well.")
    last_round = serializers.DateTimeField(allow_null=True)
    next_round = serializers.DateTimeField()
    purpose = serializers.CharField()
    config = SettingsField()
    account_id = serializers.SerializerMethodField(method_name="get_account_id")

    def get_account_id(self, source: Source) -> int | None:
        account = getattr(source, "account", None)
        return account.pk if account else None


class PlatformFieldSerializer(CamelSerializer):
    name = serializers.CharField()
    secret = serializers.BooleanField()
    required = serializers.BooleanField()  # type: ignore[assignment]


class PlatformSerializer(CamelSerializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    publishes = serializers.BooleanField(help_text="A source comes with an account: give a team.")
    fields = PlatformFieldSerializer(many=True)  # type: ignore[assignment]


class SourcesSerializer(CamelSerializer):
    items = SourceSerializer(many=True)
    platforms = PlatformSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class SourceCheckSerializer(CamelSerializer):
    platform = serializers.CharField()
    config = SettingsField()
    secrets = SettingsField(required=False, default=dict, write_only=True)


class NewSourceSerializer(SourceCheckSerializer):
    name = serializers.CharField(max_length=100)
    purpose = serializers.CharField(max_length=2000)
    team_id = serializers.IntegerField(required=False, allow_null=True)


class SourceChangesSerializer(CamelSerializer):
    name = serializers.CharField(max_length=100, required=False)
    purpose = serializers.CharField(max_length=2000, required=False)
    active = serializers.BooleanField(required=False)
    secrets = SettingsField(required=False, write_only=True)


class SamplePostSerializer(CamelSerializer):
    text = serializers.CharField()
    posted_at = serializers.DateTimeField()
    url = serializers.CharField()


class CheckResultSerializer(CamelSerializer):
    ok = serializers.BooleanField()
    sample = SamplePostSerializer(many=True)
    problem = serializers.CharField(allow_null=True)
    handle = serializers.CharField(help_text="Our account, where the platform has one.")


def _describe(platform: Platform) -> dict[str, Any]:
    secret = sources.secret_fields(platform)
    return {
        "name": platform.name,
        "label": sources.platform_label(platform),
        "publishes": platform.capabilities.publishes,
        "fields": [
            {"name": name, "secret": name in secret, "required": field.is_required()}
            for name, field in platform.config.model_fields.items()
        ],
    }


class SourcesView(APIView):
    permission_classes = (
        allow(Role.TEAM_LEAD, Role.ADVISER, Role.ADMINISTRATOR, write=[Role.ADMINISTRATOR]),
    )

    @extend_schema(operation_id="listSources", responses=SourcesSerializer, tags=["sources"])
    def get(self, request: OurRequest) -> Response:
        online = [_describe(one) for one in PLATFORMS.values() if not one.offline]
        answer = {"items": queries.sources_for(request.user), "platforms": online, "next": None}
        return Response(SourcesSerializer(answer).data)

    @extend_schema(
        operation_id="addSource",
        request=NewSourceSerializer,
        responses={201: SourceSerializer},
        tags=["sources"],
    )
    def post(self, request: OurRequest) -> Response:
        wanted = NewSourceSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        source = sources.add_source(request.user, **wanted.validated_data)
        return Response(SourceSerializer(source).data, status=status.HTTP_201_CREATED)


class SourceCheckView(APIView):
    permission_classes = (allow(Role.ADMINISTRATOR),)
    throttle_classes = (OutwardThrottle,)

    @extend_schema(
        operation_id="checkSource",
        description="Fetch once from these settings and keep nothing.",
        request=SourceCheckSerializer,
        responses=CheckResultSerializer,
        tags=["sources"],
    )
    def post(self, request: OurRequest) -> Response:
        wanted = SourceCheckSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        check = sources.check_source(request.user, **wanted.validated_data)
        return Response(CheckResultSerializer(check).data)


class SourceView(APIView):
    permission_classes = (allow(Role.ADMINISTRATOR),)

    @extend_schema(
        operation_id="changeSource",
        request=SourceChangesSerializer,
        responses=SourceSerializer,
        tags=["sources"],
    )
    def patch(self, request: OurRequest, source_id: int) -> Response:
        wanted = SourceChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        with absent_is_404():
            source = sources.change_source(request.user, source_id, wanted.validated_data)
        return Response(SourceSerializer(source).data)


urlpatterns = [
    path("sources", SourcesView.as_view()),
    path("sources/check", SourceCheckView.as_view()),
    path("sources/<int:source_id>", SourceView.as_view()),
]
