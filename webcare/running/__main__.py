"""`python -m webcare.running PROGRAM` becomes that program of the desk.

It ends when its parent does, keeps the embedded servers in use and waits until database and broker
answer before it begins.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def main(name: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
    from webcare.running import privileges, programs

    parent = os.getppid()
    privileges.die_with_parent(signal.SIGTERM)
    if os.getppid() != parent:
        return
    programs.become(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]).name)
