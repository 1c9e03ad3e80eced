"""/echt in a real browser: the test pair of the domain, the page of a post, the reading room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import SMALL, Office, look_with_axe
from tests.running_desk import Desk, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.run]

REAL = "Er is geen ruzie gaande tussen de voorzitters van de voetbalclub 010 en de voetbalclub 020."
FORGED = "Er is een ruzie gaande tussen de supporters van de voetbalclub 010 en de voetbalclub 020."
PICTURES = Path(__file__).resolve().parents[2] / "test-results"
REGISTER = f"""
import django; django.setup()
from django.db import transaction
from archive.records import Entry, record_many
from webcare.organisation.models import Municipality
town = Municipality.objects.get(slug="elzendrecht").pk
content = {{"platform": "mastodon", "url": "https://plein.example/@gemeente/1", "text": {REAL!r},
    "author": {{"name": "Gemeente Elzendrecht", "handle": "@gemeente@plein.example"}},
    "posted_at": "2026-11-20T13:17:00.000000Z", "private": False}}
with transaction.atomic():
    print(record_many([Entry(town, "own_post", "reply", 900001, content)])[0].attribute)
"""


@pytest.fixture(scope="module")
def attribute(desk: Desk) -> str:
    """A post of ours, registered like any and sealed by the running desk itself."""
    done = desk.python("-c", REGISTER)
    assert done.returncode == 0, done.stderr
    attribute = done.stdout.split()[-1]
    sealed = (
        "SELECT 1 FROM archive_leaf l JOIN archive_record r ON r.id = l.record_id"
        " WHERE r.attribute = %s"
    )
    wait_until(lambda: desk.query(sealed, attribute), 10, "the record is sealed")
    return attribute


def ask(page: Page, text: str) -> None:
    page.goto("/echt")
    page.get_by_label("Tekst of link van het bericht").fill(text)
    page.get_by_role("button", name="Controleer").click()


def draw(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def test_the_real_text_is_ours(office: Office, attribute: str) -> None:
    page = office.open_door()
    ask(page, REAL)
    expect(page.get_by_role("heading", name="Ja, dit is echt")).to_be_visible()
    assert look_with_axe(page) == []
    assert page.context.cookies() == []
    draw(page, "echt-real")


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"viewport": SMALL}])
def test_the_forged_text_shows_which_words_differ(
    office: Office, attribute: str, look: dict[str, str]
) -> None:
    page = office.open_door(**look)
    ask(page, FORGED)
    expect(page.get_by_role("heading", name="er zijn woorden veranderd")).to_be_visible()
    compared = page.locator(".echt-compare")
    words = [compared.locator(tag).all_text_contents() for tag in ("ins", "del")]
    assert [[re.sub(r"\[.*?:|\]", "", one).strip() for one in found] for found in words] == [
        ["geen", "voorzitters"],
        ["een", "supporters"],
    ]
    assert look_with_axe(page) == []
    draw(page, f"echt-forged-{'-'.join(look) or 'day'}")


def test_the_page_of_a_post_gives_its_proof(office: Office, attribute: str) -> None:
    page = office.open_door()
    page.goto(f"/echt/{attribute}")
    expect(page.get_by_text(REAL)).to_be_visible()
    expect(page.get_by_role("img", name="QR-code")).to_be_visible()
    assert look_with_axe(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Bewijs downloaden").click()
    assert download.value.suggested_filename == f"bewijs-{attribute}.zip"
    draw(page, "echt-post")


def test_a_chosen_picture_stands_beside_the_text_and_goes_nowhere(
    office: Office, attribute: str, tmp_path: Path
) -> None:
    page = office.open_door()
    page.goto("/echt")
    picture = tmp_path / "bericht.png"
    page.screenshot(path=picture)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Heb je een afbeelding").set_input_files(picture)
    expect(page.get_by_role("img", name="De afbeelding die je koos")).to_be_visible()
    assert [url for url in asked if not url.startswith("data:")] == []


def test_the_archivist_reads_a_record_and_its_way_to_the_root(
    office: Office, attribute: str
) -> None:
    page = office.open("ruth", f"/archive?record={attribute}")
    record = page.get_by_role("article", name="Archiefstuk")
    expect(record.get_by_text(REAL)).to_be_visible()
    expect(record.get_by_role("img", name="Het pad van blad naar wortel")).to_be_visible()
    expect(record.get_by_text("De uitkomst is de wortel die is ondertekend.")).to_be_visible()
    assert look_with_axe(page) == []
    draw(page, "archive-record")
