"""A stream regrouped into windows, and the bounds of what is ever held of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from parsers.contract import Chunks
from parsers.errors import TornStream

WINDOW = 8 << 20  # bytes divided at a time
LONGEST = 64 << 20  # bytes of one unit; what is longer is a reject
SHOWN = 1 << 20  # bytes of a reject kept in the ledger; the source keeps the rest
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Window(NamedTuple):
    """Consecutive bytes of a stream; `torn` says why the stream breaks off after the last one."""

    parts: tuple[bytes | memoryview, ...]
    last: bool = False
    torn: str = ""

    @property
    def data(self) -> bytes:
        """The bytes in one piece."""
        return b"".join(self.parts)

    def after(self, rest: bytes | memoryview) -> bytes:
        """The bytes behind what is left of those before, all copied once."""
        return b"".join((rest, *self.parts)) if rest else self.data


def windows(chunks: Chunks) -> Iterator[Window]:
    """Regroup chunks into windows of WINDOW bytes, whatever the sizes of the chunks."""
    parts: list[bytes | memoryview] = []
    held, torn = 0, ""
    try:
        for chunk in chunks:
            parts.append(chunk)
            held += len(chunk)
            while held > WINDOW:
                last = memoryview(parts.pop())
                held -= WINDOW
                yield Window((*parts, last[: len(last) - held]))
                parts = [last[len(last) - held :]]
    except TornStream as tear:
        torn = str(tear)
    yield Window(tuple(parts), True, torn)
