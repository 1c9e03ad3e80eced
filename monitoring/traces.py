"""Says of an error what may be logged: its kind and where, never what it says.

The words of an error may hold what somebody wrote (a row PostgreSQL refuses, a text a library
chokes on), and logs are kept by others and for longer.
"""

from __future__ import annotations

import traceback
from pathlib import PurePath

SHOWN = 4


def describe_trace(error: BaseException) -> str:
    """Return e.g. `KeyError at collecting.py:83 < pipeline.py:40`, the innermost place first."""
    frames = traceback.extract_tb(error.__traceback__)[-SHOWN:]
    places = " < ".join(f"{PurePath(one.filename).name}:{one.lineno}" for one in reversed(frames))
    return f"{type(error).__name__} at {places}"
