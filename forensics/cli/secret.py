"""Where a passphrase or key comes from: a file, the environment, a terminal; never an option."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from forensics.errors import UsageError

_MOST = 1 << 16
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="File whose first line is the key of an encrypted case."),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="File whose first line is the passphrase."),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A secret: what it is called, and the variable and option that it may come from."""

    what: str
    variable: str
    option: str


CASE_KEY = Asked("key of the case", "AWSLOGS_FORENSICS_KEY", "--key-file")
NEW_KEY = Asked("new key of the case", "AWSLOGS_FORENSICS_NEW_KEY", "--new-key-file")
PASSPHRASE = Asked("passphrase", "AWSLOGS_FORENSICS_PASSPHRASE", "--passphrase-file")


def secret(asked: Asked, file: Path | None, *, twice: bool = False) -> str:
    """The first of: first line of the file, the variable, what is typed; never empty.

    Raises UsageError where there is none, or what was typed twice differs.
    """
    if file:
        found = _first_line(file)
    else:
        found = os.environ.get(asked.variable) or _typed(asked, twice=twice)
    if not found:
        raise UsageError(f"{asked.what}: empty", hint="without one anybody could open it")
    return found


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(_MOST).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        fact = error.strerror if isinstance(error, OSError) else "its first line is not UTF-8"
        raise UsageError(f"{path}: {fact}", hint="check the path") from error


def _typed(asked: Asked, *, twice: bool) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            f"{asked.what}: none given",
            hint=f"set {asked.variable}, name a {asked.option}, or use a terminal",
        )
    first = getpass.getpass(f"{asked.what}: ")
    if twice and getpass.getpass("again: ") != first:
        raise UsageError("what was typed twice differs", hint="run the command again")
    return first
