"""The Chromium of the browser tests: unpacked once from the npm package @sparticuz/chromium.

`npm ci` in this folder brings it; nothing is installed on the machine and nobody needs to be root.
Where the machine lacks the libraries Chromium wants, those of the package are used.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

import brotli
from playwright.sync_api import Browser, Playwright

HERE: Final = Path(__file__).resolve().parent
PACKAGE: Final = HERE / "node_modules" / "@sparticuz" / "chromium"
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
# Archive: where its parts go, relative to the unpacked folder.
ARCHIVES: Final = {"fonts": "fonts", "swiftshader": ".", "al2023": "libraries"}

FONT_SETTINGS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{folder}/fonts-cache</cachedir>
</fontconfig>
"""


def launch(playwright: Playwright, **options: object) -> Browser:
    """A running Chromium for python-playwright; `options` go to its `launch`."""
    return playwright.chromium.launch(
        executable_path=executable(),
        args=list(FLAGS),
        env=environment(),
        **options,  # type: ignore[arg-type]
    )


@cache
def executable() -> Path:
    """Path of a Chromium that runs here; unpacks it first when needed."""
    return _unpacked() / "chromium"


@cache
def environment() -> dict[str, str]:
    """Environment of the browser: its fonts, and its libraries where the machine lacks them."""
    folder = _unpacked()
    values = {**os.environ, "FONTCONFIG_PATH": str(folder / "fonts"), "HOME": str(folder)}
    if not _starts(folder, values):
        values["LD_LIBRARY_PATH"] = str(folder / "libraries" / "lib")
        if not _starts(folder, values):
            raise RuntimeError(
                "Chromium does not start here, with the machine's libraries nor with its own"
            )
    return values


def _starts(folder: Path, values: dict[str, str]) -> bool:
    command = [str(folder / "chromium"), "--no-sandbox", "--headless", "--version"]
    done = subprocess.run(command, env=values, capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def _unpacked() -> Path:
    if not PACKAGE.exists():
        raise RuntimeError(f"Chromium is missing: run `npm ci` in {HERE.name}, or `make test`")
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    target = HERE / "node_modules" / ".chromium" / version
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Aside and renamed when whole: two runs may unpack at once, and one may be cut off.
    draft = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        for name, place in ARCHIVES.items():
            data = brotli.decompress((PACKAGE / "bin" / f"{name}.tar.br").read_bytes())
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                archive.extractall(draft / place, filter="data")
        # The package's own file names folders of another machine.
        (draft / "fonts" / "fonts.conf").write_text(FONT_SETTINGS.format(folder=target))
        program = draft / "chromium"
        _decompress(PACKAGE / "bin" / "chromium.br", program)
        program.chmod(0o755)
        draft.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _decompress(source: Path, target: Path) -> None:
    decompressor = brotli.Decompressor()
    with source.open("rb") as packed, target.open("wb") as file:
        while block := packed.read(1 << 20):
            file.write(decompressor.process(block))
