"""What an answer must be before it goes out: not empty, not too long, signed by a person."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from monitoring.platforms.base import LengthRule
from webcare.organisation.models import Person

_LINK = re.compile(r"https?://\S+")
_LEADING_HANDLES = re.compile(r"^(?:@\S+\s+)+")
# Platforms leave out the server of a handle, or add it.
_HANDLE = re.compile(r"(?<![\w/@])@([\w.-]*\w)(?:@[\w.-]+\w)?")


def sign(text: str, person: Person) -> str:
    """Return the text ending in the person's initials (`^SG`), added where they are missing."""
    text = text.strip()
    signature = f"^{person.initials}"
    return text if text.endswith(signature) else f"{text} {signature}"


def count_length(text: str, rule: LengthRule, handle: str = "") -> int:
    """Count as the platform does; `handle` is the addressee's, put before a public answer."""
    if rule.url_length is not None:
        text = _LINK.sub("x" * rule.url_length, text)
    address = f"@{handle.lstrip('@')} " if handle else ""
    if address and text.lower().startswith(address.lower().strip()):
        address = ""
    return len(unicodedata.normalize("NFC", address + text))


def check_text(text: str, rule: LengthRule | None, handle: str = "") -> None:
    """Raise `ValidationError` in words that say what to do next."""
    if not re.sub(r"\^\w{1,5}\s*$", "", text).strip():
        raise ValidationError({"text": _("Schrijf eerst een antwoord.")})
    if rule is not None and (length := count_length(text, rule, handle)) > rule.limit:
        raise ValidationError(
            {
                "text": _(
                    "Dit antwoord telt %(length)s tekens; op dit platform passen er %(limit)s. "
                    "Kort het in met %(excess)s tekens."
                )
                % {"length": length, "limit": rule.limit, "excess": length - rule.limit}
            }
        )


def same_text(ours: str, theirs: str) -> bool:
    """Is `theirs` our text as a platform gives it back: another handle in front, other spaces?"""
    return _bare(ours) == _bare(theirs)


def _bare(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    text = _HANDLE.sub(lambda found: f"@{found[1].lower()}", text)
    return _LEADING_HANDLES.sub("", text + " ").strip()
