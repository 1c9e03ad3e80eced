"""The shapes the desk speaks over HTTP, for parsing and for the OpenAPI file."""

from __future__ import annotations

from rest_framework import serializers as s

from monitoring.models import LabelSet
from nlp import labels as names
from webcare.api import CamelSerializer
from webcare.desk.models import Case, CaseEvent, Clock, Reply


class AuthorShape(CamelSerializer):
    handle = s.CharField()
    name = s.CharField()


class CaseItem(CamelSerializer):
    id = s.IntegerField()
    version = s.IntegerField()
    state = s.ChoiceField(choices=Case.State.choices)
    close_reason = s.ChoiceField(choices=Case.CloseReason.choices, allow_blank=True)
    closed_at = s.DateTimeField(allow_null=True)
    opened_at = s.DateTimeField()
    last_message_at = s.DateTimeField()
    deadline = s.DateTimeField(allow_null=True)
    clock = s.ChoiceField(choices=Clock.Kind.choices, allow_null=True)
    platform = s.CharField()
    account_id = s.IntegerField(allow_null=True)
    team_id = s.IntegerField()
    assignee_id = s.IntegerField(allow_null=True)
    author = AuthorShape()
    preview = s.CharField()
    message_count = s.IntegerField()
    intent = s.ChoiceField(choices=names.INTENTS, allow_blank=True)
    tenor = s.ChoiceField(choices=names.TENORS, allow_blank=True)
    themes = s.ListField(child=s.CharField())
    urgent = s.BooleanField()
    unclassified = s.BooleanField()
    reply_state = s.ChoiceField(choices=Reply.State.choices, allow_null=True)


class CasePage(CamelSerializer):
    items = CaseItem(many=True)
    next = s.CharField(allow_null=True)


class CaseCounts(CamelSerializer):
    open = s.IntegerField()
    mine = s.IntegerField()
    unassigned = s.IntegerField()
    overdue = s.IntegerField()
    trouble = s.IntegerField()
    by_team = s.DictField(child=s.IntegerField())


class ClockShape(CamelSerializer):
    kind = s.ChoiceField(choices=Clock.Kind.choices)
    round = s.IntegerField()
    started_at = s.DateTimeField()
    due_at = s.DateTimeField()
    stopped_at = s.DateTimeField(allow_null=True)
    met_by_reply = s.BooleanField(allow_null=True)


class SealShape(CamelSerializer):
    attribute = s.UUIDField()
    sha256 = s.CharField()


class MediumShape(CamelSerializer):
    url = s.CharField()
    alt = s.CharField()
    kind = s.CharField()


class RevisionShape(CamelSerializer):
    kind = s.CharField()
    text = s.CharField()
    seen_at = s.DateTimeField()


class ThemeLabel(CamelSerializer):
    theme = s.CharField()
    p = s.FloatField(allow_null=True)


class PlaceLabel(CamelSerializer):
    text = s.CharField()
    start = s.IntegerField()
    end = s.IntegerField()
    kind = s.CharField()


class Labels(CamelSerializer):
    intent = s.CharField()
    intent_p = s.FloatField(allow_null=True)
    tenor = s.CharField()
    tenor_p = s.FloatField(allow_null=True)
    themes = ThemeLabel(many=True)
    emotions = s.DictField(child=s.FloatField())
    urgent = s.FloatField()
    abuse = s.FloatField()
    about_us = s.FloatField()
    places = PlaceLabel(many=True)
    lang = s.CharField()
    model = s.CharField()
    set_by = s.IntegerField(allow_null=True)
    corrected = s.ListField(child=s.CharField())
    unsure = s.BooleanField(help_text="Of the intent.")
    unsure_heads = s.ListField(
        child=s.CharField(), help_text="Every label the machine had better not name."
    )


class MentionAuthor(AuthorShape):
    followers = s.IntegerField(allow_null=True)


class MessageShape(CamelSerializer):
    """A resident's message (`type` "mention") or an answer of ours ("reply")."""

    type = s.ChoiceField(choices=("mention", "reply"))
    id = s.IntegerField()
    text = s.CharField()
    url = s.CharField()
    record = SealShape(allow_null=True)
    # --- mention
    author = MentionAuthor(required=False)
    current_text = s.CharField(required=False)
    deleted = s.BooleanField(required=False)
    lang = s.CharField(required=False)
    posted_at = s.DateTimeField(required=False)
    collected_at = s.DateTimeField(required=False)
    private = s.BooleanField(required=False)
    own = s.BooleanField(required=False)
    can_reply = s.BooleanField(required=False)
    media = MediumShape(many=True, required=False)
    place = s.CharField(required=False)
    revisions = RevisionShape(
        many=True, required=False, help_text="The newest; `revisionCount` counts all."
    )
    revision_count = s.IntegerField(required=False)
    labels = Labels(allow_null=True, required=False)
    # --- reply
    kind = s.ChoiceField(choices=Reply.Kind.choices, required=False)
    author_id = s.IntegerField(required=False)
    initials = s.CharField(required=False)
    in_reply_to = s.IntegerField(required=False)
    state = s.ChoiceField(choices=Reply.State.choices, required=False)
    trouble = s.CharField(required=False)
    created_at = s.DateTimeField(required=False)
    send_at = s.DateTimeField(required=False)
    sent_at = s.DateTimeField(allow_null=True, required=False)
    close_after = s.BooleanField(required=False)


