"""`python -m webcare.demo`: the demo town, from the command line."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from webcare.demo.journal import JournalBroken
from webcare.demo.scenes import SCENES
from webcare.demo.server import PortTaken, check_port, found_town, serve
from webcare.demo.texts import TextsBroken
from webcare.demo.town import DEFAULT_PORT, TOWN_NAME

DEFAULT_LIMIT = 7_500


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m webcare.demo",
        description=f"{TOWN_NAME}: a town of invented residents behind a Mastodon client API.",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--state", type=Path, help="folder that keeps the town; else in memory")
    parser.add_argument("--seed", type=int, default=1, help="what chance follows from")
    parser.add_argument("--rate", type=float, default=0.0, help="posts a second by itself")
    parser.add_argument("--scene", choices=sorted(SCENES), default="quiet-tuesday")
    parser.add_argument(
        "--limit",
        type=int,
        default=DEFAULT_LIMIT,
        help="API calls per token in five minutes (Mastodon: 300; 0: none; default: %(default)s)",
    )
    parser.add_argument("--base-url", help="public address, where it differs from host and port")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    return parser.parse_args()


def main() -> int:
    asked = _options()
    base = (asked.base_url or f"http://{asked.host}:{asked.port}").rstrip("/")
    try:
        check_port(asked.host, asked.port)
        town = found_town(asked.state, base, seed=asked.seed, limit=asked.limit)
    except PortTaken as error:
        print(
            f"The town cannot listen on {error}. Choose another --port.",
            file=sys.stderr,
        )
        return 1
    except (JournalBroken, TextsBroken) as error:
        print(f"The town's memory cannot be read: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The town cannot keep its state: {error}", file=sys.stderr)
        return 1
    if not asked.quiet:
        print(
            f"{TOWN_NAME} talks at {base} ({len(town.world.ids)} posts so far)",
            flush=True,
        )
    asyncio.run(serve(town, asked.host, asked.port, scene=asked.scene, rate=asked.rate))
    sys.stdout.flush()
    # The server's own threads may outlive the interpreter by a moment and then abort the process
    # (seen as exit -6). The journal is closed by now, so there is nothing left to tidy up.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
