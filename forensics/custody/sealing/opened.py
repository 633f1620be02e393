"""Opens a sealed file: nothing of it stands under its name before the whole was proven."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

import pyrage

from forensics.custody.readers import journal_path
from forensics.custody.sealing.bundle import (
    BLOCK,
    CHUNK,
    END,
    Source,
    broken,
    exactly,
    header,
    padding,
    unpack,
)
from forensics.custody.sealing.locks import MAGIC, Identity, parsed, unlocked, wrong_key
from forensics.custody.sealing.sealed import (
    CASE,
    JOURNAL,
    KEY,
    MANIFEST,
    NAMES,
    PAYLOAD,
    WAL,
    must_not_exist,
    told,
)
from forensics.errors import UsageError

_MOST_KEY = 1 << 16  # bytes of a locked key
_OWNER_ONLY = 0o600


def unseal(
    sealed: Path, db: Path, *, keys: Sequence[Identity] = (), secret: str = ""
) -> dict[Path, str]:
    """Open a sealed file into a new case, its journal and manifest beside it; path → SHA-256.

    Raises UsageError where a file is in the way, WrongKey, SealBroken, or ForensicsError for what
    the operating system refuses.
    """
    places = {
        CASE: db,
        WAL: db.with_name(db.name + ".wal"),
        JOURNAL: journal_path(db),
        MANIFEST: db.with_name(db.name + ".sha256"),
    }
    for path in places.values():
        must_not_exist(path)
    with _opened(sealed) as file, told(db), _Parts(places) as parts:
        sums = _unpacked(file, keys, secret, parts)
        parts.publish()
    return {places[name]: sha256 for name, sha256 in sums.items()}


def needs_passphrase(sealed: Path) -> bool:
    """Whether a file was sealed under a passphrase, not for recipients. Raises UsageError."""
    with _opened(sealed) as file:
        return file.read(len(MAGIC)) != MAGIC


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="check the path") from error
    with file:
        yield file


class _Parts:
    """The files of a case on their way: beside their places, for this owner only."""

    def __init__(self, places: Mapping[str, Path]) -> None:
        self._places = places
        self._made: dict[Path, Path] = {}  # part → place

    def open(self, name: str) -> BinaryIO:
        """A new file for a member of the bundle."""
        place = self._places[name]
        part = place.with_name(place.name + ".unsealing")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        self._made[part] = place
        return os.fdopen(descriptor, "wb")

    def publish(self) -> None:
        """Give every file its name; what has come into its place meanwhile stays."""
        for part, place in list(self._made.items()):
            must_not_exist(place)
            part.rename(place)
            del self._made[part]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for part in self._made:
            part.unlink()


# ---------------------------------------------------------------------------- the outer form
def _unpacked(
    file: BinaryIO, keys: Sequence[Identity], secret: str, parts: _Parts
) -> dict[str, str]:
    begin = file.read(len(MAGIC))
    file.seek(0)
    if begin == MAGIC:
        return _decrypted(file, keys, parts)
    key = exactly(file, _next(file, KEY, _MOST_KEY))
    if exactly(file, -len(key) % BLOCK) != padding(len(key)):
        raise broken("there is something between its files")
    opened = parsed(unlocked(key, secret))
    size = _next(file, PAYLOAD, 1 << 62)
    sums = _decrypted(_Part(file, size), opened, parts)
    if file.read(2 * BLOCK + len(END)) != padding(size) + END:
        raise broken("more follows its end")
    return sums


def _next(file: BinaryIO, name: str, most: int) -> int:
    """The size of the member that must follow."""
    raw = exactly(file, BLOCK)
    field = raw[124:136]
    is_binary = field[0] == 0x80
    digits = field.rstrip(b"\0 ").decode("latin-1")
    is_octal = digits.isascii() and digits.isdigit() and not set(digits) & set("89")
    size = int.from_bytes(field[1:], "big") if is_binary else int(digits, 8) if is_octal else 0
    if size > most or header(name, size) != raw:
        raise broken("it is not what `seal` writes")
    return size


class _Part:
    """So many bytes of a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, `size` at most."""
        taken = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(taken)
        return taken


# ---------------------------------------------------------------------------- decryption
def _decrypted(payload: Source, keys: Sequence[Identity], parts: _Parts) -> dict[str, str]:
    """Decrypt in a thread: decryption pushes bytes, and unpacking pulls them."""
    receiver, sender = os.pipe()
    faults: list[BaseException] = []
    thread = threading.Thread(target=_decrypt, args=(payload, sender, keys, faults))
    thread.start()
    sums: dict[str, str] = {}
    try:
        with os.fdopen(receiver, "rb", CHUNK) as pipe:
            sums = unpack(pipe, NAMES, parts.open)
    except Exception as error:  # noqa: BLE001 -- raised below: decryption may know better
        faults.append(error)
    finally:
        thread.join()
    _raise_worst(faults)
    return sums


def _decrypt(
    payload: Source, sender: int, keys: Sequence[Identity], faults: list[BaseException]
) -> None:
    try:
        with os.fdopen(sender, "wb", CHUNK) as pipe:
            pyrage.decrypt_io(payload, pipe, list(keys))
    except BaseException as error:  # noqa: BLE001 -- raised by who waits for this thread
        faults.append(error)


def _raise_worst(faults: Sequence[BaseException]) -> None:
    """Raise what went wrong, and not that the other end of the pipe therefore stopped."""
    for fault in faults:
        if isinstance(fault, pyrage.DecryptError):
            raise wrong_key() from fault
        if isinstance(fault, OSError) and fault.errno is None:
            raise broken("its bytes are not those that were sealed") from fault
    for fault in faults:
        if not isinstance(fault, BrokenPipeError):
            raise fault
