"""HTTP: who am I."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http.request import split_domain_port
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from webcare.api import CamelSerializer
from webcare.organisation import people
from webcare.organisation.access import visible_teams
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Person, Role


def get_live_url(request: OurRequest) -> str:
    """Return where the websocket is: the setting, or this very host on the live port."""
    if settings.LIVE_URL:
        return str(settings.LIVE_URL)
    scheme = "wss" if request.is_secure() else "ws"
    host, _port = split_domain_port(request.get_host())
    return f"{scheme}://{host}:{settings.LIVE_PORT}"


class MunicipalitySerializer(CamelSerializer):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()


class MeSerializer(CamelSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    initials = serializers.CharField()
    email = serializers.EmailField()
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    municipality = MunicipalitySerializer()
    teams = serializers.ListField(
        child=serializers.IntegerField(), help_text="The teams one belongs to."
    )
    visible_teams = serializers.ListField(
        child=serializers.IntegerField(), help_text="The teams one works in today, as deputy too."
    )
    deputy_for = serializers.ListField(
        child=serializers.IntegerField(), help_text="The colleagues one deputises today."
    )
    live_url = serializers.CharField()
    mode = serializers.ChoiceField(choices=["demo", "production"])


class MyChangesSerializer(CamelSerializer):
    language = serializers.ChoiceField(choices=settings.LANGUAGES)


class MeView(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="getMe", responses=MeSerializer, tags=["me"])
    def get(self, request: OurRequest) -> Response:
        return Response(_me(request))

    @extend_schema(
        operation_id="changeMe", request=MyChangesSerializer, responses=MeSerializer, tags=["me"]
    )
    def patch(self, request: OurRequest) -> Response:
        wanted = MyChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        people.change_language(request.user, wanted.validated_data["language"])
        return Response(_me(request))


def _me(request: OurRequest) -> dict[str, Any]:
    person: Person = request.user
    today = timezone.localdate()
    deputyships = person.deputyships.filter(starts__lte=today, ends__gte=today)
    return dict(
        MeSerializer(
            {
                "id": person.pk,
                "name": person.name,
                "initials": person.initials,
                "email": person.email,
                "language": person.language,
                "roles": person.roles,
                "municipality": person.municipality,
                "teams": sorted(person.membership_set.values_list("team_id", flat=True)),
                "visible_teams": sorted(visible_teams(person)),
                "deputy_for": sorted(set(deputyships.values_list("absent_id", flat=True))),
                "live_url": get_live_url(request),
                "mode": settings.MODE,
            }
        ).data
    )


urlpatterns = [path("me", MeView.as_view())]
