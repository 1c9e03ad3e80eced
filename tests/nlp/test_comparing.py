import json

from nlp.comparing import HEADS, VARIANTS, as_data, compare, comparison_table


def test_every_way_is_held_against_the_same_test_part(corpus_dir, models_dir) -> None:
    found = compare(corpus_dir, models_dir, rounds=1, say=lambda line: None)
    assert [(one.way, one.head) for one in found] == [
        (way, head) for way in ("ours", *VARIANTS) for head in HEADS
    ]
    assert all(one.low <= one.f1 <= one.high for one in found)
    assert len(comparison_table(found).splitlines()) == len(found) + 2
    assert json.loads(json.dumps(as_data(found)))[0]["way"] == "ours"
