"""People and the classifier: why it said so, what it is not sure of, and the weekly list."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.office import (
    SMALL,
    Office,
    find_panel,
    look_with_axe,
    open_case,
    read,
)
from tests.browser.residents import Residents
from tests.running_desk import Desk, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.run]

TOPICS = (
    "De lantaarnpaal bij de sporthal brandt al weken niet",
    "Wanneer wordt het grofvuil in de Kerkstraat opgehaald",
    "Wat is het nieuwe park prachtig geworden, dank jullie wel",
    "Schandalig dat de balie weer dicht is",
    "Idee: zet bankjes langs de vijver",
    "Er ligt glas op het fietspad naar school",
)
AT_THE_NEIGHBOURS = ("Hoe laat gaat het zwembad open", "De brug over de vaart staat weer open")


@pytest.fixture(scope="module")
def listed(desk: Desk) -> int:
    """How many posts of last week there are: at least ours."""
    residents = Residents(desk)
    posts = [residents.ask(words) for words in TOPICS]
    posts += [residents.ask(words, to="klaverwaard") for words in AT_THE_NEIGHBOURS]
    ids = [post.id for post in posts]
    wait_until(
        lambda: (
            desk.query(
                "SELECT count(*) FROM monitoring_labelset l JOIN monitoring_mention m"
                " ON m.id = l.mention_id WHERE m.platform_id = ANY(%s)",
                ids,
            )[0]["count"]
            == len(ids)
        ),
        60,
        "the posts are read",
    )
    for table, number in (("mention", "id"), ("labelset", "mention_id")):
        desk.query(
            f"UPDATE monitoring_{table} SET posted_at = now() - interval '7 days' WHERE {number} IN"
            " (SELECT id FROM monitoring_mention WHERE platform_id = ANY(%s))",
            ids,
        )
    return len(ids)


@pytest.fixture
def page(office: Office, listed: int) -> Page:
    page = office.open("sanne", "/labels")
    expect(find_post(page)).to_be_visible()
    return page


def find_post(page: Page) -> Locator:
    return page.get_by_role("article", name="Bericht om te labelen")


def shown_text(page: Page) -> str:
    return find_post(page).locator(".post__text").inner_text()


def find_said(page: Page) -> Locator:
    return page.get_by_role("region", name="Wat zegt de computer?")


def find_label(page: Page, name: str) -> Locator:
    return find_said(page).get_by_role("button", name=re.compile(f"^{name}"))


def find_done(page: Page) -> int:
    return int(page.get_by_role("progressbar").get_attribute("value") or 0)


def task_on_screen(page: Page) -> dict[str, Any]:
    words = shown_text(page)
    return next(one for one in read(page, "labelling")["tasks"] if one["text"].strip() == words)


def said_of(desk: Desk, mention: int) -> list[dict[str, Any]]:
    """What Sanne said of a post and did not take back."""
    return desk.query(
        "SELECT l.head, l.intent, l.why FROM monitoring_labelset l"
        " JOIN organisation_person p ON p.id = l.person_id"
        " WHERE l.mention_id = %s AND p.email LIKE 'sanne@%%' AND NOT l.taken_back ORDER BY l.id",
        mention,
    )


def test_enter_says_that_all_is_right_and_the_next_post_is_there(page: Page, desk: Desk) -> None:
    task, words, before = task_on_screen(page), shown_text(page), find_done(page)
    page.keyboard.press("Enter")
    expect(find_post(page).locator(".post__text")).not_to_have_text(words)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", str(before + 1))
    said = wait_until(lambda: said_of(desk, task["id"]), 30, "it is kept")
    assert {(one["head"], one["why"]) for one in said} == {
        (head, task["why"]) for head in ("intent", "tenor", "themes", "urgent", "abuse", "about_us")
    }


def test_a_letter_and_a_key_correct_a_label_before_it_is_saved(page: Page, desk: Desk) -> None:
    task = task_on_screen(page)
    page.keyboard.press("i")
    dialog = page.get_by_role("dialog", name="Bedoeling: wat moet het zijn?")
    page.keyboard.press(dialog.get_by_role("button", name="idee").locator("kbd").inner_text())
    expect(find_label(page, "Bedoeling")).to_contain_text("idee")
    expect(find_label(page, "Bedoeling")).to_contain_text("door jou")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog").get_by_role("button", name="nee")).to_be_focused()
    page.keyboard.press("?")
    expect(find_said(page)).to_contain_text("daar zeg je niets over")
    page.keyboard.press("k")
    said = wait_until(lambda: said_of(desk, task["id"]), 30, "it is kept")
    assert said[-1]["intent"] == "idea"
    assert "urgent" not in {one["head"] for one in said}


def test_a_post_is_skipped_and_brought_back(page: Page) -> None:
    words, done = shown_text(page), find_done(page)
    page.keyboard.press("n")
    expect(find_post(page).locator(".post__text")).not_to_have_text(words)
    assert find_done(page) == done
    page.keyboard.press("z")
    expect(find_post(page).locator(".post__text")).to_have_text(words)


def test_an_answer_is_taken_back_with_what_was_said(page: Page, desk: Desk) -> None:
    task, words = task_on_screen(page), shown_text(page)
    page.keyboard.press("t")
    page.get_by_role("dialog").get_by_role("button", name="gemengd").click()
    page.get_by_role("button", name="Bewaren").click()
    expect(find_post(page).locator(".post__text")).not_to_have_text(words)
    page.keyboard.press("z")
    expect(page.get_by_text("Teruggenomen; hier is het weer.")).to_be_visible()
    expect(find_post(page).locator(".post__text")).to_have_text(words)
    expect(find_label(page, "Teneur")).to_contain_text("gemengd")
    assert said_of(desk, task["id"]) == []


def test_it_tells_why_a_post_is_there_and_which_model_it_teaches(page: Page) -> None:
    expect(find_post(page)).to_contain_text(re.compile("toeval|twijfel|zeldzaam"))
    model = page.get_by_role("region", name="Het taalmodel")
    expect(model).to_contain_text("het gedeelde model 20")


def test_what_does_not_arrive_comes_back(page: Page) -> None:
    words = shown_text(page)
    page.route("**/api/v1/labelling/*", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(page.get_by_text("Geen verbinding met de server.")).to_be_visible()
    page.unroute("**/api/v1/labelling/*")
    expect(find_post(page)).to_be_visible()
    texts = [one["text"].strip() for one in read(page, "labelling")["tasks"]]
    assert words in texts


def test_at_the_end_of_the_list_it_says_so_and_the_last_one_can_come_back(
    office: Office, listed: int
) -> None:
    page = office.open("piet", "/labels")
    tasks = read(page, "labelling")["tasks"]
    assert len(tasks) >= len(AT_THE_NEIGHBOURS)
    for _ in tasks:
        expect(find_post(page)).to_be_focused()
        words = shown_text(page)
        page.keyboard.press("Enter")
        expect(page.locator(".post__text", has_text=words)).to_have_count(0)
    expect(page.get_by_text("Klaar voor deze week.")).to_be_visible()
    assert look_with_axe(page) == []
    page.get_by_role("button", name="Vorige terug").click()
    expect(find_post(page)).to_be_visible()


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"viewport": SMALL}])
def test_nothing_serious_is_wrong_with_labelling(
    office: Office, listed: int, look: dict[str, Any]
) -> None:
    page = office.open("els", "/labels", **look)
    expect(find_post(page)).to_be_visible()
    faults = look_with_axe(page)
    find_label(page, "Thema’s").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    faults += look_with_axe(page)
    assert faults == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


# --- in a case


def doubt(desk: Desk, mention: int) -> None:
    """Make the machine unsure of the intent."""
    desk.query(
        "UPDATE monitoring_labelset SET verdict = jsonb_set(verdict, ARRAY['intent_p', intent],"
        " '0.3') WHERE mention_id = %s",
        mention,
    )


def first_mention(page: Page, case: int) -> int:
    return int(read(page, f"cases/{case}")["messages"][0]["id"])


def test_one_key_shows_the_words_that_weighed_and_which_way(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    open_case(page, residents.ask("De lantaarnpaal in de Dorpsstraat is kapot"))
    panel = find_panel(page)
    expect(panel.get_by_text("Deze woorden wogen het zwaarst")).to_have_count(0)
    page.keyboard.press("w")
    expect(panel.get_by_text("Deze woorden wogen het zwaarst")).to_be_visible()
    word = panel.get_by_role("listitem").filter(has_text="lantaarnpaal").first
    expect(word.get_by_role("img", name="voor", exact=True)).to_be_visible()
    expect(word.get_by_role("img", name="uit de eigen woordenlijst")).to_be_visible()
    assert look_with_axe(page) == []
    page.keyboard.press("w")
    expect(panel.get_by_text("Deze woorden wogen het zwaarst")).to_have_count(0)


@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, {"viewport": SMALL}])
def test_the_words_are_readable_by_night_and_on_a_telephone(
    office: Office, residents: Residents, look: dict[str, Any]
) -> None:
    page = office.open("els", **look)
    open_case(page, residents.ask("Niemand ruimt het glas op het fietspad op!"))
    page.keyboard.press("w")
    expect(page.get_by_text("Deze woorden wogen het zwaarst")).to_be_visible()
    assert look_with_axe(page) == []


def test_what_the_machine_is_not_sure_of_is_suggested_and_confirmed_with_one_key(
    office: Office, residents: Residents, desk: Desk
) -> None:
    page = office.open()
    case = open_case(page, residents.ask("Wanneer is de sporthal weer open?"))
    doubt(desk, first_mention(page, case))
    page.reload()
    panel = find_panel(page)
    expect(panel).to_contain_text(re.compile(r"weet ik niet zeker\s*misschien vraag"))
    page.keyboard.press("y")
    expect(page.get_by_text("Label bevestigd")).to_be_visible()
    expect(panel).not_to_contain_text("misschien vraag")
    expect(panel).to_contain_text("Sanne Groot bevestigde een label (Bedoeling")


def test_what_the_machine_is_not_sure_of_is_corrected_at_once(
    office: Office, residents: Residents, desk: Desk
) -> None:
    page = office.open()
    case = open_case(page, residents.ask("De markt mag wel wat groter"))
    doubt(desk, first_mention(page, case))
    page.reload()
    find_panel(page).get_by_role("button", name="Bedoeling verbeteren").click()
    page.get_by_role("dialog", name="Bedoeling: wat moet het zijn?").get_by_role(
        "button", name="idee"
    ).click()
    expect(find_panel(page)).to_contain_text(re.compile(r"Bedoeling\s*idee"))


# --- the town


def test_the_town_estimates_beside_counting_and_says_why(
    office: Office, residents: Residents
) -> None:
    residents.ask("Wat een mooie speeltuin is dit geworden")
    page = office.open("daan", "/town?period=month")
    shares = page.get_by_role("region", name="Teneur, geschat")
    row = shares.get_by_role("row", name="kritiek")
    expect(row).to_contain_text(re.compile(r"tussen \d+ en \d+ %"))
    expect(row).to_contain_text(re.compile(r"geteld \d+ %"))
    shares.get_by_text("Waarom schatten, en niet tellen?").click()
    expect(shares.get_by_text("95 van de 100")).to_be_visible()
