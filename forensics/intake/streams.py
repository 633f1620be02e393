"""Streams of bytes that can be looked into, cut out of others, and break without losing a byte."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import BinaryIO, Protocol, cast

from forensics.intake.damage import BrokenStream, OverLimit

CHUNK = 1 << 18
_FIRST = 1 << 14


class Readable(Protocol):
    """As much of a binary file as `chunks` needs."""

    def read(self, size: int, /) -> bytes: ...  # noqa: D102


def chunks(stored: Readable, size: int = CHUNK) -> Iterator[bytes]:
    """What is left in `stored`, piece by piece; a read error of the disk is a BrokenStream.

    The first one is small: most files are, and memory for more is not had for nothing.
    """
    asked = min(size, _FIRST)
    while True:
        try:
            piece = stored.read(asked)
        except OSError as error:
            raise BrokenStream(f"cannot be read on: {error.strerror or error}") from error
        if not piece:
            return
        asked = size if len(piece) == asked else asked
        yield piece


class Feed:
    """Bytes taken from the front of an iterator, with a look ahead and a step back.

    When the iterator breaks, what came before is handed out first; then `take` raises.
    """

    __slots__ = ("_at", "_broken", "_buffer", "_file", "_rest", "position")

    def __init__(self, rest: Iterator[bytes], file: BinaryIO | None = None) -> None:
        self._rest = rest
        self._file = file  # what `rest` reads from, when skipping may seek in it
        self._buffer = b""
        self._at = 0
        self._broken: BrokenStream | OverLimit | None = None
        self.position = 0  # bytes taken so far

    def head(self, size: int) -> bytes:
        """Up to `size` bytes ahead, without taking them; fewer only at the end."""
        while len(self._buffer) - self._at < size and self._pull():
            pass
        return self._buffer[self._at : self._at + size]

    def take(self, size: int = CHUNK) -> bytes:
        """Between 1 and `size` bytes; b"" at the end."""
        if self._at == len(self._buffer) and not self._pull():
            if self._broken:
                raise self._broken
            return b""
        piece = self._buffer[self._at : self._at + size]
        self._at += len(piece)
        self.position += len(piece)
        return piece

    def exactly(self, size: int) -> bytes:
        """Take `size` bytes; fewer only at the end, which raises if it is a break."""
        piece = self.head(size)
        if len(piece) < size and self._broken:
            raise self._broken
        self._at += len(piece)
        self.position += len(piece)
        return piece

    def back(self, size: int) -> None:
        """Put the last `size` bytes of the last `take` back."""
        self._at -= size
        self.position -= size

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; returns how many there were."""
        start = self.position
        while (left := size - (self.position - start)) > 0:
            if self._file and left > CHUNK and self._at == len(self._buffer):
                self.position += _seek_on(self._file, left)
                break
            if not self.take(min(left, CHUNK)):
                break
        return self.position - start

    def skip_zeros(self) -> int:
        """Pass over the zero bytes ahead; returns how many."""
        start = self.position
        while piece := self.take():
            kept = piece.lstrip(b"\x00")
            if kept:
                self.back(len(kept))
                break
        return self.position - start

    def _pull(self) -> bool:
        if self._broken:
            return False
        try:
            piece = next(self._rest, b"")
        except (BrokenStream, OverLimit) as broken:
            self._broken = broken
            return False
        self._buffer = self._buffer[self._at :] + piece if self._at < len(self._buffer) else piece
        self._at = 0
        return bool(piece)


def _seek_on(file: BinaryIO, size: int) -> int:
    here = file.tell()
    there = min(here + size, file.seek(0, os.SEEK_END))
    return file.seek(there) - here


class ChunkStream(io.RawIOBase):
    """An iterator of bytes as a file to be read once, forward.

    A read returns what is at hand, up to the size asked for, so that nothing is held back when
    the iterator breaks. Closing it closes `parent`, the file it reads from.
    """

    def __init__(self, rest: Iterator[bytes], parent: BinaryIO | None = None) -> None:
        super().__init__()
        self._rest = rest
        self._parent = parent
        self._buffer = b""

    def readable(self) -> bool:  # noqa: D102
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes; everything when `size` is negative."""
        if size is None or size < 0:
            return self.readall()
        if self.closed:
            raise ValueError("read of a stream that is closed")
        piece = self._buffer or next(self._rest, b"")
        self._buffer = piece[size:]
        return piece[:size]

    def readinto(self, target: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill the front of `target`; returns how many bytes."""
        piece = self.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:  # noqa: D102
        if self._parent and not self.closed:
            self._parent.close()
        super().close()


class Window(io.RawIOBase):
    """`size` bytes at `start` of a seekable file, as a seekable file; closing closes `parent`."""

    def __init__(
        self, file: BinaryIO, start: int, size: int, parent: BinaryIO | None = None
    ) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._parent = parent
        self._at = 0

    def readable(self) -> bool:  # noqa: D102
        return True

    def seekable(self) -> bool:  # noqa: D102
        return True

    def tell(self) -> int:  # noqa: D102
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to `offset` within the window."""
        base = (0, self._at, self._size)[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes; BrokenStream where the file ends inside the window."""
        if size is None or size < 0:
            return self.readall()
        self._file.seek(self._start + self._at)
        wanted = max(0, min(size, self._size - self._at))
        piece = self._file.read(wanted)
        if wanted and not piece:
            raise BrokenStream(f"the archive ends after {self._at} of this member's {self._size}")
        self._at += len(piece)
        return piece

    def readinto(self, target: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill the front of `target`; returns how many bytes."""
        piece = self.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:  # noqa: D102
        if self._parent and not self.closed:
            self._parent.close()
        super().close()


def as_binary(stream: io.RawIOBase) -> BinaryIO:
    """The same stream, under the name typing has for it."""
    return cast(BinaryIO, stream)
