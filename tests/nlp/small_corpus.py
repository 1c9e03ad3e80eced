"""A corpus of a few invented posts, enough to train a model of no quality in a second."""

import json
from pathlib import Path
from typing import Any

#: (text, intent, tenor, themes, emotions)
POSTS: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Wanneer wordt het grofvuil opgehaald?", "question", "neutral", ("waste",), ()),
    ("Hoe laat gaat de milieustraat open op zaterdag?", "question", "neutral", ("waste",), ()),
    ("Waar kan ik mijn paspoort ophalen?", "question", "neutral", ("documents",), ()),
    ("Lantaarnpaal kapot hoek Dorpsstraat", "report", "neutral", ("lighting",), ()),
    ("Er ligt weer zwerfvuil naast de container", "report", "neutral", ("cleanliness",), ()),
    ("Straatlamp brandt niet bij nummer 12", "report", "neutral", ("lighting",), ()),
    (
        "Drie weken geen antwoord, schandalig!",
        "complaint",
        "criticism",
        ("service",),
        ("anger",),
    ),
    ("Niemand belt terug, waardeloze service", "complaint", "criticism", ("service",), ("anger",)),
    ("Top geholpen aan de balie, dank!", "compliment", "support", ("service",), ("joy",)),
    ("Wat is het park mooi geworden 😍", "compliment", "support", ("greenery",), ("joy",)),
    ("Het plan voor het plein is onzin", "opinion", "criticism", ("planning",), ("aversion",)),
    ("Mooi park, jammer van de kosten", "opinion", "mixed", ("greenery", "taxes"), ()),
    ("Idee: zet een bankje in het park", "idea", "neutral", ("greenery",), ()),
    ("Brug drie weken dicht voor onderhoud", "news", "neutral", ("roads",), ()),
    ("Lekker weertje vandaag jongens", "other", "neutral", (), ()),
    ("Kan ik hier met mijn hond los lopen?", "question", "neutral", ("animals",), ()),
)


def post(number: int, split: str, **changed: Any) -> dict[str, Any]:
    """One corpus line as data; `changed` overrides fields."""
    text, intent, tenor, themes, emotions = POSTS[number % len(POSTS)]
    line = {
        "id": f"t{number:04}",
        "text": text,
        "lang": "nl",
        "platform": ("x", "mail", "facebook")[number % 3],
        "intent": intent,
        "tenor": tenor,
        "themes": list(themes),
        "emotions": list(emotions),
        "urgent": number % 8 == 3,
        "abuse": number % 8 == 6,
        "about_us": intent != "other",
        "tags": ["short"],
        "split": split,
    }
    return line | changed


def write_corpus(folder: Path, lines: list[dict[str, Any]] | None = None) -> Path:
    """A corpus folder with `lines`, or with every small post in each split."""
    folder.mkdir(parents=True, exist_ok=True)
    if lines is None:
        size = len(POSTS)
        splits = ("train", "train", "calibration", "test")
        lines = [
            post(number + turn * size, split)
            for turn, split in enumerate(splits)
            for number in range(size)
        ]
        lines[-1]["second"] = {"intent": lines[-1]["intent"], "tenor": "criticism"}
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "part-01.jsonl").write_text(text, encoding="utf-8")
    return folder
