"""The journal of those who read a case: a hash-chained file beside it, only ever appended to.

Whoever reads must not need to write the case, nor wait for others who read: so what they did is
kept in `CASE.journal`, one line of canonical JSON for each command, sealed like the journal inside.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forensics.custody.clock import now
from forensics.errors import ForensicsError
from forensics.evidence.journal import NO_HASH

_TAIL = 1 << 16  # bytes looked at for the last line; longer lines are looked for in all of it
_OWNER_ONLY = 0o600


class JournalUnwritable(ForensicsError):
    """What is done cannot be written down."""


def journal_path(db: str | os.PathLike[str]) -> Path:
    """The file beside a case; another one where $AWSLOGS_FORENSICS_JOURNAL names it."""
    named = os.environ.get("AWSLOGS_FORENSICS_JOURNAL")
    place = Path(os.path.abspath(db))  # noqa: PTH100 -- resolve() would follow links
    return Path(named) if named else place.with_name(place.name + ".journal")


def append(path: Path, said: Mapping[str, Any]) -> tuple[int, str]:
    """Add an entry, durably; its number and hash. Raises JournalUnwritable."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, _OWNER_ONLY)
        with os.fdopen(descriptor, "rb+", buffering=0) as file, _alone(descriptor):
            size = os.fstat(descriptor).st_size
            seq, previous = _last(file, size)
            entry = {"seq": seq + 1, "at": now().isoformat(), **said, "previous_hash": previous}
            sealed = {**entry, "hash": _hash(entry)}
            line = (_canonical(sealed) + "\n").encode()
            _write(descriptor, _line_end(file, size) + line, size)
    except OSError as error:
        raise JournalUnwritable(
            f"{path}: {error.strerror}",
            hint="name a file that can be written in AWSLOGS_FORENSICS_JOURNAL",
        ) from error
    return seq + 1, str(sealed["hash"])


def entries(path: Path) -> Iterator[dict[str, Any] | None]:
    """Every line in order, None for one that is no entry; nothing where there is no file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            yield _parsed(line)


def check(path: Path, case_id: str) -> list[str]:
    """Everything that is wrong with the chain; [] where it is whole."""
    problems = []
    expected, previous = 1, NO_HASH
    for number, entry in enumerate(entries(path), 1):
        if entry is None:
            problems.append(f"{path.name}:{number}: no entry")
            continue
        sealed = {name: value for name, value in entry.items() if name != "hash"}
        if entry.get("seq") != expected:
            problems.append(f"{path.name}:{number}: expected entry {expected}")
        if entry.get("previous_hash") != previous:
            problems.append(f"{path.name}:{number}: does not follow the entry before it")
        if entry.get("hash") != _hash(sealed):
            problems.append(f"{path.name}:{number}: changed after it was written")
        if entry.get("case") not in ("", case_id):
            problems.append(f"{path.name}:{number}: of another case")
        expected, previous = int(entry["seq"]) + 1, str(entry.get("hash"))
    return problems


def head(path: Path) -> tuple[int, str]:
    """Number and hash of the last entry; 0 and zeros while there is none."""
    if not path.exists():
        return 0, NO_HASH
    with path.open("rb") as file:
        return _last(file, path.stat().st_size)


def _last(file: Any, size: int) -> tuple[int, str]:
    """The last whole entry: a line cut off by a crash stays, and `check` tells of it."""
    for start in (max(size - _TAIL, 0), 0):
        file.seek(start)
        for line in reversed(file.read(size - start).splitlines()[1 if start else 0 :]):
            entry = _parsed(line)
            if entry is not None:
                return int(entry["seq"]), str(entry["hash"])
    return 0, NO_HASH


def _line_end(file: Any, size: int) -> bytes:
    """What ends a line that a crash has cut off, so that the next one is not glued to it."""
    if not size:
        return b""
    file.seek(size - 1)
    return b"" if file.read(1) == b"\n" else b"\n"


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    is_entry = isinstance(entry, dict) and isinstance(entry.get("seq"), int) and "hash" in entry
    return entry if is_entry else None


def _write(descriptor: int, line: bytes, size: int) -> None:
    """One line as a whole, or nothing of it."""
    try:
        while line:  # where the disk is full only the second try says so
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


@contextmanager
def _alone(descriptor: int) -> Iterator[None]:
    """No other process appends meanwhile."""
    try:
        import fcntl  # noqa: PLC0415 -- Windows has none: there a second writer breaks the chain
    except ModuleNotFoundError:  # pragma: no cover - Windows
        yield
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(entry).encode("ascii")).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
