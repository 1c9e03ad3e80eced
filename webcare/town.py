"""The talk of the town over HTTP: the report, and the posts behind its bars."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring.town.mentions import LIMIT, MOST, Filter, list_mentions
from monitoring.town.report import make_report
from monitoring.town.shapes import report_as_json
from monitoring.town.windows import DAYS, WindowError, window_of
from nlp import labels as names
from webcare.api import CamelSerializer
from webcare.desk.models import CaseMessage
from webcare.organisation.access import allow, readable_teams
from webcare.organisation.audit import record_audit
from webcare.organisation.authentication import OurRequest
from webcare.organisation.models import Person, Role

MayRead = allow(Role.ADVISER, Role.TEAM_LEAD, Role.AGENT)


class TenorShape(s.Serializer):
    support = s.IntegerField()
    criticism = s.IntegerField()
    neutral = s.IntegerField()
    mixed = s.IntegerField()


class ThemeShape(CamelSerializer):
    theme = s.CharField()
    count = s.IntegerField()
    previous = s.IntegerField()
    tenor = TenorShape()
    authors = s.IntegerField()
    top_authors_share = s.FloatField(help_text="Share of its mentions by the 5 busiest, 0 to 1.")


class PlatformShape(CamelSerializer):
    platform = s.CharField()
    count = s.IntegerField()


class PointShape(CamelSerializer):
    at = s.DateTimeField(help_text="Where the hour or the local day starts.")
    count = s.IntegerField()


class GapShape(CamelSerializer):
    source_id = s.IntegerField()
    source = s.CharField()  # type: ignore[assignment]
    since = s.DateTimeField()
    until = s.DateTimeField()
    reason = s.CharField()


class LabelsShape(CamelSerializer):
    model = s.CharField()
    unsure_share = s.FloatField()


class TenorShareShape(CamelSerializer):
    tenor = s.ChoiceField(choices=names.TENORS)
    share = s.FloatField(help_text="Estimated from how sure the machine was of each post, 0 to 1.")
    low = s.FloatField(help_text="Start of the 95 % interval.")
    high = s.FloatField(help_text="End of the 95 % interval.")


class TownReport(CamelSerializer):
    since = s.DateTimeField()
    until = s.DateTimeField()
    previous_since = s.DateTimeField()
    previous_until = s.DateTimeField()
    total = s.IntegerField()
    previous_total = s.IntegerField()
    authors = s.IntegerField()
    previous_authors = s.IntegerField()
    top_authors_share = s.FloatField()
    tenor = TenorShape()
    platforms = PlatformShape(many=True)
    themes = ThemeShape(many=True)
    series = PointShape(many=True)
    gaps = GapShape(many=True)
    labels = LabelsShape()
    tenor_shares = TenorShareShape(many=True)


class TownQuery(CamelSerializer):
    period = s.ChoiceField(choices=tuple(DAYS), default="day")
    until = s.DateTimeField(required=False, help_text="Default: now.")


class MentionAuthorShape(CamelSerializer):
    handle = s.CharField()
    name = s.CharField()


class TownMention(CamelSerializer):
    id = s.IntegerField()
    platform = s.CharField()
    source = s.IntegerField(help_text="Id of the source.")  # type: ignore[assignment]
    author = MentionAuthorShape()
    text = s.CharField(help_text="As it reads now; empty when its writer deleted it.")
    deleted = s.BooleanField()
    posted_at = s.DateTimeField()
    url = s.CharField()
    intent = s.ChoiceField(choices=names.INTENTS, allow_blank=True)
    tenor = s.ChoiceField(choices=names.TENORS, allow_blank=True)
    themes = s.ListField(child=s.CharField())
    case_id = s.IntegerField(allow_null=True, help_text="Only a case the person may read.")


class TownMentionPage(CamelSerializer):
    items = TownMention(many=True)
    next = s.CharField(allow_null=True)


class MentionQuery(CamelSerializer):
    theme = s.CharField(required=False, max_length=20)
    tenor = s.ChoiceField(choices=names.TENORS, required=False)
    platform = s.CharField(required=False, max_length=20)
    source = s.IntegerField(  # type: ignore[assignment]
        required=False, min_value=1, max_value=2**63 - 1
    )
    since = s.DateTimeField(required=False)
    until = s.DateTimeField(required=False)
    q = s.CharField(required=False, max_length=200, allow_blank=True)
    cursor = s.CharField(required=False, max_length=200)
    limit = s.IntegerField(default=LIMIT, min_value=1, max_value=MOST)


def _read_query(shape: type[s.Serializer], request: OurRequest) -> dict[str, Any]:
    query = shape(data=request.query_params)
    query.is_valid(raise_exception=True)
    found: dict[str, Any] = query.validated_data
    return found


class TownView(APIView):
    permission_classes = (MayRead,)

    @extend_schema(operation_id="getTown", parameters=[TownQuery], responses=TownReport)
    def get(self, request: OurRequest) -> Response:
        """What the town talks about in a day, week or month, beside the same stretch before."""
        query = _read_query(TownQuery, request)
        try:
            window = window_of(query["period"], query.get("until") or timezone.now())
        except WindowError as error:
            raise ValidationError({"until": str(error)}) from None
        person = request.user
        report = make_report(person.municipality_id, window.since, window.until, window=window)
        return Response(report_as_json(report))


class MentionsView(APIView):
    permission_classes = (MayRead,)

    @extend_schema(
        operation_id="listMentions",
        parameters=[MentionQuery],
        responses=TownMentionPage,
    )
    def get(self, request: OurRequest) -> Response:
        """What others said in public, newest first: the posts behind a bar of the town page."""
        person = request.user
        query = _read_query(MentionQuery, request)
        words = query.pop("q", "").strip()
        cursor, limit = query.pop("cursor", None), query.pop("limit")
        if words and not cursor:
            # Who searches among residents' words is logged; for what, is not kept.
            record_audit(
                "mentions.searched",
                actor=person,
                detail={"filters": sorted(query)},
            )
        rows, following = list_mentions(
            person.municipality_id,
            Filter(**query, words=words or None),
            cursor=cursor,
            limit=limit,
        )
        cases = find_cases(person, [row["id"] for row in rows])
        return Response({"items": [_shape(row, cases) for row in rows], "next": following})


def find_cases(person: Person, mention_ids: list[int]) -> dict[int, int]:
    """Mention id → case id, of the cases `person` may read."""
    return dict(
        CaseMessage.objects.filter(
            mention_id__in=mention_ids, case__team_id__in=readable_teams(person)
        ).values_list("mention_id", "case_id")
    )


def _shape(row: dict[str, Any], cases: dict[int, int]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "platform": row["platform"],
        "source": row["source"],
        "author": {"handle": row["author_handle"], "name": row["author_name"]},
        "text": row["text"],
        "deleted": row["deleted"],
        "postedAt": row["posted_at"],
        "url": row["url"],
        "intent": row["intent"],
        "tenor": row["tenor"],
        "themes": row["themes"],
        "caseId": cases.get(row["id"]),
    }


urlpatterns = [
    path("town", TownView.as_view()),
    path("mentions", MentionsView.as_view()),
]