class NoteShape(CamelSerializer):
    id = s.IntegerField()
    author_id = s.IntegerField()
    text = s.CharField()
    at = s.DateTimeField()


class EventShape(CamelSerializer):
    id = s.IntegerField()
    kind = s.ChoiceField(choices=CaseEvent.Kind.choices)
    actor_id = s.IntegerField(allow_null=True)
    at = s.DateTimeField()
    data = s.DictField()  # type: ignore[assignment]


class UndoShape(CamelSerializer):
    event_id = s.IntegerField()
    kind = s.ChoiceField(choices=CaseEvent.Kind.choices)
    until = s.DateTimeField()


class MessagePage(CamelSerializer):
    items = MessageShape(many=True, help_text="Oldest first.")
    next = s.CharField(allow_null=True, help_text="The cursor of what was said before.")


class NotePage(CamelSerializer):
    items = NoteShape(many=True, help_text="Oldest first.")
    next = s.CharField(allow_null=True)


class EventPage(CamelSerializer):
    items = EventShape(many=True, help_text="Oldest first.")
    next = s.CharField(allow_null=True)


class OlderShape(CamelSerializer):
    """The cursors of the pages before those in a case; null where there is nothing before."""

    messages = s.CharField(allow_null=True)
    notes = s.CharField(allow_null=True)
    events = s.CharField(allow_null=True)


class CaseDetail(CaseItem):
    first_reaction_minutes = s.IntegerField(allow_null=True)
    answer_minutes = s.IntegerField(allow_null=True)
    can_answer = s.BooleanField()
    can_change = s.BooleanField()
    clocks = ClockShape(many=True)
    messages = MessageShape(many=True, help_text="The newest, oldest first.")
    pinned = MessageShape(
        many=True,
        help_text="Older messages that an answer depends on: the one that is answered, and "
        "answers of ours that are under way or wait for somebody.",
    )
    notes = NoteShape(many=True)
    events = EventShape(many=True)
    older = OlderShape()
    earlier = CaseItem(many=True)
    undo = UndoShape(allow_null=True)


class Viewer(CamelSerializer):
    person_id = s.IntegerField()
    typing = s.BooleanField()


class ReplyShape(CamelSerializer):
    type = s.ChoiceField(choices=("reply",))
    id = s.IntegerField()
    kind = s.ChoiceField(choices=Reply.Kind.choices)
    text = s.CharField()
    author_id = s.IntegerField()
    initials = s.CharField()
    in_reply_to = s.IntegerField()
    state = s.ChoiceField(choices=Reply.State.choices)
    trouble = s.CharField(allow_blank=True)
    created_at = s.DateTimeField()
    send_at = s.DateTimeField()
    sent_at = s.DateTimeField(allow_null=True)
    url = s.CharField(allow_blank=True)
    close_after = s.BooleanField()


# --- bodies


class AssignBody(CamelSerializer):
    person_id = s.IntegerField()


class MoveBody(CamelSerializer):
    team_id = s.IntegerField()


class NoteBody(CamelSerializer):
    text = s.CharField(allow_blank=True, max_length=10_000)


class CloseBody(CamelSerializer):
    reason = s.ChoiceField(choices=Case.CloseReason.choices)


class UndoBody(CamelSerializer):
    event_id = s.IntegerField()


class LabelBody(CamelSerializer):
    mention_id = s.IntegerField()
    head = s.ChoiceField(choices=("intent", "tenor", "themes", "urgent", "abuse", "about_us"))
    value = s.JSONField(allow_null=True)
    why = s.ChoiceField(
        choices=LabelSet.Why.values,
        required=False,
        help_text="How the message came before this person: at work, or from the weekly list.",
    )


class ReplyBody(CamelSerializer):
    text = s.CharField(allow_blank=True, max_length=20_000, trim_whitespace=False)
    kind = s.ChoiceField(choices=Reply.Kind.choices, default=Reply.Kind.ANSWER)
    close_after = s.BooleanField(default=False)
    in_reply_to = s.IntegerField(allow_null=True, default=None)


class ResolveBody(CamelSerializer):
    outcome = s.ChoiceField(choices=("sent", "not_sent"))
