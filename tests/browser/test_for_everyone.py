"""Every page, for each role that sees it: readable by all, without a mouse, in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.office import (
    SMALL,
    Office,
    find_row,
    find_thread,
    look_with_axe,
    open_case,
)
from tests.browser.residents import Residents

pytestmark = [pytest.mark.browser, pytest.mark.run]


# By day, by night, and on a telephone.
each_look = pytest.mark.parametrize(
    "look",
    [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"viewport": SMALL}],
    ids=["day", "night", "telephone"],
)


def find_places(page: Page) -> list[str]:
    """The pages this person has a link to."""
    links = page.get_by_role("navigation", name="Onderdelen").get_by_role("link").all()
    return [str(link.get_attribute("href")) for link in links]


def settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Laden…")).to_have_count(0)


def look_around(page: Page, where: str) -> dict[str, list[str]]:
    """What is wrong on what this page shows now."""
    faults = look_with_axe(page)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append("scrolls sideways")
    return {where: faults} if faults else {}


@each_look
@pytest.mark.parametrize("person", ["sanne", "els", "daan", "ruth", "ilse", "omar", "piet"])
def test_nothing_serious_is_wrong_with_any_page_of(
    office: Office, person: str, look: dict[str, Any]
) -> None:
    page = office.open(person, "/", **look)
    found: dict[str, list[str]] = {}
    places = find_places(page)
    assert places
    for place in places:
        page.goto(place)
        settle(page)
        found |= look_around(page, place)
    assert found == {}


@each_look
def test_nothing_serious_is_wrong_with_a_case_and_its_questions(
    office: Office, residents: Residents, look: dict[str, Any]
) -> None:
    page = office.open("els", **look)
    post = residents.ask("De stoep bij de Molenweg 3 ligt los, mijn moeder viel bijna!")
    open_case(page, post)
    expect(find_thread(page)).to_contain_text("Origineel")
    found = look_around(page, "case")
    for name, key in (("help", "?"), ("reasons", "e"), ("labels", "l")):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        found |= look_around(page, name)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name="EP: menu van Els Prins").click()
    found |= look_around(page, "filters and menu")
    assert found == {}


@each_look
def test_nothing_serious_is_wrong_where_there_is_nothing(
    office: Office, look: dict[str, Any]
) -> None:
    page = office.open("sanne", **look)
    found: dict[str, list[str]] = {}
    for place in ("/inbox?q=ditstaatnergens", "/inbox/999999", "/nergens"):
        page.goto(place)
        settle(page)
        found |= look_around(page, place)
    assert found == {}


@each_look
def test_nothing_serious_is_wrong_with_the_forms_of_the_administrator(
    office: Office, look: dict[str, Any]
) -> None:
    page = office.open("omar", "/sources", **look)
    found: dict[str, list[str]] = {}
    for place, button in (("/sources", "Bron toevoegen"), ("/people", "Collega toevoegen")):
        page.goto(place)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        found |= look_around(page, button)
    assert found == {}


def walk(page: Page, steps: int = 120) -> Iterator[Locator]:
    """Tab from the top of the page until the browser's own controls come."""
    page.evaluate("document.activeElement.blur()")
    for _ in range(steps):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if not focused.count():
            return
        yield focused


def test_everything_in_a_case_is_reached_by_tab_and_seen_when_it_is(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Wie onderhoudt de vijver in het Stadspark?")
    case = open_case(page, post)
    page.goto(f"/inbox/{case}?q={post.handle.split('@')[0]}")
    expect(find_thread(page)).to_contain_text(post.words)
    reached: list[str] = []
    unseen: list[str] = []
    for element in walk(page):
        name = element.evaluate("one => one.outerHTML.slice(0, 200)")
        reached.append(name)
        shown = element.evaluate(
            """one => {
                const look = one => getComputedStyle(one)
                const drawn = ({outlineStyle, boxShadow}) =>
                    outlineStyle !== "none" || boxShadow !== "none"
                const around = one.closest("label")
                return drawn(look(one)) || (around && drawn(look(around)))
            }"""
        )
        if not shown:
            unseen.append(name)
    assert unseen == []
    wanted = page.locator("main button:visible, main textarea:visible, main summary:visible").all()
    missed = [
        one
        for one in (element.evaluate("one => one.outerHTML.slice(0, 200)") for element in wanted)
        if one not in reached
    ]
    assert missed == []


def test_the_keys_are_shown_and_can_be_turned_off(office: Office, residents: Residents) -> None:
    page = office.open()
    post = residents.ask("Waar kan ik een aanslag nakijken?")
    open_case(page, post)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Toetsen")
    expect(dialog).to_contain_text("Geen actie nodig")
    toggle = dialog.get_by_label("Losse letters als toets gebruiken")
    toggle.uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(find_row(page, post)).to_contain_text("nog ")
    # Keys with Ctrl stay, and the help is still a button.
    page.get_by_role("button", name="Toetsen").click()
    toggle.check()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.get_by_text("Gesloten: geen actie nodig")).to_be_visible()


def test_english_is_complete_and_is_remembered(office: Office, residents: Residents) -> None:
    page = office.open("els")
    try:
        page.get_by_role("button", name="EP: menu van Els Prins").click()
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        post = residents.ask("When is the swimming pool open?")
        page.reload()
        expect(page.get_by_text("Connected")).to_be_visible()
        places = page.get_by_role("navigation").first.get_by_role("link").all()
        for path in [str(link.get_attribute("href")) for link in places]:
            page.goto(path)
            page.wait_for_load_state("networkidle")
            check_words(page)
        page.goto("/inbox")
        page.get_by_title(f"@{post.handle}").click()
        expect(page.get_by_role("button", name="No action needed")).to_be_visible()
        check_words(page)
    finally:
        page.get_by_role("button", name=re.compile("^EP: ")).click()
        page.get_by_role("button", name="Nederlands").click()
        expect(page.locator("html")).to_have_attribute("lang", "nl")


def check_words(page: Page) -> None:
    """No name of a translation where the translation should be, and no Dutch of our own."""
    words = page.locator("body").inner_text()
    assert not re.search(r"\b(inbox|case|town|words|keys|common|errors|live|account)\.[a-z]", words)
    assert not re.search(r"\b(Versturen|Sluiten|Zoek in|Laden|Vrij|Openstaand|Bronnen)\b", words)
