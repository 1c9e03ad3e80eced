"""What is erased is gone from every file of the database, not only from its tables."""

from __future__ import annotations

import json

import pytest

from archive import verifier
from tests.running_desk import Desk


@pytest.mark.run
def test_erased_bytes_are_in_no_file_of_the_database(tmp_path, capsys):
    desk = Desk(tmp_path / "var")
    try:
        done = desk.python("-m", "tests.webcare.records.erasing_program", str(tmp_path / "uit"))
    finally:
        desk.stop()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert all(told["before"].values()), "the words were never in the files, so this proves nothing"
    assert not any(told["after"].values()), told["after"]
    assert "alles klopt" in told["said"]
    assert verifier.main([str(tmp_path / "uit")]) == 0
    assert capsys.readouterr().out.count("inhoud gewist op") == 3
