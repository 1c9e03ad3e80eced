"""What stands around every `manage.py` command: its servers, and errors in one clear line."""

from __future__ import annotations

import sys
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from webcare.running import servers

# These work on files alone, or (run) see to their servers themselves.
NEED_NO_SERVERS: Final = frozenset(
    {
        "bench",
        "classify",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "evaluate",
        "event_types",
        "findstatic",
        "help",
        "makemessages",
        "run",
        "spectacular",
        "startapp",
        "train",
        "version",
    }
)


def needs_servers(arguments: list[str]) -> bool:
    """Whether the command in `sys.argv` form talks to the database or the broker."""
    words = arguments[1:]
    if not words or {"-h", "--help", "--version"} & set(words):
        return False
    return words[0] not in NEED_NO_SERVERS


def main(arguments: list[str]) -> int:
    try:
        if needs_servers(arguments):
            servers.ensure_running(settings.VAR_DIR)
        execute_from_command_line(arguments)
    except (ImproperlyConfigured, servers.ServerError) as error:
        print(f"{error}", file=sys.stderr)
        return 1
    except OperationalError as error:
        if settings.DEBUG:
            raise
        print(f"The database cannot be used: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
