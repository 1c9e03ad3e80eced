"""/echt: is this real? Public, without cookies, about our own public posts only."""

from __future__ import annotations

import re
import zipfile

import pytest
from django.core.management import call_command
from django.test import Client

from archive import verifier
from archive.models import Kind
from archive.records import Entry, record_many
from archive.sequencer import seal_all
from tests.makers import make_municipality

REAL = "Er is geen ruzie gaande tussen de voorzitters van de voetbalclub 010 en de voetbalclub 020."
FORGED = "Er is een ruzie gaande tussen de supporters van de voetbalclub 010 en de voetbalclub 020."
ROADS = 'De "Dorpsstraat" is dicht, zie https://www.elzendrecht.example/wegen?utm_source=x  ^SG'


def post(municipality, number, text, **content):
    content = {
        "platform": "mastodon",
        "url": f"https://plein.example/@gemeente/{number}",
        "author": {"handle": "@gemeente@plein.example", "name": "Gemeente Elzendrecht"},
        "text": text,
        "posted_at": "2026-11-20T13:17:00.000000Z",
        "private": False,
        **content,
    }
    return Entry(municipality.pk, Kind.OWN_POST, "reply", number, content)


@pytest.fixture
def posts(db):
    municipality = make_municipality("Elzendrecht", slug="elzendrecht")
    resident = {"text": "De burgemeester moet weg!", "url": "https://plein.example/@ria/9"}
    made = record_many(
        [
            post(municipality, 1, REAL),
            post(municipality, 2, ROADS),
            post(municipality, 3, "Uw bijstand is toegekend", private=True),
            Entry(municipality.pk, Kind.INCOMING, "mention", 9, resident | {"private": False}),
        ]
    )
    seal_all()
    return made


@pytest.fixture
def ask(db):
    client = Client(enforce_csrf_checks=True)

    def asked(text, **values):
        return client.post("/echt", {"text": text, **values})

    return asked


def test_a_text_exactly_as_published_is_real(posts, ask):
    said = ask(REAL).content.decode()
    assert "Ja, dit is echt" in said
    assert "20-11-2026 14:17" in said
    assert "Gemeente Elzendrecht" in said
    assert f"/echt/{posts[0].attribute}/bewijs.zip" in said
    assert "https://plein.example/@gemeente/1" in said


def test_the_forged_text_shows_exactly_the_words_that_differ(posts, ask):
    said = ask(FORGED).content.decode()
    assert "er zijn woorden veranderd" in said
    compared = said.split('class="echt-text echt-compare"')[1].split("</p>")[0]
    words = {tag: re.findall(rf"<{tag}>.*?</span> (.*?)<span", compared) for tag in ("ins", "del")}
    assert words == {"ins": ["geen", "voorzitters"], "del": ["een", "supporters"]}


@pytest.mark.parametrize(
    "text",
    [
        "  Er is geen ruzie  gaande tussen de voorzitters van de voetbalclub 010\nen de voetbalclub"
        " 020.  ",
        f"“{REAL}”",
        f"'{REAL}' ",
        f"{REAL} ^SG",
        REAL.replace(" ", "\u00a0"),
        "\ufeff" + REAL.replace("geen", "ge\u00aden"),
    ],
)
def test_white_space_quotes_and_initials_do_not_matter(posts, ask, text):
    assert "Ja, dit is echt" in ask(text).content.decode()


@pytest.mark.parametrize(
    "text",
    [
        REAL.replace("geen", "een"),
        REAL.replace("010", "011"),
        REAL.replace("Er is", "Er IS"),
        REAL.replace("voorzitters", "voorzitter"),
        REAL.replace("020.", "020!"),
        REAL.replace("e", "е", 1),  # a Cyrillic letter
        REAL.replace(" geen", " geen echte"),
    ],
)
def test_every_changed_sign_does(posts, ask, text):
    said = ask(text).content.decode()
    assert "Ja, dit is echt" not in said
    assert "er zijn woorden veranderd" in said


@pytest.mark.parametrize(
    ("link", "real", "checked"),
    [
        ("https://elzendrecht.example/wegen", True, True),
        ("www.elzendrecht.example/wegen/?fbclid=1", True, True),
        (
            "https://l.facebook.com/l.php?u=https%3A%2F%2Felzendrecht.example%2Fwegen&h=1",
            True,
            True,
        ),
        ("https://t.co/aBcD", True, False),
        ("https://elzendrecht.example.kwaad.example/wegen", False, True),
        ("https://kwaad.example/?u=https://elzendrecht.example/wegen", False, True),
    ],
)
def test_links_may_be_dressed_differently_but_not_lead_elsewhere(posts, ask, link, real, checked):
    text = f"De 'Dorpsstraat' is dicht, zie {link}"
    said = ask(text).content.decode()
    assert ("Ja, dit is echt" in said) is real
    assert ("verkorte link" in said.split("<form")[0]) is not checked


