"""A hook for every interpreter of a run: sockets are forbidden, and what is written is noted.

It is handed over as `sitecustomize`, so that workers have it too. Python tells of everything it
opens and connects to before it does so; the hook writes that down and lets no connection pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOOK = """
import os, sys

_LOG = os.environ["WATCH_LOG"]
_NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo",
            "socket.gethostbyname", "urllib.Request", "http.client.connect", "ftplib.connect")
_CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.chown",
            "os.link", "os.symlink", "os.utime", "os.setxattr", "shutil.move", "shutil.copyfile")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_busy = False

def _note(kind, what):
    global _busy
    _busy = True
    try:
        log = os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(log, f"{kind}\\t{what}\\n".encode("utf-8", "backslashreplace"))
        os.close(log)
    finally:
        _busy = False

def _watch(event, arguments):
    if _busy:
        return
    if event in _NETWORK:
        if event in ("socket.connect", "socket.bind") and arguments[0].family == 1:
            return  # between processes of this machine
        _note("network", f"{event} {arguments[1:]!r}")
        raise OSError(f"{event} is forbidden here")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        _note("open", os.fsdecode(arguments[0]) if not isinstance(arguments[0], int) else "")
    elif event in _CHANGES:
        _note("change", os.fsdecode(arguments[0]) if not isinstance(arguments[0], int) else "")

_note("process", os.getpid())
sys.addaudithook(_watch)
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the interpreters of one command did."""

    processes: set[str]
    network: list[str]
    written: set[Path]


@dataclass(slots=True)
class Watched:
    """Runs commands under the hook; `folder` keeps the hook and what it notes."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "sitecustomize.py").write_text(HOOK)

    def run(self, *words: str, program: str = "") -> tuple[subprocess.CompletedProcess[str], Seen]:
        """A command of this tool, or a program of Python."""
        log = self.folder / "log"
        log.write_text("")
        done = subprocess.run(
            [sys.executable, *(["-c", program] if program else ["-m", "forensics", *words])],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "WATCH_LOG": str(log),
            },
            check=False,
        )
        return done, _seen(log.read_text("utf-8"))


def _seen(log: str) -> Seen:
    notes = [line.split("\t", 1) for line in log.splitlines()]
    return Seen(
        {what for kind, what in notes if kind == "process"},
        [what for kind, what in notes if kind == "network"],
        {Path(what) for kind, what in notes if kind in ("open", "change") and what},
    )
