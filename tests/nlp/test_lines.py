import io
import json

from nlp import lines as protocol
from nlp.lines import classify_lines, read_lines
from nlp.model import Model


def answer(model: Model, given: bytes) -> tuple[int, list[dict]]:
    sink = io.BytesIO()
    bad = classify_lines(io.BufferedReader(io.BytesIO(given)), sink, model)  # type: ignore[arg-type]
    return bad, [json.loads(line) for line in sink.getvalue().splitlines()]


def test_every_line_gets_one_answer_in_order(model: Model) -> None:
    given = "".join(json.dumps({"text": f"Kerkplein {n}"}) + "\n" for n in range(1, 800))
    bad, found = answer(model, given.encode())
    assert bad == 0
    assert [line["places"][0]["text"] for line in found] == [
        f"Kerkplein {n}" for n in range(1, 800)
    ]


def test_a_bad_line_says_which_and_why_and_the_rest_goes_on(model: Model) -> None:
    given = b'{"text": "een"}\nnope\n\n{"text": 3}\n{"t": ""}\n"x"\n{"text": "\xff"}\n{"text": "z"}'
    bad, found = answer(model, given)
    assert bad == 6
    assert [line.get("line") for line in found] == [None, 2, 3, 4, 5, 6, 7, None]
    assert found[1]["error"].startswith("line 2: not JSON")
    assert found[2]["error"] == "line 3: empty line"
    assert found[3]["error"] == 'line 4: "text" must be a string, not int'
    assert found[4]["error"] == 'line 5: no "text" in it'
    assert found[6]["error"] == "line 7: not UTF-8 at byte 11"


def test_a_last_line_without_an_end_counts_and_no_line_is_made_up(model: Model) -> None:
    assert len(answer(model, b'{"text": "a"}\n')[1]) == 1
    assert len(answer(model, b'{"text": "a"}\n{"text": "b"}')[1]) == 2
    assert answer(model, b"") == (0, [])


def test_a_line_past_all_reason_is_refused_without_being_kept(model: Model, monkeypatch) -> None:
    monkeypatch.setattr(protocol, "MAX_LINE", 1 << 20)
    monkeypatch.setattr(protocol, "CHUNK", 1 << 16)
    given = b'{"text": "' + b"a" * (3 << 20) + b'"}\n{"text": "b"}\n'
    bad, found = answer(model, given)
    assert bad == 1
    assert found[0] == {"error": "line 1: longer than 1 MB", "line": 1}
    assert found[1]["lang"] == "und"


def test_lines_are_answered_when_they_arrive() -> None:
    class Slow(io.RawIOBase):
        """A pipe that gives one piece at a time."""

        pieces = [b'{"text": "a"}\n{"te', b'xt": "b"}\n', b""]  # noqa: RUF012

        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            piece = self.pieces.pop(0)
            buffer[: len(piece)] = piece
            return len(piece)

    arrived = list(read_lines(io.BufferedReader(Slow())))
    assert arrived == [[(1, b'{"text": "a"}')], [(2, b'{"text": "b"}')]]


def test_deeply_nested_json_is_a_bad_line(model: Model) -> None:
    bad, found = answer(model, b"[" * 100_000 + b"\n")
    assert bad == 1
    assert "not JSON" in found[0]["error"]
