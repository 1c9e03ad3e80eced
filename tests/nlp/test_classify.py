import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice

import pytest

import nlp
from nlp import labels
from nlp import model as models
from nlp.model import Model


def test_a_verdict_has_the_shape_of_the_contract(model: Model) -> None:
    (verdict,) = model.classify(["Wanneer wordt het grofvuil opgehaald in de Dorpsstraat?"])
    said = json.loads(json.dumps(verdict.as_dict()))
    assert list(said) == [
        *("lang", "lang_p", "intent", "intent_p", "themes", "tenor", "tenor_p", "emotions"),
        *("urgent", "abuse", "about_us", "places", "model"),
    ]
    assert tuple(said["intent_p"]) == labels.INTENTS
    assert tuple(said["tenor_p"]) == labels.TENORS
    assert tuple(said["emotions"]) == labels.EMOTIONS
    assert said["intent"] == max(said["intent_p"], key=said["intent_p"].get)
    assert said["tenor"] == max(said["tenor_p"], key=said["tenor_p"].get)
    assert sum(said["intent_p"].values()) == pytest.approx(1, abs=0.001)
    assert sum(said["tenor_p"].values()) == pytest.approx(1, abs=0.001)
    assert all(0 <= said[flag] <= 1 for flag in labels.FLAGS)
    assert said["places"] == [{"text": "Dorpsstraat", "start": 43, "end": 54, "kind": "street"}]
    assert all(set(theme) == {"theme", "p"} for theme in said["themes"])


def test_themes_come_likeliest_first(model: Model) -> None:
    for verdict in model.classify(["Zwerfvuil en kapotte lantaarn in het park bij de container"]):
        chances = [p for _, p in verdict.themes]
        assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "a" * 1_000_000,
        "\x00" * 1000,
        "hallo\x00daar",
        "\ud800\udfff",
        "مرحبا كيف الحال اليوم",
        "\u202eomgekeerd\u202c",
        "Z" + "\u0334\u0335\u0336" * 20_000,
        "👍" * 5000,
        "?" * 100_000,
        "(" * 50_000,
        "straat " * 50_000,
        "A" + "-1" * 50_000,
        "http://" * 20_000,
        "a@" * 50_000,
        "&amp;" * 50_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_strange_texts_get_a_verdict(model: Model, text: str) -> None:
    (verdict,) = model.classify([text])
    assert isinstance(verdict, nlp.Verdict)


def test_what_is_no_text_is_rejected_in_its_place(model: Model) -> None:
    found = list(model.classify(["hoi", None, 3, "dag"]))  # type: ignore[list-item]
    assert [type(one) for one in found] == [nlp.Verdict, nlp.Rejected, nlp.Rejected, nlp.Verdict]
    assert found[1].as_dict() == {"error": "a text must be a string, not NoneType"}


def test_texts_are_read_as_verdicts_are_asked_for(model: Model) -> None:
    asked = count()
    stream = model.classify(f"bericht {n}" for n in asked)
    assert len(list(islice(stream, 3))) == 3
    assert next(asked) <= models.BATCH + 1


def test_order_survives_batches(model: Model) -> None:
    texts = [f"Kerkplein {n}" for n in range(1, 1200)]
    found = [verdict.places[0].text for verdict in model.classify(texts)]
    assert found == texts


def test_threads_share_one_model(model: Model) -> None:
    texts = [f"Waar is de {word}straat?" for word in ("Berken", "Eiken", "Linden")] * 50
    expected = [verdict.as_dict() for verdict in model.classify(texts)]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: list(model.classify(texts)), range(8)):
            assert [verdict.as_dict() for verdict in found] == expected


def test_words_never_seen_do_not_fill_the_memory(model: Model, monkeypatch) -> None:
    limit = len(model.pipeline.vocab.strings) + 2_000
    monkeypatch.setattr(models, "MAX_STRINGS", limit)
    list(model.classify(f"nieuw{n}woord ander{n}ding" for n in range(4_000)))
    assert len(model.pipeline.vocab.strings) < limit + 2 * models.BATCH


def test_without_a_model_the_command_to_make_one_is_named(tmp_path) -> None:
    with pytest.raises(nlp.ModelMissing, match=r"manage\.py train"):
        Model.load(tmp_path)


def test_the_gazetteer_of_a_municipality_is_used(model: Model) -> None:
    town = nlp.Gazetteer([("De Kuip", "facility")])
    (verdict,) = model.classify(["Rondom De Kuip ligt glas"], gazetteer=town)
    assert [(place.text, place.kind) for place in verdict.places] == [("De Kuip", "facility")]


def test_the_room_knows_no_other_room_and_no_framework() -> None:
    program = (
        "import sys, nlp, nlp.model, nlp.training, nlp.evaluation, nlp.lines, nlp.sources;"
        "bad = {'django', 'celery', 'channels', 'rest_framework', 'webcare', 'monitoring',"
        " 'archive'} & set(sys.modules); sys.exit(repr(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_importing_the_names_loads_no_heavy_part() -> None:
    program = "import sys, nlp; sys.exit('spacy' in sys.modules or 'sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_classifying_needs_no_training_library() -> None:
    program = "import sys, nlp.lines; sys.exit('sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
