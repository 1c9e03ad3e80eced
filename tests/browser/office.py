"""Colleagues at their browsers: logged in, and heard when their browser complains."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    APIResponse,
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    StorageState,
    expect,
)

from tests.browser.residents import Post
from tests.running_desk import Desk
from webcare.organisation.demo import PASSWORD, PEOPLE

# Long enough for a machine where other things run, too short for a lost event to heal unseen.
expect.set_options(timeout=30_000)
WIDE, SMALL = {"width": 1440, "height": 900}, {"width": 400, "height": 800}
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
EMAILS = {person.email.split("@")[0]: person.email for person in PEOPLE}
# A refusal the page handles still shows in the browser's own log; so does a server that is away.
EXPECTED_NOISE = re.compile(r"^Failed to load resource|^WebSocket connection to")


class Office:
    """Every page opened here is closed, and checked for complaints, at the end of the test."""

    def __init__(self, desk: Desk, browser: Browser, sessions: dict[str, StorageState]) -> None:
        """`sessions`: who has logged in before, by name; it grows."""
        self.sessions = sessions
        self.browser = browser
        # localhost, not its number: a passkey belongs to a name.
        self.address = f"http://localhost:{desk.port}"
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open(self, person: str = "sanne", path: str = "/inbox", **options: Any) -> Page:
        """A browser of its own, logged in as `person`, at `path`. `options` go to the browser."""
        page = self.open_door(storage_state=self._session(person), **options)
        page.goto(path)
        # On a telephone the word is for screen readers only.
        expect(page.get_by_role("status").filter(has_text="Verbonden")).to_be_attached()
        return page

    def open_door(self, **options: Any) -> Page:
        """A browser of its own in front of the log-in."""
        # Without animations what is looked at is never half-way.
        options = {"viewport": WIDE, "reduced_motion": "reduce", **options}
        context = self.browser.new_context(base_url=self.address, **options)
        context.set_default_timeout(30_000)
        context.on("page", self._listen)
        self.contexts.append(context)
        return context.new_page()

    def _session(self, person: str) -> StorageState:
        if person not in self.sessions:
            page = self.open_door()
            log_in(page, EMAILS[person])
            self.sessions[person] = page.context.storage_state()
            self.contexts.remove(page.context)
            page.context.close()
        return self.sessions[person]

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED_NOISE.match(message.text):
            self.complaints.append(message.text)

    def draw(self, folder: Path, name: str) -> None:
        folder.mkdir(exist_ok=True)
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages, 1):
            page.screenshot(path=folder / f"{name}-{number}.png")

    def close(self) -> list[str]:
        for context in self.contexts:
            context.close()
        return self.complaints


def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(password)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/" not in url)


def call(page: Page, method: str, path: str, **options: Any) -> APIResponse:
    """The API as this person, beside the page."""
    token = next((one["value"] for one in page.context.cookies() if one["name"] == "csrftoken"), "")
    headers = {"X-CSRFToken": token, "Referer": page.url, **options.pop("headers", {})}
    return page.context.request.fetch(f"/api/v1/{path}", method=method, headers=headers, **options)


def read(page: Page, path: str) -> Any:
    answer = call(page, "GET", path)
    assert answer.ok, f"GET {path}: {answer.status}"
    return answer.json()


def find_rows(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Gesprekken", exact=True).get_by_role("link")


def find_row(page: Page, post: Post) -> Locator:
    """The row of the inbox of the resident who wrote `post`."""
    return find_rows(page).filter(has=page.get_by_title(f"@{post.handle}", exact=True))


def open_case(page: Page, post: Post) -> int:
    """Wait for the case of `post`, open it and return its number."""
    find_row(page, post).click()
    # A row under the pointer keeps its place; the tests look at what moves.
    page.mouse.move(800, 500)
    expect(find_thread(page)).to_contain_text(post.words)
    return case_number(page)


def case_number(page: Page) -> int:
    return int(page.url.split("?")[0].rsplit("/", 1)[1])


def find_view(page: Page, name: str) -> Locator:
    """The link to one of the lists: Open, Van mij, Vrij, Afgehandeld."""
    return page.get_by_role("navigation", name="Welke gesprekken").get_by_role("link", name=name)


def find_panel(page: Page) -> Locator:
    """What stands beside the case: labels, notes, earlier conversations, history."""
    return page.get_by_role("complementary", name="Over dit gesprek")


def find_thread(page: Page) -> Locator:
    return page.get_by_role("log", name="Berichten")


def find_clock(page: Page, name: str) -> Locator:
    """One of the clocks at the head of the open case."""
    return find_fact(page, name).locator(".clock")


def find_fact(page: Page, name: str) -> Locator:
    return page.locator("dl > div").filter(has=page.get_by_text(name, exact=True))


def composer(page: Page) -> Locator:
    return page.get_by_role("region", name="Antwoord schrijven")


def write(page: Page, text: str) -> None:
    composer(page).get_by_role("textbox").fill(text)


def count_loads(page: Page) -> Callable[[], int]:
    """How often the document was loaded since: a live page never is."""
    loads: list[str] = []
    page.on("load", lambda _: loads.append(page.url))
    return lambda: len(loads)


def look_with_axe(page: Page) -> list[str]:
    """What axe calls serious or critical on this page, a line per fault."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        """axe.run().then(({violations}) => violations
            .filter(({impact}) => ["serious", "critical"].includes(impact))
            .map(({id, nodes}) => id + ": " + nodes.map(({html}) => html).join(" | ")))"""
    )
    return [json.dumps(one, ensure_ascii=False) for one in found]
