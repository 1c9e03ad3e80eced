"""Trouble with a source is told in Dutch, with what to do next."""

from __future__ import annotations

import pytest

from monitoring.explaining import explain
from monitoring.platforms.base import PermanentError
from monitoring.platforms.rss.adapter import RssAdapter, RssConfig
from tests.webcare.demo.town_process import running_town


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("html", "geeft hier een webpagina, geen feed"),
        ("404", "staat niets (meer)"),
        ("410", "staat niets (meer)"),
        ("endless", "stuurt meer dan we aannemen"),
        ("gzip", "stuurt meer dan we aannemen"),
    ],
)
def test_a_feed_that_is_none_is_explained_in_dutch(tmp_path, broken: str, words: str) -> None:
    with running_town(tmp_path) as town:
        place = town.url.removeprefix("http://")
        config = RssConfig(url=f"{town.url}/krant/broken/{broken}")
        adapter = RssAdapter(config, allow=frozenset([place]))
        with pytest.raises(PermanentError) as refusal:
            adapter.fetch({})
        adapter.close()

    assert words in explain(refusal.value)


def test_what_is_not_listed_keeps_its_own_words() -> None:
    assert explain(PermanentError("something new")) == "something new"
