"""The desk's settings for tests: servers of their own under var/test, one Redis number per run.

Several test runs may share those servers; each takes a number nobody holds and a database with its
process number in the name, so they do not see each other.
"""

import fcntl
import os
from pathlib import Path

_base = Path(__file__).resolve().parent.parent
os.environ.setdefault("VAR_DIR", str(_base / "var" / "test"))
# A test run that the power cut ends is run again; nothing in it must survive.
os.environ.setdefault("EMBEDDED_DURABLE", "false")


def _take_number() -> tuple[int, int]:
    """A number from 1 to 63 that no other run holds, with the descriptor that holds it."""
    folder = Path(os.environ["VAR_DIR"]) / "numbers"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, 64):
        descriptor = os.open(folder / str(number), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return number, descriptor
    raise RuntimeError(
        "63 test runs at once use every number of the test Redis; wait for one to end"
    )


if "REDIS_DB" not in os.environ:
    # Programs that a test starts inherit the number, and with it the queue of this run alone.
    _number, _held = _take_number()
    os.environ["REDIS_DB"] = str(_number)

from webcare.settings import *  # noqa: E402, F403

CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = f"test{os.environ['REDIS_DB']}"  # noqa: F405
# Log-in in tests should cost what it proves, not what it costs an attacker.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]  # noqa: F405
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
