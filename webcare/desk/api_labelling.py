"""The machine's labels over HTTP: why it gave them, that they are right, and the weekly list."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from monitoring import own_models
from monitoring.labels import CORRECTABLE
from monitoring.models import LabelSet, Mention
from monitoring.why import Explanation, Kind, explain_verdict
from nlp.verdicts import ModelMissing
from webcare.api import CamelSerializer, Refused
from webcare.desk import cases, labelling, queries
from webcare.desk.detail import describe_labels
from webcare.desk.models import Case
from webcare.desk.shapes import Labels
from webcare.organisation.access import ANSWERING, absent_is_404, allow
from webcare.organisation.authentication import OurRequest

HEADS = tuple(CORRECTABLE)
MayLabel = allow(*ANSWERING)


class NotNow(Refused):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "no_model"


# --- why


class WhyWord(CamelSerializer):
    word = s.CharField(
        allow_blank=True, help_text="As it was read; empty for the form of the text."
    )
    share = s.FloatField(help_text="Of all push for and against, -1 to 1.")
    kind = s.ChoiceField(choices=[kind.value for kind in Kind])


class WhyPart(CamelSerializer):
    head = s.ChoiceField(choices=HEADS)
    label = s.CharField()  # type: ignore[assignment]
    words = WhyWord(many=True, help_text="Strongest first.")


class Why(CamelSerializer):
    model = s.CharField()
    exact = s.BooleanField(help_text="Whether this very model gave the labels.")
    parts = WhyPart(many=True)


class WhyView(APIView):
    @extend_schema(operation_id="explainLabels", responses=Why, tags=["cases"])
    def get(self, request: OurRequest, case_id: int, mention_id: int) -> Response:
        """The words that made the machine label a message as it did, and how strongly."""
        with absent_is_404():
            case = queries.get_case(request.user, case_id)
            mention = _message(case, mention_id)
        verdict = (
            LabelSet.objects.filter(mention=mention, person__isnull=True)
            .values_list("verdict", flat=True)
            .first()
        )
        try:
            found = explain_verdict(mention.municipality_id, mention.text, verdict or {})
        except ModelMissing:
            raise NotNow("Uitleg kan nu niet: het taalmodel is er niet.") from None
        return Response(_shape_why(found))


def _message(case: Case, mention_id: int) -> Mention:
    return Mention.objects.defer("search").get(pk=mention_id, case_message__case=case)


def _shape_why(found: Explanation) -> dict[str, Any]:
    return {
        "model": found.model,
        "exact": found.exact,
        "parts": [
            {
                "head": part.head,
                "label": part.label,
                "words": [
                    {"word": one.word, "share": one.share, "kind": one.kind.value}
                    for one in part.words
                ],
            }
            for part in found.parts
        ],
    }


# --- right


class RightBody(CamelSerializer):
    heads = s.ListField(child=s.CharField(), help_text=f"Of {', '.join(HEADS)}.")


class RightView(APIView):
    @extend_schema(
        operation_id="confirmLabels", request=RightBody, responses={201: Labels}, tags=["cases"]
    )
    def post(self, request: OurRequest, case_id: int, mention_id: int) -> Response:
        """Say of some labels of a message that they are right as they are, in one step."""
        body = RightBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict.fromkeys(body.validated_data["heads"])
        with absent_is_404():
            found = cases.say_labels(request.user, case_id, mention_id, said)
        return Response(describe_labels(found), status=status.HTTP_201_CREATED)


# --- the weekly list


class AnswerShape(CamelSerializer):
    head = s.ChoiceField(choices=HEADS)
    value = s.JSONField(allow_null=True, help_text="null: the machine is right.")


class AnswersBody(CamelSerializer):
    answers = AnswerShape(many=True)


class TaskShape(CamelSerializer):
    id = s.IntegerField()
    platform = s.CharField()
    text = s.CharField()
    posted_at = s.DateTimeField()
    why = s.ChoiceField(choices=LabelSet.Why.values)
    double = s.BooleanField(help_text="Two people look at it, who do not see each other's labels.")
    labels = Labels(help_text="Those of the machine.")


class ModelShape(CamelSerializer):
    name = s.CharField()
    own = s.BooleanField(help_text="Made of this municipality's own corrections too.")
    made_at = s.DateTimeField()
    corrected = s.IntegerField(help_text="Texts it learned from that were labelled here.")


class TryShape(CamelSerializer):
    at = s.DateTimeField()
    model = s.CharField(allow_blank=True)
    corrections = s.IntegerField()
    promoted = s.BooleanField()
    objections = s.ListField(child=s.CharField())


class LabellingShape(CamelSerializer):
    total = s.IntegerField()
    done = s.IntegerField()
    tasks = TaskShape(many=True)
    model = ModelShape(allow_null=True)
    last_try = TryShape(allow_null=True)


class LabellingView(APIView):
    permission_classes = (MayLabel,)

    @extend_schema(operation_id="getLabelling", responses=LabellingShape, tags=["labelling"])
    def get(self, request: OurRequest) -> Response:
        """This week's list for this person, and which model it teaches."""
        work = labelling.find_work(request.user)
        slug = request.user.municipality.slug
        model, tried = own_models.describe_in_use(slug), own_models.last_try(slug)
        return Response(
            {
                "total": work.total,
                "done": work.done,
                "tasks": [_shape_task(task) for task in work.tasks],
                "model": model
                and {
                    "name": model.name,
                    "own": model.own,
                    "madeAt": model.made_at,
                    "corrected": model.corrected,
                },
                "lastTry": tried
                and {
                    "at": tried.at,
                    "model": tried.model,
                    "corrections": tried.corrections,
                    "promoted": tried.promoted,
                    "objections": list(tried.objections),
                },
            }
        )


def _shape_task(task: labelling.Task) -> dict[str, Any]:
    mention = task.mention
    return {
        "id": mention.pk,
        "platform": mention.platform,
        "text": mention.text,
        "postedAt": mention.posted_at,
        "why": task.item.why,
        "double": task.item.double,
        "labels": describe_labels(task.machine),
    }


class AnswersView(APIView):
    permission_classes = (MayLabel,)

    @extend_schema(
        operation_id="answerLabelling",
        request=AnswersBody,
        responses={204: None},
        tags=["labelling"],
    )
    def post(self, request: OurRequest, mention_id: int) -> Response:
        """Say what the labels of a post on the list are. A head that is not named stays unsaid."""
        body = AnswersBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = {one["head"]: one["value"] for one in body.validated_data["answers"]}
        with absent_is_404():
            labelling.answer(request.user, mention_id, said)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="takeBackLabelling", request=None, responses={204: None}, tags=["labelling"]
    )
    def delete(self, request: OurRequest, mention_id: int) -> Response:
        """Take back what one said of a post on the list, while nobody said more."""
        with absent_is_404():
            labelling.take_back(request.user, mention_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("cases/<int:case_id>/messages/<int:mention_id>/why", WhyView.as_view()),
    path("cases/<int:case_id>/messages/<int:mention_id>/right", RightView.as_view()),
    path("labelling", LabellingView.as_view()),
    path("labelling/<int:mention_id>", AnswersView.as_view()),
]
