from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIRequestFactory, force_authenticate

from monitoring.models import Revision
from tests.cast import Cast
from tests.makers import make_source
from tests.monitoring.town.voices import NOW, say
from webcare.desk.models import Case, CaseMessage
from webcare.organisation.models import AuditEntry, Role
from webcare.town import MentionsView, TownView

READERS = {Role.AGENT, Role.TEAM_LEAD, Role.ADVISER}


def get(view, person, **query):
    request = APIRequestFactory().get("/", query)
    force_authenticate(request, person)
    return view.as_view()(request)


def ids(answer):
    return [item["id"] for item in answer.data["items"]]


@pytest.fixture
def source(cast: Cast):
    return make_source(cast.municipality)


def open_case(mention, team):
    case = Case.objects.create(
        municipality=mention.municipality,
        team=team,
        opened_at=mention.posted_at,
        last_message_at=mention.posted_at,
        first_mention=mention,
        platform=mention.platform,
    )
    CaseMessage.objects.create(case=case, mention=mention)
    return case


@pytest.mark.parametrize("view", [TownView, MentionsView])
@pytest.mark.parametrize("role", Role)
def test_only_who_answers_or_advises_hears_the_town(cast: Cast, view, role):
    assert get(view, cast.by_role[role]).status_code == (200 if role in READERS else 403)


def test_the_report_is_about_the_period_and_moment_asked_for(cast: Cast, source):
    say(source, "waste", hours_ago=60)
    answer = get(TownView, cast.adviser, period="week", until=NOW.isoformat())
    assert answer.data["total"] == 1
    assert answer.data["until"] == "2026-11-13T15:00:00Z"
    assert get(TownView, cast.adviser, until=NOW.isoformat()).data["total"] == 0


@pytest.mark.parametrize(
    "query",
    [{"period": "year"}, {"until": "gisteren"}, {"until": "9999-12-31T23:59:59Z"}],
)
def test_a_period_that_cannot_be_is_a_bad_request(cast: Cast, query):
    assert get(TownView, cast.adviser, **query).status_code == 400


def test_the_neighbours_talk_is_not_ours(cast: Cast, source):
    say(source)
    answer = get(TownView, cast.neighbour_agent, until=NOW.isoformat())
    assert answer.data["total"] == 0
    assert ids(get(MentionsView, cast.neighbour_agent)) == []


def test_mentions_come_newest_first_without_own_and_private_ones(cast: Cast, source):
    old, new = say(source, hours_ago=3), say(source, hours_ago=2)
    say(source, own=True)
    say(source, private=True)
    assert ids(get(MentionsView, cast.adviser)) == [new.pk, old.pk]


def test_a_bar_and_the_posts_behind_it_are_the_same(cast: Cast, source):
    wanted = say(source, "waste", "care", tenor="criticism")
    say(source, "waste", tenor="support")
    say(source, "parking", tenor="criticism")
    say(source, "waste", tenor="criticism", hours_ago=30)
    bar = {"theme": "waste", "tenor": "criticism", "until": NOW.isoformat()}
    since = (NOW - timedelta(hours=24)).isoformat()
    assert ids(get(MentionsView, cast.adviser, since=since, **bar)) == [wanted.pk]


@pytest.mark.parametrize("bar", [{}, {"theme": "waste"}])
def test_pages_follow_each_other_without_losing_or_repeating(cast: Cast, source, bar):
    # Three at the same moment, so that a page ends in the middle of a moment.
    said = [say(source, "waste", hours_ago=n // 3) for n in range(7)]
    seen, cursor = [], {}
    while True:
        answer = get(MentionsView, cast.adviser, limit=2, **bar, **cursor)
        seen += ids(answer)
        if answer.data["next"] is None:
            break
        cursor = {"cursor": answer.data["next"]}
    assert sorted(seen) == sorted(mention.pk for mention in said)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("bar", [{}, {"theme": "waste"}])
def test_a_page_takes_two_statements_and_one_for_the_teams(
    cast: Cast, source, bar, django_assert_num_queries
):
    for _ in range(10):
        say(source, "waste")
    with django_assert_num_queries(3):
        get(MentionsView, cast.adviser, **bar)


def test_words_platform_and_source_narrow_the_list(cast: Cast, source):
    paper = make_source(cast.municipality, "newspaper")
    lamp = say(source, text="De lantaarns doen het weer niet")
    bus = say(paper, text="De bus rijdt om")
    assert ids(get(MentionsView, cast.adviser, q="lantaarn")) == [lamp.pk]
    assert ids(get(MentionsView, cast.adviser, platform="newspaper")) == [bus.pk]
    assert ids(get(MentionsView, cast.adviser, source=source.pk)) == [lamp.pk]
    assert ids(get(MentionsView, cast.adviser, q="-lantaarn")) == [bus.pk]


def test_a_search_is_logged_without_its_words(cast: Cast, source):
    get(MentionsView, cast.adviser, q="jansen", theme="waste")
    entry = AuditEntry.objects.get(action="mentions.searched")
    assert (entry.actor, entry.detail) == (cast.adviser, {"filters": ["theme"]})


def test_words_that_were_changed_or_taken_back_are_shown_as_they_are_now(cast: Cast, source):
    edited, deleted = say(source, text="eerst"), say(source, text="weg", hours_ago=2)
    for mention, kind, text in ((edited, "edited", "later"), (deleted, "deleted", "")):
        mention.revision = Revision.objects.create(mention=mention, kind=kind, text=text)
        mention.save(update_fields=["revision"])
    items = get(MentionsView, cast.adviser).data["items"]
    assert [(item["text"], item["deleted"]) for item in items] == [("later", False), ("", True)]


def test_a_case_is_named_only_to_who_may_read_it(cast: Cast, source):
    mention = say(source)
    case = open_case(mention, cast.other_team)
    shown = {
        person: get(MentionsView, person).data["items"][0]["caseId"]
        for person in (cast.adviser, cast.other_agent, cast.agent)
    }
    assert list(shown.values()) == [case.pk, case.pk, None]


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "xx"},
        {"cursor": "%00"},
        {"cursor": "MjAyNi0xMS0yMA"},
        {"limit": 0},
        {"limit": 10_000},
        {"source": "een"},
        {"since": "gisteren"},
        {"tenor": "boos"},
    ],
)
def test_a_question_that_means_nothing_is_a_bad_request(cast: Cast, query):
    assert get(MentionsView, cast.adviser, **query).status_code == 400


def test_a_nul_in_a_search_is_a_bad_request_and_no_crash(cast: Cast):
    assert get(MentionsView, cast.adviser, q="a\0b").status_code == 400
