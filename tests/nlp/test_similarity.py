import ast
from pathlib import Path

import numpy as np
import pytest

import nlp
from nlp.similarity import SIZE, Groups, group, key_phrases, likeness, signature

BULKY = (
    "Wanneer wordt het grofvuil opgehaald in de Dorpsstraat?",
    "wanneer word grofvuil opgehaalt dorpsstraat??",
    "Hallo gemeente, weet iemand wanneer in de Dorpsstraat het grofvuil wordt opgehaald",
)
#: Words that would name who wrote a text instead of what it says.
ABOUT_PEOPLE = ("author", "follower", "handle_of", "username", "nickname", "profile", "gender")


def test_a_flood_of_one_question_is_one_group() -> None:
    assert group(BULKY) == [0, 0, 0]


def test_the_same_question_about_something_else_is_another_group() -> None:
    assert group([BULKY[0], "Wanneer wordt het oud papier opgehaald in de Dorpsstraat?"]) == [0, 1]


def test_who_is_addressed_does_not_count() -> None:
    first, second = map(signature, ("@ria lamp kapot Kerkplein", "@piet lamp kapot Kerkplein"))
    assert likeness(first, second) == 1


def test_texts_that_share_only_everyday_words_stay_apart() -> None:
    assert group(["Dat vind ik ook wel", "Ik heb het niet meer zo"]) == [0, 1]


@pytest.mark.parametrize("text", ["", "   ", "👍", "\0", "?!"])
def test_a_text_without_words_is_like_nothing(text: str) -> None:
    assert group([text, text]) == [0, 1]
    assert likeness(signature(text), signature(text)) == 0


def test_a_group_grows_as_texts_come_in() -> None:
    groups = Groups()
    assert groups.add(signature(BULKY[0])) == 0
    assert groups.add(signature("Waar kan ik mijn paspoort ophalen?")) == 1
    assert groups.add(signature(BULKY[1])) == 0


def test_a_group_does_not_drift_from_its_first_text() -> None:
    words = [f"woord{chr(97 + number) * 3}" for number in range(14)]
    texts = [" ".join(words[start : start + 10]) for start in range(5)]
    assert group(texts)[1] == 0
    assert group(texts)[-1] != 0


def test_a_signature_comes_back_from_its_bytes() -> None:
    signed = signature(BULKY[0])
    assert signed.shape == (SIZE,)
    np.testing.assert_array_equal(np.frombuffer(signed.tobytes(), np.uint32), signed)


def test_a_text_of_a_megabyte_is_signed() -> None:
    assert signature("grofvuil " * 120_000).shape == (SIZE,)


def test_key_phrases_are_what_sets_texts_apart() -> None:
    waste = [f"de container in straat {n} is vol, ondergrondse container kapot" for n in range(9)]
    other = [f"het loket in straat {n} is dicht" for n in range(40)]
    phrases = [phrase for phrase, _ in key_phrases(waste, other)]
    assert "ondergrondse container" in phrases
    assert "straat" not in phrases


def test_nothing_sets_a_text_apart_from_its_like() -> None:
    assert key_phrases(BULKY, BULKY) == []


def test_no_function_of_the_room_takes_or_uses_who_wrote_a_text() -> None:
    found = []
    for path in sorted(Path(nlp.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = {
                getattr(node, field, None)
                for field in ("id", "arg", "attr", "name")
                if isinstance(getattr(node, field, None), str)
            }
            if isinstance(node, ast.Constant) and node.value in ABOUT_PEOPLE:
                names.add(node.value)
            found += [
                f"{path.name}: {name}"
                for name in names
                if any(word in str(name).lower() for word in ABOUT_PEOPLE)
            ]
    assert found == []


def test_a_verdict_does_not_change_with_the_name_in_a_text(model) -> None:
    first, second = model.probabilities(
        ["@ria container vol", "@burgemeester_jan container vol"]
    ).heads
    np.testing.assert_array_equal(first, second)
