"""A failed check of the archive, before everyone who can do something about it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.office import SMALL, Office, look_with_axe
from tests.running_desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.run]

SET_UP = """
import django; django.setup()
from webcare.organisation.models import Municipality
from webcare.records import alarms, tasks
here = Municipality.objects.get(slug="elzendrecht")
"""
RAISE = 'alarms.raise_alarm(here.pk, "9 records were signed, the database holds 3")'
CHECK = 'assert tasks.check_log(here, "full", None).wrong == 0'


def run(desk: Desk, step: str) -> None:
    done = desk.python("-c", SET_UP + step)
    assert done.returncode == 0, done.stderr


def find_banner(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="Een controle van het archief klopt niet.")


def test_the_alarm_comes_up_on_open_pages_and_goes_when_the_archive_holds_again(
    office: Office, desk: Desk
) -> None:
    sanne, els = office.open("sanne"), office.open("els", "/town")
    omar, ruth = office.open("omar", "/people", viewport=SMALL), office.open("ruth", "/inbox")
    try:
        run(desk, RAISE)
        for page in (els, omar, ruth):
            expect(find_banner(page)).to_contain_text("waarschuw nu de archivaris")
            assert look_with_axe(page) == []
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        expect(find_banner(sanne)).to_have_count(0)

        els.goto("/sources")
        find_banner(els).get_by_role("link", name="Bekijk wat er mis is").click()
        state = els.get_by_role("region", name="Stand van het logboek")
        expect(state).to_contain_text("9 records were signed, the database holds 3")
        expect(els.get_by_role("table")).to_have_count(0)
    finally:
        run(desk, CHECK)
    for page in (els, omar, ruth):
        expect(find_banner(page)).to_have_count(0)
