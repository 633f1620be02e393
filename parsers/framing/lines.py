"""Lines of text: a unit ends at LF and nowhere else, and keeps what its line says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parsers import kernels
from parsers.contract import Chunks, Reject, Units
from parsers.framing import windows

LF, CR = 10, 13
FEW = 1 << 20  # bytes for which no kernel need be loaded
LOWEST = -128  # of signed bytes: none is below


def frame(chunks: Chunks) -> Iterator[Units]:
    """Divide a stream into lines, in windows of whole lines; the last line may lack its LF.

    A line that is too long to hold is one reject, whatever its length; so is the unfinished line
    of a stream that breaks off (TornStream).
    """
    pending, offset, number, skipping = b"", 0, 1, False
    for window in windows.windows(chunks):
        pending += window.data
        skipped = (pending.find(b"\n") + 1 or len(pending)) if skipping else 0
        skipping = skipping and not pending[:skipped].endswith(b"\n")
        whole = window.last and not window.torn
        cut = len(pending) if whole else max(skipped, pending.rfind(b"\n") + 1)
        units = lines(pending[skipped:cut], offset + skipped, number)
        units.reject_bytes, units.damage = skipped, window.torn
        number += len(units)
        pending, offset = pending[cut:], offset + cut
        if len(pending) > windows.LONGEST or (window.last and pending):
            code = "torn" if window.last else "too-long"
            detail = window.torn or f"a line longer than {windows.LONGEST} bytes"
            refuse(units, pending, offset, number, code, detail)
            pending, offset = b"", offset + len(pending)
            number, skipping = number + 1, True
        yield units


def filled(chunks: Chunks) -> Iterator[Units]:
    """The same; lines that say nothing are structure here, whatever the others are."""
    for units in frame(chunks):
        blank = [at for at in range(len(units)) if not units.text(at).strip()]
        if blank:
            kept = np.delete(np.arange(len(units)), blank)
            units.structure += len(blank)
            units.structure_bytes += int(units.extents[blank].sum())
            for name in ("starts", "ends", "offsets", "extents", "numbers"):
                setattr(units, name, getattr(units, name)[kept])
        yield units


def lines(data: bytes, offset: int, number: int) -> Units:
    """The lines of `data`, which stood at `offset` of its stream; the first is line `number`."""
    octets = np.frombuffer(data, dtype=np.uint8)
    if kernels.worth(len(data)) and len(data) > FEW:
        ends = kernels.borders.places(octets, LF, LF, LF, LOWEST)
    else:
        ends = np.flatnonzero(octets == LF)
    if data and not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
    extents = np.minimum(ends + 1, len(data)) - starts
    texts = ends - ((ends > starts) & (octets[ends - 1] == CR)) if len(ends) else ends
    units = Units(
        data, starts, texts, starts + offset, extents, np.arange(number, number + len(ends))
    )
    if offset == 0 and data.startswith(windows.BYTE_ORDER_MARK):
        for array, by in ((units.starts, 3), (units.offsets, 3), (units.extents, -3)):
            array[0] += by
        units.structure_bytes = 3
    return units


def refuse(units: Units, raw: bytes, offset: int, number: int, code: str, detail: str) -> None:
    """Add bytes that are no whole unit to `units` as a reject."""
    units.rejects.append(Reject(0, number, offset, code, detail, raw[: windows.SHOWN]))
    units.reject_bytes += len(raw)
