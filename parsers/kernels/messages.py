"""Messages of export tasks: lines that begin with a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.kernels.compiled import compiled
from parsers.kernels.spans import Octets
from parsers.kernels.times import (
    DOT,
    NOT_A_TIME,
    SPACE,
    ZERO,
    T,
    Z,
    clock,
    date,
    digits,
)

Integers = npt.NDArray[np.int64]

LF, CR = 10, 13
DIGITS = 13  # of a time in milliseconds: from 2001 to 2286
ISO_WIDTH = 24  # of 2024-05-01T10:00:00.000Z


def stamped(
    octets: Octets, first: int, *, epoch: bool, last: bool
) -> tuple[Integers, Integers, Integers]:
    """The lines from `first` on that begin with a time in milliseconds, or in ISO 8601.

    Where each begins, where its text does, and its time in microseconds. A time that ends the
    octets counts only where they are the `last` ones.
    """
    starts = np.concatenate([[first], np.flatnonzero(octets == LF) + 1])
    lines, texts, times = (np.empty(len(starts), dtype=np.int64) for _ in range(3))
    count = _stamped(octets, starts, epoch, last, lines, texts, times)
    return lines[:count], texts[:count], times[:count]


@compiled
def _stamped(
    octets: Octets,
    starts: Integers,
    epoch: bool,
    last: bool,
    lines: Integers,
    texts: Integers,
    times: Integers,
) -> int:
    size = len(octets)
    width = DIGITS if epoch else ISO_WIDTH
    count = 0
    for at in starts:
        after = at + width
        if after > size:
            break
        follows = octets[after] if after < size else SPACE if last else ZERO
        if follows not in (SPACE, LF, CR):
            continue
        time = milliseconds(octets, at) if epoch else iso(octets, at)
        if time != NOT_A_TIME:
            lines[count] = at
            texts[count] = after + (after < size and follows == SPACE)
            times[count] = time
            count += 1
    return count


@compiled
def milliseconds(octets: Octets, at: int) -> int:
    """Microseconds of a time in milliseconds since 1970; NOT_A_TIME where it is none."""
    value = digits(octets, at, DIGITS)
    return NOT_A_TIME if value < 0 else value * 1000


@compiled
def iso(octets: Octets, at: int) -> int:
    """Microseconds of a time like 2024-05-01T10:00:00.000Z; NOT_A_TIME where it is none."""
    if octets[at + 10] != T or octets[at + 19] != DOT or octets[at + 23] != Z:
        return NOT_A_TIME
    day, since, thousandth = date(octets, at), clock(octets, at + 11), digits(octets, at + 20, 3)
    if day == NOT_A_TIME or since == NOT_A_TIME or thousandth < 0:
        return NOT_A_TIME
    return day + since + thousandth * 1000
