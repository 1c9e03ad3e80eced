"""One case as the desk shows it: the newest of its thread and history, labels, clocks and notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Prefetch

import nlp
from archive.models import Record
from monitoring.models import LabelSet, Mention, Revision
from monitoring.platforms.registry import get_platform
from webcare.desk import paging
from webcare.desk.cases import UNDO_WITHIN, find_undoable
from webcare.desk.models import Case, CaseEvent, Clock, Note, Reply
from webcare.desk.paging import Key
from webcare.desk.queries import get_item, list_by_ids
from webcare.organisation.access import answerable_teams, readable_teams
from webcare.organisation.models import Person

EARLIER = 10
# Of both kinds together, the newest; the head of a case shows the last of each.
CLOCKS = 20
# Of one message; the archive holds them all.
_NEWEST_REVISIONS = Prefetch(
    "revisions", Revision.objects.order_by("-pk")[:20], to_attr="newest_revisions"
)

Json = dict[str, Any]


def describe_case(person: Person, case: Case) -> Json:
    """Return the case in the API's shape, with the newest page of what was said and done in it.

    The caller has checked that the person may read it.
    """
    keys, older_messages = paging.list_messages(case)
    pinned = paging.list_pinned(case, keys)
    said = describe_messages(case, [*pinned, *keys])
    notes, older_notes = paging.list_notes(case)
    events, older_events = paging.list_events(case)
    undoable = find_undoable(case, person)
    account = case.account
    return {
        **get_item(case.pk),
        "firstReactionMinutes": account.first_reaction_minutes if account else None,
        "answerMinutes": account.answer_minutes if account else None,
        "canAnswer": bool(account)
        and get_platform(case.platform).capabilities.publishes
        and _may_work(person, case),
        "canChange": _may_work(person, case),
        "clocks": [
            _clock(clock) for clock in case.clocks.order_by("-round", "-kind")[:CLOCKS][::-1]
        ],
        "messages": said[len(pinned) :],
        "pinned": said[: len(pinned)],
        "notes": [describe_note(note) for note in notes],
        "events": [describe_event(event) for event in events],
        "older": {"messages": older_messages, "notes": older_notes, "events": older_events},
        "earlier": list_by_ids(_earlier_ids(person, case)),
        "undo": undoable
        and {
            "eventId": undoable.pk,
            "kind": undoable.kind,
            "until": undoable.at + UNDO_WITHIN,
        },
    }


def describe_messages(case: Case, keys: Sequence[Key]) -> list[Json]:
    """Messages of the case in the API's shape, in the order of `keys`; others' are left out."""
    ids = {
        wanted: [number for type, number in keys if type == wanted]
        for wanted in ("mention", "reply")
    }
    mentions = list(
        Mention.objects.filter(case_message__case=case, pk__in=ids["mention"])
        .select_related("revision")
        .prefetch_related(_NEWEST_REVISIONS)
        .annotate(revision_count=Count("revisions"))
        .defer("search")
    )
    replies = list(case.replies.filter(pk__in=ids["reply"]).select_related("author"))
    labels = {
        label_set.mention_id: label_set
        for label_set in LabelSet.objects.filter(mention__in=mentions, current=True)
    }
    seals = _find_seals(mentions, replies)
    said = {
        ("mention", m.pk): _mention(m, labels.get(m.pk), seals.get(("mention", m.pk)))
        for m in mentions
    } | {("reply", r.pk): _reply(r, seals.get(("reply", r.pk))) for r in replies}
    return [said[key] for key in keys if key in said]


def describe_note(note: Note) -> Json:
    return {"id": note.pk, "authorId": note.author_id, "text": note.text, "at": note.at}


def describe_event(event: CaseEvent) -> Json:
    return {
        "id": event.pk,
        "kind": event.kind,
        "actorId": event.actor_id,
        "at": event.at,
        "data": event.data,
    }


def _may_work(person: Person, case: Case) -> bool:
    return case.team_id in answerable_teams(person)


def _earlier_ids(person: Person, case: Case) -> list[int]:
    """The same handle on the same platform only: nothing is merged by guesswork."""
    if not case.author_handle:
        return []
    cases = Case.objects.filter(
        municipality_id=case.municipality_id,
        platform=case.platform,
        author_handle=case.author_handle,
        team__in=readable_teams(person),
    ).exclude(pk=case.pk)
    return list(cases.order_by("-opened_at").values_list("pk", flat=True)[:EARLIER])


def _find_seals(mentions: Iterable[Mention], replies: Iterable[Reply]) -> dict[Any, Json]:
    ids = {"mention": [m.pk for m in mentions], "reply": [r.pk for r in replies]}
    found: dict[Any, Json] = {}
    for subject, numbers in ids.items():
        records = Record.objects.filter(
            subject_type=subject,
            subject_id__in=numbers,
            kind__in=("incoming", "own_post"),
        )
        for record in records.only("subject_id", "attribute", "sha256"):
            found[subject, record.subject_id] = {
                "attribute": str(record.attribute),
                "sha256": bytes(record.sha256).hex(),
            }
    return found


def _clock(clock: Clock) -> Json:
    return {
        "kind": clock.kind,
        "round": clock.round,
        "startedAt": clock.started_at,
        "dueAt": clock.due_at,
        "stoppedAt": clock.stopped_at,
        "metByReply": clock.met_by_reply,
    }


def _mention(mention: Any, labels: LabelSet | None, seal: Json | None) -> Json:
    return {
        "type": "mention",
        "id": mention.pk,
        "author": {
            "handle": mention.author_handle,
            "name": mention.author_name,
            "followers": mention.author_followers,
        },
        "text": mention.text,
        "currentText": mention.current_text,
        "deleted": mention.deleted,
        "lang": labels.lang if labels else mention.lang,
        "postedAt": mention.posted_at,
        "collectedAt": mention.collected_at,
        "url": mention.url,
        "private": mention.private,
        "own": mention.own,
        "canReply": mention.can_reply,
        "media": mention.media,
        "place": mention.place,
        "revisions": [
            {"kind": r.kind, "text": r.text, "seenAt": r.seen_at}
            for r in reversed(mention.newest_revisions)
        ],
        "revisionCount": mention.revision_count,
        "labels": describe_labels(labels) if labels else None,
        "record": seal,
    }


def describe_labels(labels: LabelSet) -> Json:
    """A label set with the machine's confidence beside what now counts, and who set what."""
    verdict = labels.verdict
    # Without a verdict there is nothing the machine could be sure of.
    unsure = (nlp.unsure(verdict) if verdict else {"intent"}) - set(labels.corrected)
    return {
        "intent": labels.intent,
        "intentP": verdict.get("intent_p", {}).get(labels.intent),
        "tenor": labels.tenor,
        "tenorP": verdict.get("tenor_p", {}).get(labels.tenor),
        "themes": [
            {
                "theme": theme,
                "p": next(
                    (t["p"] for t in verdict.get("themes", []) if t["theme"] == theme),
                    None,
                ),
            }
            for theme in labels.themes
        ],
        "emotions": verdict.get("emotions", {}),
        "urgent": labels.urgent,
        "abuse": labels.abuse,
        "aboutUs": labels.about_us,
        "places": verdict.get("places", []),
        "lang": labels.lang,
        "model": verdict.get("model", ""),
        "setBy": labels.person_id,
        "corrected": labels.corrected,
        "unsure": "intent" in unsure,
        "unsureHeads": sorted(unsure),
    }


def _reply(reply: Reply, seal: Json | None) -> Json:
    return {**describe_reply(reply), "record": seal}


def describe_reply(reply: Reply) -> Json:
    return {
        "type": "reply",
        "id": reply.pk,
        "kind": reply.kind,
        "text": reply.text,
        "authorId": reply.author_id,
        "initials": reply.author.initials,
        "inReplyTo": reply.in_reply_to_id,
        "state": reply.state,
        "trouble": reply.trouble,
        "createdAt": reply.created_at,
        "sendAt": reply.send_at,
        "sentAt": reply.sent_at,
        "url": reply.url,
        "closeAfter": reply.close_after,
    }
