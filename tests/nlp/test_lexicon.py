import pytest

from nlp.features import CORE, TONE, TOPIC, class_features
from nlp.labels import THEMES
from nlp.lexicon import FOLDER, Lexicon, lexicon


def _lexicon(folder, **files: str) -> Lexicon:
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return Lexicon(folder)


def test_the_longest_of_overlapping_core_entries_holds(tmp_path) -> None:
    made = _lexicon(tmp_path, core_a="[economy]\n*winkel\n\n[service]\ngemeentewinkel*\n")
    assert made.classes("boekwinkel") == {"core.economy"}
    assert made.classes("gemeentewinkel") == {"core.service"}


def test_both_parts_of_a_compound_tell_their_theme(tmp_path) -> None:
    made = _lexicon(tmp_path, core_a="[education]\nschool*\n\n[greenery]\n*tuin\n")
    assert made.classes("schooltuin") == {"core.education", "core.greenery"}


def test_a_word_of_nothing_loses_its_hints_but_not_its_manner(tmp_path) -> None:
    made = _lexicon(
        tmp_path,
        core_a="[none]\ngeweldig*\n\n[safety]\ngeweld*\n",
        themes="[safety]\ngeweld*\n",
        feelings="[positive]\ngeweldig*\n",
    )
    assert made.classes("geweldige") == {"feelings.positive"}
    assert made.classes("geweldpleging") == {"core.safety", "themes.safety"}


def test_a_phrase_keeps_every_class_it_is_listed_under(tmp_path) -> None:
    made = _lexicon(tmp_path, says="[sarcasm]\nlekker_dan\n\n[chat]\nlekker_dan\n")
    assert made.phrases[("lekker", "dan")] == {"says.sarcasm", "says.chat"}


def test_a_phrase_of_four_words_is_refused_with_its_file(tmp_path) -> None:
    with pytest.raises(ValueError, match="een_twee_drie_vier is no phrase"):
        _lexicon(tmp_path, says="[chat]\neen_twee_drie_vier\n")


def test_every_kind_of_class_has_its_block() -> None:
    found = class_features(["core.waste", "says.asks", "themes.waste"])
    assert [block for block, _ in found] == [CORE, TONE, TOPIC]


@pytest.mark.parametrize(
    ("word", "theme"),
    [
        ("verpleeghuizen", "care"),
        ("leerplichtambtenaar", "education"),
        ("hondenbelasting", "taxes"),
        ("toeristenbelasting", "taxes"),
        ("parkeergarage", "parking"),
        ("laadpaal", "climate"),
        ("straatlantaarns", "lighting"),
    ],
)
def test_compounds_of_town_life_are_known_by_their_theme(word: str, theme: str) -> None:
    assert f"core.{theme}" in lexicon().classes(word)


def test_every_core_section_is_a_theme_or_nothing() -> None:
    sections = {
        line.strip("[]\n")
        for path in FOLDER.glob("core_*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("[")
    }
    assert sections == {*THEMES, "none"}
