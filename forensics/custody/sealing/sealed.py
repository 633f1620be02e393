"""Seals a case with its journal and manifest into one file.

For recipients the file is an age file of a bundle. Under a passphrase it is a tar of two: the
key, locked with the passphrase as age locks identities, and the age file that it opens. Both open
without this program: `age --decrypt`, then `tar`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyrage

from forensics.custody.manifest import manifest
from forensics.custody.readers import journal_path
from forensics.custody.sealing.bundle import BLOCK, END, Chunks, Member, header, packed, padding
from forensics.custody.sealing.locks import Recipient, locked, new_identity
from forensics.errors import ForensicsError, UsageError
from forensics.evidence import Case

CASE, WAL = "case.duckdb", "case.duckdb.wal"
JOURNAL, MANIFEST = "case.duckdb.journal", "evidence.sha256"
NAMES = (CASE, WAL, JOURNAL, MANIFEST)
KEY, PAYLOAD = "key.age", "case.tar.age"
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file as it was written."""

    path: Path
    bytes: int
    sha256: str


def seal(db: Path, out: Path, *, to: Sequence[Recipient] = (), secret: str = "") -> Sealed:
    """Seal a case for recipients, or without any under a passphrase; `out` must not exist.

    Nobody can write the case meanwhile. What is sealed is what the files hold: the case, its WAL
    after a crash, the journal of readers, and the manifest of the evidence.

    Raises UsageError, SealBroken, ForensicsError for what the operating system refuses, and those
    of `Case.for_reading`.
    """
    with Case.for_reading(db) as case:
        members = list(_members(case))
        with new_file(out) as file:
            if to:
                _encrypt(members, file, to)
            else:
                _under_passphrase(members, file, secret)
    return Sealed(out, out.stat().st_size, _hash(out))


def _members(case: Case) -> Iterator[Member]:
    # Only paths and bytes: closing any file of the case lets go of DuckDB's lock on it.
    wal, journal = case.path.with_name(case.path.name + ".wal"), journal_path(case.path)
    yield Member(CASE, case.path)
    if wal.exists():
        yield Member(WAL, wal)
    if journal.exists():
        yield Member(JOURNAL, journal.read_bytes())
    yield Member(MANIFEST, manifest(case))


def _encrypt(members: Sequence[Member], file: BinaryIO, to: Sequence[Recipient]) -> None:
    pyrage.encrypt_io(Chunks(packed(members)), file, list(to))


def _under_passphrase(members: Sequence[Member], file: BinaryIO, secret: str) -> None:
    """Two files in a tar; the size of the second is entered once it is known."""
    identity = new_identity()
    key = locked(identity, secret)
    file.write(header(KEY, len(key)) + key + padding(len(key)))
    start = file.tell()
    file.write(bytes(BLOCK))
    _encrypt(members, file, [identity.to_public()])
    size = file.tell() - start - BLOCK
    file.write(padding(size) + END)
    file.seek(start)
    file.write(header(PAYLOAD, size))


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file of this owner only that was not there before, and is not there after a failure.

    Raises UsageError where something is in its place, ForensicsError for what the operating
    system refuses.
    """
    must_not_exist(path)
    with told(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        try:
            with os.fdopen(descriptor, "wb+") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise


def must_not_exist(path: Path) -> None:
    """Raise UsageError where there is anything of this name."""
    if os.path.lexists(path):
        raise UsageError(f"{path}: exists", hint="nothing is overwritten: name a new file")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What the operating system refuses, as a message."""
    try:
        yield
    except OSError as error:
        raise ForensicsError(
            f"{error.filename or path}: {error.strerror or error}",
            hint="check the path, its permissions and the room on the disk",
        ) from error


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
