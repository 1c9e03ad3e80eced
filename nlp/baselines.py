"""What a count of lexicon words alone would say: the bar a trained model has to clear."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from nlp.features import canonical, word_classes
from nlp.labels import TENORS, THEMES
from nlp.metrics import Flags
from nlp.normalise import normalise


def guess_by_lexicon(texts: Sequence[str]) -> dict[str, Flags]:
    """Themes with a word in the text, and tenor by which of praise and blame has more words."""
    themes = np.zeros((len(texts), len(THEMES)), np.bool_)
    tenor = np.zeros((len(texts), len(TENORS)), np.bool_)
    for row, text in enumerate(texts):
        counts: Counter[str] = Counter()
        for word in normalise(text).split():
            counts.update(word_classes(canonical(word.strip(".,!?:;()\"'"))))
        for column, theme in enumerate(THEMES):
            themes[row, column] = counts[f"themes.{theme}"] > 1
        praise, blame = counts["feelings.positive"], counts["feelings.negative"]
        if praise and praise == blame:
            said = "mixed"
        else:
            said = "support" if praise > blame else "criticism" if blame else "neutral"
        tenor[row, TENORS.index(said)] = True
    return {"themes": themes, "tenor": tenor}
