"""`python -m tests.bench [NAME]`: run the benchmarks, one JSON object per line on standard output.

A benchmark is a module of this folder with `run() -> Iterator[dict]`, each dict at least
`{"bench": str, "value": number, "unit": str}`. They work on servers of their own under var/bench.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import traceback
from pathlib import Path

import tests.bench

REQUIRED = {"bench", "value", "unit"}


def find_names() -> list[str]:
    """Names of the benchmarks: modules of this folder that are neither private nor this one."""
    modules = pkgutil.iter_modules(tests.bench.__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def has_run(name: str) -> bool:
    return hasattr(importlib.import_module(f"tests.bench.{name}"), "run")


def print_figures(name: str) -> None:
    for figure in importlib.import_module(f"tests.bench.{name}").run():
        missing = REQUIRED - figure.keys()
        if missing:
            raise ValueError(f"{name} yields a figure without {', '.join(sorted(missing))}")
        print(json.dumps(figure, ensure_ascii=False), flush=True)


def main(chosen: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
    base = Path(__file__).resolve().parent.parent.parent
    os.environ.setdefault("VAR_DIR", str(base / "var" / "bench"))
    import django
    from django.conf import settings

    from webcare.running import servers

    django.setup()
    names = [name for name in find_names() if has_run(name)]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        print(f"No benchmark {', '.join(unknown)}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    servers.ensure_running(settings.VAR_DIR)
    failed = False
    for name in chosen or names:
        try:
            print_figures(name)
        except Exception:
            # One broken benchmark must not hide the figures of the others.
            traceback.print_exc()
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
