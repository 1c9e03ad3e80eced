import pytest

import nlp
from nlp.labels import FLAGS

SURE = {
    "lang": "nl",
    "lang_p": 0.99,
    "intent": "question",
    "intent_p": {"question": 0.9, "report": 0.1},
    "tenor": "neutral",
    "tenor_p": {"neutral": 0.8, "criticism": 0.2},
    "themes": [{"theme": "waste", "p": 0.7}],
    "urgent": 0.01,
    "abuse": 0.0,
    "about_us": 0.95,
}


def test_a_verdict_that_is_sure_doubts_nothing() -> None:
    assert nlp.unsure(SURE) == set()


@pytest.mark.parametrize(
    ("changed", "head"),
    [
        ({"intent_p": {"question": 0.4, "report": 0.35}}, "intent"),
        ({"tenor_p": {"neutral": 0.49}}, "tenor"),
        ({"themes": [{"theme": "waste", "p": 0.4}, {"theme": "roads", "p": 0.3}]}, "themes"),
        ({"lang": "und", "lang_p": 0.0}, "lang"),
        ({"lang_p": 0.5}, "lang"),
        ({"urgent": 0.2}, "urgent"),
        ({"abuse": 0.3}, "abuse"),
        ({"about_us": 0.5}, "about_us"),
    ],
)
def test_a_head_below_its_floor_is_named(changed: dict, head: str) -> None:
    assert nlp.unsure(SURE | changed) == {head}


def test_naming_no_theme_is_an_answer() -> None:
    assert nlp.unsure(SURE | {"themes": []}) == set()


def test_only_heads_that_spoke_are_named() -> None:
    assert nlp.unsure({}) == set()


def test_a_verdict_and_its_json_shape_say_the_same(model) -> None:
    for verdict in model.classify(["Hoe laat?", "lamp kapot", "", "Schandalig, drie weken!"]):
        assert nlp.unsure(verdict) == nlp.unsure(verdict.as_dict())
        assert nlp.unsure(verdict) <= {"intent", "tenor", "themes", "lang", *FLAGS}
