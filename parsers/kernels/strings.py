"""Strings of JSON: where they end, and what they say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.kernels.compiled import compiled
from parsers.kernels.kinds import LANES
from parsers.kernels.lanes import lowest, special
from parsers.kernels.memory import copy

Octets = npt.NDArray[np.uint8]

_QUOTE, _BACKSLASH, _SPACE, _U = 34, 92, 32, 117
_SIMPLE = np.zeros(256, dtype=np.uint8)  # what a character after a backslash stands for
for _written, _meant in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    _SIMPLE[_written] = _meant


PLAIN, ENDS, ESCAPES, BEYOND, NEVER = range(5)
"""What a byte of a string does: those beyond ASCII are parts of characters, some never stand."""
KINDS = np.full(256, PLAIN, dtype=np.uint8)
KINDS[:_SPACE] = NEVER
KINDS[128:] = BEYOND
KINDS[_QUOTE], KINDS[_BACKSLASH] = ENDS, ESCAPES


@compiled
def string_end(octets: Octets, at: int, high: int, utf8: bool) -> int:
    """Where the closing quote of a string stands whose text begins at `at`, escapes left out.

    -1 where it has an escape, no end before `high`, a control character, or bytes beyond ASCII and
    not all are `utf8`.
    """
    while at < high:
        if utf8 and at + LANES <= len(octets):
            marks: int = special(octets, at)
            if marks == 0:
                at += LANES
                continue
            at += lowest(marks)
            if at >= high:
                return -1
        kind = KINDS[octets[at]]
        if kind != PLAIN and not (kind == BEYOND and utf8):
            return at if kind == ENDS else -1
        at += 1
    return -1


@compiled
def said(
    octets: Octets, at: int, high: int, utf8: bool, data: Octets, place: int
) -> tuple[int, int]:
    """Write what a string says whose text begins at `at` to `data` from `place` on.

    Where its closing quote stands, and where the text ends in `data`, which has room for as many
    bytes. -1 where it is not strictly JSON (half a surrogate pair is not).
    """
    while at < high:
        if utf8 and at + LANES <= len(octets) and place + LANES <= len(data):
            copy(data, place, octets, at, LANES)  # more than is needed is written over
            marks: int = special(octets, at)
            run = lowest(marks) if marks else LANES
            at += run
            place += run
            if run == LANES or at >= high:
                continue
        octet = octets[at]
        kind = KINDS[octet]
        if kind == PLAIN or (kind == BEYOND and utf8):
            data[place] = octet
            at += 1
            place += 1
        elif kind == ENDS:
            return at, place
        elif kind != ESCAPES or at + 1 >= high:
            return -1, place
        elif octets[at + 1] != _U:
            data[place] = _SIMPLE[octets[at + 1]]
            if data[place] == 0:
                return -1, place
            at += 2
            place += 1
        else:
            at, place = _character(octets, at + 2, high, data, place)
            if at < 0:
                return -1, place
    return -1, place


@compiled
def _character(octets: Octets, at: int, high: int, data: Octets, place: int) -> tuple[int, int]:
    """Write the character whose hexadecimal digits begin at `at`, perhaps one of a pair."""
    unit = _hex(octets, at, high)
    at += 4
    if 0xD800 <= unit < 0xDC00 and at + 6 <= high:
        low = _hex(octets, at + 2, high)
        if octets[at] != _BACKSLASH or octets[at + 1] != _U or not 0xDC00 <= low < 0xE000:
            return -1, place
        return at + 6, _encoded(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), data, place)
    if unit < 0 or 0xD800 <= unit < 0xE000:
        return -1, place
    return at, _encoded(unit, data, place)


@compiled
def escape_end(octets: Octets, at: int, high: int) -> int:
    """Where what follows a backslash ends; -1 where it is no escape, or half a surrogate pair."""
    if at >= high:
        return -1
    if octets[at] != _U:
        return at + 1 if _SIMPLE[octets[at]] else -1
    unit = _hex(octets, at + 1, high)
    if unit < 0 or 0xDC00 <= unit < 0xE000:
        return -1
    if unit < 0xD800 or unit >= 0xE000:
        return at + 5
    if at + 7 >= high or octets[at + 5] != _BACKSLASH or octets[at + 6] != _U:
        return -1
    low = _hex(octets, at + 7, high)
    return at + 11 if 0xDC00 <= low < 0xE000 else -1


@compiled
def _hex(octets: Octets, at: int, high: int) -> int:
    """The number that four hexadecimal digits say; -1 where they are none."""
    if at + 4 > high:
        return -1
    value = 0
    for place in range(at, at + 4):
        octet = int(octets[place])
        if 48 <= octet <= 57:
            value = value * 16 + octet - 48
        elif 97 <= (octet | 32) <= 102:
            value = value * 16 + (octet | 32) - 87
        else:
            return -1
    return value


@compiled
def _encoded(unit: int, data: Octets, place: int) -> int:
    """Write a character in UTF-8; where the next one goes."""
    if unit < 0x80:
        data[place] = unit
        return place + 1
    if unit < 0x800:
        data[place] = 0xC0 | unit >> 6
        data[place + 1] = 0x80 | unit & 0x3F
        return place + 2
    if unit < 0x10000:
        data[place] = 0xE0 | unit >> 12
        data[place + 1] = 0x80 | unit >> 6 & 0x3F
        data[place + 2] = 0x80 | unit & 0x3F
        return place + 3
    data[place] = 0xF0 | unit >> 18
    data[place + 1] = 0x80 | unit >> 12 & 0x3F
    data[place + 2] = 0x80 | unit >> 6 & 0x3F
    data[place + 3] = 0x80 | unit & 0x3F
    return place + 4
