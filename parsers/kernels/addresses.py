"""Numbers of addresses: see `parsers.scalars.address_number`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers import scalars
from parsers.kernels.compiled import compiled

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]

ZERO, DOT, COLON = 48, 46, 58
NUMBER, NONE, UNSURE = 0, 1, 2
LONGEST = 39  # bytes of an IPv6 address; the zone that may follow is for others to read


def of_texts(texts: pa.Array) -> pa.Array:
    """The number of every text of a string array that nothing was sliced off, and without NULL."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[: len(texts) + 1]
    return array(np.frombuffer(data or b"", np.uint8), ends[:-1], ends[1:])


def array(octets: Octets, starts: Places, ends: Places) -> pa.Array:
    """The number of each address octets[starts[i]:ends[i]]; NULL where there is none."""
    values = np.empty(len(starts), dtype=np.uint64)
    states = np.empty(len(starts), dtype=np.uint8)
    if numbers(octets, starts, ends, values, states):
        for row in np.flatnonzero(states == UNSURE).tolist():
            text = octets[starts[row] : ends[row]].tobytes().decode("utf-8", "replace")
            number = scalars.address_number(text)
            states[row] = NONE if number is None else NUMBER
            values[row] = number or 0
    return pa.array(values, mask=states == NONE)


@compiled
def numbers(
    octets: Octets,
    starts: Places,
    ends: Places,
    values: npt.NDArray[np.uint64],
    states: Octets,
) -> int:
    """The number of every address, and how sure it is; how many are unsure."""
    unsure = 0
    for row in range(len(starts)):
        at, end = int(starts[row]), int(ends[row])
        values[row] = 0
        states[row] = NONE
        if end < at:
            continue
        states[row] = UNSURE
        value = _ipv4(octets, at, end)
        if value >= 0:
            values[row] = value
            states[row] = NUMBER
            continue
        sure, upper = _ipv6(octets, at, end)
        if sure:
            values[row] = upper
            states[row] = NUMBER
        else:
            unsure += 1
    return unsure


@compiled
def _ipv4(octets: Octets, at: int, end: int) -> int:
    """The number of four octets spelt as numbers are; negative for another text."""
    if not 7 <= end - at <= 15:
        return -1
    value = 0
    dots = 0
    octet = 0
    length = 0
    for here in range(at, end):
        byte = int(octets[here])
        if byte == DOT:
            if length == 0:
                return -1
            value = value << 8 | octet
            dots += 1
            octet = length = 0
            continue
        if not 0 <= byte - ZERO <= 9 or (length > 0 and octet == 0):
            return -1
        octet = octet * 10 + byte - ZERO
        length += 1
        if octet > 255:
            return -1
    return value << 8 | octet if dots == 3 and length > 0 else -1


@compiled
def _ipv6(octets: Octets, at: int, end: int) -> tuple[bool, np.uint64]:
    """Whether a text surely is an address of IPv6 alone, and its upper 64 bits."""
    zero = np.uint64(0)
    if not 2 <= end - at <= LONGEST:
        return False, zero
    upper = zero  # of groups before the gap, or all of them
    before = after = 0  # groups there and behind it
    behind_upper = behind = zero  # the last eight groups behind the gap, as 128 bits
    gap = False
    while at < end:
        if octets[at] == COLON:
            if at + 1 >= end or octets[at + 1] != COLON or gap:
                return False, zero
            gap = True
            at += 2
            if at == end:
                break
        group = zero
        begin = at
        while at < end and octets[at] != COLON:
            digit = _hexadecimal(octets[at])
            if digit < 0 or at - begin == 4:
                return False, zero
            group = group << np.uint64(4) | np.uint64(digit)
            at += 1
        if at == begin:
            return False, zero
        if gap:
            after += 1
            behind_upper = behind_upper << np.uint64(16) | behind >> np.uint64(48)
            behind = behind << np.uint64(16) | group
        else:
            before += 1
            if before <= 4:
                upper = upper << np.uint64(16) | group
        if at < end and at + 1 < end and octets[at + 1] != COLON:
            at += 1  # the colon between two groups; two of them are the gap
        elif at + 1 == end:
            return False, zero
    if before + after > 7 if gap else before != 8:
        return False, zero
    for _ in range(before, 4):
        upper = upper << np.uint64(16)
    upper |= behind_upper
    return upper != zero, upper  # what begins with zeros may stand for an address of IPv4


@compiled
def _hexadecimal(octet: int) -> int:
    """The value of a digit; negative for another byte."""
    if 48 <= octet <= 57:
        return octet - 48
    if 97 <= octet <= 102:
        return octet - 87
    return octet - 55 if 65 <= octet <= 70 else -1
