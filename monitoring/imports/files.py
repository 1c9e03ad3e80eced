"""Opens what people export: CSV in any of its dialects, XLSX, JSONL. One line at a time.

What a file is, is read from its bytes, never from its name.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, BinaryIO, Final

from django.utils.translation import gettext as _

from monitoring.imports.columns import REQUIRED, find_field

#: A line longer than this is not a post but a broken file (a quote that is never closed).
LONGEST_LINE: Final = 1_000_000
#: JSON nested further than this comes from no platform.
DEEPEST: Final = 30
DELIMITERS: Final = ";,\t|"
BLOCK: Final = 1 << 16
#: A spreadsheet keeps its texts in one part, which is read whole; beyond this it is an attack.
LARGEST_PART: Final = 100 * 1024 * 1024
LARGEST_UNPACKED: Final = 500 * 1024 * 1024
#: Styles, names and relations are read whole too, and nobody has this much of them.
LARGEST_OTHER: Final = 20 * 1024 * 1024
#: A spreadsheet program has no more lines; a file may name one that is thousands of millions down.
LAST_ROW: Final = 1_048_576


class FileProblem(ValueError):
    """The file as a whole cannot be read; the text is Dutch and says what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as found: known fields by our name, and everything as it was. Or why it is not."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """The lines of a seekable file, numbered as a person counts them. Raises `FileProblem`."""
    stream.seek(0)
    start = stream.read(BLOCK)
    stream.seek(0)
    if not start.strip():
        raise FileProblem(_("Dit bestand is leeg."))
    if start.startswith(b"PK\x03\x04"):
        return _read_xlsx(stream)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem(_("Dit is het oude Excel-formaat (.xls). Bewaar het als .xlsx of CSV."))
    encoding = find_encoding(stream)
    if b"\0" in start and encoding != "utf-16":
        raise FileProblem(
            _("Dit is geen lijst met berichten. Kies een CSV-, XLSX- of JSONL-bestand.")
        )
    text = io.TextIOWrapper(io.BufferedReader(_Unclosed(stream)), encoding=encoding, newline="")
    first = start.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if first.startswith("{"):
        return _read_jsonl(text)
    if first.startswith("["):
        raise FileProblem(
            _("Dit is één JSON-lijst. Zet elk bericht als object op een eigen regel.")
        )
    return _read_csv(text)


def find_encoding(stream: BinaryIO) -> str:
    """UTF-8 when all of the file is, else what Windows programs write. Leaves it at its start."""
    start = stream.read(4)
    stream.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := stream.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
        return "utf-8-sig"
    except UnicodeDecodeError:
        return "windows-1252"
    finally:
        stream.seek(0)


class _Unclosed(io.RawIOBase):
    """Reads from a stream that belongs to somebody else and stays open."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._stream.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _physical_lines(text: io.TextIOBase) -> Iterator[str]:
    number = 0
    try:
        while line := text.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise FileProblem(
                    _("Regel %(number)s is langer dan een miljoen tekens.") % {"number": number}
                )
            yield line
    except UnicodeDecodeError:
        raise FileProblem(
            _(
                "Na regel %(number)s staan tekens die geen UTF-8 en geen Windows-1252 zijn. "
                "Bewaar het bestand als UTF-8."
            )
            % {"number": number}
        ) from None


def _read_jsonl(text: io.TextIOBase) -> Iterator[Line]:
    for number, line in enumerate(_physical_lines(text), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_int=_read_whole, parse_constant=_refuse)
        except (ValueError, RecursionError):
            yield Line(number, problem=_("geen geldige JSON"))
            continue
        if not isinstance(found, dict):
            yield Line(number, problem=_("geen JSON-object"))
            continue
        if _is_deeper(found, DEEPEST):
            yield Line(number, problem=_("meer dan %(most)s lagen diep") % {"most": DEEPEST})
            continue
        values = {name: value for key, value in found.items() if (name := find_field(key))}
        yield Line(number, values, found)


def _read_whole(digits: str) -> int | str:
    """A number that no database column holds is kept as its digits."""
    return int(digits) if len(digits) < 19 else digits


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)


def _read_csv(text: io.TextIOBase) -> Iterator[Line]:
    lines = _physical_lines(text)
    skipped, header = _find_header(lines)
    delimiter = max(DELIMITERS, key=lambda sign: len(_known(_split(header, sign))))
    columns = _split(header, delimiter)
    fields = _check_columns(columns)
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number = skipped + 1 + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Line(number, problem=_("aanhalingstekens kloppen niet"))
            continue
        yield from _as_line(number, columns, fields, cells)


