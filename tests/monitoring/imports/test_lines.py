"""Reading and judging lines; no database."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, time

import pytest
from openpyxl import Workbook

from monitoring.imports.files import FileProblem, read_lines
from monitoring.imports.lines import judge

TEXT = "De lantaarn bij de brug is stuk, ’t is er pikdonker"


def judged(content, platform="street"):
    data = content.encode() if isinstance(content, str) else content
    return [judge(line, platform) for line in read_lines(io.BytesIO(data))]


def jsonl(**values):
    return json.dumps({"text": TEXT, "posted_at": "2026-01-05T10:00:00+01:00", **values})


def reason(**values):
    return judged(jsonl(**values))[0].reason


def csv_with_date(day):
    return f'bericht;datum\nhallo;"{day}"\n'


def workbook(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_jsonl_line_of_the_contract_is_a_post():
    (line,) = judged(
        '{"platform": "mastodon", "id": "113", "url": "https://plein.example/113", '
        '"author": {"handle": "@ria@plein.example", "name": "Ria", "followers": 120}, '
        '"text": "Hoi", "lang": "nl", "posted_at": "2026-01-20T14:17:00+01:00", '
        '"in_reply_to": null, "direct": true, "private": false, '
        '"media": [{"url": "https://plein.example/a.jpg", "alt": "brug"}], "place": null}'
    )
    assert line.platform == "mastodon"
    post = line.post
    assert (post.id, post.text, post.lang, post.direct) == ("113", "Hoi", "nl", True)
    assert (post.author.handle, post.author.name, post.author.followers) == (
        "@ria@plein.example",
        "Ria",
        120,
    )
    assert post.posted_at == datetime(2026, 1, 20, 13, 17, tzinfo=UTC)
    assert (post.media[0].url, post.media[0].alt) == ("https://plein.example/a.jpg", "brug")
    assert post.raw["id"] == "113"


def test_text_and_moment_are_enough():
    (line,) = judged(jsonl())
    assert line.platform == "street"
    assert line.post.id.startswith("sha256:")
    assert not line.post.can_reply


def test_a_missing_id_follows_from_the_content():
    one, same, other = judged("\n".join([jsonl(), jsonl(), jsonl(text="Anders")]))
    assert one.post.id == same.post.id != other.post.id


def test_the_same_moment_in_another_zone_is_the_same_post():
    here, there = judged(jsonl() + "\n" + jsonl(posted_at="2026-01-05T09:00:00Z"))
    assert here.post.id == there.post.id


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_csv_is_read_in_every_dialect_offices_use(delimiter, encoding):
    rows = [["Bericht", "Datum", "Auteur", "Link", "Kanaal"]]
    rows += [['"' + TEXT.replace(",", ", ") + '"', "5-1-2026 10:00", "Ria de Vries", "", "Krant"]]
    content = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    (line,) = judged(content)
    assert line.reason == ""
    assert line.post.text == TEXT.replace(",", ", ")
    assert line.post.posted_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert (line.post.author.handle, line.post.author.name) == ("", "Ria de Vries")
    assert line.platform == "newspaper"
    assert line.post.raw["Kanaal"] == "Krant"


def test_a_text_over_several_lines_stays_whole_and_lines_are_counted_as_in_the_file():
    lines = judged('bericht;datum\n"een\ntwee";5-1-2026\n\n;5-1-2026\n')
    assert lines[0].post.text == "een\ntwee"
    assert [(line.number, line.reason) for line in lines] == [(2, ""), (5, "bericht is leeg")]


def test_a_quote_that_is_wrong_costs_one_line():
    lines = judged('bericht;datum\n"een" twee;5-1-2026\ndrie;5-1-2026\n')
    assert [line.reason for line in lines] == ["aanhalingstekens kloppen niet", ""]


def test_a_line_with_too_many_columns_is_named():
    lines = judged("bericht;datum\nja; nee;5-1-2026\n")
    assert lines[0].reason == "heeft 3 kolommen, de kop 2"


def test_text_is_stored_as_received():
    assert judged(jsonl(text="  twee spaties\u00a0\n"))[0].post.text == "  twee spaties\u00a0\n"


@pytest.mark.parametrize(
    "day",
    [
        "5-1-2026 10:00",
        "05-01-2026 10:00:00",
        "5/1/2026 10.00",
        "5.1.2026 10:00 uur",
        "5 januari 2026 om 10:00 uur",
        "5 jan 2026, 10:00",
        "2026-01-05 10:00",
        "2026-01-05T10:00:00+01:00",
        "2026-01-05T09:00:00Z",
        "20260105T100000",
    ],
)
def test_a_date_is_read_as_people_here_write_it(day):
    assert judged(csv_with_date(day))[0].post.posted_at == datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_time_in_a_column_of_its_own_goes_with_the_day():
    (line,) = judged("bericht;datum;tijd\nhallo;5-1-2026;10.00\n")
    assert line.post.posted_at == datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("", "datum ontbreekt"),
        ("31-2-2026", "niet te lezen"),
        ("gisteren", "niet te lezen"),
        ("5-1-26", "niet te lezen"),
        ("5 foo 2026", "niet te lezen"),
        ("5-1-1999", "voor 2000"),
        ("5-1-2999", "toekomst"),
        ("0001-01-01T00:00:00+14:00", "bestaat niet"),
    ],
)
def test_a_date_that_cannot_be_is_a_reason(day, why):
    assert why in judged(csv_with_date(day))[0].reason


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"text": " \n "}, "bericht is leeg"),
        ({"text": ["a"]}, "bericht is geen tekst"),
        ({"text": "x" * 100_001}, "langer dan 100000 tekens"),
        ({"posted_at": 1767603600}, "datum is een getal"),
        ({"id": "x" * 301}, "id is langer dan 300 tekens"),
        ({"url": "javascript:alert(1)"}, "link begint niet met"),
        ({"platform": "fakebook"}, "platform 'fakebook' is onbekend"),
        ({"direct": "misschien"}, "direct is ja noch nee"),
        ({"author": {"followers": -3}}, "volgers is geen aantal"),
        ({"author": {"followers": 10**12}}, "volgers is geen aantal"),
        ({"author": {"handle": {}}}, "auteur is geen tekst"),
        ({"media": [{"alt": "zonder adres"}]}, "media is geen lijst van adressen"),
        ({"media": [{"url": "file:///etc/passwd"}]}, "link begint niet met"),
    ],
)
def test_a_value_that_cannot_be_is_a_reason_in_plain_words(values, why):
    assert why in reason(**values)


def test_all_that_is_wrong_with_a_line_is_said_at_once():
    assert reason(text="", direct="?", posted_at="") == (
        "bericht is leeg; direct is ja noch nee; datum ontbreekt"
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"text": ', "geen geldige JSON"),
        ('{"text": NaN}', "geen geldige JSON"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "geen geldige JSON"),
        ('{"a":' * 40 + "1" + "}" * 40, "lagen diep"),
        ("42", "geen JSON-object"),
    ],
)
def test_a_broken_json_line_costs_that_line_only(line, why):
    good, broken, again = judged(f"{jsonl()}\n{line}\n{jsonl()}")
    assert good.post
    assert again.post
    assert (broken.number, why in broken.reason) == (2, True)


def test_nul_and_half_emoji_are_no_reason_to_refuse():
    assert judged(jsonl(text="a\0b \ud83d"))[0].post.text == "a\0b \ud83d"


def test_a_number_too_large_for_any_column_is_kept_as_its_digits():
    (line,) = judged('{"text": "a", "posted_at": "2026-01-05", "id": 123456789012345678901234}')
    assert line.post.id == line.post.raw["id"] == "123456789012345678901234"


def test_xlsx_is_read_with_its_dates_and_numbers():
    (line,) = judged(
        workbook(
            [],
            ["Bericht", "Datum", "Tijd", "Kenmerk", "Gericht", "Volgers"],
            [TEXT, datetime(2026, 1, 5), time(10, 0), 42, True, 7.0],
            [None, None, None, None, None, None],
        )
    )
    assert line.number == 3
    assert line.post.posted_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert (line.post.id, line.post.direct, line.post.author.followers) == ("42", True, 7)
    assert line.post.raw["Datum"] == "2026-01-05T00:00:00"


def test_an_id_that_a_spreadsheet_rounded_is_refused():
    (line,) = judged(workbook(["tekst", "datum", "id"], [TEXT, "5-1-2026", 1.13456789012345e17]))
    assert "verloor cijfers" in line.reason


def zip_of(**parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "leeg"),
        (b"\n \n", "leeg"),
        (b"\xef\xbb\xbf", "leeg"),
        (b"naam;plaats\nRia;hier\n", "bericht (of text) en datum (of posted_at) ontbreekt"),
        (b"<html><body>Log in</body></html>", "Gevonden kolommen: <html>"),
        (b'[{"text": "a"}]', "op een eigen regel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "oude Excel-formaat"),
        (b"PK\x03\x04 en dan niets", "geen leesbaar Excel-bestand"),
        (zip_of(a="b"), "geen leesbaar Excel-bestand"),
        (workbook(), "werkblad is leeg"),
        (b"bericht;tekst;datum\n", "bericht en tekst betekenen hetzelfde"),
        (b"bericht;datum\n\x81\x8d;5-1-2026\n", "geen UTF-8 en geen Windows-1252"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1", "geen lijst met berichten"),
        (b'bericht;datum\n"' + b"x" * 1_000_010, "langer dan een miljoen tekens"),
    ],
    ids=range(14),
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(content, why):
    with pytest.raises(FileProblem) as problem:
        judged(content)
    assert why in str(problem.value)


def test_a_spreadsheet_that_unpacks_to_hundreds_of_megabytes_is_refused():
    bomb = zip_of(**{"xl/sharedStrings.xml": b"0" * (101 * 1024 * 1024)})
    assert len(bomb) < 200_000
    with pytest.raises(FileProblem, match="te groot"):
        judged(bomb)
