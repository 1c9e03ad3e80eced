"""Answers: sent once, taken back in time, never lost, never half."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import (
    Office,
    composer,
    find_clock,
    find_row,
    find_thread,
    find_view,
    open_case,
    read,
    write,
)
from tests.browser.residents import Residents

pytestmark = [pytest.mark.browser, pytest.mark.run]


def send(page: Page, text: str, keys: str = "Control+Enter") -> None:
    write(page, text)
    page.keyboard.press(keys)
    expect(composer(page).get_by_role("textbox")).to_have_value("")


def test_answer_and_close_moves_the_case_to_what_is_done(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Is het gemeentehuis op koningsdag open?")
    open_case(page, post)
    send(
        page,
        "Op koningsdag is het gemeentehuis dicht; de dag erna weer open.",
        "Control+Shift+Enter",
    )
    answer = residents.wait_for_answer(post)
    assert answer.text.endswith("^SG")
    expect(page.get_by_text("Afgehandeld: beantwoord")).to_be_visible()
    find_view(page, "Afgehandeld").click()
    expect(find_row(page, post)).to_contain_text("beantwoord")
    page.reload()
    find_view(page, "Open").click()
    expect(find_thread(page)).to_be_visible()
    page.goto("/inbox")
    expect(find_view(page, "Open")).to_be_visible()
    expect(find_row(page, post)).to_have_count(0)


def test_an_answer_undone_in_time_never_leaves_and_its_text_comes_back(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Waar kan ik mijn oude verf kwijt?")
    open_case(page, post)
    send(page, "Bij de milieustraat aan de Havenweg, elke zatterdag.")
    page.keyboard.press("z")
    field = composer(page).get_by_role("textbox")
    expect(field).to_have_value("Bij de milieustraat aan de Havenweg, elke zatterdag.")
    expect(find_thread(page)).to_contain_text("Teruggenomen, nooit verstuurd")
    send(page, "Bij de milieustraat aan de Havenweg, elke zaterdag.")
    answer = residents.wait_for_answer(post)
    assert "zaterdag" in answer.text
    assert len(residents.find_answers(post)) == 1


def test_an_answer_can_be_withdrawn_where_it_stands_in_the_thread(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Hoe laat begint de raadsvergadering?")
    case = open_case(page, post)
    send(page, "Om half acht.")
    find_thread(page).get_by_role("button", name="Ongedaan maken").click()
    expect(composer(page).get_by_role("textbox")).to_have_value("Om half acht.")
    replies = [one for one in read(page, f"cases/{case}")["messages"] if one["type"] == "reply"]
    assert [reply["state"] for reply in replies] == ["withdrawn"]


def test_an_acknowledgement_stops_only_the_clock_of_the_first_reaction(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Klopt het dat de sporthal in de zomer dicht is?")
    open_case(page, post)
    page.keyboard.press("Shift+R")
    expect(page.get_by_text("Stopt alleen de klok voor de eerste reactie")).to_be_visible()
    send(page, "We zoeken het uit; je hoort voor 16 uur van ons.")
    residents.wait_for_answer(post)
    expect(find_clock(page, "eerste reactie")).to_have_text("gehaald")
    expect(find_clock(page, "antwoord")).to_have_text(re.compile(r"nog "))


def test_an_answer_the_platform_refuses_comes_back_with_its_reason_and_its_text(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Ik verwijder dit zo weer, maar waar is het loket?")
    open_case(page, post)
    write(page, "Het loket is in de hal, links naast de trap.")
    residents.delete(post)
    composer(page).get_by_role("textbox").press("Control+Enter")
    # The desk may know of the deletion already, and then says so first.
    stopped = page.get_by_role("button", name="Bekeken, toch versturen")
    expect(stopped.or_(page.get_by_text("Wordt verstuurd")).first).to_be_visible()
    if stopped.is_visible():
        expect(composer(page)).to_contain_text("bericht verwijderd door de schrijver")
        stopped.click()
    refused = find_thread(page).get_by_role("article").filter(has_text="Niet verstuurd")
    expect(refused).to_be_visible(timeout=40_000)
    expect(find_row(page, post)).to_contain_text("niet verstuurd")
    refused.get_by_role("button", name="Terugnemen en aanpassen").click()
    expect(composer(page).get_by_role("textbox")).to_have_value(
        "Het loket is in de hal, links naast de trap."
    )
    assert residents.find_answers(post) == []


def test_what_a_resident_changes_is_shown_beside_what_it_was(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("De lantaarn op de Kade is kapot.")
    open_case(page, post)
    residents.edit(post, "De lantaarn op de Kade is stuk, bij nummer 12.")
    thread = find_thread(page)
    expect(thread).to_contain_text("bij nummer 12")
    thread.get_by_text("Gewijzigd door de schrijver").click()
    expect(thread).to_contain_text("De lantaarn op de Kade is kapot.")
    expect(thread.get_by_text("Eerste versie")).to_be_visible()
