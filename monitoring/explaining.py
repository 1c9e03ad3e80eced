"""What a platform did to us, in Dutch, for whoever has to do something about it.

Adapters speak English to logs and developers. Here stands what it means for a colleague and what to
do next; what is not listed is shown in the adapter's own words.
"""

from __future__ import annotations

import re
from typing import Final

from monitoring.platforms.base import PlatformError

_EXPLANATIONS: Final = tuple(
    (re.compile(pattern, re.DOTALL), dutch)
    for pattern, dutch in (
        (
            r"(\S+) gives a web page here, not a feed; it names this feed: (\S+)",
            r"\1 geeft hier een webpagina, geen feed. Probeer \2",
        ),
        (
            r"(\S+) gives a web page here, not a feed.*",
            r"\1 geeft hier een webpagina, geen feed. Zoek op die pagina naar RSS of Atom",
        ),
        (
            r"(\S+) gives (?:a feed that cannot be read|something here that is not a feed)",
            r"wat \1 hier geeft, is geen leesbare feed",
        ),
        (
            r"(\S+) sends more than \d+ bytes",
            r"\1 stuurt meer dan we aannemen; dit is waarschijnlijk geen feed",
        ),
        (
            r"(\S+) is not a public address.*",
            r"\1 is geen openbaar adres; alleen openbare adressen mogen",
        ),
        (r"the name (\S+) is not known.*", r"het adres \1 bestaat niet. Klopt de spelling"),
        (r"only http and https addresses.*", r"een adres begint met https:// of http://"),
        (r"an address may not hold.*", r"een adres mag geen gebruikersnaam of wachtwoord bevatten"),
        (r"this is not a usable address", r"dit is geen bruikbaar adres"),
        (
            r"(\S+) must be reached over (?:https|an encrypted stream)",
            r"\1 is alleen over een beveiligde verbinding (https) te gebruiken",
        ),
        (
            r"(\S+) redirects (?:more than \d+ times|to no usable address)",
            r"\1 stuurt steeds door en komt nergens uit",
        ),
        (r"the server has moved.*", r"de server is verhuisd; vul het nieuwe adres in"),
        (
            r"the address does not answer as a Mastodon server",
            r"op dit adres antwoordt geen Mastodon-server",
        ),
        (
            r"(\S+) answers (?:404|410)\b.*",
            r"op dit adres bij \1 staat niets (meer); kijk of het klopt",
        ),
        (r"(\S+) answers (\d+).*", r"\1 antwoordt met een fout (\2)"),
        (
            r"the text counts (\d+) characters, (\d+) fit",
            r"de tekst telt \1 tekens, er passen er \2",
        ),
    )
)


def explain(error: PlatformError) -> str:
    """The error in one Dutch clause without a full stop, safe to show: no tokens, no content."""
    text = str(error)
    for pattern, dutch in _EXPLANATIONS:
        if found := pattern.fullmatch(text):
            return found.expand(dutch)
    return text
