"""Every platform the program knows. Adding one adds its folder and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from monitoring.platforms.base import Capabilities, Config, PermanentError
from monitoring.platforms.mastodon import adapter as mastodon
from monitoring.platforms.mastodon.config import MastodonConfig
from monitoring.platforms.rss import adapter as rss

NOTHING = Capabilities()


class UnknownPlatform(KeyError):
    """No platform has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


class NoConfig(Config):
    """Platforms that people enter by hand or import have nothing to set."""


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform: its name in data, its names on screen, its settings and how to reach it."""

    name: str
    label: str
    label_en: str
    config: type[Config] = NoConfig
    capabilities: Capabilities = NOTHING
    adapter: Callable[..., Any] | None = None

    @property
    def offline(self) -> bool:
        """Whether posts only come in by hand or by import."""
        return self.adapter is None

    def make(self, config: Config, *, allow: frozenset[str] = frozenset()) -> Any:
        """An adapter for one account or source; call its `close()` when done.

        `allow` lists what may be reached although it is not public (`host:port` or networks).
        Raises PermanentError for an offline platform or an address that is refused, TypeError
        for another platform's settings.
        """
        if self.adapter is None:
            raise PermanentError(f"{self.name} is entered by hand or imported")
        if not isinstance(config, self.config):
            raise TypeError(f"{self.name} takes {self.config.__name__}")
        return self.adapter(config, allow=allow)


PLATFORMS: dict[str, Platform] = {
    platform.name: platform
    for platform in (
        Platform(
            "mastodon",
            "Mastodon",
            "Mastodon",
            MastodonConfig,
            mastodon.CAPABILITIES,
            mastodon.MastodonAdapter,
        ),
        Platform("rss", "RSS-feed", "RSS feed", rss.RssConfig, rss.CAPABILITIES, rss.RssAdapter),
        Platform("newspaper", "Krant", "Newspaper"),
        Platform("street", "Op straat", "In the street"),
        Platform("meeting", "Bijeenkomst", "Meeting"),
        Platform("phone", "Telefoon", "Phone"),
        Platform("letter", "Brief", "Letter"),
    )
}


def get_platform(name: str) -> Platform:
    """The platform called `name`. Raises UnknownPlatform, a KeyError that names the known ones."""
    try:
        return PLATFORMS[name]
    except KeyError:
        known = ", ".join(PLATFORMS)
        raise UnknownPlatform(f"no platform is called {name!r}; known are {known}") from None
