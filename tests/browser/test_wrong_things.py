"""What a new user gets wrong, or the world does: a clear message each, and nothing lost."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import pytest
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from tests.browser.office import (
    Office,
    composer,
    find_row,
    find_rows,
    find_thread,
    log_in,
    open_case,
    write,
)
from tests.browser.residents import Residents
from tests.running_desk import Desk
from webcare.organisation.demo import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.run]


def upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Bestand").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
    )


def as_jsonl(*mentions: dict[str, Any]) -> bytes:
    now = datetime.now(UTC).isoformat()
    lines = [json.dumps({"posted_at": now, **mention}, ensure_ascii=False) for mention in mentions]
    return "\n".join(lines).encode()


def test_an_empty_answer_is_not_sent(office: Office, residents: Residents) -> None:
    page = office.open()
    post = residents.ask("Waar is de fietsenstalling?")
    open_case(page, post)
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    expect(composer(page).get_by_role("alert")).to_have_text("Schrijf eerst een antwoord.")
    write(page, "   ")
    page.keyboard.press("Control+Enter")
    expect(composer(page).get_by_role("alert")).to_have_text("Schrijf eerst een antwoord.")
    assert residents.find_answers(post) == []


def test_an_answer_that_is_too_long_says_by_how_much_and_stays(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("Leg eens uit hoe de begroting werkt?")
    open_case(page, post)
    long = "Dat zit zo. " * 50
    write(page, long)
    expect(composer(page)).to_contain_text("tekens te lang")
    page.keyboard.press("Control+Enter")
    expect(composer(page).get_by_role("alert")).to_contain_text("tekens te lang")
    expect(composer(page).get_by_role("textbox")).to_have_value(long)
    assert residents.find_answers(post) == []


def test_a_post_of_20000_characters_is_whole_and_breaks_nothing(office: Office) -> None:
    page = office.open("els", "/import")
    subject = f"Over de rondweg, brief {token_hex(4)}."
    text = f"{subject} {'Het is er druk en hard. ' * 833}Einde."
    upload(page, "brief.jsonl", as_jsonl({"text": text, "direct": True, "platform": "letter"}))
    page.get_by_role("button", name="1 bericht importeren").click()
    expect(page.get_by_text("1 geïmporteerd")).to_be_visible()
    page.goto("/inbox?platform=letter")
    find_rows(page).filter(has_text=subject).click()
    shown = find_thread(page).locator("article p").first
    expect(shown).to_have_text(text)
    expect(page.get_by_text("Hier kun je niet op antwoorden vanuit Stadspraat.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_post_of_nothing_but_emoji_is_a_case_like_any_other(
    office: Office, residents: Residents
) -> None:
    page = office.open()
    post = residents.ask("🎉🎉👏🏽👨‍👩‍👧‍👦")
    open_case(page, post)
    expect(find_row(page, post)).to_contain_text("🎉🎉👏🏽👨‍👩‍👧‍👦")
    write(page, "Dank je wel! 🎉")
    page.keyboard.press("Control+Enter")
    assert residents.wait_for_answer(post).text.endswith("Dank je wel! 🎉 ^SG")


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        ("html", "geeft hier een webpagina, geen feed"),
        ("404", "staat niets (meer)"),
        ("endless", "stuurt meer dan we aannemen"),
    ],
)
def test_a_feed_that_is_none_is_refused_with_its_reason(
    desk: Desk, office: Office, feed: str, says: str
) -> None:
    page = office.open("omar", "/sources")
    page.get_by_role("button", name="Bron toevoegen").click()
    dialog = page.get_by_role("dialog", name="Nieuwe bron")
    dialog.get_by_label("Soort").select_option("rss")
    address = f"http://127.0.0.1:{desk.town_port}/krant/broken/{feed}"
    dialog.get_by_label("Adres van de feed").fill(address)
    dialog.get_by_role("button", name="Proberen").click()
    problem = dialog.get_by_role("alert")
    expect(problem).to_contain_text(says, timeout=30_000)
    expect(dialog.get_by_label("Adres van de feed")).to_have_value(address)
    expect(dialog.get_by_role("button", name="Bron toevoegen")).to_have_count(0)


def test_a_broken_file_names_its_lines_and_imports_nothing_until_told(office: Office) -> None:
    page = office.open("els", "/import")
    rows = [
        "bericht;datum",
        f"De markt was gezellig {token_hex(4)};20-11-2025 10:00",
        ";20-11-2025",
        "Hoi;gisteren",
    ]
    upload(page, "straat.csv", "\n".join(rows).encode())
    expect(page.get_by_text("3 regels: 1 goed, 0 al bekend, 2 afgekeurd")).to_be_visible()
    rejected = page.get_by_role("table").first
    expect(rejected.get_by_role("row")).to_have_count(3)
    go = page.get_by_role("button", name="importeren")
    expect(go).to_have_attribute("aria-disabled", "true")
    page.get_by_label("Afgekeurde regels overslaan en de rest importeren").check()
    go.click()
    expect(page.get_by_text("1 geïmporteerd, 0 waren al bekend, 2 overgeslagen.")).to_be_visible()


def test_a_file_that_is_no_list_at_all_is_refused_in_words(office: Office) -> None:
    page = office.open("els", "/import")
    upload(page, "foto.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)) * 20)
    expect(page.get_by_role("alert")).to_contain_text("Dit is geen lijst met berichten.")
    upload(page, "leeg.csv", b"")
    expect(page.get_by_role("alert")).to_contain_text("leeg")


def test_a_spreadsheet_is_previewed_and_imported(office: Office) -> None:
    heard = f"Op de markt hoor ik veel over de brug {token_hex(4)}"
    book = Workbook()
    book.active.append(["Bericht", "Datum", "Auteur", "Kanaal"])
    book.active.append([heard, datetime(2025, 11, 3, 9, 30), "Ria", "straat"])
    file = io.BytesIO()
    book.save(file)
    page = office.open("els", "/import")
    upload(page, "markt.xlsx", file.getvalue())
    expect(page.get_by_role("table")).to_contain_text(heard)
    page.get_by_role("button", name="1 bericht importeren").click()
    expect(page.get_by_text("1 geïmporteerd")).to_be_visible()
    upload(page, "markt.xlsx", file.getvalue())
    expect(page.get_by_text("1 regels: 1 goed, 1 al bekend")).to_be_visible()


def test_a_page_whose_session_ended_asks_to_log_in_and_then_has_the_draft_still(
    office: Office, residents: Residents
) -> None:
    page = office.open_door()
    log_in(page, "bram@elzendrecht.example")
    post = residents.ask("Hoe laat sluit de bibliotheek?")
    open_case(page, post)
    write(page, "De bibliotheek sluit om")
    other = page.context.new_page()
    other.goto("/accounts/logout/")
    other.get_by_role("button", name="Uitloggen").click()
    composer(page).get_by_role("textbox").press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=%2Finbox%2F\d+$"))
    page.get_by_label("E-mailadres").fill("bram@elzendrecht.example")
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    expect(composer(page).get_by_role("textbox")).to_have_value("De bibliotheek sluit om")
    assert residents.find_answers(post) == []


def test_a_neighbours_case_does_not_exist(office: Office, residents: Residents) -> None:
    page = office.open()
    case = open_case(page, residents.ask("Waar is de brandweerkazerne?"))
    neighbour = office.open("piet", f"/inbox/{case}")
    expect(neighbour.get_by_text("Dit gesprek bestaat niet")).to_be_visible()
    expect(neighbour.get_by_text("brandweerkazerne")).to_have_count(0)


def test_an_address_that_does_not_exist_says_so(office: Office) -> None:
    page = office.open("sanne", "/inboks")
    expect(page.get_by_text("Deze pagina bestaat niet.")).to_be_visible()
    page.get_by_role("link", name="Naar de inbox").click()
    expect(page).to_have_url(re.compile("/inbox$"))
