"""The running town: the world and what surrounds it, handed to every handler."""

from __future__ import annotations

from dataclasses import dataclass

from webcare.demo.gate import Faults, RateLimit
from webcare.demo.player import Player
from webcare.demo.shapes import Shapes
from webcare.demo.streams import Hub
from webcare.demo.world import World

DELETES_PER_PERIOD = 30


@dataclass(slots=True)
class Town:
    world: World
    shapes: Shapes
    hub: Hub
    player: Player
    limit: RateLimit
    delete_limit: RateLimit
    faults: Faults


def open_town(world: World, base: str, *, limit: int = 0, seed: int = 1) -> Town:
    """Surround `world` with streams, residents and limits. `base`: public address, no slash."""
    shapes = Shapes(world, base)
    return Town(
        world=world,
        shapes=shapes,
        hub=Hub(world, shapes),
        player=Player(world, seed),
        limit=RateLimit(limit),
        delete_limit=RateLimit(DELETES_PER_PERIOD if limit else 0),
        faults=Faults(),
    )
