import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from nlp.labels import LANGUAGES
from nlp.language import detect_language, languages

SENTENCES = {
    "nl": "Wanneer wordt het afval bij ons in de straat opgehaald?",
    "en": "When will the rubbish be collected in our street?",
    "de": "Wann wird der Müll in unserer Straße abgeholt?",
    "fr": "Quand est-ce que les poubelles sont ramassées dans notre rue ?",
    "tr": "Sokağımızdaki çöpler ne zaman toplanacak acaba?",
    "pl": "Kiedy zostaną odebrane śmieci na naszej ulicy?",
    "uk": "Коли заберуть сміття на нашій вулиці?",
    "ar": "متى سيتم جمع القمامة في شارعنا؟",
}


@pytest.mark.parametrize(("lang", "text"), SENTENCES.items())
def test_the_languages_of_a_town_are_told_apart(lang: str, text: str) -> None:
    found, p = detect_language(text)
    assert found == lang
    assert 0.5 < p <= 1


def test_shouted_dutch_is_dutch() -> None:
    assert detect_language("WANNEER WORDT DAT AFVAL NOU OPGEHAALD")[0] == "nl"


@pytest.mark.parametrize(
    "text", ["", "hoi", "👍 👍 👍 👍", "@iemand @iemand http hoi", "12 13 14 15"]
)
def test_under_three_words_the_language_is_unknown(text: str) -> None:
    assert detect_language(text) == ("und", 0.0)


def test_word_by_word_gives_the_answer_of_the_whole_walk() -> None:
    whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    whole.set_languages(LANGUAGES)
    for text, (lang, p) in zip(
        SENTENCES.values(), languages().detect(list(SENTENCES.values())), strict=True
    ):
        expected, expected_p = whole.classify(text.lower())
        assert lang == expected
        assert p == pytest.approx(expected_p, abs=0.1)
