"""What comes out of the room: a verdict, or a clear reason why there is none."""

from dataclasses import dataclass
from typing import Any


class ModelMissing(RuntimeError):
    """No trained model where one was looked for. Nothing is trained silently."""


@dataclass(frozen=True, slots=True)
class Place:
    """A named spot in the text.

    `start` and `end` count Unicode code points in the text as received (Python indices), so
    `received[start:end] == text`. A browser counts UTF-16 units: convert before highlighting.
    `kind` is what the gazetteer says, or "street", "square", … when only the word's form told.
    """

    text: str
    start: int
    end: int
    kind: str

    def as_dict(self) -> dict[str, Any]:
        return {"text": self.text, "start": self.start, "end": self.end, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A suggestion to people. Every probability lies in 0…1 and is calibrated.

    `themes` holds (theme, p) of the themes above their own threshold, likeliest first.
    `intent_p` and `tenor_p` each sum to one. `lang` is ISO 639-1, or "und" when under three words.
    `model` names the model that spoke, so that a label can always be traced to it.
    """

    lang: str
    lang_p: float
    intent: str
    intent_p: dict[str, float]
    themes: tuple[tuple[str, float], ...]
    tenor: str
    tenor_p: dict[str, float]
    emotions: dict[str, float]
    urgent: float
    abuse: float
    about_us: float
    places: tuple[Place, ...]
    model: str

    def as_dict(self) -> dict[str, Any]:
        """The verdict in the JSON shape of the outside contract."""
        return {
            "lang": self.lang,
            "lang_p": self.lang_p,
            "intent": self.intent,
            "intent_p": self.intent_p,
            "themes": [{"theme": theme, "p": p} for theme, p in self.themes],
            "tenor": self.tenor,
            "tenor_p": self.tenor_p,
            "emotions": self.emotions,
            "urgent": self.urgent,
            "abuse": self.abuse,
            "about_us": self.about_us,
            "places": [place.as_dict() for place in self.places],
            "model": self.model,
        }


@dataclass(frozen=True, slots=True)
class Rejected:
    """A text that could not be judged; the stream goes on. `reason` holds no text of the post."""

    reason: str

    def as_dict(self) -> dict[str, Any]:
        return {"error": self.reason}
