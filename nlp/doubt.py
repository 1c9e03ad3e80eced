"""Of which heads a verdict had better say "I do not know"."""

from collections.abc import Mapping
from typing import Any, Final

from nlp.labels import UNKNOWN_LANGUAGE
from nlp.verdicts import Verdict

#: Below this probability the label shown is more often wrong than right. Probabilities are
#: calibrated, so no other number is needed for a label that competes with others.
FLOOR: Final = 0.5
#: What a language must reach: a mistake there sends an answer in the wrong one.
LANGUAGE_FLOOR: Final = 0.8
#: Between these a yes/no head neither says no with a clear voice nor yes. Urgent and abuse begin
#: low: there a miss costs more than a look.
BANDS: Final[Mapping[str, tuple[float, float]]] = {
    "urgent": (0.1, 0.5),
    "abuse": (0.1, 0.5),
    "about_us": (0.3, 0.7),
}


def unsure(verdict: Verdict | Mapping[str, Any]) -> set[str]:
    """The heads the machine is not sure of: "intent", "tenor", "themes", "lang" and the flags.

    Takes a verdict or its JSON shape; heads that are not in it are left out. "themes" is unsure
    when none of the themes it names is likelier than not; naming none is an answer.
    """
    said = verdict.as_dict() if isinstance(verdict, Verdict) else verdict
    found = {
        head
        for head in ("intent", "tenor")
        if head in said and said.get(f"{head}_p", {}).get(said[head], 0) < FLOOR
    }
    themes = said.get("themes")
    if themes and max(theme["p"] for theme in themes) < FLOOR:
        found.add("themes")
    if said.get("lang") == UNKNOWN_LANGUAGE or said.get("lang_p", 1) < LANGUAGE_FLOOR:
        found.add("lang")
    found |= {head for head, (low, high) in BANDS.items() if low <= said.get(head, 0) < high}
    return found
