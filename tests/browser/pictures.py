"""Draws the pictures of the README: `python -m tests.browser.pictures`.

A whole desk with a demo town that had a busy hour; two colleagues at work. What is shown is the
program itself, never a mock-up.
"""

from __future__ import annotations

import base64
import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import django
from playwright.sync_api import Locator, Page, expect, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.browser import chromium  # noqa: E402
from tests.browser.office import (  # noqa: E402
    Office,
    composer,
    find_panel,
    find_rows,
    find_thread,
    write,
)
from tests.browser.residents import Post, Residents  # noqa: E402
from tests.faults.answering import Colleague  # noqa: E402
from tests.running_desk import Desk, running_desk, wait_until  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import StorageState

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "img"
LARGEST_BYTES = 300_000
PLAY = {"posts": 150, "rate": 10, "direct": 0.14, "seed": 7, "react": False}
# What an agent would write, by what the resident wants: text, and whether that is the end of it.
ANSWERS = {
    "compliment": ("Wat fijn om te lezen, dank u wel! We geven het door aan de collega's.", True),
    "report": ("Dank voor uw melding. De buitendienst gaat morgen kijken; u hoort van ons.", False),
    "complaint": ("Dat is vervelend, excuses. Een collega belt u vandaag nog terug.", False),
    "opinion": ("Dank u wel, we nemen uw mening mee in het gesprek met de buurt.", True),
    "idea": ("Een mooi idee! We leggen het voor aan de wijkregisseur.", True),
}
# Before anything else, and never in a picture.
CRISIS = (
    "dood willen",
    "Wat zwaar. Bel nu 113 (gratis 0800-0113), dag en nacht; wij bellen u ook.",
)

READ_PIXELS = """async png => {
    const file = await fetch("data:image/png;base64," + png)
    const picture = await createImageBitmap(await file.blob())
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d")
    canvas.drawImage(picture, 0, 0)
    const bytes = canvas.getImageData(0, 0, picture.width, picture.height).data
    let text = ""
    for (let at = 0; at < bytes.length; at += 0x8000)
        text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
    return [picture.width, picture.height, btoa(text)]
}"""


def let_the_town_talk(desk: Desk) -> None:
    number = desk.town("POST", "play", json=PLAY)["number"]
    wait_until(lambda: desk.town("GET", f"play/{number}")["done"], 120, "the town has talked")


def work_for_an_hour(desk: Desk) -> None:
    """Two colleagues answer what needs no thought, and take some of the rest."""
    sanne, bram = (Colleague(desk, f"{who}@elzendrecht.example", 1) for who in ("sanne", "bram"))
    for place, case in enumerate(sanne.get("cases", params={"limit": 100}).json()["items"]):
        agent = (sanne, bram)[place % 2]
        looked = agent.get(f"cases/{case['id']}")
        crisis = CRISIS[0] in case["preview"]
        answer = (CRISIS[1], True) if crisis else ANSWERS.get(case["intent"])
        if answer and looked.json()["canAnswer"] and (crisis or place % 4):
            agent.try_call(
                "POST",
                f"cases/{case['id']}/replies",
                json={"text": answer[0], "closeAfter": answer[1]},
                headers={"If-Match": looked.headers["ETag"]},
            )
        elif place % 3 == 0:
            agent.try_call("POST", f"cases/{case['id']}/take")


def pack(page: Page, png: bytes) -> bytes:
    """The same picture, smaller: flat surfaces pack better unfiltered than as browsers write."""
    blank = page.context.new_page()
    width, height, pixels = blank.evaluate(READ_PIXELS, base64.b64encode(png).decode())
    blank.close()
    rgba, stride = base64.b64decode(pixels), width * 3
    rgb = bytearray(height * stride)
    for channel in range(3):
        rgb[channel::3] = rgba[channel::4]
    lines = b"".join(b"\0" + rgb[at : at + stride] for at in range(0, len(rgb), stride))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def draw(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    path.write_bytes(pack(page, page.screenshot()))
    assert path.stat().st_size <= LARGEST_BYTES, f"{path.name}: {path.stat().st_size} bytes"
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


def find_by_words(page: Page, post: Post) -> Locator:
    """The row that shows this post; its writer may have other rows."""
    return find_rows(page).filter(has_text=post.words[:60])


def draw_case(office: Office, residents: Residents) -> None:
    sanne, bram = office.open("sanne"), office.open("bram")
    post = residents.ask(
        "Goedemorgen! De Vaartbrug is sinds maandag dicht. Kan ik er met de bakfiets nog langs, "
        "en hoe lang duurt het nog?",
        handle="mehmet_e",
    )
    find_by_words(sanne, post).click()
    sanne.mouse.move(800, 500)
    expect(find_thread(sanne)).to_contain_text(post.words)
    sanne.keyboard.press("a")
    write(
        sanne,
        "Goedemorgen meneer Erkan! Fietsers en bakfietsen kunnen over de noodbrug bij de "
        "Molenkade. We zoeken uit hoe lang het nog duurt; u hoort vandaag van ons.",
    )
    sanne.keyboard.press("Control+Enter")
    answer = residents.wait_for_answer(post)
    residents.ask(
        "Dank u. Is die noodbrug wel breed genoeg voor een bakfiets?",
        handle=post.handle,
        after=answer,
    )
    expect(find_thread(sanne)).to_contain_text("breed genoeg")
    bram.goto(sanne.url)
    expect(find_thread(bram)).to_contain_text("breed genoeg")
    bram.keyboard.press("n")
    bram.keyboard.type("Wegbeheer: noodbrug 2,40 m breed, brug open op 1 december.")
    bram.keyboard.press("Control+Enter")
    expect(find_panel(sanne)).to_contain_text("2,40 m")
    write(
        sanne,
        "Ja hoor, de noodbrug is 2,40 meter breed. Vanaf 1 december rijdt u weer "
        "gewoon over de Vaartbrug.",
    )
    composer(bram).get_by_role("textbox").press_sequentially("De noodbrug")
    expect(sanne.get_by_text("Bram Vos typt…")).to_be_visible()
    find_by_words(sanne, post).scroll_into_view_if_needed()
    draw(sanne, "case")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    sessions: dict[str, StorageState] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_desk(Path(folder) / "desk", TOWN_RATE="0") as desk,
        sync_playwright() as playwright,
    ):
        office = Office(desk, chromium.launch(playwright), sessions)
        residents = Residents(desk)
        let_the_town_talk(desk)
        last = residents.ask(
            "Wanneer is de volgende inloopavond over de Havenkade?", handle="saskia_tuin"
        )
        inbox = office.open("els")
        expect(find_by_words(inbox, last)).to_be_visible(timeout=60_000)
        work_for_an_hour(desk)
        draw_case(office, residents)
        sanne = office.open("sanne")
        expect(sanne.get_by_text("wordt verstuurd")).to_have_count(0, timeout=30_000)
        draw(sanne, "inbox")
        town = office.open("daan", "/town")
        expect(town.get_by_text("Een stem, niet dé stem")).to_be_visible()
        town.wait_for_load_state("networkidle")
        draw(town, "town")
        assert office.close() == []


if __name__ == "__main__":
    main()
