from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from monitoring.models import Round
from monitoring.town.models import HourCount
from tests.makers import make_municipality, make_source
from tests.monitoring.town.voices import NOW, say


@pytest.fixture
def source(db):
    return make_source(make_municipality("Elzendrecht", slug="elzendrecht"), name="Plein")


def town(*args):
    out, err = io.StringIO(), io.StringIO()
    call_command("town", "--until", NOW.isoformat(), *args, stdout=out, stderr=err)
    return out.getvalue()


def test_the_text_says_what_is_talked_about_and_what_it_cannot_show(source):
    for number in range(12):
        say(source, "waste", tenor="criticism", author=f"buur{number % 6}")
    say(source, "parking")
    say(source, "waste", hours_ago=30)
    source.created_at = source.last_round = source.next_round = NOW.replace(day=1)
    source.save()
    Round.objects.create(
        source=source, started_at=NOW.replace(day=1), ended_at=NOW.replace(hour=2), ok=True
    )
    text = town()
    assert "De praat van Elzendrecht" in text
    assert "13 berichten van 7 afzenders   ▲ ×13" in text
    assert "kritiek 92%" in text
    assert "Afval                    12       1" in text
    assert "Parkeren                  1       0   nieuw" in text
    assert "een stem, niet dé stem" in text
    assert "Plein: vr 13 november 2026 03.00 uur – vr 13 november 2026 16.00 uur" in text


def test_no_line_is_wider_than_a_terminal(source):
    for theme in ("planning", "lighting", "service", "economy"):
        say(source, theme, tenor="mixed")
    Round.objects.create(
        source=source, started_at=NOW, ended_at=NOW, ok=False, error="een lange reden " * 12
    )
    for period in ("day", "week", "month"):
        assert max(map(len, town("--period", period).splitlines())) <= 80


def test_silence_is_printed_too(source):
    assert "Niemand zei iets." in town()


def test_json_has_the_numbers_of_the_window_asked_for(source):
    say(source, "waste", hours_ago=60)
    report = json.loads(town("--since", "2026-11-10", "--format", "json"))
    assert report["since"] == "2026-11-09T23:00:00Z"  # midnight here
    assert report["total"] == 1


def test_one_of_several_municipalities_must_be_named(source):
    make_municipality("Klaverwaard", slug="klaverwaard")
    with pytest.raises(CommandError, match="--municipality: elzendrecht, klaverwaard"):
        town()
    assert "De praat van Klaverwaard" in town("--municipality", "klaverwaard")
    with pytest.raises(CommandError, match="geen gemeente 'nergens'"):
        town("--municipality", "nergens")


@pytest.mark.parametrize("given", ["gisteren", "2026-13-01", "2026-02-30"])
def test_a_day_that_does_not_exist_is_one_clear_line(source, given):
    with pytest.raises(CommandError, match="is geen dag"):
        town("--since", given)


def test_a_begin_after_the_end_is_one_clear_line(source):
    with pytest.raises(CommandError, match="begin moet voor het einde"):
        town("--since", "2027-01-01")


def test_counters_are_set_right_on_request(source):
    say(source, "waste")
    HourCount.objects.update(count=50)
    assert json.loads(town("--recount", "--format", "json"))["total"] == 1
