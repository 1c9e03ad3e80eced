"""How personal data in each kind of record is erased. No kind exists without a statement here.

The record itself holds none: its header has ids, times, the kind and *salted* hashes. Everything a
person could be known from is in the content. Content and salt are removed together; after that
the remaining hash can no longer be compared with anything, and header, hash and control number
still prove that something was registered, when, and under which attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from archive.models import Kind

STATEMENTS: Final[Mapping[Kind, str]] = {
    Kind.INCOMING: (
        "Words, handle, name, place and media addresses of a resident are in the content; it goes "
        "with its salt when the retention term of the conversation ends or a request under the "
        "AVG is granted. The header keeps no platform id, handle or address."
    ),
    Kind.OWN_POST: (
        "Our own words, kept for good (selection list 20.1.2). What they repeat of a resident is "
        "in the content only, which can go with its salt when a request under the AVG is granted; "
        "colleagues appear by id and initials."
    ),
    Kind.EDIT: (
        "The words after an edit are in the content, which goes together with that of the message "
        "it changes."
    ),
    Kind.DELETION: (
        "Says that a message was deleted and when it was seen, no words; ids of the platform are "
        "in the content, which goes together with that of the deleted message."
    ),
    Kind.ERASURE: (
        "Says which record lost its content, when and on what ground; colleagues appear by number. "
        "No words, so nothing in it has to go."
    ),
}
