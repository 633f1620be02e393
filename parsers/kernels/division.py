r"""Lines divided into tokens by one byte, quoted or not, where that can be done in one way only.

A token is a span: where it starts in the block and where it ends. A bare dash, which says that a
value is absent, ends one byte before it starts; a token that a line is too short for, two before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.kernels.borders import places
from parsers.kernels.compiled import compiled

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

QUOTE, BACKSLASH, DASH, SPACE = 34, 92, 45, 32
NEAR = 4  # borders between two lines that follow each other


def borders(octets: Octets, mark: int, *, quotes: bool, escapes: bool) -> Integers:
    """Where the bytes stand that may be anything but a part of their token.

    These are control characters and what is not ASCII, too.
    """
    quote = QUOTE if quotes else mark
    return places(octets, mark, quote, BACKSLASH if escapes else mark, SPACE)


@compiled
def divided(
    octets: Octets,
    found: Integers,
    lows: Integers,
    highs: Integers,
    longest: int,
    mark: int,
    allowed: Flags,
    exact: bool,
    runs: bool,
    starts: Places,
    ends: Places,
    widths: Integers,
) -> None:
    """Fill in, line by line, the tokens and how many there are: 0 for a line that is not trivial.

    `found`: the borders. `allowed`: which tokens may be quoted, the last entry for all that follow;
    with `exact`, the others before that must be, or be a bare dash. A line may have more tokens
    than there is room for. With `runs`, empty tokens are none.
    """
    next_ = 0
    for line in range(len(lows)):
        low, high = lows[line], highs[line]
        widths[line] = 0
        if low < high <= low + longest and octets[low] > SPACE:
            until = min(next_ + NEAR, len(found))
            while next_ < until and found[next_] < low:
                next_ += 1
            if next_ == until or (next_ > 0 and found[next_ - 1] >= low):
                next_ = np.searchsorted(found, low)  # lines may be far apart, in any order
            widths[line], next_ = _line(
                octets, found, next_, low, high, mark, allowed, exact, runs, starts, ends, line
            )


@compiled
def _line(
    octets: Octets,
    found: Integers,
    next_: int,
    low: int,
    end: int,
    mark: int,
    allowed: Flags,
    exact: bool,
    runs: bool,
    starts: Places,
    ends: Places,
    line: int,
) -> tuple[int, int]:
    """How many tokens there are, 0 if they are not clear, and which border comes after them."""
    room = len(starts)
    last = len(allowed) - 1
    width = 0
    beyond_ascii = False
    at = low
    while True:  # a token begins here
        start = at
        may_be_quoted = last >= 0 and allowed[min(width, last)]
        quoted = last >= 0 and at < end and octets[at] == QUOTE
        if quoted:
            if not may_be_quoted:
                return 0, next_
            start = at + 1
            next_ += 1
        while True:  # to the border that ends it
            stop = end
            if next_ < len(found) and found[next_] < end:
                stop = found[next_]
            if stop == end:
                break
            octet = octets[stop]
            next_ += 1
            if octet == mark:
                if not quoted:
                    break
            elif octet == QUOTE:
                break
            elif (
                octet == BACKSLASH
                and quoted
                and next_ < len(found)
                and found[next_] == stop + 1 < end
            ):
                octet = octets[stop + 1]  # whatever it is, it does not end the token
                next_ += 1
            if octet < SPACE and octet != mark:
                return 0, next_
            beyond_ascii = beyond_ascii or octet >= 128
        at = stop
        if quoted:
            if stop == end:
                return 0, next_
            at = stop + 1
            if at < end:
                if octets[at] != mark:
                    return 0, next_
                next_ += 1
        else:
            if stop < end and octets[stop] != mark:
                return 0, next_
            if stop == start + 1 and octets[start] == DASH:
                stop = start - 1
            elif exact and may_be_quoted and width < last:
                return 0, next_
        if not runs or quoted or stop != start:
            if width < room:
                starts[width, line] = start
                ends[width, line] = stop
            width += 1
        if at >= end:
            break
        at += 1
    for missing in range(width, room):
        starts[missing, line] = 0
        ends[missing, line] = -2
    if beyond_ascii and not is_utf8(octets, low, end):
        return 0, next_
    return width, next_


@compiled
def is_utf8(octets: Octets, at: int, end: int) -> bool:
    """Whether the bytes from `at` to `end` are UTF-8."""
    while at < end:
        lead = octets[at]
        low, high = 0x80, 0xBF
        if lead < 0x80:
            at += 1
            continue
        if 0xC2 <= lead <= 0xDF:
            more = 1
        elif 0xE0 <= lead <= 0xEF:
            more = 2
            low = 0xA0 if lead == 0xE0 else low
            high = 0x9F if lead == 0xED else high
        elif 0xF0 <= lead <= 0xF4:
            more = 3
            low = 0x90 if lead == 0xF0 else low
            high = 0x8F if lead == 0xF4 else high
        else:
            return False
        if at + more >= end or not low <= octets[at + 1] <= high:
            return False
        for each in range(at + 2, at + more + 1):
            if not 0x80 <= octets[each] <= 0xBF:
                return False
        at += more + 1
    return True
