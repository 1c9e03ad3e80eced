"""One case as the desk shows it: its whole thread, labels, clocks, notes and history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import nlp
from archive.models import Record
from monitoring.models import LabelSet, Mention
from monitoring.platforms.registry import get_platform
from webcare.desk.cases import UNDO_WITHIN, find_undoable
from webcare.desk.models import Case, Clock, Reply
from webcare.desk.queries import get_item, list_by_ids
from webcare.organisation.access import answerable_teams, readable_teams
from webcare.organisation.models import Person

EARLIER = 10

Json = dict[str, Any]


def describe_case(person: Person, case: Case) -> Json:
    """Return the case in the API's shape. The caller has checked that the person may read it."""
    mentions = list(
        Mention.objects.filter(case_message__case=case)
        .select_related("revision")
        .prefetch_related("revisions")
        .defer("search")
    )
    replies = list(case.replies.select_related("author"))
    labels = {
        label_set.mention_id: label_set
        for label_set in LabelSet.objects.filter(mention__in=mentions, current=True)
    }
    seals = _find_seals(mentions, replies)
    messages = [
        *(_mention(m, labels.get(m.pk), seals.get(("mention", m.pk))) for m in mentions),
        *(_reply(r, seals.get(("reply", r.pk))) for r in replies),
    ]
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
        "clocks": [_clock(clock) for clock in case.clocks.order_by("round", "kind")],
        "messages": sorted(messages, key=lambda message: message.pop("at")),
        "notes": [
            {"id": n.pk, "authorId": n.author_id, "text": n.text, "at": n.at}
            for n in case.notes.order_by("pk")
        ],
        "events": [
            {
                "id": e.pk,
                "kind": e.kind,
                "actorId": e.actor_id,
                "at": e.at,
                "data": e.data,
            }
            for e in case.events.order_by("pk")
        ],
        "earlier": list_by_ids(_earlier_ids(person, case)),
        "undo": undoable
        and {
            "eventId": undoable.pk,
            "kind": undoable.kind,
            "until": undoable.at + UNDO_WITHIN,
        },
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


def _mention(mention: Mention, labels: LabelSet | None, seal: Json | None) -> Json:
    return {
        "at": mention.posted_at,
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
            {"kind": r.kind, "text": r.text, "seenAt": r.seen_at} for r in mention.revisions.all()
        ],
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
    return {
        "at": reply.sent_at or reply.created_at,
        **describe_reply(reply),
        "record": seal,
    }


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
