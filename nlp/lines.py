"""The line protocol of `classify`: JSON lines in, JSON lines out, as fast as they come.

Every line in gives exactly one line out, in order. What has arrived is answered at once, so the
same code serves a file of a million lines and a person typing one.
"""

import json
from collections.abc import Iterator
from io import BufferedIOBase
from typing import Any, BinaryIO

import orjson

from nlp.model import Model
from nlp.verdicts import Rejected

#: Bytes asked for at a time; a pipe gives what it has.
CHUNK = 1 << 18
#: Bytes kept of one line; a longer one is refused whole, so memory stays bounded.
MAX_LINE = 64 << 20

Line = tuple[int, bytes | None]


def classify_lines(source: BinaryIO, sink: BinaryIO, model: Model) -> int:
    """Answer every line of `source` on `sink`; returns how many could not be classified."""
    bad = 0
    for lines in read_lines(source):
        read = [_text(content) for _, content in lines]
        texts = [text for text in read if isinstance(text, str)]
        verdicts = model.classify(texts)
        for (number, _), text in zip(lines, read, strict=True):
            verdict = next(verdicts) if isinstance(text, str) else text
            answer = verdict.as_dict()
            if isinstance(verdict, Rejected):
                bad += 1
                answer = {"error": f"line {number}: {verdict.reason}", "line": number}
            sink.write(orjson.dumps(answer) + b"\n")
        sink.flush()
    return bad


def read_lines(source: BinaryIO) -> Iterator[list[Line]]:
    """Numbered complete lines as they arrive, many at a time; None for a line over MAX_LINE."""
    number, held, size = 0, [], 0
    read = source.read1 if isinstance(source, BufferedIOBase) else source.read
    while chunk := read(CHUNK):
        *whole, rest = chunk.split(b"\n")
        lines: list[Line] = []
        for piece in whole:
            size += len(piece)
            held.append(piece)
            number += 1
            lines.append((number, b"".join(held) if size <= MAX_LINE else None))
            held, size = [], 0
        size += len(rest)
        if size <= MAX_LINE:
            held.append(rest)
        else:
            held.clear()
        if lines:
            yield lines
    if size:
        yield [(number + 1, b"".join(held) if size <= MAX_LINE else None)]


def _text(line: bytes | None) -> str | Rejected:
    """The text in a line, or why there is none."""
    if line is None:
        return Rejected(f"longer than {MAX_LINE >> 20} MB")
    if not line.strip():
        return Rejected("empty line")
    try:
        row: Any = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Rejected(f"not UTF-8 at byte {error.start + 1}")
    except (ValueError, RecursionError) as error:
        return Rejected(f"not JSON ({error.__class__.__name__})")
    if not isinstance(row, dict) or "text" not in row:
        return Rejected('no "text" in it')
    if not isinstance(row["text"], str):
        return Rejected(f'"text" must be a string, not {type(row["text"]).__name__}')
    return row["text"]
