"""Texts that stand somewhere in a block, gathered into Arrow arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.kernels.compiled import compiled
from parsers.kernels.memory import WORD, copy_word

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32] | npt.NDArray[np.int64]
MOST_BYTES = (1 << 31) - 1  # of one array


def texts(octets: Octets, starts: Places, ends: Places) -> pa.Array:
    """`octets[starts[i]:ends[i]]` for every i, as strings; NULL where a span ends before it begins.

    The bytes have to be UTF-8. Raises ValueError for more than 2 GiB of them.
    """
    count = len(starts)
    offsets = np.empty(count + 1, dtype=np.int32)
    valid = np.zeros((count + 7) // 8, dtype=np.uint8)
    total, nulls = _measured(starts, ends, offsets, valid)
    if total > MOST_BYTES:
        raise ValueError(f"{total} bytes are too many for one array")
    data = np.empty(total, dtype=np.uint8)
    _copied(octets, starts, offsets, data)
    buffers = [pa.py_buffer(valid) if nulls else None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.StringArray.from_buffers(count, buffers[1], buffers[2], buffers[0], nulls)


@compiled
def _measured(
    starts: Places, ends: Places, offsets: npt.NDArray[np.int32], valid: Octets
) -> tuple[int, int]:
    """Fill offsets and the bitmap of what is valid; all bytes, and how many are NULL."""
    total = 0
    nulls = 0
    for at in range(len(starts)):
        offsets[at] = total
        length = ends[at] - starts[at]
        if length < 0:
            nulls += 1
        else:
            total += length
            valid[at >> 3] |= np.uint8(1 << (at & 7))
    offsets[len(starts)] = total
    return total, nulls


@compiled
def _copied(octets: Octets, starts: Places, offsets: npt.NDArray[np.int32], data: Octets) -> None:
    """Copy every text, eight bytes at a time where that reaches into nothing but its successor."""
    for at in range(len(starts)):
        here = int(offsets[at])
        stop = int(offsets[at + 1])
        source = int(starts[at])
        if here < stop and source >= 0 and source + stop - here + WORD <= len(octets):
            while here < stop and here + WORD <= len(data):
                copy_word(data, here, octets, source)
                here += WORD
                source += WORD
        while here < stop:
            data[here] = octets[source]
            here += 1
            source += 1
