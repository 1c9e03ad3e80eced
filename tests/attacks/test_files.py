"""Files made to hurt: each is refused in words, soon, and costs no more memory than it is worth."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from monitoring.imports.files import read_lines
from webcare.env import BASE_DIR

HEAD = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>tekst</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>datum</t></is></c></row>'
)
SHEET = (
    '<?xml version="1.0"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{rows}</sheetData></worksheet>"
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><x>&i;</x>"
)


def workbook(**parts: str | bytes) -> bytes:
    """A good workbook with some of its parts replaced."""
    good, made = io.BytesIO(), io.BytesIO()
    book = Workbook()
    book.active.append(["tekst", "datum"])
    book.active.append(["Waarom?", "20-11-2026"])
    book.save(good)
    names = {
        "sheet": "xl/worksheets/sheet1.xml",
        "styles": "xl/styles.xml",
        "strings": "xl/sharedStrings.xml",
        "types": "[Content_Types].xml",
    }
    replaced = {names[part]: content for part, content in parts.items()}
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(name, replaced.get(name, source.read(name)))
    return made.getvalue()


def sheet(rows: str) -> bytes:
    return workbook(sheet=SHEET.format(rows=HEAD + rows))


BOMBS: dict[str, Callable[[], bytes]] = {
    "a row two thousand million lines down": lambda: sheet(
        '<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>'
    ),
    "a column beyond all columns": lambda: sheet('<row r="2"><c r="ZZZZZZZ2"><v>1</v></c></row>'),
    "entities that grow": lambda: workbook(sheet=LAUGHS),
    "entities that grow among the texts": lambda: workbook(strings=LAUGHS),
    "60 MB of styles": lambda: workbook(styles=b"<styleSheet>" + b"<x/>" * 15_000_000),
    "60 MB of types": lambda: workbook(types=b"<Types>" + b"<x/>" * 15_000_000),
    "no rows at all": lambda: workbook(sheet=SHEET.format(rows="")),
    "half a zip": lambda: workbook()[:200],
}

READ = """
import resource, sys
import django; django.setup()
resource.setrlimit(resource.RLIMIT_CPU, (40, 40))
from monitoring.imports.files import FileProblem, read_lines
try:
    for _ in read_lines(open(sys.argv[1], "rb")):
        pass
except FileProblem:
    pass
# Not `ru_maxrss`: that one remembers who started us.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1])
"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_workbook_made_to_hurt_is_refused_soon(bomb: str, tmp_path) -> None:
    path = tmp_path / "bom.xlsx"
    path.write_bytes(BOMBS[bomb]())
    read = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        cwd=BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert read.returncode == 0, read.stderr[-500:]
    assert int(read.stdout) < 400_000, "kB"


def test_a_formula_is_a_text_like_any_other() -> None:
    (line,) = read_lines(io.BytesIO(b"tekst;datum\n=1+1;20-11-2026\n"))

    assert line.values["text"] == "=1+1"


def test_cells_beside_the_header_are_still_refused() -> None:
    extra = '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c><c r="D2"><v>4</v></c></row>'
    (line,) = read_lines(io.BytesIO(sheet(extra)))

    assert "heeft 4 kolommen, de kop 2" in line.problem


def test_a_header_of_half_a_million_columns_is_read() -> None:
    header = b"tekst;datum;" + b"x;" * 490_000 + b"\n" + b"a;20-11-2026\n"
    assert len(list(read_lines(io.BytesIO(header)))) == 1
