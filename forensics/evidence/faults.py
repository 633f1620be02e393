"""What can be wrong with a case file, each as an error of its own.

* CaseError              1   the file of the case cannot be used
  - CaseMissing          1   it is not there
  - NotACase             1   it is something else
  - CaseTooNew           1   a newer program made it
  - CaseLocked           1   somebody writes it, or reads it while it is to be written
  - DiskFull             1   there is no room for what is to be written
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from forensics.errors import ForensicsError

_HOLDER = re.compile(r"(?:held|open) in\s+(.+?) \(PID (\d+)\)")
_LOCKED = ("set lock", "already open", "being used by another process", "different configuration")
_FULL = ("no space left", "disk quota", "file too large", "not enough space", "out of disk")


class CaseError(ForensicsError):
    """The file of the case cannot be used."""


class CaseMissing(CaseError):
    """There is no file at the path of the case."""


class NotACase(CaseError):
    """The file is no DuckDB database, or one that this program did not make."""


class CaseTooNew(CaseError):
    """The file was made by a newer version of this program or of DuckDB."""


class CaseLocked(CaseError):
    """Another connection holds the file."""


class DiskFull(CaseError):
    """What was to be written does not fit; the last commit stands."""


def explained(error: duckdb.Error, path: Path) -> CaseError | None:
    """The foreseen fault behind an error of DuckDB; None where it is none of them."""
    message = str(error)
    lower = message.lower()
    if any(sign in lower for sign in _LOCKED):
        return _locked(message, path)
    if any(sign in lower for sign in _FULL):
        return DiskFull(
            f"{path}: no room left on the disk",
            hint="make room and run the same command again: what was committed is kept",
        )
    if isinstance(error, duckdb.IOException):
        return _unusable(message, path)
    return None


def _locked(message: str, path: Path) -> CaseLocked:
    holder = _HOLDER.search(message)
    who = f"process {holder[2]} ({holder[1]})" if holder else "another connection"
    if "different configuration" in message:
        who = "this very program"
    return CaseLocked(
        f"{path}: in use by {who}",
        hint="close it there, or wait until it is done: ingest --wait SECONDS does",
    )


def _unusable(message: str, path: Path) -> CaseError:
    if "not a valid DuckDB database" in message:
        return NotACase(
            f"{path}: not a DuckDB database",
            hint="name the .duckdb file that an ingest made, or a new file",
        )
    if "database file with version number" in message:
        return CaseTooNew(
            f"{path}: written in a format that DuckDB {duckdb.__version__} cannot read",
            hint="pip install --upgrade duckdb",
        )
    first = message.removeprefix("IO Error: ").splitlines()[0]
    return CaseError(f"{path}: {first}", hint="check the path and its permissions")