def _find_header(lines: Iterable[str]) -> tuple[int, str]:
    """The number of empty lines before the first line with text, and that line."""
    for skipped, line in enumerate(lines):
        if line.strip():
            return skipped, line
    raise FileProblem(_("Dit bestand is leeg."))


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return [line]


def _read_xlsx(stream: BinaryIO) -> Iterator[Line]:
    with contextlib.closing(_open_workbook(stream)) as book:
        sheet = book.worksheets[0]
        # Some programs write a wrong size; the cells themselves tell.
        sheet.reset_dimensions()
        rows = enumerate(_readable(sheet.iter_rows(values_only=True)), 1)
        filled = (cells for _row, cells in rows if any(cell is not None for cell in cells))
        header = next(filled, None)
        if header is None:
            raise FileProblem(_("Het eerste werkblad is leeg."))
        columns = [str(cell or "") for cell in header]
        fields = _check_columns(columns)
        for number, cells in rows:
            yield from _as_line(number, columns, fields, cells)


def _open_workbook(stream: BinaryIO) -> Any:
    """openpyxl has no errors of its own for a broken file: whatever it raises means that."""
    # Loaded by whoever imports a workbook, not by every program of the desk.
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
        if sum(part.file_size for part in parts) > LARGEST_UNPACKED or any(
            part.file_size > _largest(part.filename) for part in parts
        ):
            raise FileProblem(_("Dit Excel-bestand is te groot. Bewaar het als CSV."))
        stream.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(stream, read_only=True, data_only=True)
    except FileProblem:
        raise
    except Exception as error:
        raise FileProblem(_("Dit is geen leesbaar Excel-bestand.")) from error


def _largest(part: str) -> int:
    if part.endswith("sharedStrings.xml"):
        return LARGEST_PART
    # Sheets are read line by line; pictures are not read at all.
    streamed = "/worksheets/" in part or "/media/" in part
    return LARGEST_UNPACKED if streamed else LARGEST_OTHER


def _readable(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    try:
        for number, cells in enumerate(rows, 1):
            if number > LAST_ROW:
                raise FileProblem(
                    _("Dit Excel-bestand heeft meer dan %(most)s regels.") % {"most": LAST_ROW}
                )
            yield cells
    except FileProblem:
        raise
    except Exception as error:
        raise FileProblem(_("Dit Excel-bestand is beschadigd.")) from error


def _as_line(
    number: int, columns: Sequence[str], fields: Sequence[str | None], cells: Sequence[Any]
) -> Iterator[Line]:
    if not any(cell is not None and str(cell).strip() for cell in cells):
        return
    if len(cells) > len(columns) and any(str(cell or "").strip() for cell in cells[len(columns) :]):
        yield Line(
            number,
            problem=_("heeft %(cells)s kolommen, de kop %(columns)s")
            % {"cells": len(cells), "columns": len(columns)},
        )
        return
    raw = {
        column or f"kolom {place}": _plain(cell)
        for place, (column, cell) in enumerate(zip(columns, cells, strict=False), 1)
        if cell is not None
    }
    values = {name: cell for name, cell in zip(fields, cells, strict=False) if name}
    yield Line(number, values, raw)


def _check_columns(columns: Sequence[str]) -> list[str | None]:
    fields = [find_field(column) for column in columns]
    if missing := [name for known, name in REQUIRED.items() if known not in fields]:
        found = ", ".join(column.strip()[:40] for column in columns[:20] if column.strip())
        raise FileProblem(
            _("Kolom %(missing)s ontbreekt. Gevonden kolommen: %(found)s.")
            % {"missing": " en ".join(missing), "found": found}
        )
    for known in set(fields) - {None}:
        if fields.count(known) > 1:
            twice = [column for column, name in zip(columns, fields, strict=True) if name == known]
            raise FileProblem(
                _("De kolommen %(twice)s betekenen hetzelfde; laat er één.")
                % {"twice": " en ".join(twice)}
            )
    return fields


def _known(columns: Sequence[str]) -> set[str]:
    return {name for column in columns if (name := find_field(column))}


def _plain(cell: Any) -> Any:
    """A spreadsheet cell as JSON can keep it."""
    return cell.isoformat() if isinstance(cell, datetime | date | time) else cell
