"""ZIPs written from front to back, read by the standard library and by Info-ZIP."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from archive import zipping
from archive.bag import Bag, OtherExport
from archive.zipping import Zip

ROOT = Path(__file__).resolve().parent.parent.parent


class Parts:
    """The two files a ZIP grows as."""

    def __init__(self, folder):
        self.paths = (folder / "entries", folder / "directory")

    def open(self, number=0):
        return Zip(*(path.open("ab") for path in self.paths), number)

    @property
    def lengths(self):
        return [path.stat().st_size for path in self.paths]


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path)


def read(path):
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name) for name in bundle.namelist()}


def test_what_is_put_in_is_read_back(parts):
    files = {
        "leeg.txt": b"",
        "kort.txt": b"x",
        "lang/tekst.txt": b"Er is geen ruzie. " * 5000,
        "toeval.bin": random.Random(1).randbytes(20_000),
        "é/ö.txt": "één".encode(),
    }
    bundle = parts.open()
    for name, data in files.items():
        bundle.put(name, data)
    bundle.finish()
    assert read(parts.paths[0]) == files


def test_a_zip_without_entries_is_one(parts):
    parts.open().finish()
    assert read(parts.paths[0]) == {}


def test_only_what_becomes_smaller_is_deflated(parts):
    bundle = parts.open()
    bundle.put("tekst", b"a" * 500)
    bundle.put("toeval", random.Random(2).randbytes(500))
    bundle.put("film", b"a" * 500, squeeze=False)
    bundle.finish()
    with zipfile.ZipFile(parts.paths[0]) as read_back:
        methods = [entry.compress_type for entry in read_back.infolist()]
    assert methods == [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_STORED]


def test_a_long_list_goes_in_by_blocks(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(zipping, "BLOCK", 1000)
    path = tmp_path / "lijst"
    path.write_bytes(b"0123456789abcdef  data/records/x\n" * 3000)
    bundle = parts.open()
    bundle.put("eerst", b"1")
    bundle.put_file("lijst.txt", path)
    bundle.put("daarna", b"2")
    bundle.finish()
    found = read(parts.paths[0])
    assert found == {"eerst": b"1", "lijst.txt": path.read_bytes(), "daarna": b"2"}


def test_more_entries_than_a_plain_zip_counts(parts):
    bundle = parts.open()
    for number in range(66_000):
        bundle.put(str(number), b"%d" % number)
    bundle.finish()
    with zipfile.ZipFile(parts.paths[0]) as read_back:
        assert len(read_back.namelist()) == 66_000
        assert read_back.read("65999") == b"65999"


def test_entries_beyond_four_gigabytes(parts):
    """The first five are a hole in the file, so this costs no room."""
    bundle = parts.open()
    bundle.put("voor", b"ervoor")
    bundle.entries.close()
    bundle.directory.close()
    os.truncate(parts.paths[0], 5 << 30)
    bundle = parts.open(1)
    bundle.put("na", b"erna " * 100)
    bundle.put_file("zelf", Path(__file__))
    bundle.finish()
    assert read(parts.paths[0]) == {
        "voor": b"ervoor",
        "na": b"erna " * 100,
        "zelf": Path(__file__).read_bytes(),
    }


def test_a_zip_that_was_broken_off_goes_on_from_known_lengths(parts):
    bundle = parts.open()
    bundle.put("een", b"een")
    bundle.entries.flush()
    bundle.directory.flush()
    known = parts.lengths
    bundle.put("verloren", b"half geschreven")
    bundle.entries.close()
    bundle.directory.close()
    for path, length in zip(parts.paths, known, strict=True):
        os.truncate(path, length)
    bundle = parts.open(1)
    bundle.put("twee", b"twee")
    bundle.finish()
    assert read(parts.paths[0]) == {"een": b"een", "twee": b"twee"}


def test_another_program_finds_no_fault(parts):
    bundle = parts.open()
    for number in range(50):
        bundle.put(f"map/{number}", b"%d " % number * number)
    bundle.put_file("zelf", Path(__file__))
    bundle.finish()
    path = parts.paths[0].rename(parts.paths[0].with_suffix(".zip"))
    command = [sys.executable, "-m", "zipfile", "--test", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "following enclosed file is corrupted" not in done.stdout


# --- a bag that is killed

FILES = 40_000
WRITES = f"""
import sys
from pathlib import Path
from archive.bag import Bag
bag = Bag(Path(sys.argv[1]), {{"selection": "all"}})
for first in range(bag.state.get("next", 0), {FILES}, 100):
    for at in range(first, first + 100):
        bag.add(f"data/records/{{at}}.json", b'{{"n":%d}}' % at)
        bag.lists["index.csv"].write(b"%d\\n" % at)
    bag.save(next=first + 100)
bag.put("export.txt", bag.close_lists().encode())
bag.finish()
"""


def test_a_bag_killed_again_and_again_becomes_the_same_zip(tmp_path):
    target, chance = tmp_path / "uit.zip", random.Random(4)
    kills = 0
    while not target.exists():
        program = subprocess.Popen([sys.executable, "-c", WRITES, str(target)], cwd=ROOT)
        progress, started = tmp_path / "uit.zip.partial/.progress.json", time.monotonic()
        while not progress.exists() and program.poll() is None and time.monotonic() < started + 60:
            time.sleep(0.005)
        if kills < 12:
            # Less than starting and writing all of it take, on any machine.
            time.sleep(chance.uniform(0, 0.12))
            program.send_signal(signal.SIGKILL)
        kills += program.wait() == -signal.SIGKILL
    assert kills >= 3
    found = read(target)
    assert found["index.csv"] == b"".join(b"%d\n" % at for at in range(FILES))
    lines = found["manifest-sha256.txt"].decode().splitlines()
    assert len(lines) == FILES == sum(name.startswith("data/") for name in found)
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256(found[name]).hexdigest() == digest
    assert found["data/records/39999.json"] == b'{"n":39999}'
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("name", ["uit", "uit.zip"])
def test_a_beginning_that_lost_its_end_is_not_gone_on_with(tmp_path, name):
    bag = Bag(tmp_path / name, {"selection": "all"})
    bag.add("data/records/1.json", b"{}")
    bag.save(next=1)
    os.truncate(bag.folder / "manifest-sha256.txt", 5)
    with pytest.raises(OtherExport, match="lost what was written"):
        Bag(tmp_path / name, {"selection": "all"})
