"""Where a passphrase or key comes from: a file, the environment, a terminal; never an option."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from forensics.errors import UsageError

VARIABLE = "AWSLOGS_FORENSICS_KEY"
_MOST = 1 << 16
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="File whose first line is the passphrase or key."),
]


def secret(key_file: Path | None, what: str, *, twice: bool = False) -> str:
    """The first of: first line of the file, the variable, what is typed; never empty.

    Raises UsageError where there is none, or what was typed twice differs.
    """
    if key_file:
        found = _first_line(key_file)
    else:
        found = os.environ.get(VARIABLE) or _typed(what, twice=twice)
    if not found:
        raise UsageError(f"{what}: empty", hint="without one anybody could open it")
    return found


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(_MOST).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        fact = error.strerror if isinstance(error, OSError) else "its first line is not UTF-8"
        raise UsageError(f"{path}: {fact}", hint="check the path") from error


def _typed(what: str, *, twice: bool) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            f"{what}: none given", hint=f"set {VARIABLE}, name a --key-file, or use a terminal"
        )
    first = getpass.getpass(f"{what}: ")
    if twice and getpass.getpass("Again: ") != first:
        raise UsageError("what was typed twice differs", hint="run the command again")
    return first
