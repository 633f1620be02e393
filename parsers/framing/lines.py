"""Lines of text: a unit ends at LF and nowhere else, and keeps what its line says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from parsers import kernels
from parsers.contract import Chunks, Integers, Reject, Units
from parsers.framing import windows
from parsers.framing.windows import Window

LF, CR = 10, 13
NEAR = 64 << 10  # bytes in which a line mostly ends
FEW = 1 << 20  # bytes for which no kernel need be loaded
LOWEST = -128  # of signed bytes: none is below


def frame(chunks: Chunks) -> Iterator[Units]:
    """Divide a stream into lines, in windows of whole lines; the last line may lack its LF.

    A line that is too long to hold is one reject, whatever its length; so is the unfinished line
    of a stream that breaks off (TornStream).
    """
    rest, offset, number, skipping = b"", 0, 1, False  # offset: of the rest
    for window in windows.windows(chunks):
        data, rest = _whole_lines(rest, window, skipping=skipping)
        skipped = (data.find(b"\n") + 1 or len(data)) if skipping else 0
        skipping = skipping and not data.endswith(b"\n", 0, skipped)
        units = lines(data, offset, number, skipped)
        units.reject_bytes, units.damage = skipped, window.torn
        number += len(units)
        offset += len(data)
        if len(rest) > windows.LONGEST or (window.last and rest):
            code = "torn" if window.last else "too-long"
            detail = window.torn or f"a line longer than {windows.LONGEST} bytes"
            refuse(units, rest, offset, number, code, detail)
            rest, offset = b"", offset + len(rest)
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


def _whole_lines(rest: bytes, window: Window, *, skipping: bool) -> tuple[bytes, bytes]:
    """The whole lines of what is left and a window, and what is left then; all copied once.

    Where nothing but the end of a line is wanted (`skipping`), all of it is that of one line.
    """
    if window.last and not window.torn:
        return window.after(rest), b""
    *before, last = window.parts or (b"",)
    near = max(len(last) - NEAR, 0)
    cut = near + bytes(last[near:]).rfind(b"\n") + 1
    if cut > near:
        return b"".join((rest, *before, memoryview(last)[:cut])), bytes(last[cut:])
    data = window.after(rest)
    cut = data.rfind(b"\n") + 1 or (len(data) if skipping else 0)
    return data[:cut], data[cut:]


def lines(data: bytes, offset: int, number: int, low: int = 0) -> Units:
    """The lines of data[low:], whole ones; the last may lack its LF.

    `data` stands at `offset` of its stream; the first is line `number`.
    """
    octets = np.frombuffer(data, dtype=np.uint8)
    ends = low + _line_ends(octets[low:])
    if len(data) > low and not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate([np.full(1, low), ends + 1])[: len(ends)]
    extents = np.minimum(ends + 1, len(data)) - starts
    texts = ends - ((ends > starts) & (octets[ends - 1] == CR)) if len(ends) else ends
    numbers = np.arange(number, number + len(ends))
    units = Units(data, starts, texts, starts + offset, extents, numbers)
    if offset == 0 and data.startswith(windows.BYTE_ORDER_MARK):
        for array, by in ((units.starts, 3), (units.offsets, 3), (units.extents, -3)):
            array[0] += by
        units.structure_bytes = 3
    return units


def _line_ends(octets: npt.NDArray[np.uint8]) -> Integers:
    """Where an LF is."""
    if kernels.worth(len(octets)) and len(octets) > FEW:
        ends: Integers = kernels.borders.places(octets, LF, LF, LF, LOWEST)
        return ends
    return np.flatnonzero(octets == LF)


def refuse(units: Units, raw: bytes, offset: int, number: int, code: str, detail: str) -> None:
    """Add bytes that are no whole unit to `units` as a reject."""
    units.rejects.append(Reject(0, number, offset, code, detail, raw[: windows.SHOWN]))
    units.reject_bytes += len(raw)
