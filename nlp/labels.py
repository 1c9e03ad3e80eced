"""The names of everything the machine can say about a text: the one source for every room.

The names are those of the outside contract ("A verdict"); the order is the order of the weight
columns of a trained model, so a change here makes older models unreadable on purpose.
"""

INTENTS: tuple[str, ...] = (
    "question",
    "report",
    "complaint",
    "compliment",
    "opinion",
    "idea",
    "news",
    "other",
)

THEMES: tuple[str, ...] = (
    "waste",
    "cleanliness",
    "roads",
    "traffic",
    "parking",
    "lighting",
    "greenery",
    "nuisance",
    "animals",
    "safety",
    "housing",
    "planning",
    "climate",
    "taxes",
    "documents",
    "income",
    "care",
    "education",
    "events",
    "economy",
    "council",
    "migration",
    "service",
)

TENORS: tuple[str, ...] = ("support", "criticism", "neutral", "mixed")

EMOTIONS: tuple[str, ...] = (
    "anger",
    "indignation",
    "aversion",
    "support",
    "joy",
    "relief",
    "worry",
)

#: Languages told apart; everything else falls to the nearest of these.
LANGUAGES: tuple[str, ...] = (
    "nl",
    "en",
    "de",
    "fr",
    "tr",
    "pl",
    "ar",
    "es",
    "pt",
    "it",
    "ro",
    "uk",
    "bg",
)

#: The language of a text too short to tell (ISO 639-2 "undetermined"); it is read as Dutch.
UNKNOWN_LANGUAGE = "und"

#: Heads that stand alone: one yes/no each.
FLAGS: tuple[str, ...] = ("urgent", "abuse", "about_us")

#: Tenor is learned as two independent heads; mixed is both, neutral is neither.
TENOR_HEADS: tuple[str, ...] = ("support", "criticism")

#: Every column of the weight matrix, by name, in order.
HEADS: tuple[str, ...] = (
    *(f"intent:{name}" for name in INTENTS),
    *(f"theme:{name}" for name in THEMES),
    *(f"tenor:{name}" for name in TENOR_HEADS),
    *(f"emotion:{name}" for name in EMOTIONS),
    *FLAGS,
)
