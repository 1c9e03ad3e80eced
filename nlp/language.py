"""Which language a text is in, told apart among the few a Dutch town writes in."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from nlp.labels import LANGUAGES, UNKNOWN_LANGUAGE

#: Under this many words a guess is worth nothing: "unknown", read as Dutch, never dropped.
MIN_WORDS = 3
#: Characters a verdict on language needs; more only costs time.
ENOUGH = 600

_WORD = re.compile(r"[^\W\d_]{2,}")
# What masking leaves behind, handles and hashtags are not words of any language.
_NOT_LANGUAGE = re.compile(r"https?://\S+|[@#]\S+|\bhttp\b")


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier


def detect_language(text: str) -> tuple[str, float]:
    """(ISO 639-1 code, probability) of a normalised text; ("und", 0.0) under three words."""
    head = _NOT_LANGUAGE.sub(" ", text[:ENOUGH]).strip().lower()
    if len(_WORD.findall(head)) < MIN_WORDS:
        return UNKNOWN_LANGUAGE, 0.0
    lang, p = _identifier().classify(head)
    return lang, round(float(p), 4)
