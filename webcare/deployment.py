"""As what and where this installation runs: read once, for settings and what settings build on."""

from __future__ import annotations

from typing import Final

from webcare.env import BASE_DIR, read_choice, read_int, read_list, read_path, read_url

# A demo brings its own town, keys and servers; production refuses to guess any of them.
MODE: Final = read_choice("MODE", "demo", ("demo", "production"))
DEMO: Final = MODE == "demo"
VAR_DIR: Final = read_path("VAR_DIR", BASE_DIR / "var")
PORT: Final = read_int("PORT", 8000, minimum=1, maximum=65000)
LIVE_PORT: Final = read_int("LIVE_PORT", PORT + 1, minimum=1, maximum=65535)
TOWN_PORT: Final = read_int("TOWN_PORT", PORT + 2, minimum=1, maximum=65535)
# Where the browser finds the websocket; empty: same host as the page, port LIVE_PORT.
LIVE_URL: Final = read_url("LIVE_URL", "", ("ws", "wss"))
ALLOWED_HOSTS: Final = read_list("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
