"""HTTP for teams and the accounts they own."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from webcare.api import CamelSerializer
from webcare.organisation import teams
from webcare.organisation.access import absent_is_404, allow
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Role


class TeamSerializer(CamelSerializer):
    id = serializers.IntegerField(read_only=True)
    slug = serializers.CharField(read_only=True)
    name = serializers.CharField(max_length=100)
    central = serializers.BooleanField(required=False, help_text="Watches all accounts.")


class TeamChangesSerializer(CamelSerializer):
    name = serializers.CharField(max_length=100, required=False)
    central = serializers.BooleanField(required=False)


class AccountTargetsSerializer(CamelSerializer):
    """An account with what can be changed about it; targets in minutes."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    handle = serializers.CharField(read_only=True)
    team_id = serializers.IntegerField(required=False)
    first_reaction_minutes = serializers.IntegerField(required=False, min_value=1)
    answer_minutes = serializers.IntegerField(required=False, min_value=1)


class TeamsView(APIView):
    permission_classes = (allow(Role.ADMINISTRATOR),)

    @extend_schema(
        operation_id="addTeam",
        request=TeamSerializer,
        responses={201: TeamSerializer},
        tags=["organisation"],
    )
    def post(self, request: OurRequest) -> Response:
        wanted = TeamSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        team = teams.add_team(request.user, **wanted.validated_data)
        return Response(TeamSerializer(team).data, status=status.HTTP_201_CREATED)


class TeamView(APIView):
    permission_classes = (allow(Role.ADMINISTRATOR),)

    @extend_schema(
        operation_id="changeTeam",
        request=TeamChangesSerializer,
        responses=TeamSerializer,
        tags=["organisation"],
    )
    def patch(self, request: OurRequest, team_id: int) -> Response:
        wanted = TeamChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        with absent_is_404():
            team = teams.change_team(request.user, team_id, wanted.validated_data)
        return Response(TeamSerializer(team).data)


class AccountView(APIView):
    permission_classes = (allow(Role.TEAM_LEAD, Role.ADMINISTRATOR),)

    @extend_schema(
        operation_id="changeAccount",
        request=AccountTargetsSerializer,
        responses=AccountTargetsSerializer,
        tags=["organisation"],
    )
    def patch(self, request: OurRequest, account_id: int) -> Response:
        wanted = AccountTargetsSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        with absent_is_404():
            account = teams.change_account(request.user, account_id, wanted.validated_data)
        return Response(AccountTargetsSerializer(account).data)


urlpatterns = [
    path("teams", TeamsView.as_view()),
    path("teams/<int:team_id>", TeamView.as_view()),
    path("accounts/<int:account_id>", AccountView.as_view()),
]
