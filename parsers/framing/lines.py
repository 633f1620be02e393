"""Lines of text: a unit ends at LF and nowhere else, and keeps what its line says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers.contract import Chunks, Reject, Units
from parsers.errors import TornStream

WINDOW = 8 << 20  # bytes divided at a time
LONGEST = 64 << 20  # bytes of one unit; what is longer is rejected in pieces of this size
SHOWN = 1 << 20  # bytes of a reject kept in the ledger; the source keeps the rest
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LF, CR = 10, 13


def frame(chunks: Chunks) -> Iterator[Units]:
    """Divide a stream into lines, in windows of whole lines; the last line may lack its LF.

    Where the stream breaks off (TornStream) the unfinished line is a reject `torn`.
    """
    pending, offset, number = b"", 0, 1
    for window, last, torn in windows(chunks, WINDOW):
        pending += window
        cut = len(pending) if last and not torn else pending.rfind(b"\n") + 1
        units = lines(pending[:cut], offset, number)
        pending, offset = pending[cut:], offset + cut
        if len(pending) > LONGEST or (last and pending):
            code = "torn" if torn else "too-long"
            detail = torn or f"a line longer than {LONGEST} bytes"
            reject(units, pending, offset, number + len(units), code, detail)
            pending, offset = b"", offset + len(pending)
        units.damage = torn
        number += len(units) + len(units.rejects)
        yield units


def lines(data: bytes, offset: int, number: int) -> Units:
    """The lines of `data`, which stood at `offset` of its stream; the first is line `number`."""
    octets = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(octets == LF)
    if data and not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
    extents = np.minimum(ends + 1, len(data)) - starts
    texts = ends - ((ends > starts) & (octets[ends - 1] == CR)) if len(ends) else ends
    units = Units(
        data, starts, texts, starts + offset, extents, np.arange(number, number + len(ends))
    )
    if offset == 0 and data.startswith(BYTE_ORDER_MARK):
        for array, by in ((units.starts, 3), (units.offsets, 3), (units.extents, -3)):
            array[0] += by
        units.structure_bytes = 3
    return units


def windows(chunks: Chunks, size: int) -> Iterator[tuple[bytes, bool, str]]:
    """Regroup chunks: (bytes, whether these are the last, why the stream is torn or "")."""
    parts: list[bytes] = []
    held, torn = 0, ""
    try:
        for chunk in chunks:
            parts.append(chunk)
            held += len(chunk)
            if held >= size:
                yield b"".join(parts), False, ""
                parts, held = [], 0
    except TornStream as tear:
        torn = str(tear)
    yield b"".join(parts), True, torn


def reject(units: Units, raw: bytes, offset: int, number: int, code: str, detail: str) -> None:
    """Add bytes that are no whole unit to `units` as a reject."""
    units.rejects.append(Reject(0, number, offset, code, detail, raw[:SHOWN]))
    units.reject_bytes += len(raw)
