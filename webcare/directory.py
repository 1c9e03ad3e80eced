"""GET /organisation: the names a screen needs for teams, accounts, colleagues and labels.

It stands above the rooms because it tells of all of them; rooms below do not know each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.platforms.base import Capabilities
from monitoring.platforms.registry import NOTHING, PLATFORMS
from nlp.labels import EMOTIONS, INTENTS, TENORS, THEMES
from webcare.api import CamelSerializer
from webcare.desk.models import Case
from webcare.organisation import queries
from webcare.organisation.api_teams import TeamSerializer
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Account, Person, Role
from webcare.records.alarms import find_alarm_for

WORDS = {
    "question": _("vraag"),
    "report": _("melding"),
    "complaint": _("klacht"),
    "compliment": _("compliment"),
    "opinion": _("mening"),
    "idea": _("idee"),
    "news": _("nieuws"),
    "other": _("overig"),
    "support": _("steun"),
    "criticism": _("kritiek"),
    "neutral": _("neutraal"),
    "mixed": _("gemengd"),
    "waste": _("afval"),
    "cleanliness": _("zwerfvuil en netheid"),
    "roads": _("wegen en riolering"),
    "traffic": _("verkeer en vervoer"),
    "parking": _("parkeren"),
    "lighting": _("verlichting"),
    "greenery": _("groen en water"),
    "nuisance": _("overlast"),
    "animals": _("dieren"),
    "safety": _("veiligheid"),
    "housing": _("wonen"),
    "planning": _("bouwplannen"),
    "climate": _("klimaat en energie"),
    "taxes": _("belastingen"),
    "documents": _("documenten en afspraken"),
    "income": _("inkomen"),
    "care": _("zorg en welzijn"),
    "education": _("onderwijs"),
    "events": _("evenementen, cultuur en sport"),
    "economy": _("economie en winkels"),
    "council": _("gemeenteraad"),
    "migration": _("migratie en inburgering"),
    "service": _("dienstverlening"),
    "anger": _("boosheid"),
    "indignation": _("verontwaardiging"),
    "aversion": _("afkeer"),
    "joy": _("blijdschap"),
    "relief": _("opluchting"),
    "worry": _("bezorgdheid"),
}


class ChoiceSerializer(CamelSerializer):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class LengthRuleSerializer(CamelSerializer):
    limit = serializers.IntegerField()
    url_length = serializers.IntegerField(allow_null=True)
    unit = serializers.ChoiceField(choices=["characters", "graphemes", "weighted"])


class CapabilitiesSerializer(CamelSerializer):
    publishes = serializers.BooleanField()
    private_reply = serializers.BooleanField()
    edit = serializers.BooleanField()
    delete = serializers.BooleanField()
    media = serializers.BooleanField()
    length = LengthRuleSerializer(allow_null=True)


class AccountSerializer(CamelSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    handle = serializers.CharField()
    platform = serializers.CharField()
    team_id = serializers.IntegerField()
    first_reaction_minutes = serializers.IntegerField()
    answer_minutes = serializers.IntegerField()
    capabilities = CapabilitiesSerializer()
    trouble = serializers.CharField()


class ColleagueSerializer(CamelSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    initials = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))
    team_ids = serializers.ListField(child=serializers.IntegerField())
    active = serializers.BooleanField()


class OrganisationSerializer(CamelSerializer):
    teams = TeamSerializer(many=True)
    accounts = AccountSerializer(many=True)
    people = ColleagueSerializer(many=True)
    roles = ChoiceSerializer(many=True)
    intents = ChoiceSerializer(many=True)
    tenors = ChoiceSerializer(many=True)
    themes = ChoiceSerializer(many=True)
    emotions = ChoiceSerializer(many=True)
    close_reasons = ChoiceSerializer(many=True)
    archive_alarm = serializers.DateTimeField(
        allow_null=True,
        help_text="Since when a check of the archive stands that found something wrong; "
        "for those who can do something about it.",
    )


class OrganisationView(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="getOrganisation", responses=OrganisationSerializer, tags=["organisation"]
    )
    def get(self, request: OurRequest) -> Response:
        return Response(OrganisationSerializer(describe(request.user)).data)


def describe(person: Person) -> dict[str, Any]:
    """Everything in a few queries; labels in the language of the screen."""
    alarm = find_alarm_for(person)
    return {
        "teams": queries.teams_for(person),
        "accounts": [_account(one) for one in queries.accounts_for(person)],
        "people": [_colleague(one) for one in queries.people_for(person)],
        "roles": _choices(Role.choices),
        "intents": _worded(INTENTS),
        "tenors": _worded(TENORS),
        "themes": _worded(THEMES),
        "emotions": _worded(EMOTIONS),
        "close_reasons": _choices(Case.CloseReason.choices),
        "archive_alarm": alarm.finished_at if alarm else None,
    }


def _choices(pairs: Iterable[tuple[str, Any]]) -> list[dict[str, str]]:
    return [{"value": value, "label": str(label)} for value, label in pairs]


def _worded(values: Iterable[str]) -> list[dict[str, str]]:
    return _choices((value, WORDS.get(value, value)) for value in values)


def _account(account: Account) -> dict[str, Any]:
    platform = PLATFORMS.get(account.source.platform)
    capabilities: Capabilities = platform.capabilities if platform else NOTHING
    return {
        "id": account.pk,
        "name": account.name,
        "handle": account.handle,
        "platform": account.source.platform,
        "team_id": account.team_id,
        "first_reaction_minutes": account.first_reaction_minutes,
        "answer_minutes": account.answer_minutes,
        "capabilities": capabilities,
        "trouble": account.source.trouble,
    }


def _colleague(person: Person) -> dict[str, Any]:
    return {
        "id": person.pk,
        "name": person.name,
        "initials": person.initials,
        "roles": person.roles,
        "team_ids": sorted(one.team_id for one in person.membership_set.all()),
        "active": person.is_active,
    }


urlpatterns = [path("organisation", OrganisationView.as_view())]
