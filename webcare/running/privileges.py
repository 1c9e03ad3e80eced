"""Running PostgreSQL, which refuses root, from a program that is root, without opening any folder.

As root the child becomes another user and keeps one capability: to look into folders. So the
checkout may lie under /root or in a private temporary folder, and no permission outside changes.
Where root may not become another user (some containers), a namespace gives it another name.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NOBODY: Final = 65534
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT = 1, 8, 47
PR_CAP_AMBIENT_RAISE: Final = 2
PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP = 28, 1 << 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3: Final = 0x20080522
CLONE_NEWUSER: Final = 0x10000000

_linux = sys.platform.startswith("linux")
# Loaded before any fork: a child between fork and exec must not import or load.
_libc = ctypes.CDLL(None, use_errno=True)


class NoIdentity(RuntimeError):
    """There is no way here to run PostgreSQL; the message says what to do."""


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send us `number` when our parent ends, however it ends (Linux)."""
    if _linux:
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


@dataclass(frozen=True)
class Identity:
    """Whom PostgreSQL runs as: uid and gid own its files, `become` runs in the child."""

    uid: int
    gid: int
    become: Callable[[], None]

    def popen(self, command: list[str], log: int, folder: Path) -> subprocess.Popen[bytes]:
        def prepare() -> None:
            self.become()
            die_with_parent(signal.SIGINT)

        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            process_group=0,
            preexec_fn=prepare,
        )

    def run(self, command: list[str], folder: Path, text: str = "") -> str:
        """Output of a command that must succeed; raises NoIdentity with its last line."""
        try:
            done = subprocess.run(
                command,
                input=text,
                capture_output=True,
                text=True,
                cwd=folder,
                preexec_fn=self.become,
                env={**os.environ, "LC_ALL": "C"},
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NoIdentity(
                f"{Path(command[0]).name} cannot run as user {self.uid}: {error}"
            ) from None
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            raise NoIdentity(f"{Path(command[0]).name} failed: {lines[-1]}")
        return done.stdout


def choose_identity(owned: Path, program: Path) -> Identity:
    """The identity that can run `program` and owns `owned`, a cluster or its future folder."""
    uid, gid = os.geteuid(), os.getegid()
    renamed = Identity(uid, gid, _rename)
    if uid != 0:
        # initdb wants its user to have a name, which containers with a number of their own lack.
        return Identity(uid, gid, _stay) if _has_name(uid) else renamed
    found = owned.stat()
    if (owned / "PG_VERSION").exists():
        # A cluster's files have an owner already, and only that owner's way can read them.
        ways = [another_user(found.st_uid, found.st_gid) if found.st_uid else renamed]
    else:
        owner = found.st_uid if found.st_uid and _has_name(found.st_uid) else NOBODY
        ways = [another_user(owner, found.st_gid if owner != NOBODY else NOBODY), renamed]
    reasons = []
    for way in ways:
        try:
            # Unlike `postgres --version`, this fails where programs cannot find each other.
            way.run([str(program.with_name("initdb")), "--show", "-D", str(owned)], owned)
        except NoIdentity as error:
            reasons.append(str(error))
        else:
            return way
    raise NoIdentity(
        "PostgreSQL does not run as root, and this machine lets root "
        f"neither become another user nor make a namespace ({'; '.join(reasons)}). "
        "Run as an ordinary user, or set DATABASE_URL."
    )


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def _capability_to_look() -> int | None:
    """The narrowest capability we have that lets a child look into folders of others."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return None
    held = int(
        next(line for line in status.splitlines() if line.startswith("CapPrm:")).split()[1], 16
    )
    return next((cap for cap in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if held >> cap & 1), None)


def another_user(uid: int, gid: int) -> Identity:
    """The user `uid`, who may look into every folder but write only in its own."""
    capability = _capability_to_look() if _linux else None

    def become() -> None:
        if capability is not None:
            _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
            # PostgreSQL looks for its own programs with access(2), which otherwise leaves out what
            # the capability allows.
            _libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
        os.setgroups([])
        os.setresgid(gid, gid, gid) if hasattr(os, "setresgid") else os.setgid(gid)
        os.setresuid(uid, uid, uid) if hasattr(os, "setresuid") else os.setuid(uid)
        if capability is not None:
            bit = 1 << capability
            sets = (_Sets * 2)(_Sets(bit, bit, bit), _Sets(0, 0, 0))
            _libc.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), sets)
            # Refused by some sandboxes; the exec that follows then says whether it was needed.
            _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)

    return Identity(uid, gid, become)


def _stay() -> None:
    """Remain who we are."""


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _rename() -> None:
    """Be called nobody in a user namespace, and remain who we are towards every file."""
    uid, gid = os.geteuid(), os.getegid()
    if not _linux or _libc.unshare(CLONE_NEWUSER):
        raise OSError("no user namespace")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {uid} 1"),
        ("gid_map", f"{NOBODY} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
