"""HTTP for colleagues and who deputises whom."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from webcare.api import CamelSerializer
from webcare.organisation import invitations, people, queries
from webcare.organisation.access import absent_is_404, allow
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Person, Role


class PersonSerializer(CamelSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    initials = serializers.CharField()
    email = serializers.EmailField()
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    team_ids = serializers.SerializerMethodField(method_name="get_team_ids")
    active = serializers.BooleanField(source="is_active")
    last_login = serializers.DateTimeField(allow_null=True)
    second_factor = serializers.BooleanField(help_text="Has one besides the password.")

    def get_team_ids(self, person: Person) -> list[int]:
        return sorted(one.team_id for one in person.membership_set.all())


class PeopleSerializer(CamelSerializer):
    items = PersonSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewPersonSerializer(CamelSerializer):
    name = serializers.CharField(max_length=100)
    email = serializers.EmailField()
    initials = serializers.CharField(max_length=6)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    team_ids = serializers.ListField(child=serializers.IntegerField(), required=False, default=list)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, default="nl")


class PersonChangesSerializer(CamelSerializer):
    name = serializers.CharField(max_length=100, required=False)
    email = serializers.EmailField(required=False)
    initials = serializers.CharField(max_length=6, required=False)
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=Role.choices), required=False
    )
    team_ids = serializers.ListField(child=serializers.IntegerField(), required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    active = serializers.BooleanField(source="is_active", required=False)


class DeputyshipSerializer(CamelSerializer):
    id = serializers.IntegerField(read_only=True)
    absent_id = serializers.IntegerField()
    deputy_id = serializers.IntegerField()
    starts = serializers.DateField()
    ends = serializers.DateField(help_text="The last day, included.")


class DeputyshipsSerializer(CamelSerializer):
    items = DeputyshipSerializer(many=True)
    next = serializers.CharField(allow_null=True)


def _shown(actor: Person, person_id: int) -> Any:
    return PersonSerializer(queries.people_with_factors_for(actor).get(pk=person_id)).data


class PeopleView(APIView):
    permission_classes = (allow(Role.ADMINISTRATOR),)

    @extend_schema(operation_id="listPeople", responses=PeopleSerializer, tags=["people"])
    def get(self, request: OurRequest) -> Response:
        everyone = queries.people_with_factors_for(request.user)
        return Response({"items": PersonSerializer(everyone, many=True).data, "next": None})

    @extend_schema(
        operation_id="addPerson",
        request=NewPersonSerializer,
        responses={201: PersonSerializer},
        tags=["people"],
    )
    def post(self, request: OurRequest) -> Response:
        wanted = NewPersonSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        person = people.add_person(request.user, **wanted.validated_data)
        return Response(_shown(request.user, person.pk), status=status.HTTP_201_CREATED)


class PersonView(APIView):
    permission_classes = (allow(Role.ADMINISTRATOR),)

    @extend_schema(
        operation_id="changePerson",
        request=PersonChangesSerializer,
        responses=PersonSerializer,
        tags=["people"],
    )
    def patch(self, request: OurRequest, person_id: int) -> Response:
        wanted = PersonChangesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        with absent_is_404():
            people.change_person(request.user, person_id, wanted.validated_data)
        return Response(_shown(request.user, person_id))


class InvitationView(APIView):
    permission_classes = (allow(Role.ADMINISTRATOR),)

    @extend_schema(
        operation_id="invitePerson",
        description="Mail a link with which the colleague chooses a password.",
        request=None,
        responses={204: None},
        tags=["people"],
    )
    def post(self, request: OurRequest, person_id: int) -> Response:
        with absent_is_404():
            invitations.send_invitation(request.user, person_id, request.build_absolute_uri("/"))
        return Response(status=status.HTTP_204_NO_CONTENT)


class DeputyshipsView(APIView):
    permission_classes = (allow(Role.TEAM_LEAD, Role.ADMINISTRATOR),)

    @extend_schema(operation_id="listDeputyships", responses=DeputyshipsSerializer, tags=["people"])
    def get(self, request: OurRequest) -> Response:
        deputyships = queries.deputyships_for(request.user)
        return Response({"items": DeputyshipSerializer(deputyships, many=True).data, "next": None})

    @extend_schema(
        operation_id="addDeputyship",
        request=DeputyshipSerializer,
        responses={201: DeputyshipSerializer},
        tags=["people"],
    )
    def post(self, request: OurRequest) -> Response:
        wanted = DeputyshipSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        with absent_is_404():
            deputyship = people.add_deputyship(request.user, **wanted.validated_data)
        return Response(DeputyshipSerializer(deputyship).data, status=status.HTTP_201_CREATED)


class DeputyshipView(APIView):
    permission_classes = (allow(Role.TEAM_LEAD, Role.ADMINISTRATOR),)

    @extend_schema(operation_id="endDeputyship", responses={204: None}, tags=["people"])
    def delete(self, request: OurRequest, deputyship_id: int) -> Response:
        with absent_is_404():
            people.end_deputyship(request.user, deputyship_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("people", PeopleView.as_view()),
    path("people/<int:person_id>", PersonView.as_view()),
    path("people/<int:person_id>/invitation", InvitationView.as_view()),
    path("deputyships", DeputyshipsView.as_view()),
    path("deputyships/<int:deputyship_id>", DeputyshipView.as_view()),
]
