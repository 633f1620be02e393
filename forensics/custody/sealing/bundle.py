"""A bundle: a few files of fixed names in one stream, a tar that any tar program unpacks.

What is read back is what was written and nothing else: names, order, headers and padding are
those that `packed` writes, so no byte of a bundle can be another one unnoticed.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from forensics.custody.hashlist import line
from forensics.errors import EvidenceError

BLOCK = tarfile.BLOCKSIZE
CHUNK = 1 << 20
SUMS = "SHA256SUMS"
END = bytes(2 * BLOCK)
_OWNER_ONLY = 0o600


class SealBroken(EvidenceError):
    """A sealed file is cut off, or not as it was written."""


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A file that goes into a bundle: bytes, or a path that is read when its turn comes."""

    name: str
    content: bytes | Path

    @property
    def size(self) -> int:
        """Bytes of it."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


def header(name: str, size: int) -> bytes:
    """The one header that a member of this name and size has."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, _OWNER_ONLY
    return member.tobuf(tarfile.GNU_FORMAT)


def packed(members: Iterable[Member]) -> Iterator[bytes]:
    """The bundle in chunks; its last member lists the SHA-256 of the others.

    Raises SealBroken for a file that changes its size while it is read.
    """
    sums = []
    for member in members:
        size, whole = member.size, hashlib.sha256()
        yield header(member.name, size)
        for chunk in _chunks(member, size):
            whole.update(chunk)
            yield chunk
        yield padding(size)
        sums.append(line(member.name, whole.hexdigest()) + "\n")
    listed = "".join(sums).encode()
    yield header(SUMS, len(listed)) + listed + padding(len(listed)) + END


def padding(size: int) -> bytes:
    """What fills the last block of a member."""
    return bytes(-size % BLOCK)


def _chunks(member: Member, size: int) -> Iterator[bytes]:
    with _opened(member) as file:
        left = size
        while left:
            chunk = file.read(min(left, CHUNK))
            if not chunk:
                break
            left -= len(chunk)
            yield chunk
        if left or file.read(1):
            raise SealBroken(
                f"{member.content!r}: its size changed while it was read",
                hint="seal it once nobody writes it",
            )


def _opened(member: Member) -> BinaryIO:
    if isinstance(member.content, bytes):
        return io.BytesIO(member.content)
    return member.content.open("rb")


class Chunks(io.RawIOBase):
    """Chunks as a file that can be read once, from front to back."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, memoryview(b"")

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, `size` at most."""
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._left = memoryview(chunk)
        size = len(self._left) if size < 0 else size
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)


def unpack(
    stream: Source, names: Iterable[str], place: Callable[[str], BinaryIO]
) -> dict[str, str]:
    """Read a bundle and hand each member to what `place` opens for it; name → SHA-256.

    `names` are those that may occur, in order. Raises SealBroken for anything that `packed` would
    not have written, after the bytes before it have been handed on.
    """
    found: dict[str, str] = {}
    allowed = iter([*names, SUMS])
    name, size = _next(stream, allowed)
    while name != SUMS:
        with place(name) as file:
            found[name] = _copied(stream, size, file)
        name, size = _next(stream, allowed)
    listed = io.BytesIO()
    _copied(stream, size, listed)
    _compare(listed.getvalue(), found)
    if exactly(stream, len(END)) != END or stream.read(1):
        raise broken("more follows its end")
    return found


def _next(stream: Source, allowed: Iterator[str]) -> tuple[str, int]:
    """Name and size of the next member, from the header that only it can have."""
    raw = exactly(stream, BLOCK)
    try:
        member = tarfile.TarInfo.frombuf(raw, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise broken("what should be the header of a file is none") from error
    if member.name not in allowed or header(member.name, member.size) != raw:
        raise broken("it holds a file that no seal puts there")
    if member.name == SUMS and member.size > CHUNK:
        raise broken("its list of hashes is too long")
    return member.name, member.size


def _copied(stream: Source, size: int, to: BinaryIO) -> str:
    whole, left = hashlib.sha256(), size
    while left:
        chunk = exactly(stream, min(left, CHUNK))
        whole.update(chunk)
        to.write(chunk)
        left -= len(chunk)
    if exactly(stream, -size % BLOCK) != padding(size):
        raise broken("there is something between its files")
    return whole.hexdigest()


def _compare(listed: bytes, found: dict[str, str]) -> None:
    expected = "".join(line(*each) + "\n" for each in found.items())
    if listed != expected.encode():
        raise broken("a file in it has another SHA-256 than its list says")


def exactly(stream: Source, size: int) -> bytes:
    """So many bytes. Raises SealBroken where there are fewer."""
    parts, left = [], size
    while left:
        part = stream.read(left)
        if not part:
            raise broken("it breaks off")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def broken(fact: str) -> SealBroken:
    """The error for something that was not written like this."""
    return SealBroken(
        f"the sealed file is damaged or was changed: {fact}",
        hint="fetch it again, and compare its SHA-256 with the one the sender noted",
    )
