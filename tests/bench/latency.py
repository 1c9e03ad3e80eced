"""From a resident's post on the demo town to a row in a real browser, with all programs running.

The clock starts before the post is handed to the town and stops in the browser, at the first frame
drawn after the row is there; both read the clock of this machine. Between come the platform's
stream, storing, reading, triage, the event, and the page's own refetch. The town talks on beside.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.browser import chromium
from tests.running_desk import Desk, running_desk, wait_until
from webcare.organisation.demo import PASSWORD

POSTS, WARM_UP = 60, 5
# Posts a second that others write meanwhile, none of them to the municipality.
CHATTER = 5
QUESTION = "@gemeente Wanneer wordt het grofvuil opgehaald? Vraag "

# Notes when the event of a case arrives, and when the row with a number in its text is drawn.
_WATCH = """
window.heard = {}; window.drawn = {};
const now = () => (performance.timeOrigin + performance.now()) / 1000;
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      const { type, id } = JSON.parse(data);
      if (type === "case.opened") window.heard[id] ??= now();
    });
  }
};
new MutationObserver(() => {
  for (const row of document.querySelectorAll("[data-case]")) {
    const number = /Vraag (\\d+)/.exec(row.textContent)?.[1];
    if (number && !(number in window.drawn)) {
      window.drawn[number] = 0;
      requestAnimationFrame(() => { window.drawn[number] = now(); });
    }
  }
}).observe(document, { childList: true, subtree: true });
"""


def run() -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_desk(Path(folder) / "v") as desk,
        sync_playwright() as playwright,
    ):
        browser = chromium.launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        _open_inbox(desk, page)
        desk.town("POST", "play", json={"posts": 100_000, "rate": CHATTER, "direct": 0, "seed": 1})
        steps = [_measure(desk, page, number) for number in range(WARM_UP + POSTS)][WARM_UP:]
        browser.close()
    for name in steps[0]:
        yield from _figures(name, [step[name] for step in steps])


def _open_inbox(desk: Desk, page: Page) -> None:
    page.add_init_script(_WATCH)
    page.goto(f"{desk.address}/accounts/login/")
    page.locator("input[name=login]").fill("sanne@elzendrecht.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form:has(input[name=password]) button[type=submit]").first.click()
    page.locator("[data-case]").first.wait_for(timeout=60_000)
    page.get_by_text("Verbonden").wait_for(timeout=60_000)


def _measure(desk: Desk, page: Page, number: int) -> dict[str, float]:
    """One post; seconds after it until each step."""
    with httpx.Client(
        base_url=f"http://127.0.0.1:{desk.town_port}", trust_env=False, timeout=30
    ) as town:
        town.get("/_town/scenes")
        began = time.time()
        post = town.post("/_town/posts", json={"text": f"{QUESTION}{number}"}).json()
    drawn = wait_until(lambda: page.evaluate(f"window.drawn['{number}']"), 60, "the row is drawn")
    (row,) = wait_until(lambda: _find_case(desk, post["id"]), 10, "the case of the post")
    heard = page.evaluate(f"window.heard['{row['case_id']}'] ?? null")
    # One page of the inbox shows fifty: what was measured makes room.
    _close(page, row["case_id"])
    page.wait_for_timeout(random.Random(number).uniform(200, 900))
    return {
        "stored": row["stored"] - began,
        "triaged": row["triaged"] - began,
        # An event that came with a reconnect's refetch was not heard by itself.
        "heard": (heard or drawn) - began,
        "": drawn - began,
    }


def _find_case(desk: Desk, platform_id: str) -> list[dict[str, Any]]:
    return desk.query(
        "SELECT c.case_id, extract(epoch FROM m.collected_at)::float8 AS stored,"
        " extract(epoch FROM c.added_at)::float8 AS triaged FROM desk_casemessage c"
        " JOIN monitoring_mention m ON m.id = c.mention_id WHERE m.platform_id = %s",
        platform_id,
    )


def _close(page: Page, case: int) -> None:
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    answer = page.request.post(
        f"{page.url.split('/inbox')[0]}/api/v1/cases/{case}/close",
        data={"reason": "no_action"},
        headers={"X-CSRFToken": token, "Referer": page.url},
    )
    if not answer.ok:
        raise RuntimeError(f"closing a case: {answer.status}")


def _figures(name: str, seconds: Sequence[float]) -> Iterator[dict[str, Any]]:
    bench = "latency" + (f".{name}" if name else "")
    cuts = statistics.quantiles(seconds, n=20)
    yield {"bench": f"{bench}.p50", "value": round(cuts[9], 3), "unit": "s"}
    yield {"bench": f"{bench}.p95", "value": round(cuts[18], 3), "unit": "s", "posts": len(seconds)}
