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

    data: bytes
    last: bool = False
    torn: str = ""


def windows(chunks: Chunks) -> Iterator[Window]:
    """Regroup chunks into windows of WINDOW bytes, whatever the sizes of the chunks."""
    parts: list[bytes] = []
    held, torn = 0, ""
    try:
        for chunk in chunks:
            parts.append(chunk)
            held += len(chunk)
            if held > WINDOW:
                joined = b"".join(parts)
                cut = (held - 1) // WINDOW * WINDOW
                for start in range(0, cut, WINDOW):
                    yield Window(joined[start : start + WINDOW])
                parts = [joined[cut:]]
                held -= cut
    except TornStream as tear:
        torn = str(tear)
    yield Window(b"".join(parts), True, torn)
