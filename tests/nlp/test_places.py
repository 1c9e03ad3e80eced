import pytest

from nlp.places import Gazetteer, find_places

TOWN = Gazetteer(
    [
        ("Dorpsstraat", "street"),
        ("Laan van Meerdervoort", "street"),
        ("Echt", "neighbourhood"),
        ("Wie", "neighbourhood"),
        ("Bus", "neighbourhood"),
        ("Meer", "water"),
        ("Zuiderpark", "park"),
        ("Zwembad De Tobbe", "facility"),
        ("Oosterwijk", "neighbourhood"),
    ]
)


def names(text: str, gazetteer: Gazetteer | None = TOWN) -> list[tuple[str, str]]:
    found = find_places(text, gazetteer)
    assert all(text[place.start : place.end] == place.text for place in found)
    return [(place.text, place.kind) for place in found]


def test_a_known_name_is_found_where_the_reader_sees_it() -> None:
    (place,) = find_places("👍 In de Dorpsstraat is het donker", TOWN)
    assert (place.text, place.start, place.end, place.kind) == ("Dorpsstraat", 8, 19, "street")


@pytest.mark.parametrize(
    "text",
    [
        "Echt belachelijk dit",
        "Wie weet hoe laat het is?",
        "Bus 12 reed weer niet",
        "Meer groen graag",
        "dit is echt niet normaal",
        "ECHT NIET NORMAAL",
    ],
)
def test_everyday_words_are_no_places(text: str) -> None:
    assert names(text) == []


def test_an_everyday_word_with_a_cue_is_a_place() -> None:
    assert names("De lantaarns in Echt zijn kapot") == [("Echt", "neighbourhood")]


@pytest.mark.parametrize("text", ["zwembad de tobbe is dicht", "ZWEMBAD DE TOBBE IS DICHT"])
def test_a_name_of_several_words_needs_no_capitals(text: str) -> None:
    assert [kind for _, kind in names(text)] == ["facility"]


def test_a_name_without_capitals_needs_a_cue() -> None:
    assert names("wonen in oosterwijk is fijn") == [("oosterwijk", "neighbourhood")]


def test_the_longest_name_wins_and_nothing_is_found_twice() -> None:
    assert names("Op de Laan van Meerdervoort 12 ligt glas") == [
        ("Laan van Meerdervoort 12", "street")
    ]


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        ("Gat in de weg op de Berkenlaan", "Berkenlaan", "street"),
        ("Kerkplein 3 staat blank", "Kerkplein 3", "square"),
        ("hoek Burgemeester de Vlugtlaan 12a graag", "Burgemeester de Vlugtlaan 12a", "street"),
        ("Bij de Van Goghstraat ligt glas", "Van Goghstraat", "street"),
        ("lamp stuk in de berkenlaan", "berkenlaan", "street"),
        ("Prins Hendrikkade 4-6 is dicht", "Prins Hendrikkade 4-6", "street"),
    ],
)
def test_a_word_built_like_a_street_is_found_without_a_list(
    text: str, place: str, kind: str
) -> None:
    assert names(text, None) == [(place, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "Het fietspad is kapot",
        "naar de weekmarkt op zaterdag",
        "ik ben onderweg",
        "Fietspad vol gaten",
        "in de supermarkt",
        "weg ermee, we gaan op pad",
    ],
)
def test_common_nouns_with_such_an_ending_are_no_places(text: str) -> None:
    assert names(text, None) == []


def test_a_time_after_a_street_is_no_house_number() -> None:
    assert names("Kerkplein 3 uur vannacht", None) == [("Kerkplein", "square")]
