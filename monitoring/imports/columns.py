"""What a column may be called, in Dutch and English; case, spaces and dashes do not matter."""

from __future__ import annotations

import re
from typing import Final

NAMES: Final[dict[str, str]] = {
    name: field
    for field, names in {
        "text": "text tekst bericht inhoud uiting message",
        "posted_at": "posted_at datum datum_en_tijd tijdstip geplaatst geplaatst_op date",
        "time": "tijd time",
        "author": "author auteur afzender handle author_handle gebruiker",
        "author_name": "author_name naam name naam_auteur",
        "followers": "followers author_followers volgers",
        "url": "url link webadres",
        "platform": "platform kanaal bron medium channel source",
        "id": "id kenmerk berichtkenmerk",
        "lang": "lang taal language",
        "in_reply_to": "in_reply_to antwoord_op reactie_op",
        "direct": "direct gericht aan_ons",
        "private": "private prive privé besloten",
        "place": "place plaats locatie wijk",
        "media": "media foto afbeelding bijlage",
    }.items()
    for name in names.split()
}

#: In the order in which a person would look for them.
REQUIRED: Final[dict[str, str]] = {"text": "bericht (of text)", "posted_at": "datum (of posted_at)"}


def find_field(column: object) -> str | None:
    """The field a column means, or None for one that is kept with the raw line only."""
    name = re.sub(r"[\s.\-_]+", "_", str(column or "").strip().lower()).strip("_")
    return NAMES.get(name)
