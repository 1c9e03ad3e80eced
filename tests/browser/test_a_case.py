"""Everything else people do with a case, and how they find it back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.office import (
    Office,
    find_clock,
    find_fact,
    find_panel,
    find_row,
    find_thread,
    find_view,
    open_case,
    read,
)
from tests.browser.residents import PARKING, Post, Residents
from tests.faults.answering import Colleague
from tests.running_desk import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.run]


def test_no_action_is_one_key_and_the_next_case_opens(office: Office, residents: Residents) -> None:
    page = office.open()
    post = residents.ask("Lekker weertje vandaag, gemeente!")
    case = open_case(page, post)
    page.keyboard.press("x")
    expect(page.get_by_text("Gesloten: geen actie nodig")).to_be_visible()
    expect(page).not_to_have_url(re.compile(rf"/inbox/{case}$"))
    expect(find_row(page, post)).to_have_count(0)
    page.keyboard.press("z")
    expect(page.get_by_text("Ongedaan gemaakt")).to_be_visible()
    expect(find_row(page, post)).to_be_visible()


def test_a_case_that_opens_while_the_first_list_is_under_way_shows_too(
    office: Office, residents: Residents, els: Colleague
) -> None:
    page = office.open(path="/sources")
    posts: list[Post] = []

    def answer_with_what_was_there_before(route: Route) -> None:
        before = route.fetch()
        if not posts:
            posts.append(residents.ask("Hoort dit bericht bij de buurtbus?"))
            wait_until(lambda: posts[0].handle in els.get("cases").text, 20, "the case is open")
        route.fulfill(response=before)

    lists = re.compile(r"/api/v1/cases\?")
    page.route(lists, answer_with_what_was_there_before)
    with page.expect_response(lists):
        page.goto("/inbox")
    expect(find_row(page, posts[0])).to_be_visible()


def test_closing_asks_for_a_reason_and_can_be_undone(office: Office, residents: Residents) -> None:
    page = office.open()
    post = residents.ask("Waarom rijdt bus 4 niet meer langs de markt?")
    case = open_case(page, post)
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Waarom sluit je dit gesprek?")
    dialog.get_by_role("button", name="niet voor de gemeente").click()
    expect(page.get_by_text("Gesloten: niet voor de gemeente")).to_be_visible()
    page.goto(f"/inbox/{case}")
    expect(page.get_by_text("Afgehandeld: niet voor de gemeente")).to_be_visible()
    for name in ("eerste reactie", "antwoord"):
        expect(find_clock(page, name)).to_have_text("gesloten zonder antwoord")
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="Sluiten", exact=False).first).to_be_visible()
    expect(find_clock(page, "antwoord")).to_have_text(re.compile("nog "))


def test_a_note_stays_inside_and_is_in_the_history(office: Office, residents: Residents) -> None:
    page = office.open()
    post = residents.ask("Mag ik een boom planten voor mijn deur?")
    open_case(page, post)
    page.keyboard.press("n")
    page.keyboard.type("Groenbeheer belt morgen terug.")
    page.keyboard.press("Control+Enter")
    expect(find_panel(page)).to_contain_text("Groenbeheer belt morgen terug.")
    expect(find_panel(page)).to_contain_text("Sanne Groot schreef een notitie")
    assert residents.find_answers(post) == []


def test_a_case_given_to_a_colleague_shows_in_the_colleagues_own_list(
    office: Office, residents: Residents
) -> None:
    sanne, bram = office.open(), office.open("bram", "/inbox?assignee=me")
    post = residents.ask("Wie gaat er over de speeltuin?")
    open_case(sanne, post)
    sanne.get_by_role("button", name="Toewijzen").click()
    sanne.get_by_role("dialog").get_by_role("button", name="Bram Vos").click()
    expect(find_fact(sanne, "Behandelaar")).to_contain_text("Bram Vos")
    expect(find_row(bram, post)).to_be_visible()


def test_a_case_moved_to_another_team_is_theirs_at_once_and_ours_no_longer(
    office: Office, residents: Residents
) -> None:
    sanne, fatma = office.open(), office.open("fatma")
    post = residents.ask("Hoe vraag ik een parkeervergunning aan?")
    case = open_case(sanne, post)
    expect(find_row(fatma, post)).to_have_count(0)
    sanne.get_by_role("button", name="Ander team").click()
    sanne.get_by_role("dialog").get_by_role("button", name="Parkeren").click()
    expect(find_row(fatma, post)).to_be_visible()
    open_case(fatma, post)
    # Back again: Parkeren watches only itself.
    fatma.get_by_role("button", name="Ander team").click()
    fatma.get_by_role("dialog").get_by_role("button", name="Webcare").click()
    expect(
        fatma.get_by_text("Dit gesprek bestaat niet, of het is van een ander team.")
    ).to_be_visible()
    fatma.goto("/inbox")
    expect(find_view(fatma, "Open")).to_be_visible()
    expect(find_row(fatma, post)).to_have_count(0)
    sanne.goto(f"/inbox/{case}")
    expect(find_fact(sanne, "Behandelaar")).to_contain_text("Webcare")


def test_a_label_is_corrected_with_keys_and_says_who_did(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Waarom duurt het al maanden voordat iemand terugbelt?")
    open_case(page, post)
    page.keyboard.press("l")
    page.keyboard.press("i")
    dialog = page.get_by_role("dialog")
    key = dialog.get_by_role("button", name="klacht").locator("kbd").inner_text()
    page.keyboard.press(key)
    expect(page.get_by_text("Label verbeterd")).to_be_visible()
    expect(find_panel(page)).to_contain_text(re.compile(r"Bedoeling\s*klacht"))
    expect(find_panel(page)).to_contain_text("Sanne Groot verbeterde een label (Bedoeling)")
    expect(find_row(page, post)).to_contain_text("klacht")


def test_filters_are_in_the_address_and_survive_a_reload(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    general = residents.ask("Wanneer is de kermis?")
    parking = residents.ask("Wat kost parkeren bij het station?", to=PARKING)
    expect(find_row(page, general)).to_be_visible()
    expect(find_row(page, parking)).to_be_visible()
    page.get_by_role("button", name="Filters").click()
    team = next(one for one in read(page, "organisation")["teams"] if one["slug"] == "parkeren")
    page.get_by_label("Team").select_option(str(team["id"]))
    expect(find_row(page, general)).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?team=\d+"))
    page.reload()
    expect(find_row(page, parking)).to_be_visible()
    expect(find_row(page, general)).to_have_count(0)
    page.get_by_role("button", name="Filter Parkeren").click()
    expect(find_row(page, general)).to_be_visible()


def test_a_search_finds_words_and_names(office: Office, residents: Residents) -> None:
    page = office.open()
    post = residents.ask("Wie ruimt de gestrande potvis op het strandje op?")
    other = residents.ask("Wie veegt het schoolplein?")
    expect(find_row(page, other)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("potvis")
    expect(find_row(page, other)).to_have_count(0)
    expect(find_row(page, post)).to_be_visible()
    page.keyboard.press("Control+A")
    page.keyboard.type(other.handle.split("@")[0])
    expect(find_row(page, other)).to_be_visible()
    expect(find_row(page, post)).to_have_count(0)


def test_the_resident_is_known_from_earlier_conversations(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    first = residents.ask("Wanneer gaat het zwembad open?")
    open_case(page, first)
    page.keyboard.press("x")
    expect(page.get_by_text("Gesloten: geen actie nodig")).to_be_visible()
    second = residents.ask("En wat kost een kaartje?", handle=first.handle)
    open_case(page, second)
    earlier = find_panel(page).get_by_role("link", name="Wanneer gaat het zwembad open?")
    earlier.click()
    expect(find_thread(page)).to_contain_text(first.words)
