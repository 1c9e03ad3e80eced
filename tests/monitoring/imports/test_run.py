from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from monitoring.imports.files import FileProblem
from monitoring.imports.run import import_file, preview_import
from monitoring.ingest import LANE_DIRECT, LANE_GENERAL
from monitoring.models import Mention, Source, Waiting
from tests.cast import Cast
from tests.makers import make_municipality, make_source
from tests.webcare.desk.makers import read_and_triage
from webcare.desk.models import Case


def line(number, **values):
    return json.dumps({"text": f"bericht {number}", "posted_at": "2026-01-05", **values})


def lines(*numbers, **values):
    return io.BytesIO("\n".join(line(number, **values) for number in numbers).encode())


@pytest.fixture
def town(db):
    return make_municipality("Elzendrecht", slug="elzendrecht")


def told(result):
    return (result.imported, result.repeated, result.rejected_total)


def test_a_file_goes_in_whole(town):
    assert told(import_file(town.pk, lines(*range(2500)))) == (2500, 0, 0)
    assert Mention.objects.filter(municipality=town, platform="street").count() == 2500
    assert Waiting.objects.filter(lane=LANE_GENERAL).count() == 2500


def test_the_same_file_twice_changes_nothing(town):
    import_file(town.pk, lines(1, 2, 3))
    assert told(import_file(town.pk, lines(1, 2, 3, 4))) == (1, 3, 0)
    assert Mention.objects.count() == 4


def test_a_line_that_is_twice_in_the_file_goes_in_once(town):
    assert told(import_file(town.pk, lines(1, 2, 1))) == (2, 1, 0)


def test_one_rejected_line_keeps_everything_out(town):
    stream = io.BytesIO(lines(*range(1500)).read() + b'\n{"text": ""}')
    result = import_file(town.pk, stream)
    assert told(result) == (0, 0, 1)
    assert [(item.line, item.reason) for item in result.rejected] == [
        (1501, "bericht is leeg; datum ontbreekt")
    ]
    assert not Mention.objects.exists()
    assert not Source.objects.exists()


def test_rejected_lines_can_be_skipped(town):
    stream = io.BytesIO(b'{"text": ""}\n' + lines(1, 2).read())
    assert told(import_file(town.pk, stream, skip_rejected=True)) == (2, 0, 1)
    assert Mention.objects.count() == 2


def test_of_very_many_rejected_lines_the_first_thousand_are_named(town):
    result = import_file(town.pk, io.BytesIO(b"{}\n" * 1200))
    assert (len(result.rejected), result.rejected_total) == (1000, 1200)


def test_each_platform_has_one_import_source_per_municipality(town):
    paper = line(1, platform="Krant") + "\n" + line(2, platform="newspaper")
    for content in (paper, line(3, platform="phone")):
        import_file(town.pk, io.BytesIO(content.encode()))
    import_file(make_municipality().pk, lines(4, platform="phone"))
    sources = Source.objects.filter(municipality=town).order_by("name")
    assert [(s.name, s.platform, s.active) for s in sources] == [
        ("Import: Krant", "newspaper", False),
        ("Import: Telefoon", "phone", False),
    ]


def test_an_import_source_with_another_name_is_still_the_one(town):
    import_file(town.pk, lines(1))
    Source.objects.update(name="Balie")
    assert told(import_file(town.pk, lines(1))) == (0, 1, 0)


def test_what_a_platform_sent_itself_and_what_was_imported_of_it_stay_apart(town):
    make_source(town, "mastodon")
    import_file(town.pk, lines(1, platform="mastodon", id="113"))
    assert Mention.objects.get().source.name == "Import: Mastodon"


def test_a_preview_tells_what_an_import_would_do_and_stores_nothing(town):
    import_file(town.pk, lines(1))
    content = lines(*range(30), 5).read() + b'\n{"text": ""}'
    preview = preview_import(town.pk, io.BytesIO(content))
    assert (preview.total, preview.valid, preview.repeated) == (32, 31, 2)
    assert [item.line for item in preview.rejected] == [32]
    assert len(preview.rows) == 20
    assert (preview.rows[1]["text"], preview.rows[1]["repeated"]) == ("bericht 1", True)
    assert Mention.objects.count() == 1
    result = import_file(town.pk, io.BytesIO(content), skip_rejected=True)
    assert (result.imported, result.repeated) == (29, 2)


def test_a_file_with_only_a_header_is_refused(town):
    with pytest.raises(FileProblem, match="geen regels"):
        import_file(town.pk, io.BytesIO(b"bericht;datum\n"))


def test_nul_and_half_emoji_go_in(town):
    import_file(town.pk, lines(1, text="a\0b \ud83d"))
    assert Mention.objects.get().text == "a\ufffdb \ufffd"


def test_what_was_read_is_kept_beside_what_it_became(town):
    import_file(town.pk, io.BytesIO(b"Bericht;Datum;Wijk;Balie\nhoi;5-1-2026;Noord;3\n"))
    mention = Mention.objects.select_related("raw").get()
    assert (mention.text, mention.place) == ("hoi", "Noord")
    assert mention.raw.payload == {
        "Bericht": "hoi",
        "Datum": "5-1-2026",
        "Wijk": "Noord",
        "Balie": "3",
    }


def test_a_direct_mention_opens_a_case_as_if_it_was_collected(cast: Cast):
    result = import_file(cast.municipality.pk, lines(1, platform="phone", direct=True))
    assert result.lanes == {LANE_DIRECT}
    read_and_triage(list(Mention.objects.all()))
    case = Case.objects.get()
    assert (case.platform, case.account, case.preview) == ("phone", None, "bericht 1")


def test_a_large_file_takes_a_few_statements_per_thousand_lines(
    town, django_assert_max_num_queries
):
    import_file(town.pk, lines(0))
    with django_assert_max_num_queries(5 * 3 + 5):
        import_file(town.pk, lines(*range(5000)))


# --- manage.py import_mentions


@pytest.fixture
def file(tmp_path):
    return tmp_path / "berichten.csv"


def run(file, *args):
    out = io.StringIO()
    call_command("import_mentions", file, *args, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_went_in(town, file):
    file.write_text("bericht;datum\nhoi;5-1-2026\nhoi;5-1-2026\n")
    assert run(file) == "ingelezen 1, al bekend 1, afgekeurd 0\n"
    assert run(file, "--platform", "letter") == "ingelezen 1, al bekend 1, afgekeurd 0\n"


def test_the_command_names_each_rejected_line_and_leaves_everything_out(town, file):
    file.write_text("bericht;datum\nhoi;5-1-2026\n;5-1-2026\nhoi;ooit\n")
    out = io.StringIO()
    with pytest.raises(CommandError, match="Niets ingelezen"):
        call_command("import_mentions", file, stdout=out)
    assert out.getvalue().splitlines()[0] == "regel 3: bericht is leeg"
    assert out.getvalue().splitlines()[-1] == "ingelezen 0, al bekend 0, afgekeurd 2"
    assert not Mention.objects.exists()
    assert "ingelezen 1" in run(file, "--skip-rejected")


def test_a_file_that_is_not_there_is_one_clear_line(town, file):
    with pytest.raises(CommandError, match="No such file"):
        run(file)


def test_a_file_that_cannot_be_read_is_one_clear_line(town, file):
    file.write_text("<html>")
    with pytest.raises(CommandError, match="Kolom bericht"):
        run(file)
