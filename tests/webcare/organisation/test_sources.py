"""Sources are tried against a real town over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from monitoring.models import Source
from tests.cast import Cast
from tests.makers import make_source
from tests.webcare.demo.town_process import TOKEN, TownProcess
from webcare.organisation import sources
from webcare.organisation.models import Account, AuditEntry, Role

FEED = "/krant/feed.xml"


def mastodon(town: TownProcess, token: str = TOKEN) -> dict[str, Any]:
    return {
        "platform": "mastodon",
        "config": {"base_url": town.url},
        "secrets": {"access_token": token},
    }


def rss(town: TownProcess, path: str = FEED) -> dict[str, Any]:
    return {"platform": "rss", "config": {"url": town.url + path}, "secrets": {}}


@pytest.fixture
def unclaimed(cast: Cast) -> None:
    """Nobody has connected the town's first account yet."""
    Account.objects.filter(pk=cast.account.pk).update(handle="@iemand@plein.example")


def test_trying_a_source_shows_its_newest_posts_and_stores_none(
    cast: Cast, town: TownProcess
) -> None:
    town.say("@gemeente Wanneer gaat het zwembad open?")
    check = sources.check_source(cast.administrator, **mastodon(town))
    assert check.ok
    assert "zwembad" in check.sample[0].text
    assert check.handle == "@gemeente@plein.example"
    assert not Source.objects.filter(name="").exists()
    assert AuditEntry.objects.get().action == "source.checked"


def test_a_refused_token_is_said_in_words(cast: Cast, town: TownProcess) -> None:
    check = sources.check_source(cast.administrator, **mastodon(town, "no-such-token"))
    assert not check.ok
    assert "toegangssleutel" in str(check.problem)


def test_a_web_page_is_no_feed(cast: Cast, town: TownProcess) -> None:
    check = sources.check_source(cast.administrator, **rss(town, "/"))
    assert not check.ok


def test_an_address_inside_the_building_is_refused(
    cast: Cast, town: TownProcess, settings: Any
) -> None:
    settings.FETCH_ALLOW = frozenset()
    check = sources.check_source(cast.administrator, **rss(town))
    assert not check.ok
    assert AuditEntry.objects.get().result == "failed"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"platform": "mastodon", "config": {}, "secrets": {"access_token": "x"}}, "base_url"),
        ({"platform": "mastodon", "config": {"base_url": "x"}, "secrets": {}}, "access_token"),
        ({"platform": "rss", "config": {"url": "ftp://x"}, "secrets": {}}, "url"),
        ({"platform": "rss", "config": {"url": "x.example", "more": 1}, "secrets": {}}, "more"),
        ({"platform": "letter", "config": {}, "secrets": {}}, "platform"),
        ({"platform": "nothing", "config": {}, "secrets": {}}, "platform"),
        (
            {"platform": "mastodon", "config": {"access_token": "x"}, "secrets": {}},
            "access_token",
        ),
    ],
)
def test_wrong_settings_name_the_field_and_repeat_no_secret(
    cast: Cast, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        sources.check_source(cast.administrator, **given)
    assert field in refused.value.message_dict


@pytest.mark.usefixtures("unclaimed")
def test_adding_a_source_we_publish_on_brings_its_account(cast: Cast, town: TownProcess) -> None:
    source = sources.add_source(
        cast.administrator,
        name="Plein",
        purpose="Vragen beantwoorden",
        team_id=cast.team.pk,
        **mastodon(town),
    )
    account = Account.objects.get(source=source)
    assert (account.team, account.handle) == (cast.team, "@gemeente@plein.example")
    assert source.config == {"base_url": town.url}
    assert source.secrets == {"access_token": TOKEN}


@pytest.mark.usefixtures("unclaimed")
def test_an_account_nobody_claims_goes_to_the_central_team(cast: Cast, town: TownProcess) -> None:
    source = sources.add_source(
        cast.administrator, name="Plein", purpose="Antwoorden", **mastodon(town)
    )
    assert source.account.team == cast.central_team


def test_a_secret_is_encrypted_at_rest(cast: Cast) -> None:
    source = make_source(cast.municipality, secrets={"access_token": "heel-geheim"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets::text FROM monitoring_source WHERE id = %s", [source.pk])
        assert "heel-geheim" not in cursor.fetchone()[0]


def test_a_feed_needs_no_team(cast: Cast, town: TownProcess) -> None:
    source = sources.add_source(cast.administrator, name="Krant", purpose="Nieuws", **rss(town))
    assert not hasattr(source, "account")


def test_a_source_without_a_purpose_is_refused(cast: Cast, town: TownProcess) -> None:
    with pytest.raises(ValidationError, match="AVG"):
        sources.add_source(cast.administrator, name="Krant", purpose="  ", **rss(town))


def test_a_source_that_does_not_answer_is_not_added(cast: Cast, town: TownProcess) -> None:
    with pytest.raises(ValidationError):
        sources.add_source(
            cast.administrator, name="Krant", purpose="Nieuws", **rss(town, "/bestaat-niet")
        )
    assert not Source.objects.filter(name="Krant").exists()


@pytest.mark.usefixtures("unclaimed")
def test_the_same_account_is_not_connected_twice(cast: Cast, town: TownProcess) -> None:
    def add(name: str) -> None:
        sources.add_source(cast.administrator, name=name, purpose="Vragen", **mastodon(town))

    add("Eerste")
    with pytest.raises(ValidationError, match="al aangesloten"):
        add("Tweede")
    assert not Source.objects.filter(name="Tweede").exists()


def test_only_administrators_touch_sources(cast: Cast, town: TownProcess) -> None:
    for role, person in cast.by_role.items():
        if role != Role.ADMINISTRATOR:
            with pytest.raises(PermissionDenied):
                sources.check_source(person, **rss(town))
            with pytest.raises(PermissionDenied):
                sources.change_source(person, cast.account.source_id, {"active": False})


def test_switching_on_forgets_earlier_trouble(cast: Cast) -> None:
    source = make_source(cast.municipality, active=False, trouble="Geweigerd", failures=9)
    changed = sources.change_source(cast.administrator, source.pk, {"active": True})
    assert (changed.trouble, changed.failures) == ("", 0)


def test_a_new_token_replaces_the_old_and_is_not_logged(cast: Cast) -> None:
    source = make_source(cast.municipality)
    sources.change_source(
        cast.administrator, source.pk, {"secrets": {"access_token": "vers-geheim"}}
    )
    source.refresh_from_db()
    assert source.secrets == {"access_token": "vers-geheim"}
    entry = AuditEntry.objects.get(action="source.changed")
    assert entry.detail == {"fields": ["secrets"]}


def test_changing_a_source_leaves_its_cursor_to_the_collector(cast: Cast) -> None:
    source = make_source(cast.municipality)
    Source.objects.filter(pk=source.pk).update(cursor={"min_id": "9"})
    sources.change_source(cast.administrator, source.pk, {"name": "Anders"})
    source.refresh_from_db()
    assert source.cursor == {"min_id": "9"}


def test_a_neighbours_source_does_not_exist(cast: Cast) -> None:
    with pytest.raises(Source.DoesNotExist):
        sources.change_source(
            cast.administrator, cast.neighbour_account.source_id, {"active": False}
        )
