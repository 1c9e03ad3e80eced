from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.canonical import NotRecordable, read_canonical, write_canonical

any_text = st.text(alphabet=st.characters())  # lone surrogates and NUL included
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(any_text, inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["$int", "$utf16", "$float", "$object"]), inner, max_size=2
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_anything_json_comes_back_exactly_as_it_was_recorded(value):
    assert read_canonical(write_canonical(value)) == value


@given(json_values, json_values)
def test_two_different_values_never_have_the_same_bytes(one, other):
    assert (write_canonical(one) == write_canonical(other)) == (one == other)


def test_the_published_example_of_rfc_8785_gives_its_published_bytes():
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert write_canonical(value).hex() == (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b33333333"
        "33333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e6722"
        "3a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d"
    )


def test_keys_are_ordered_by_their_utf_16_code_units():
    data = write_canonical({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4})
    assert list(read_canonical(data)) == ["1", "\u20ac", "\U0001f600", "\ufb33"]


def test_a_nul_is_recorded_as_an_escape():
    assert write_canonical({"text": "a\0b"}) == b'{"text":"a\\u0000b"}'


def test_a_lone_surrogate_is_recorded_as_its_code_units():
    assert write_canonical({"text": "\ud83d!"}) == b'{"text":{"$utf16":"d83d0021"}}'


def test_a_number_too_large_for_json_is_recorded_as_its_digits():
    assert write_canonical({"id": 1987654321987654321}) == b'{"id":{"$int":"1987654321987654321"}}'


def test_not_a_number_and_infinity_are_recorded_by_name():
    back = read_canonical(write_canonical([math.nan, math.inf, -math.inf]))
    assert math.isnan(back[0])
    assert back[1:] == [math.inf, -math.inf]


def test_content_that_only_looks_like_a_mark_is_not_taken_for_one():
    assert write_canonical({"$int": "5"}) == b'{"$object":[["$int","5"]]}'
    assert write_canonical({"$int": "5"}) != write_canonical(5)


@pytest.mark.parametrize("value", [b"bytes", {1: "number as key"}, {"a": {1, 2}}, object()])
def test_what_is_not_json_is_refused_with_its_type(value):
    with pytest.raises(NotRecordable):
        write_canonical(value)


def test_content_nested_beyond_reason_is_refused_clearly():
    value: list = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotRecordable, match="too deeply"):
        write_canonical(value)
