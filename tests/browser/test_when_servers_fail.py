"""Servers die and networks drop; whoever is at work notices, and loses nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.office import (
    Office,
    composer,
    count_loads,
    find_row,
    find_thread,
    open_case,
    write,
)
from tests.browser.residents import Residents
from tests.running_desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.run]


def kill(desk: Desk, *names: str) -> None:
    for name in names:
        process = desk.find_programs()[name]
        for one in [process, *process.children(recursive=True)]:
            one.kill()


def test_after_web_and_live_were_killed_the_page_catches_up_by_itself(
    desk: Desk, office: Office, residents: Residents
) -> None:
    page = office.open()
    known = residents.ask("Is de kinderboerderij morgen open?")
    open_case(page, known)
    loads = count_loads(page)
    kill(desk, "web", "live")
    expect(page.get_by_text("Opnieuw verbinden…")).to_be_visible()
    meanwhile = residents.ask("Wat kost een geitje adopteren?")
    expect(page.get_by_text("Verbonden")).to_be_visible(timeout=60_000)
    expect(find_row(page, meanwhile)).to_be_visible(timeout=30_000)
    expect(find_thread(page)).to_contain_text(known.words)
    expect(page.get_by_text("De verbinding is even weg")).to_have_count(0)
    assert loads() == 0


def test_without_network_an_answer_stays_where_it_was_typed(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Kan ik online trouwen?")
    open_case(page, post)
    write(page, "Aangifte doen kan online, trouwen niet.")
    page.context.set_offline(True)
    expect(page.get_by_text("Je bent offline.")).to_be_visible()
    field = composer(page).get_by_role("textbox")
    field.press("Control+Enter")
    expect(composer(page).get_by_role("alert")).to_contain_text("Geen verbinding met de server.")
    expect(field).to_have_value("Aangifte doen kan online, trouwen niet.")
    page.context.set_offline(False)
    expect(page.get_by_text("Verbonden")).to_be_visible(timeout=30_000)
    field.press("Control+Enter")
    assert "trouwen niet" in residents.wait_for_answer(post).text
    assert len(residents.find_answers(post)) == 1


def test_a_draft_survives_a_reload_and_shows_in_the_list(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Hoe meld ik een verhuizing?")
    open_case(page, post)
    write(page, "Dat kan vanaf vier weken van tevoren")
    page.reload()
    field = composer(page).get_by_role("textbox")
    expect(field).to_have_value("Dat kan vanaf vier weken van tevoren")
    expect(find_row(page, post)).to_contain_text("concept")
    field.fill("")
    expect(find_row(page, post)).not_to_contain_text("concept")
