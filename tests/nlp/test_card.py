"""The card and the register entry say what the evaluation found, and nothing else."""

import json
from dataclasses import replace

import pytest

from nlp.card import OWN_FIELDS, missing_fields, model_card, register_entry
from nlp.evaluation import report_on
from nlp.posts import read_posts

from .test_commands import run


@pytest.fixture(scope="module")
def report(model, corpus_dir):
    return report_on(model, [post for post in read_posts(corpus_dir) if post.split == "test"])


def test_the_card_holds_the_figures_of_the_evaluation(report, model) -> None:
    card = model_card(report, model.meta)
    for name, head in report.as_dict()["heads"].items():
        assert f"| {name} | {head['f1']:.3f} |" in card
    assert card.count("\n| themes | ") == len(report.groups[2].labels) + 1
    assert model.name in card


def test_the_card_tells_how_texts_by_strangers_are_read(report, model) -> None:
    card = model_card(replace(report, strangers={"visitor": report}), model.meta)
    intent = report.as_dict()["heads"]["intent"]["f1"]
    assert f"| visitor | {report.posts} | {intent:.3f} (" in card
    assert "strangers" not in model_card(report, model.meta)


def test_the_card_names_labels_it_cannot_vouch_for(report, model) -> None:
    assert "Too few test posts to say" in model_card(report, model.meta)


def test_the_entry_names_what_only_the_municipality_knows(report, model) -> None:
    entry = register_entry(report, model.meta, {"organization": "Gemeente Elzendrecht"})
    assert entry["organization"] == "Gemeente Elzendrecht"
    assert missing_fields(entry) == [name for name in OWN_FIELDS if name != "organization"]
    assert f"{report.posts} niet eerder geziene berichten" in entry["methods_and_models"]
    assert len(entry["description_short"]) <= 200


def test_a_field_that_is_not_the_municipalitys_is_refused(report, model) -> None:
    with pytest.raises(ValueError, match="goal: choose from"):
        register_entry(report, model.meta, {"goal": "alles"})


def test_the_command_writes_both_files(corpus_dir, models_dir, tmp_path) -> None:
    card, register = tmp_path / "card.md", tmp_path / "register.json"
    places = ("--corpus", corpus_dir, "--model", models_dir, "--to", card, "--register", register)
    done = run("model_card", *map(str, places), "--field", "organization=Elzendrecht")
    assert done.returncode == 0, done.stderr
    assert card.read_text(encoding="utf-8").startswith("# Model card")
    assert json.loads(register.read_text(encoding="utf-8"))["organization"] == "Elzendrecht"
    assert b"contact_email" in done.stdout


def test_the_command_refuses_a_field_it_does_not_know(tmp_path) -> None:
    done = run("model_card", "--field", "mood=good")
    assert done.returncode != 0
    assert b"organization" in done.stderr
    assert b"Traceback" not in done.stderr