def test_what_we_never_published_is_not_ours(posts, ask):
    said = ask("Morgen is alle hondenbelasting afgeschaft, aldus het college").content.decode()
    assert "Nee, dit is niet van ons" in said
    assert "Elzendrecht" in said


@pytest.mark.parametrize(
    "text",
    ["De burgemeester moet weg!", "https://plein.example/@ria/9", "Uw bijstand is toegekend"],
)
def test_residents_and_private_answers_are_never_revealed(posts, ask, text):
    said = ask(text).content.decode().split("<form")[0]
    assert "Nee, dit is niet van ons" in said
    assert "@ria" not in said.replace(text, "")
    for record in (posts[2], posts[3]):
        assert Client().get(f"/echt/{record.attribute}").status_code == 404
        assert Client().get(f"/echt/{record.attribute}/bewijs.zip").status_code == 404


def test_a_link_to_a_post_of_ours_is_answered_with_what_it_says(posts, ask):
    said = ask("http://plein.example/@gemeente/1/?utm_source=mail").content.decode()
    assert "Ja, deze link is van ons" in said
    assert REAL in said
    assert (
        "Ja, deze link is van ons"
        in ask(f"http://testserver/echt/{posts[0].attribute}").content.decode()
    )
    assert "Op dit adres staat geen bericht" in ask("https://elders.example/1").content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> geen ruzie gaande",
        "' OR 1=1 --",
        "\x00",
        "!!! & | :*",
        "😀" * 400,
    ],
)
def test_hostile_text_is_answered_and_never_run(posts, ask, text):
    response = ask(text)
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


def test_no_cookie_is_set_and_nothing_is_kept_by_caches(posts, ask):
    for response in (ask(REAL), Client().get("/echt"), Client().get(f"/echt/{posts[0].attribute}")):
        assert not response.cookies
        assert response.headers["Cache-Control"] == "no-store"


def test_who_asks_too_often_has_to_wait(posts, ask, settings):
    settings.ECHT_PER_MINUTE = 3
    assert [ask(REAL).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert ask(REAL).headers["Retry-After"] == "60"


def test_it_speaks_english_when_asked_to(posts):
    said = Client().post("/echt?lang=en", {"text": FORGED}).content.decode()
    assert '<html lang="en"' in said
    assert "words were changed" in said


def test_the_page_of_a_post_has_a_code_that_leads_to_it_and_its_place(posts):
    page = Client().get(f"/echt/{posts[0].attribute}")
    assert REAL in page.content.decode()
    assert bytes(posts[0].sha256).hex() in page.content.decode()
    code = Client().get(f"/echt/{posts[0].attribute}.svg")
    assert code.headers["Content-Type"] == "image/svg+xml"
    assert code.content.startswith(b"<svg xmlns=")


def test_the_downloaded_proof_satisfies_the_lone_verifier(posts, tmp_path, capsys):
    response = Client().get(f"/echt/{posts[0].attribute}/bewijs.zip")
    target = tmp_path / "bewijs.zip"
    target.write_bytes(response.content)
    assert verifier.main([str(target)]) == 0
    assert capsys.readouterr().out.count("AUTHENTIEK") == 1
    with zipfile.ZipFile(target) as bundle:
        names = [name for name in bundle.namelist() if name.startswith("data/records/")]
        assert REAL.encode() in bundle.read(names[0])
    key = Client().get("/echt/log/elzendrecht/key").content.decode()
    assert verifier.main([str(target), "--public-key", key]) == 0


def test_a_later_deletion_is_told(posts, ask):
    record_many([Entry(posts[0].municipality_id, Kind.DELETION, "reply", 1, {"seen_at": "x"}, "1")])
    assert "Later verwijderd" in ask(REAL).content.decode()


def test_a_post_is_found_only_once_it_is_sealed(posts, ask):
    record_many([post(posts[0].municipality, 70, "Gloednieuw bericht over de markt")])
    assert "niet van ons" in ask("Gloednieuw bericht over de markt").content.decode()
    seal_all()
    assert "Ja, dit is echt" in ask("Gloednieuw bericht over de markt").content.decode()


def test_the_public_log_shows_heads_keys_and_proofs(posts):
    client = Client()
    page = client.get("/echt/log").content.decode()
    assert "Elzendrecht/archief/" in page
    note = client.get("/echt/log/elzendrecht/checkpoint").content.decode()
    assert note.split("\n")[1] == "4"
    assert client.get("/echt/log/elzendrecht/consistency/2").json()["new"] == 4
    assert client.get("/echt/log/elzendrecht/consistency/9").status_code == 404
    assert client.get("/echt/log/nergens/checkpoint").status_code == 404
    call_command("archive_verify", verbosity=0)
