"""Where certain bytes stand in a block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.kernels.compiled import compiled
from parsers.kernels.kinds import LANES
from parsers.kernels.lanes import lowest, matches

Octets = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


def places(octets: Octets, one: int, two: int, three: int, below: int) -> Integers:
    """Where one of three bytes stands or, all bytes taken as signed ones, one below another."""
    room = np.empty(len(octets) // 8 + LANES, dtype=np.int64)
    count = _places(octets, one, two, three, below, room)
    if count > len(room):
        room = np.empty(count, dtype=np.int64)
        _places(octets, one, two, three, below, room)
    return room[:count]


@compiled
def _places(octets: Octets, one: int, two: int, three: int, below: int, room: Integers) -> int:
    """How many there are; they are filled in as far as there is room."""
    count = 0
    whole = len(octets) // LANES * LANES
    for base in range(0, whole, LANES):
        bits: np.uint64 = matches(
            octets, base, np.uint8(one), np.uint8(two), np.uint8(three), np.int8(below)
        )
        while bits:
            if count < len(room):
                room[count] = base + lowest(bits)
            count += 1
            bits &= bits - np.uint64(1)
    for at in range(whole, len(octets)):
        octet = octets[at]
        if octet in (one, two, three) or np.int8(octet) < below:
            if count < len(room):
                room[count] = at
            count += 1
    return count
