"""Texts of JSON strings that stand somewhere in a block, their escapes resolved."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from parsers.kernels.compiled import compiled
from parsers.kernels.json_values import BACKSLASH, SMALL_U, hexadecimal
from parsers.kernels.memory import copy
from parsers.kernels.objects import Numbers
from parsers.kernels.spans import Octets

# What the letter behind a backslash stands for; the others stand for themselves.
_MEANS = np.arange(256, dtype=np.uint8)
for _letter, _code in zip(b"bfnrt", b"\b\f\n\r\t", strict=True):
    _MEANS[_letter] = _code


def texts(octets: Octets, low: Numbers, high: Numbers) -> pa.Array:
    """The texts of cells (see `objects`) as strings: NULL where there is no value.

    The bytes have to be UTF-8, the escapes valid. Raises ValueError for more than 2 GiB of them.
    """
    count = len(low)
    offsets = np.empty(count + 1, dtype=np.int32)
    valid = np.zeros((count + 7) // 8, dtype=np.uint8)
    total, nulls = _measured(octets, low, high, offsets, valid)
    if total > np.iinfo(np.int32).max:
        raise ValueError(f"{total} bytes are too many for one array")
    data = np.empty(total, dtype=np.uint8)
    _written(octets, low, high, offsets, data)
    buffers = [pa.py_buffer(valid) if nulls else None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.StringArray.from_buffers(count, buffers[1], buffers[2], buffers[0], nulls)


@compiled
def _measured(
    octets: Octets, low: Numbers, high: Numbers, offsets: Numbers, valid: Octets
) -> tuple[int, int]:
    """Fill offsets and the bitmap of what is valid; all bytes, and how many are NULL."""
    total = 0
    nulls = 0
    nowhere = np.empty(0, dtype=np.uint8)
    for at in range(len(low)):
        offsets[at] = total
        if high[at] <= 0:
            nulls += 1
            continue
        valid[at >> 3] |= np.uint8(1 << (at & 7))
        if low[at] >= 0:
            total += high[at] - low[at]
        else:
            total += _resolved(octets, ~low[at], high[at], nowhere, 0)
    offsets[len(low)] = total
    return total, nulls


@compiled
def _written(octets: Octets, low: Numbers, high: Numbers, offsets: Numbers, data: Octets) -> None:
    for at in range(len(low)):
        place = offsets[at]
        if high[at] <= 0:
            continue
        if low[at] < 0:
            _resolved(octets, ~low[at], high[at], data, place)
            continue
        copy(data, place, octets, low[at], offsets[at + 1] - place)


@compiled
def _resolved(octets: Octets, at: int, end: int, data: Octets, place: int) -> int:
    """Write the text of octets[at:end] to data[place:], if there is any data; how long it is."""
    begun = place
    writes = len(data) > 0
    while at < end:
        octet = octets[at]
        at += 1
        if octet != BACKSLASH:
            if writes:
                data[place] = octet
            place += 1
            continue
        letter = octets[at]
        at += 1
        if letter != SMALL_U:
            if writes:
                data[place] = _MEANS[letter]
            place += 1
            continue
        code = hexadecimal(octets, at)
        at += 4
        if 0xD800 <= code < 0xE000:
            code = 0x10000 + ((code - 0xD800) << 10) + hexadecimal(octets, at + 2) - 0xDC00
            at += 6
        place += _encoded(code, data, place, writes)
    return place - begun


@compiled
def _encoded(code: int, data: Octets, place: int, writes: bool) -> int:
    """Write a character as UTF-8; how many bytes that are."""
    length = 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
    if writes:
        if length == 1:
            data[place] = code
        else:
            for back in range(length - 1, 0, -1):
                data[place + back] = 0x80 | (code & 0x3F)
                code >>= 6
            data[place] = code | (0xF00 >> length & 0xFF)
    return length
