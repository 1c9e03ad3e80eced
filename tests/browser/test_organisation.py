"""Teams, accounts with their targets, and who stands in: arranged on a screen, and taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.office import Office, call, look_with_axe, read
from tests.browser.test_for_everyone import each_look
from tests.running_desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.run]


@pytest.fixture(autouse=True)
def _as_it_was(desk: Desk) -> Iterator[None]:
    """Leaves the desk with the teams, targets and deputies it had."""
    accounts = desk.query(
        "SELECT id, team_id, first_reaction_minutes AS first, answer_minutes AS answer"
        " FROM organisation_account"
    )
    yield
    desk.query("DELETE FROM organisation_deputyship")
    desk.query("DELETE FROM organisation_team WHERE slug ~ '^proefteam'")
    desk.query("UPDATE organisation_team SET name = 'Parkeren' WHERE slug = 'parkeren'")
    for account in accounts:
        desk.query(
            "UPDATE organisation_account SET team_id = %s, first_reaction_minutes = %s,"
            " answer_minutes = %s WHERE id = %s",
            account["team_id"],
            account["first"],
            account["answer"],
            account["id"],
        )


def find_row(page: Page, part: str, name: str) -> Locator:
    table = page.get_by_role("region", name=part, exact=True).get_by_role("table")
    return table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def undo(page: Page) -> None:
    # The newest of what can be undone stands last.
    page.get_by_role("button", name="Ongedaan maken").last.click()
    expect(page.get_by_text("Ongedaan gemaakt")).to_be_visible()


def test_an_administrator_adds_a_team_and_renames_one_and_takes_that_back(office: Office) -> None:
    page = office.open("omar", "/teams")
    page.get_by_role("button", name="Team toevoegen").click()
    dialog = page.get_by_role("dialog", name="Team toevoegen")
    # With the keyboard alone.
    page.keyboard.press("Tab")
    dialog.get_by_label("Naam").fill("webcare")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Er is al een team met deze naam.")
    expect(dialog.get_by_label("Naam")).to_have_attribute("aria-invalid", "true")
    assert look_with_axe(page) == []
    dialog.get_by_label("Naam").fill("Proefteam groen")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(find_row(page, "Teams", "Proefteam groen")).to_contain_text("nog niemand")

    page.get_by_role("button", name="Parkeren wijzigen", exact=True).click()
    dialog = page.get_by_role("dialog", name="Parkeren wijzigen")
    dialog.get_by_label("Naam").fill("Parkeren en verkeer")
    dialog.get_by_role("button", name="Bewaren").click()
    expect(find_row(page, "Teams", "Parkeren en verkeer")).to_contain_text("Fatma Kaya")
    undo(page)
    expect(find_row(page, "Teams", "Parkeren en verkeer")).to_have_count(0)


@pytest.fixture
def fatma(desk: Desk, office: Office) -> Iterator[Page]:
    """The browser of a team lead who works in one team only."""
    change = "UPDATE organisation_person SET roles = %s WHERE initials = 'FK' RETURNING id"
    assert desk.query(change, ["agent", "team_lead"])
    yield office.open("fatma", "/teams")
    desk.query(change, ["agent"])


def test_a_team_lead_sets_targets_of_own_accounts_only(fatma: Page) -> None:
    expect(find_row(fatma, "Teams", "Webcare")).to_contain_text("Sanne Groot")
    expect(fatma.get_by_role("button", name="Team toevoegen")).to_have_count(0)
    others = find_row(fatma, "Accounts en doelen", "Gemeente Elzendrecht")
    expect(others).to_contain_text("Webcare")
    expect(others.get_by_role("button")).to_have_count(0)

    account = find_row(fatma, "Accounts en doelen", "Parkeren Elzendrecht")
    expect(account).to_contain_text("2 u")
    account.get_by_role("button").click()
    dialog = fatma.get_by_role("dialog")
    first = dialog.get_by_label("Eerste reactie binnen", exact=True)
    first.fill("3")
    dialog.get_by_label("Eerste reactie binnen: eenheid").select_option("dagen")
    dialog.get_by_role("button", name="Bewaren").click()
    expect(dialog).to_contain_text("De eerste reactie hoort niet na het antwoord te komen.")
    assert look_with_axe(fatma) == []
    first.fill("45")
    dialog.get_by_label("Eerste reactie binnen: eenheid").select_option("minuten")
    # Enter in a field sends the form.
    first.press("Enter")
    expect(account).to_contain_text("45 min")
    undo(fatma)
    expect(account).to_contain_text("2 u")


def test_an_account_given_to_another_team_is_not_taken_back_by_who_gave_it(fatma: Page) -> None:
    account = find_row(fatma, "Accounts en doelen", "Parkeren Elzendrecht")
    account.get_by_role("button").click()
    dialog = fatma.get_by_role("dialog")
    dialog.get_by_label("Team", exact=True).select_option("Webcare")
    dialog.get_by_role("button", name="Bewaren").click()
    expect(fatma.get_by_text("Account gewijzigd.")).to_be_visible()
    expect(fatma.get_by_role("button", name="Ongedaan maken")).to_have_count(0)
    expect(account.get_by_role("button")).to_have_count(0)


def test_a_team_lead_arranges_a_deputy_for_own_colleagues_and_ends_it(
    office: Office, fatma: Page
) -> None:
    part = fatma.get_by_role("region", name="Vervanging", exact=True).first
    expect(part).to_contain_text("Niemand wordt nu vervangen.")
    part.get_by_role("button", name="Vervanging toevoegen").click()
    dialog = fatma.get_by_role("dialog")
    absent = dialog.get_by_label("Wie er niet is")
    expect(absent).to_contain_text("Fatma Kaya")
    # Works in another team: not Fatma's to arrange.
    expect(absent).not_to_contain_text("Sanne Groot")
    dialog.get_by_role("button", name="Bewaren").click()
    expect(dialog.get_by_text("Vul dit nog in.")).to_have_count(3)
    assert look_with_axe(fatma) == []
    absent.select_option("Fatma Kaya")
    dialog.get_by_label("Wie vervangt").select_option("Daan Mol")
    dialog.get_by_label("Eerste dag").fill("2026-01-05")
    dialog.get_by_label("Laatste dag").fill("2026-01-02")
    dialog.get_by_role("button", name="Bewaren").click()
    expect(dialog).to_contain_text("De laatste dag ligt voor de eerste.")
    dialog.get_by_label("Laatste dag").fill("2099-01-02")
    dialog.get_by_role("button", name="Bewaren").click()
    row = find_row(fatma, "Vervanging", "Fatma Kaya")
    expect(row).to_contain_text("nu")
    expect(fatma.get_by_text("Daan Mol vervangt Fatma Kaya.", exact=True)).to_be_visible()

    daan = office.open("daan", "/town")
    assert len(read(daan, "me")["visibleTeams"]) == 1
    row.get_by_role("button", name=re.compile("Beëindigen")).click()
    expect(row).to_have_count(0)
    assert read(daan, "me")["visibleTeams"] == []
    undo(fatma)
    expect(row).to_have_count(1)
    assert len(read(daan, "me")["visibleTeams"]) == 1


def test_what_is_over_is_shown_when_asked_for(office: Office) -> None:
    page = office.open("omar", "/teams")
    people = {one["name"]: one["id"] for one in read(page, "organisation")["people"]}
    past = {
        "absentId": people["Sanne Groot"],
        "deputyId": people["Bram Vos"],
        "starts": "2026-01-05",
        "ends": "2026-01-09",
    }
    assert call(page, "POST", "deputyships", data=past).ok
    page.reload()
    row = find_row(page, "Vervanging", "Sanne Groot")
    expect(page.get_by_label("Ook 1 die voorbij is")).to_be_visible()
    expect(row).to_have_count(0)
    page.get_by_label("Ook 1 die voorbij is").check()
    expect(row).to_contain_text("voorbij")
    expect(row.get_by_role("button")).to_have_count(0)


@each_look
def test_nothing_serious_is_wrong_with_its_forms(office: Office, look: dict[str, Any]) -> None:
    page = office.open("omar", "/teams", **look)
    found: dict[str, list[str]] = {}
    for button in ("Team toevoegen", "Parkeren Elzendrecht wijzigen", "Vervanging toevoegen"):
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        if faults := look_with_axe(page):
            found[button] = faults
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert found == {}
