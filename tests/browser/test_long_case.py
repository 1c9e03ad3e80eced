"""A conversation of more messages than one page holds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.office import (
    Office,
    call,
    composer,
    find_panel,
    find_thread,
    look_with_axe,
    open_case,
    read,
    write,
)
from tests.browser.residents import Post, Residents
from tests.running_desk import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.run]

# A page holds a hundred; what is said is the question and this much about it.
SAID = 130


@pytest.fixture
def post(residents: Residents) -> Post:
    return residents.ask("Waarom gaat het zwembad dicht?")


def discuss(residents: Residents, post: Post) -> list[Post]:
    """A stranger joins and goes on for long."""
    first = residents.ask("Reactie 1", after=post)
    return [
        first,
        *(
            residents.ask(f"Reactie {n}", handle=first.handle, after=post)
            for n in range(2, SAID + 1)
        ),
    ]


def wait_for_messages(page: Page, case: int, number: int) -> None:
    wait_until(
        lambda: read(page, f"cases/{case}")["messageCount"] == number, 60, "all is in the case"
    )


def test_a_long_conversation_opens_at_its_end_and_is_read_back_without_losing_the_place(
    office: Office, residents: Residents, post: Post
) -> None:
    page = office.open()
    case = open_case(page, post)
    said = discuss(residents, post)
    wait_for_messages(page, case, SAID + 1)
    page.reload()
    thread = find_thread(page)
    expect(thread.get_by_text(f"Reactie {SAID}", exact=False)).to_be_in_viewport()
    # The newest hundred, and before them whom an answer goes to.
    expect(thread.get_by_role("article")).to_have_count(101)
    expect(thread.get_by_role("article").first).to_contain_text(post.words)
    expect(composer(page)).to_contain_text(f"Aan @{post.handle}")
    assert look_with_axe(page) == []

    older = thread.get_by_role("button", name="Eerdere berichten")
    older.focus()
    below = thread.get_by_role("article").nth(1)
    expect(below).to_contain_text(f"Reactie {SAID - 99}")
    first = below.element_handle()
    stood = first.bounding_box()
    page.keyboard.press("Enter")
    expect(thread.get_by_role("article")).to_have_count(SAID + 1)
    stands = first.bounding_box()
    assert stood
    assert stands
    assert abs(stood["y"] - stands["y"]) < 3
    expect(older).to_have_count(0)
    expect(thread).to_be_focused()
    expect(page.get_by_text("31 eerdere berichten geladen")).to_be_attached()
    assert look_with_axe(page) == []

    # What happens now reads the newest page, and of the rest what the history names.
    asked: list[str] = []

    def note(request: Request) -> None:
        if re.search(rf"/cases/{case}(/messages.*)?$", request.url):
            asked.append(request.url.partition("/api/v1/")[2])

    page.on("request", note)
    residents.ask("Dat vraag ik me ook af", handle=said[0].handle, after=post)
    expect(thread).to_contain_text("Dat vraag ik me ook af")
    assert set(asked) == {f"cases/{case}"}
    residents.edit(said[0], "Reactie 1, maar anders")
    expect(thread).to_contain_text("Reactie 1, maar anders")
    named = [one for one in asked if one != f"cases/{case}"]
    assert len(named) == 1
    assert re.search(r"only=mention-\d+$", named[0])
    expect(thread.get_by_role("article")).to_have_count(SAID + 2)

    write(page, "Het gaat alleen dicht voor onderhoud.")
    composer(page).get_by_role("textbox").press("Control+Enter")
    assert "onderhoud" in residents.wait_for_answer(post).text


def test_an_answer_is_stopped_also_in_a_long_conversation(
    office: Office, residents: Residents, post: Post
) -> None:
    page = office.open()
    case = open_case(page, post)
    write(page, "Het gaat niet dicht.")
    discuss(residents, post)
    wait_for_messages(page, case, SAID + 1)
    expect(composer(page)).to_contain_text("Er kwam iets bij terwijl je schreef: nieuw bericht.")
    composer(page).get_by_role("textbox").press("Control+Enter")
    expect(page.get_by_role("button", name="Bekeken, toch versturen")).to_be_visible()
    assert residents.find_answers(post) == []


def test_notes_and_history_are_read_back_by_the_page(
    office: Office, residents: Residents, post: Post
) -> None:
    page = office.open("els")
    case = open_case(page, post)
    for number in range(1, 106):
        done = call(page, "POST", f"cases/{case}/notes", data={"text": f"Notitie {number}."})
        assert done.ok
    page.reload()
    panel = find_panel(page)
    expect(panel).to_contain_text("Notitie 105.")
    expect(panel.get_by_text("Notitie 5.", exact=True)).to_have_count(0)
    panel.get_by_role("button", name="Eerdere notities").click()
    expect(panel.get_by_text("Notitie 1.", exact=True)).to_be_visible()
    steps = panel.locator(".history li")
    expect(steps).to_have_count(100)
    panel.get_by_role("button", name="Eerdere stappen").click()
    expect(steps).to_have_count(106)
    expect(panel.get_by_role("button", name="Eerdere")).to_have_count(0)
