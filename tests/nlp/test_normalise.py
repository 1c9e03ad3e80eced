import pytest

from nlp.features import canonical
from nlp.normalise import MAX_CHARS, MAX_WORD, normalise


@pytest.mark.parametrize(
    ("received", "kept"),
    [
        ("mail naar jan@voorbeeld.example graag", "mail naar mailadres graag"),
        ("bel 06-12345678 of 020 123 4567", "bel telefoonnummer of telefoonnummer"),
        ("mijn bsn is 123456782", "mijn bsn is burgernummer"),
        ("rekening NL91ABNA0417164300", "rekening rekeningnummer"),
        ("ik woon op 1234 AB", "ik woon op postcode"),
        ("auto 12-ABC-3 staat fout", "auto kenteken staat fout"),
        ("zie https://voorbeeld.example/pad?x=1", "zie http"),
        ("hoi @ria@stad.example", "hoi @iemand"),
        ("@ns_online weer te laat", "@vervoer weer te laat"),
        ("@postnl waar blijft het", "@anderen waar blijft het"),
        ("@belastingdienst help", "@rijk help"),
        ("@postma @vanderbank hoi", "@iemand @iemand hoi"),
        ("@gemeenteDuinrade graag actie", "@gemeente graag actie"),
    ],
)
def test_personal_data_is_masked_before_anything_is_learned(received: str, kept: str) -> None:
    assert normalise(received) == kept


def test_entities_are_read_as_the_signs_they_stand_for() -> None:
    assert normalise("afval &amp; riool") == "afval & riool"


def test_accents_are_composed_and_piles_of_them_cut() -> None:
    assert normalise("cafe\u0301") == "café"
    assert len(normalise("h" + "\u0301" * 5000)) <= 3


def test_what_no_reader_sees_is_taken_out() -> None:
    assert normalise("\u202ehal\u200blo\x00daar\ud800") == "hallo daar\ufffd"


def test_emoji_are_words_of_their_own_without_skin_tone() -> None:
    assert normalise("top👍🏽👏") == "top 👍 👏"


def test_lines_are_kept_apart_and_empty_ones_are_not() -> None:
    assert normalise("Beste,\n\n  \nGroet") == "Beste, ↵ Groet"


def test_a_held_key_and_an_endless_text_are_cut() -> None:
    assert normalise("a" * 1_000_000) == "a" * MAX_WORD
    assert len(normalise("ab " * 1_000_000)) <= MAX_CHARS


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("Zooooo", "zoo"),
        ("ÉÉN", "een"),
        ("#Afval", "afval"),
        ("12b", "0b"),
        ("#", "#"),
        ("👍", "👍"),
    ],
)
def test_a_token_loses_what_varies_by_hand(token: str, word: str) -> None:
    assert canonical(token) == word
