"""What can be played: which texts are heard, and how much of the talk is about the event itself."""

from __future__ import annotations

from dataclasses import dataclass

ORDINARY = ("public_space", "household", "counter", "society", "leisure", "voices")


@dataclass(frozen=True, slots=True)
class Scene:
    """`texts` are the scene's own; `share` the part of new posts that comes from them."""

    summary: str
    texts: str = ""
    share: float = 0.0
    direct: float = 0.15
    articles: tuple[tuple[float, str], ...] = ()


SCENES = {
    "quiet-tuesday": Scene("An ordinary day: lamps, bins, permits, praise and football."),
    "street-closure": Scene(
        "The Lange Drechtstraat is closed overnight for a leaking water main.",
        texts="street_closure",
        share=0.7,
        direct=0.25,
        articles=((0.1, "closure-starts"), (0.7, "closure-shops")),
    ),
    "factory-fire": Scene(
        "Fire at the plastics factory Polydrecht, with smoke over the town and rumours.",
        texts="factory_fire",
        share=0.88,
        direct=0.2,
        articles=((0.05, "fire-breaks-out"), (0.45, "fire-smoke"), (0.9, "fire-out")),
    ),
}
