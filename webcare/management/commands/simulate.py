"""`manage.py simulate`: let the demo town talk. Needs a running town, no database."""

from __future__ import annotations

import time
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from webcare.demo.scenes import SCENES
from webcare.deployment import TOWN_PORT

POLL_SECONDS = 0.2


class Command(BaseCommand):
    help = "Plays a town on the demo platform: residents post, argue and react to answers."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--posts", type=int, required=True, help="how many posts")
        parser.add_argument("--rate", type=float, required=True, help="posts a second")
        parser.add_argument("--scene", choices=sorted(SCENES), default="quiet-tuesday")
        parser.add_argument(
            "--direct", type=float, help="share that addresses the municipality, 0 to 1"
        )
        parser.add_argument("--seed", type=int, help="play the same again")
        parser.add_argument(
            "--no-reactions", action="store_true", help="nobody reacts to the desk's answers"
        )
        parser.add_argument(
            "--town", default=f"http://127.0.0.1:{TOWN_PORT}", help="default: %(default)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        order = {name: options[name] for name in ("posts", "rate", "scene", "direct", "seed")}
        order["react"] = not options["no_reactions"]
        town = options["town"].rstrip("/")
        try:
            with httpx.Client(base_url=town, timeout=10, trust_env=False) as client:
                play = self._play(client, order)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CommandError(
                f"The demo town does not answer at {town} ({type(error).__name__}). "
                "Start it with `make run` or `python -m webcare.demo`."
            ) from error
        pace = play["made"] / play["seconds"] if play["seconds"] else 0.0
        self.stdout.write(
            f"{play['made']} posts in {play['seconds']:.1f} s ({pace:.1f}/s), "
            f"{play['addressed']} of them to the municipality"
        )

    def _play(self, client: httpx.Client, order: dict[str, Any]) -> dict[str, Any]:
        """Start the play and follow it to its end; Ctrl-C stops the residents too."""
        play = _answer(client.post("/_town/play", json=order))
        where = f"/_town/play/{play['number']}"
        try:
            with tqdm(total=play["posts"], unit="post", disable=None) as progress:
                while not play["done"]:
                    time.sleep(POLL_SECONDS)
                    play = _answer(client.get(where))
                    progress.update(play["made"] - progress.n)
        except KeyboardInterrupt:
            play = _answer(client.delete(where))
        if play["error"]:
            raise CommandError(f"The town stopped talking: {play['error']}")
        return play


def _answer(response: httpx.Response) -> dict[str, Any]:
    """Return the town's JSON. Raises CommandError with the town's own words when it refuses."""
    try:
        content = response.json()
    except ValueError:
        content = None
    if response.is_success and isinstance(content, dict) and "made" in content:
        return content
    told = content.get("error") if isinstance(content, dict) else None
    raise CommandError(
        f"The town refused: {told}"
        if told
        else f"{response.request.url} is not a demo town (answer {response.status_code})"
    )
