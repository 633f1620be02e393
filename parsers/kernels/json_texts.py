"""Texts of JSON strings that stand somewhere in a block, their escapes resolved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.kernels.compiled import compiled
from parsers.kernels.json_values import (
    BACKSLASH,
    MEANT,
    QUOTE,
    REFUSED,
    SMALL_U,
    escape_end,
    hexadecimal,
)
from parsers.kernels.kinds import LANES
from parsers.kernels.lanes import lowest, special
from parsers.kernels.memory import copy
from parsers.kernels.spans import MOST_BYTES, Octets, Places


def texts(octets: Octets, low: Places, high: Places) -> pa.Array:
    """The texts of cells (see `objects`) as strings: NULL where there is no value.

    The bytes have to be UTF-8, the escapes valid. Raises ValueError for more than 2 GiB of them.
    """
    count = len(low)
    room = _room(low, high)
    if room > MOST_BYTES:
        raise ValueError(f"{room} bytes are too many for one array")
    offsets = np.empty(count + 1, dtype=np.int32)
    valid = np.zeros((count + 7) // 8, dtype=np.uint8)
    data = np.empty(room + LANES, dtype=np.uint8)
    nulls = _written(octets, low, high, offsets, valid, data)
    bitmap = pa.py_buffer(valid) if nulls else None
    held = pa.py_buffer(data[: offsets[count]])
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), held, bitmap, nulls)


@compiled
def _room(low: Places, high: Places) -> int:
    """How many bytes the texts take as they stand: without escapes they take no more."""
    total = 0
    for at in range(len(low)):
        if high[at] > 0:
            total += high[at] - (low[at] if low[at] >= 0 else ~low[at])
    return total


@compiled
def _written(
    octets: Octets,
    low: Places,
    high: Places,
    offsets: npt.NDArray[np.int32],
    valid: Octets,
    data: Octets,
) -> int:
    """Fill in all texts, where they begin, and the bitmap of what is valid; how many are NULL."""
    place = nulls = 0
    for at in range(len(low)):
        offsets[at] = place
        if high[at] <= 0:
            nulls += 1
            continue
        valid[at >> 3] |= np.uint8(1 << (at & 7))
        if low[at] < 0:
            _, place = unescaped(octets, ~low[at], high[at] + 1, data, place)
        else:
            source, length = low[at], high[at] - low[at]
            copy(data, place, octets, source, LANES)  # more than is needed is written over
            for more in range(LANES, length, LANES):
                copy(data, place + more, octets, source + more, LANES)
            place += length
    offsets[len(low)] = place
    return nulls


@compiled
def unescaped(octets: Octets, at: int, end: int, data: Octets, place: int) -> tuple[int, int]:
    """Write what the string says whose text begins at `at` to data[place:].

    Its closing quote, REFUSED where it is no JSON or longer than octets[at:end]; and where what it
    says ends. There must be room for LANES bytes more than there are to `end`.
    """
    while at < end:
        copy(data, place, octets, at, LANES)  # more than is needed is written over
        marks: np.uint64 = special(octets, at)
        base, stop = at, at + LANES
        while marks:
            mark = base + lowest(marks)
            place += mark - at
            at = mark
            if octets[at] == QUOTE:
                return at, place
            if octets[at] != BACKSLASH or at >= end:
                return REFUSED, place
            meant = MEANT[octets[at + 1]]
            if meant == 0:
                break
            data[place] = meant
            place += 1
            at += 2
            copy(data, place, octets, at, LANES)
            lowest_one = marks & (~marks + np.uint64(1))
            marks &= ~(lowest_one | lowest_one << np.uint64(1))  # what is escaped is no mark
        if marks:
            at, place = _character(octets, at, data, place)
            if at < 0:
                return REFUSED, place
        elif at < stop:
            place += stop - at
            at = stop
    return REFUSED, place


@compiled
def _character(octets: Octets, at: int, data: Octets, place: int) -> tuple[int, int]:
    r"""Write the character that `\uXXXX`, or a pair of these, stands for; where both end."""
    after = escape_end(octets, at) if octets[at + 1] == SMALL_U else REFUSED
    if after < 0:
        return REFUSED, place
    code = hexadecimal(octets, at + 2)
    if code >= 0xD800 and after == at + 12:
        code = 0x10000 + ((code - 0xD800) << 10) + hexadecimal(octets, at + 8) - 0xDC00
    return after, _encoded(code, data, place)


@compiled
def _encoded(code: int, data: Octets, place: int) -> int:
    """Write a character as UTF-8; where the next one goes."""
    if code < 0x80:
        data[place] = code
        return place + 1
    length = 2 if code < 0x800 else 3 if code < 0x10000 else 4
    for back in range(length - 1, 0, -1):
        data[place + back] = 0x80 | (code & 0x3F)
        code >>= 6
    data[place] = code | (0xF00 >> length & 0xFF)
    return place + length
