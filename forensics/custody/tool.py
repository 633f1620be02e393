"""What this program is, down to its bytes, and on whose behalf it runs."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import socket
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import forensics
import parsers

BUILT_ON = ("duckdb", "pyarrow", "msgspec", "isal", "numpy", "zstandard")


@cache
def tool_sha256() -> str:
    """SHA-256 over the name and SHA-256 of every file of the program, in order of their names."""
    whole = hashlib.sha256()
    for package in (forensics, parsers):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = path.relative_to(root.parent).as_posix()
                whole.update(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()


def versions() -> dict[str, str]:
    """Of the program, of Python, and of the libraries that read and write evidence."""
    found = {
        "awslogs-forensics": forensics.__version__,
        "python": platform.python_version(),
        "tool_sha256": tool_sha256(),
    }
    for name in BUILT_ON:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pragma: no cover - vendored without metadata
            found[name] = "unknown"
    return found


def user() -> str:
    """The account on this machine; its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def host() -> str:
    """The machine."""
    return socket.gethostname()
