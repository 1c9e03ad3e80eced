from django.apps import AppConfig
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured


class ArchiveConfig(AppConfig):
    name = "archive"

    def ready(self) -> None:
        register(check_key)


def check_key(**_: object) -> list[Error]:
    """A weak key stops every command at its start, not the first message at noon."""
    from archive.keys import current_key
    from archive.signing import signing_keys

    try:
        current_key()
        signing_keys()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="archive.E001")]
    return []
