"""Decides what happens with a stored and classified mention: a case, a place in one, or neither.

Works on whole batches, because a flood must cost a handful of statements, not a handful a post.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from archive.records import record_many
from monitoring.labels import YES, themes_of
from monitoring.models import Mention, Revision
from webcare.desk import clocks, outbox
from webcare.desk.models import Case, CaseEvent, CaseMessage, Clock, Reply, Triage
from webcare.desk.sealing import seal_incoming, seal_own_post
from webcare.desk.threads import (
    hold_cases,
    join_cases,
    note_answered_elsewhere,
    note_revisions,
)
from webcare.live.events import announce
from webcare.organisation.models import Account, Team

Verdict = Mapping[str, Any]
PREVIEW_LENGTH = 280
# When an account is linked, what residents asked up to this long before still gets a clock; what
# is older was somebody's job before us and would only bury the inbox.
LOOKS_BACK = timedelta(hours=24)
_ADDRESSED_TO = re.compile(r"^(?:@\S+[\s,:]+)+(?=\S)")


@dataclass(slots=True)
class _Batch:
    """What is known before deciding, and what was decided."""

    accounts: dict[int, Account]
    # (source id, platform id) of a message or of a reply of ours → case id.
    places: dict[tuple[int, str], int]
    triages: list[Triage] = field(default_factory=list)
    opened: list[tuple[Case, Mention]] = field(default_factory=list)
    joins: list[tuple[Mention, Verdict | None]] = field(default_factory=list)
    # Answers of our own account that were not written here, by the conversation they answer.
    answers: list[Mention] = field(default_factory=list)


def triage(mentions: Sequence[tuple[Mention, Verdict | None]]) -> None:
    """Triage each mention once. A verdict of None opens the case as unclassified.

    Runs in the caller's transaction. Direct mentions of one source are triaged one batch at a
    time across all workers, so that a question and its follow-up never become two cases.
    """
    ordered = sorted(mentions, key=lambda pair: (pair[0].posted_at, pair[0].pk))
    _take_turns({mention.source_id for mention, _ in ordered if _may_join(mention)})
    batch = _look_around([mention for mention, _ in ordered])
    hold_cases(batch.places.values())
    for mention, verdict in ordered:
        _decide(batch, mention, verdict)
    _open_cases(batch)
    joined = {mention.pk: batch.places[_place_of(batch, mention)] for mention, _ in batch.joins}
    for decided in batch.triages:
        decided.case_id = joined.get(decided.mention_id, decided.case_id)
    Triage.objects.bulk_create(batch.triages, ignore_conflicts=True)
    join_cases([(joined[mention.pk], mention, verdict) for mention, verdict in batch.joins])
    note_revisions(_find_changed([*(m for _, m in batch.opened), *(m for m, _ in batch.joins)]))
    for answer in (*batch.answers, *_find_earlier_answers(batch)):
        note_answered_elsewhere(batch.places[_place_of(batch, answer)], answer)


def _find_changed(mentions: Sequence[Mention]) -> Sequence[Revision]:
    """What was done to messages before they had a case to note it in.

    Locked, so that an edit that is being stored is either seen here or sees our case.
    """
    locked = Mention.objects.select_for_update(no_key=True).filter(
        pk__in=[mention.pk for mention in mentions]
    )
    pointers = dict(locked.order_by("pk").values_list("pk", "revision_id"))
    changed = [pk for pk, revision_id in pointers.items() if revision_id]
    if not changed:
        return ()
    return list(
        Revision.objects.filter(mention__in=changed).select_related("mention").order_by("pk")
    )


def _may_join(mention: Mention) -> bool:
    return mention.direct or mention.own or bool(mention.in_reply_to)


def _take_turns(source_ids: set[int]) -> None:
    with connection.cursor() as cursor:
        for source_id in sorted(source_ids):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('triage'), %s)", [source_id])


def _look_around(mentions: Sequence[Mention]) -> _Batch:
    sources = {mention.source_id for mention in mentions}
    parents = {
        (mention.source_id, parent)
        for mention in mentions
        for parent in (mention.in_reply_to, mention.conversation)
        if parent and parent != mention.platform_id
    }
    batch = _Batch(
        accounts={a.source_id: a for a in Account.objects.filter(source__in=sources)},
        places={},
    )
    if parents:
        ids = {parent for _, parent in parents}
        in_cases = CaseMessage.objects.filter(
            Q(mention__source__in=sources), mention__platform_id__in=ids
        ).values_list("mention__source_id", "mention__platform_id", "case_id")
        of_ours = Reply.objects.filter(
            account__source__in=sources, platform_id__in=ids
        ).values_list("account__source_id", "platform_id", "case_id")
        for source_id, platform_id, case_id in [*in_cases, *of_ours]:
            batch.places[source_id, platform_id] = case_id
    return batch


def _place_of(batch: _Batch, mention: Mention) -> tuple[int, str]:
    for parent in (mention.in_reply_to, mention.conversation):
        if parent and (mention.source_id, parent) in batch.places:
            return mention.source_id, parent
    return mention.source_id, ""


def _decide(batch: _Batch, mention: Mention, verdict: Verdict | None) -> None:
    if mention.own:
        outcome = Triage.Outcome.OWN
        if not outbox.recognise(mention):
            seal_own_post(mention)
            # Words of ours elsewhere in the conversation answer somebody else.
            if (mention.source_id, mention.in_reply_to) in batch.places:
                batch.answers.append(mention)
    elif _place_of(batch, mention)[1]:
        outcome = Triage.Outcome.JOINED
        batch.joins.append((mention, verdict))
        # A third message may answer this one.
        batch.places[mention.source_id, mention.platform_id] = batch.places[
            _place_of(batch, mention)
        ]
    elif mention.direct and _was_before_us(batch, mention):
        outcome = Triage.Outcome.BEFORE_US
    elif mention.direct:
        outcome = Triage.Outcome.OPENED
        case = _new_case(batch.accounts.get(mention.source_id), mention, verdict)
        batch.opened.append((case, mention))
        # The case has no id before it is stored: its place in `opened`, below zero, until then.
        batch.places[mention.source_id, mention.platform_id] = -len(batch.opened)
    else:
        outcome = Triage.Outcome.NOT_DIRECT
    batch.triages.append(
        Triage(mention=mention, municipality_id=mention.municipality_id, outcome=outcome)
    )


def _was_before_us(batch: _Batch, mention: Mention) -> bool:
    account = batch.accounts.get(mention.source_id)
    return account is not None and mention.posted_at < account.created_at - LOOKS_BACK


def _find_earlier_answers(batch: _Batch) -> list[Mention]:
    """Answers of ours to what only now became a case: the other lane may have been faster."""
    asked = {mention.platform_id for _, mention in batch.opened}
    if not asked:
        return []
    sources = {mention.source_id for _, mention in batch.opened}
    found = Mention.objects.filter(
        source__in=sources, own=True, in_reply_to__in=asked, case_message=None
    ).defer("search")
    return [
        answer
        for answer in found.exclude(pk__in=[mention.pk for mention in batch.answers])
        if _place_of(batch, answer)[1] and not outbox.recognise(answer)
    ]


def _new_case(account: Account | None, mention: Mention, verdict: Verdict | None) -> Case:
    due = [
        clocks.due_at(kind, mention.posted_at, account)
        for kind in (Clock.Kind.FIRST_REACTION, Clock.Kind.ANSWER)
    ]
    case = Case(
        municipality_id=mention.municipality_id,
        account=account,
        team_id=account.team_id if account else _central_team(mention.municipality_id),
        opened_at=mention.posted_at,
        deadline=min(due),
        first_mention=mention,
        platform=mention.platform,
        author_handle=mention.author_handle,
        author_name=mention.author_name,
        preview=preview_of(mention.text),
        last_message_at=mention.posted_at,
    )
    copy_labels(case, verdict)
    return case


def _central_team(municipality_id: int) -> int:
    """Where nobody owns the account, the central team looks first."""
    team = Team.objects.filter(municipality_id=municipality_id).order_by("-central", "pk").first()
    if team is None:
        raise Team.DoesNotExist(f"municipality {municipality_id} has no team to take a case")
    return team.pk


def preview_of(text: str) -> str:
    """The first words of a message on one line, without the handles it is addressed to."""
    return _ADDRESSED_TO.sub("", " ".join(text.split()))[:PREVIEW_LENGTH]


def copy_labels(case: Case, verdict: Verdict | None) -> None:
    case.unclassified = verdict is None
    if verdict is not None:
        case.intent = verdict["intent"]
        case.tenor = verdict["tenor"]
        case.themes = themes_of(verdict)
        case.urgent = verdict["urgent"] >= YES


def _open_cases(batch: _Batch) -> None:
    if not batch.opened:
        return
    cases = Case.objects.bulk_create([case for case, _ in batch.opened])
    for place, case_id in batch.places.items():
        if case_id < 0:
            batch.places[place] = cases[-case_id - 1].pk
    CaseMessage.objects.bulk_create(
        CaseMessage(case=case, mention=mention) for case, mention in batch.opened
    )
    Clock.objects.bulk_create(
        clock for case in cases for clock in clocks.first_clocks(case, case.account)
    )
    CaseEvent.objects.bulk_create(
        CaseEvent(case=case, kind=CaseEvent.Kind.OPENED, data={"mention": mention.pk})
        for case, mention in batch.opened
    )
    by_mention = {mention.pk: case for case, mention in batch.opened}
    for decided in batch.triages:
        decided.case = by_mention.get(decided.mention_id)
    record_many(seal_incoming([(mention, case.pk) for case, mention in batch.opened]))
    teams: dict[tuple[int, int], list[int]] = {}
    for case in cases:
        teams.setdefault((case.municipality_id, case.team_id), []).append(case.pk)
    for (municipality_id, team_id), ids in teams.items():
        announce("case.opened", ids, municipality_id=municipality_id, team_id=team_id)
