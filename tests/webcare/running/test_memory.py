"""What a program of the desk holds in memory that it never uses, five others hold too."""

from __future__ import annotations

import subprocess
import sys

import pytest

from webcare.env import BASE_DIR

SETUP = "import sys, django; django.setup(); import {module}; print(*sys.modules)"
HEAVY = {"spacy", "sklearn", "scipy", "openpyxl"}


@pytest.mark.parametrize("module", ["webcare.urls", "webcare.asgi", "webcare.worker"])
def test_a_program_that_reads_no_posts_does_not_load_the_machine(module: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", SETUP.format(module=module)],
        cwd=BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert HEAVY & set(loaded.stdout.split()) == set()
