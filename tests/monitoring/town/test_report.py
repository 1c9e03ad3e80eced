from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.labels import correct
from monitoring.town import report as report_module
from monitoring.town.report import make_report
from monitoring.town.shapes import report_as_json
from monitoring.town.windows import window_of
from nlp.labels import TENORS
from tests.makers import make_municipality, make_person, make_source
from tests.monitoring.town.voices import NOW, say


@pytest.fixture
def source(db):
    return make_source(make_municipality())


def day(source):
    return make_report(source.municipality_id, NOW - timedelta(hours=24), NOW)


def test_a_day_counts_mentions_tenor_and_themes_beside_the_day_before(source):
    say(source, "waste", tenor="criticism", hours_ago=2)
    say(source, "waste", "parking", tenor="mixed", hours_ago=3, author="piet")
    say(source, "waste", hours_ago=30)
    report = day(source)
    assert (report.total, report.previous_total) == (2, 1)
    assert report.tenor == {"support": 0, "criticism": 1, "neutral": 0, "mixed": 1}
    waste, parking = report.themes
    assert (waste.theme, waste.count, waste.previous) == ("waste", 2, 1)
    assert waste.tenor == {"support": 0, "criticism": 1, "neutral": 0, "mixed": 1}
    assert (parking.count, parking.previous) == (1, 0)


def test_a_theme_that_fell_silent_is_still_listed(source):
    say(source, "events", hours_ago=30)
    assert [(theme.theme, theme.count, theme.previous) for theme in day(source).themes] == [
        ("events", 0, 1)
    ]


def test_authors_are_counted_and_the_most_active_ones_are_weighed(source):
    for _ in range(10):
        say(source, "waste", author="ria")
    for number in range(10):
        say(source, "parking", author=f"buur{number}")
    say(source, hours_ago=30, author="ria")
    report = day(source)
    assert (report.authors, report.previous_authors) == (11, 1)
    assert report.top_authors_share == pytest.approx(14 / 20)
    by_theme = {theme.theme: theme for theme in report.themes}
    assert (by_theme["waste"].authors, by_theme["waste"].top_authors_share) == (1, 1.0)
    assert (by_theme["parking"].authors, by_theme["parking"].top_authors_share) == (10, 0.5)


def test_the_same_handle_on_two_platforms_is_two_authors(source):
    feed = make_source(source.municipality, "rss")
    say(source, author="ria")
    say(feed, author="ria")
    assert day(source).authors == 2


def test_posts_without_a_handle_count_as_one_author_per_source(source):
    street = make_source(source.municipality, "street")
    paper = make_source(source.municipality, "newspaper")
    say(street, author="")
    say(street, author="")
    say(paper, author="")
    assert day(source).authors == 2


def test_platforms_come_with_the_busiest_first(source):
    paper = make_source(source.municipality, "newspaper")
    say(source)
    say(paper)
    say(paper)
    assert [(item.platform, item.count) for item in day(source).platforms] == [
        ("newspaper", 2),
        ("mastodon", 1),
    ]


def test_the_line_of_a_day_has_an_hour_for_each_point_also_the_silent_ones(source):
    say(source, "waste", "parking", hours_ago=1)
    series = day(source).series
    assert len(series) == 24
    assert [point.count for point in series] == [0] * 23 + [1]


def test_the_line_of_a_week_has_a_local_day_for_each_point(source):
    # Just before and just after midnight here.
    say(source, posted_at=datetime(2026, 11, 11, 22, 59, tzinfo=UTC))
    say(source, posted_at=datetime(2026, 11, 11, 23, 1, tzinfo=UTC))
    window = window_of("week", NOW)
    report = make_report(source.municipality_id, window.since, window.until, window=window)
    assert [point.count for point in report.series] == [0, 0, 0, 0, 1, 1, 0]


def test_a_week_counts_nothing_between_it_and_the_same_stretch_a_week_earlier(source):
    say(source, posted_at=datetime(2026, 11, 6, 20, tzinfo=UTC))  # a week ago, later on the day
    window = window_of("week", NOW)
    report = make_report(source.municipality_id, window.since, window.until, window=window)
    assert (report.total, report.previous_total) == (0, 0)
    assert (report.authors, report.previous_authors) == (0, 0)


def test_the_end_of_the_window_is_not_in_it(source):
    say(source, posted_at=NOW)
    assert day(source).total == 0


def test_neither_own_nor_private_nor_the_neighbours_posts_are_talk_of_the_town(source):
    say(source, own=True)
    say(source, private=True)
    say(make_source(make_municipality()))
    report = day(source)
    assert (report.total, report.authors, report.platforms) == (0, 0, [])


def test_it_says_who_labelled_and_how_often_it_was_not_sure(source):
    say(source, tenor_p=0.4)
    set_right = say(source, tenor_p=0.4)
    say(source, tenor_p=0.9)
    say(source, tenor_p=0.8)
    correct(set_right, "tenor", "support", make_person(source.municipality).pk)
    labels = day(source).labels
    assert labels.model == "2026.11.1"
    assert labels.unsure_share == pytest.approx(0.25)


def test_silence_is_a_report_too(source):
    report = day(source)
    assert (report.total, report.themes, report.top_authors_share) == (0, [], 0.0)
    assert report.labels.model == ""


def test_a_report_takes_four_statements_however_much_was_said(source, django_assert_num_queries):
    for theme in ("waste", "parking", "roads"):
        say(source, theme, author=theme)
    with django_assert_num_queries(4):
        day(source)


def test_as_json_it_has_the_shape_of_the_api(source):
    say(source, "waste")
    shape = report_as_json(day(source))
    assert set(shape) == {
        *("since", "until", "previousSince", "previousUntil", "total", "previousTotal"),
        *("authors", "previousAuthors", "topAuthorsShare", "tenor", "platforms", "themes"),
        *("series", "gaps", "labels", "tenorShares"),
    }
    assert shape["since"] == "2026-11-12T15:00:00Z"
    assert set(shape["themes"][0]) == {
        "theme",
        "count",
        "previous",
        "tenor",
        "authors",
        "topAuthorsShare",
    }
    assert shape["series"][0] == {"at": "2026-11-12T15:00:00Z", "count": 0}
    assert shape["labels"] == {"model": "2026.11.1", "unsureShare": 0.0}
    assert [one["tenor"] for one in shape["tenorShares"]] == list(TENORS)


def test_shares_of_tenor_come_with_an_interval_beside_the_counts(source):
    for _ in range(6):
        say(source, tenor="criticism", tenor_p=0.7)
    shares = {one.tenor: one for one in day(source).tenor_shares}
    criticism = shares["criticism"]
    assert 0 <= criticism.low < criticism.share < criticism.high <= 1
    assert sum(one.share for one in shares.values()) == pytest.approx(1)


def test_what_a_person_said_of_the_tenor_is_not_in_doubt(source):
    mentions = [say(source, tenor_p=0.4) for _ in range(4)]
    person = make_person(source.municipality).pk
    for mention in mentions:
        correct(mention, "tenor", "mixed", person)
    assert {one.tenor: one.share for one in day(source).tenor_shares}["mixed"] == 1


def test_a_busy_window_is_sampled_and_private_words_stay_out(source, monkeypatch):
    monkeypatch.setattr(report_module, "LABEL_SAMPLE", 2)
    for number in range(8):
        say(source, tenor="criticism", tenor_p=0.9, author=f"buur{number}")
    say(source, private=True, tenor_p=0.1)
    made = day(source)
    assert (made.total, made.labels.unsure_share) == (8, 0)
    assert made.tenor_shares[1].share > 0.5
