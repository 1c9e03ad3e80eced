"""Starts a real demo town on a free port, for tests that talk to it over HTTP."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from webcare.demo.town import ACCOUNTS

TOKEN = ACCOUNTS[0].token
START_SECONDS = 30.0
HTTP = httpx.Client(timeout=20, trust_env=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class TownProcess:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, token: str | None = TOKEN) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20, trust_env=False)

    def say(self, text: str, **rest: Any) -> dict[str, Any]:
        """Let a resident say `text`; returns what the town knows of it."""
        response = HTTP.post(f"{self.url}/_town/posts", json={"text": text, **rest})
        response.raise_for_status()
        return dict(response.json())

    def ask(self, path: str, **query: Any) -> Any:
        response = HTTP.get(f"{self.url}/_town/{path}", params=query)
        response.raise_for_status()
        return response.json()

    def order(self, path: str, **body: Any) -> Any:
        response = HTTP.post(f"{self.url}/_town/{path}", json=body)
        response.raise_for_status()
        return response.json()

    def play(self, posts: int, rate: float, **rest: Any) -> dict[str, Any]:
        """Play to the end and return the last report."""
        number = self.order("play", posts=posts, rate=rate, **rest)["number"]
        return wait_for(
            lambda: next(
                (one for one in self.ask("play") if one["number"] == number and one["done"]), None
            )
        )

    def kill(self) -> None:
        """End the process as a power cut for it: no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def wait_for(look: Callable[[], Any], seconds: float = START_SECONDS) -> Any:
    """Return the first true answer of `look`. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise TimeoutError("it did not happen")


@contextlib.contextmanager
def running_town(state: Path | None = None, *options: str) -> Iterator[TownProcess]:
    """Start a town, wait until it answers, and end it afterwards."""
    port = free_port()
    command = [sys.executable, "-m", "webcare.demo", "--quiet", "--port", str(port), *options]
    if state is not None:
        command += ["--state", str(state)]
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)})
    town = TownProcess(port, process)
    try:
        wait_for(lambda: _answers(town))
        yield town
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(town: TownProcess) -> bool:
    if town.process.poll() is not None:
        raise RuntimeError(f"the town ended with {town.process.returncode}")
    try:
        return HTTP.get(f"{town.url}/api/v1/streaming/health").is_success
    except httpx.TransportError:
        return False
