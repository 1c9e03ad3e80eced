"""Two colleagues at one case, and one colleague at two tabs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.office import Office, composer, find_thread, open_case, write
from tests.browser.residents import Residents

pytestmark = [pytest.mark.browser, pytest.mark.run]


def test_who_looks_and_who_types_is_visible(office: Office, residents: Residents) -> None:
    sanne, bram = office.open(), office.open("bram")
    post = residents.ask("Wanneer wordt de brug gerepareerd?")
    open_case(sanne, post)
    open_case(bram, post)
    expect(bram.get_by_text("Sanne Groot kijkt mee")).to_be_visible()
    composer(sanne).get_by_role("textbox").press_sequentially("De brug")
    expect(bram.get_by_text("Sanne Groot typt…")).to_be_visible()
    sanne.get_by_role("link", name="Stad", exact=True).click()
    expect(bram.get_by_text(re.compile("Sanne Groot (kijkt|typt)"))).to_have_count(0)


def test_the_second_of_two_answers_is_stopped_beside_the_first_and_nothing_typed_is_lost(
    office: Office, residents: Residents
) -> None:
    sanne, bram = office.open(), office.open("bram")
    post = residents.ask("Tot hoe laat is de markt open?")
    open_case(sanne, post)
    open_case(bram, post)
    write(sanne, "De markt is open tot vijf uur.")
    write(bram, "Tot 17 uur, op zaterdag tot 16 uur.")
    sanne.keyboard.press("Control+Enter")
    bram.keyboard.press("Control+Enter")

    stopped = composer(bram).get_by_role("status").first
    expect(stopped).to_contain_text("Sanne Groot was je voor.")
    expect(stopped).to_contain_text("De markt is open tot vijf uur. ^SG")
    field = composer(bram).get_by_role("textbox")
    expect(field).to_have_value("Tot 17 uur, op zaterdag tot 16 uur.")

    assert residents.wait_for_answer(post).text.endswith("De markt is open tot vijf uur. ^SG")
    expect(find_thread(bram).locator("[data-reply]")).to_have_attribute("data-state", "sent")
    bram.reload()
    expect(field).to_have_value("Tot 17 uur, op zaterdag tot 16 uur.")
    assert len(residents.find_answers(post)) == 1


def test_an_answer_is_stopped_when_the_resident_said_more_meanwhile(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Waar vind ik de regels voor een dakkapel?")
    open_case(page, post)
    write(page, "Op de pagina Verbouwen staan alle regels.")
    residents.ask("Laat maar, gevonden!", handle=post.handle, after=post)
    expect(find_thread(page)).to_contain_text("Laat maar, gevonden!")
    expect(composer(page)).to_contain_text("Er kwam iets bij terwijl je schreef: nieuw bericht.")
    composer(page).get_by_role("textbox").press("Control+Enter")
    expect(page.get_by_role("button", name="Bekeken, toch versturen")).to_be_visible()
    assert residents.find_answers(post) == []


def test_two_tabs_of_one_colleague_keep_one_draft(office: Office, residents: Residents) -> None:
    first = office.open()
    post = residents.ask("Mag mijn hond los in het park?")
    open_case(first, post)
    second = first.context.new_page()
    second.goto(first.url)
    composer(first).get_by_role("textbox").press_sequentially("In het losloopgebied")
    expect(composer(second).get_by_role("textbox")).to_have_value("In het losloopgebied")
    composer(second).get_by_role("textbox").press_sequentially(" mag dat.")
    expect(composer(first).get_by_role("textbox")).to_have_value("In het losloopgebied mag dat.")
    first.reload()
    expect(composer(first).get_by_role("textbox")).to_have_value("In het losloopgebied mag dat.")
