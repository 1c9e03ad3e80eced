"""The browser the other tests rely on is a real one."""

from __future__ import annotations

import struct

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import chromium

pytestmark = pytest.mark.browser


def test_the_test_browser_runs_scripts_and_draws_letters() -> None:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_page(viewport={"width": 400, "height": 200})
        page.set_content("<h1 style='display:inline-block'>Stadspraat</h1><p id=p></p>")
        page.evaluate("document.querySelector('#p').textContent = [2, 1].sort().join('<')")
        words = page.locator("h1").bounding_box()
        picture = page.screenshot()
        assert page.locator("#p").text_content() == "1<2"
        assert words is not None
        assert words["width"] > 100
        assert struct.unpack(">II", picture[16:24]) == (400, 200)
        blank = page.evaluate("document.querySelector('h1').textContent = ''")
        assert blank == ""
        assert page.screenshot() != picture
        browser.close()
