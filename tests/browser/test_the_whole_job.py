"""The whole job, as an agent does it: from a resident's post to a sealed answer and back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.office import (
    Office,
    case_number,
    composer,
    count_loads,
    find_clock,
    find_fact,
    find_panel,
    find_row,
    find_thread,
    log_in,
    read,
)
from tests.browser.residents import Residents

pytestmark = [pytest.mark.browser, pytest.mark.run]

ANSWER = "Goedemiddag! Het oud papier wordt elke eerste dinsdag van de maand opgehaald."
ALMOST_TWO_HOURS = re.compile(r"nog (2 u|1 u 5\d min)")


def test_a_question_is_answered_once_and_sealed_and_the_reaction_comes_back(
    office: Office, residents: Residents
) -> None:
    page = office.open_door()
    log_in(page, "sanne@elzendrecht.example")
    expect(page.get_by_text("Verbonden")).to_be_visible()
    loads = count_loads(page)

    # A resident posts; the row slides in.
    post = residents.ask("Goedemiddag, wanneer wordt in de Klokkenbuurt het oud papier opgehaald?")
    row = find_row(page, post)
    expect(row).to_contain_text(post.words)
    expect(row).to_contain_text(ALMOST_TWO_HOURS)

    # Opened by keyboard: to the top, then down to it.
    page.keyboard.press("j")
    while not row.evaluate("row => row === document.activeElement"):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    thread = find_thread(page)
    expect(thread).to_contain_text(post.words)

    # What the machine thinks, and two clocks.
    expect(find_panel(page)).to_contain_text(re.compile(r"Bedoeling\s*vraag\s*\d+ % zeker"))
    for name in ("eerste reactie", "antwoord"):
        expect(find_clock(page, name)).to_have_text(re.compile(r"nog "))

    # Taken, written and sent without a mouse.
    page.keyboard.press("a")
    expect(find_fact(page, "Behandelaar")).to_contain_text("van mij")
    page.keyboard.press("r")
    field = composer(page).get_by_role("textbox")
    expect(field).to_be_focused()
    page.keyboard.type(ANSWER)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Ongedaan maken").first).to_be_visible()
    expect(field).to_have_value("")

    # On the town exactly once, signed.
    answer = residents.wait_for_answer(post)
    assert answer.text == f"@{post.handle} {ANSWER} ^SG"
    assert answer.account == "gemeente"
    ours = thread.locator("[data-reply]")
    expect(ours).to_have_attribute("data-state", "sent")
    expect(ours).to_contain_text("Verstuurd")
    expect(row).to_contain_text("beantwoord")

    # Both clocks stopped in time; both messages are sealed.
    for name in ("eerste reactie", "antwoord"):
        expect(find_clock(page, name)).to_have_text("gehaald")
    expect(thread.get_by_label("Verzegeld in het archief")).to_have_count(2)
    messages = read(page, f"cases/{case_number(page)}")["messages"]
    assert [message["type"] for message in messages] == ["mention", "reply"]
    assert all(re.fullmatch("[0-9a-f]{64}", one["record"]["sha256"]) for one in messages)

    # The resident reacts: the case comes back with a new clock, and our own post that came back
    # through the collector meanwhile was recognised.
    reaction = residents.ask(
        "Dank! En geldt dat ook voor karton?", handle=post.handle, after=answer
    )
    expect(thread).to_contain_text(reaction.words)
    expect(find_clock(page, "antwoord, ronde 2")).to_have_text(re.compile(r"nog "))
    expect(row).to_contain_text(re.compile(r"nog "))
    messages = read(page, f"cases/{case_number(page)}")["messages"]
    assert [message["type"] for message in messages] == ["mention", "reply", "mention"]
    assert len(residents.find_answers(post)) == 1
    assert loads() == 0
