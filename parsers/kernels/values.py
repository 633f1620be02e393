"""Values read from spans of a block, exactly as the plain readers of `parsers.scalars` read them.

A span that ends before it starts is NULL. What a kernel is not sure of it marks as doubtful; it is
never wrong about the rest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.kernels.compiled import compiled

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ZERO, NINE, MINUS, DOT, COLON, SPACE = 48, 57, 45, 46, 58, 32
MOST_DIGITS = 18  # that surely fit into 64 bits
EXACT_DIGITS = 15  # of a number that a DOUBLE surely holds
POWERS = np.array([10.0**power for power in range(EXACT_DIGITS + 1)])  # these are exact too


@compiled
def integers(
    octets: Octets,
    starts: Places,
    ends: Places,
    digits: int,
    values: Integers,
    absent: Flags,
    doubtful: Flags,
) -> int:
    """Integers spelt as their numbers are, or of so many digits; how many are absent."""
    nulls = 0
    for row in range(len(starts)):
        at, end = int(starts[row]), int(ends[row])
        absent[row] = end < at
        values[row] = 0
        if end < at:
            nulls += 1
            continue
        negative = digits == 0 and end > at and octets[at] == MINUS
        if negative:
            at += 1
        length = end - at
        spelt = 0 < length <= MOST_DIGITS and length >= digits
        if spelt and octets[at] == ZERO and length != digits:
            spelt = bool(length == 1 and not negative)
        value = 0
        while spelt and at < end:
            digit = int(octets[at]) - ZERO
            spelt = 0 <= digit <= 9
            value = value * 10 + digit
            at += 1
        values[row] = -value if negative else value
        doubtful[row] |= not spelt
    return nulls


@compiled
def reals(
    octets: Octets, starts: Places, ends: Places, values: Reals, absent: Flags, doubtful: Flags
) -> int:
    """Decimal numbers of few digits: a quotient of two exact numbers is rounded as `float` does."""
    nulls = 0
    for row in range(len(starts)):
        at, end = int(starts[row]), int(ends[row])
        absent[row] = end < at
        values[row] = 0.0
        if end < at:
            nulls += 1
            continue
        negative = end > at and octets[at] == MINUS
        if negative:
            at += 1
        begin, point = at, end
        value = 0
        spelt = 0 < end - at <= EXACT_DIGITS
        while spelt and at < end:
            if octets[at] == DOT and point == end:
                point = at
            else:
                digit = int(octets[at]) - ZERO
                spelt = 0 <= digit <= 9
                value = value * 10 + digit
            at += 1
        spelt = spelt and begin < point and point != end - 1
        if spelt:
            number = value / POWERS[end - point - 1 if point < end else 0]
            values[row] = -number if negative else number
        doubtful[row] |= not spelt
    return nulls


@compiled
def endpoints(
    octets: Octets, starts: Places, ends: Places, middles: Places, seconds: Places, doubtful: Flags
) -> None:
    """`address:port`: where the address ends and where the port starts."""
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        middles[row] = end
        seconds[row] = start
        if end < start:
            continue
        colon = end - 1
        while colon > start and octets[colon] != COLON:
            colon -= 1
        if start < colon < end - 1:
            middles[row] = colon
            seconds[row] = colon + 1
        else:
            doubtful[row] = True


@compiled
def begin_with(octets: Octets, starts: Places, ends: Places, prefix: Octets, found: Flags) -> None:
    """Which spans begin with some bytes."""
    for row in range(len(starts)):
        begins = ends[row] - starts[row] >= len(prefix)
        at = 0
        while begins and at < len(prefix):
            begins = octets[starts[row] + at] == prefix[at]
            at += 1
        found[row] = begins


@compiled
def requests(
    octets: Octets, starts: Places, ends: Places, firsts: Places, lasts: Places, doubtful: Flags
) -> None:
    """`VERB URL PROTOCOL`: where the first space stands, and the last one that ends no text."""
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        firsts[row] = end
        lasts[row] = end
        if end < start:
            continue
        first = start
        while first < end and octets[first] != SPACE:
            first += 1
        last = end - 2
        while last > first and octets[last] != SPACE:
            last -= 1
        if first < last:
            firsts[row] = first
            lasts[row] = last
        else:
            doubtful[row] = True


@compiled
def accepted(
    octets: Octets,
    starts: Places,
    ends: Places,
    moves: npt.NDArray[np.int16],
    accepts: Flags,
    alike: Octets,
    doubtful: Flags,
) -> None:
    """Doubt what an automaton does not accept; a bare dash is a text too.

    A text like the one before it, which most are, is compared with that alone: byte by byte, of
    those that are `alike` to the automaton.
    """
    known, known_end = 0, -1  # the last text accepted
    for row in range(len(starts)):
        at, end = int(starts[row]), int(ends[row])
        if end == at - 2:  # its line has no such field
            continue
        if end == at - 1:
            end = at + 1
        if end - at == known_end - known:
            shift = known - at
            here = at
            while here < end and alike[octets[here]] == alike[octets[here + shift]]:
                here += 1
            if here == end:
                continue
        state = 0
        here = at
        while here < end and state >= 0:
            octet = octets[here]
            state = int(moves[state, octet]) if octet < 128 else -1
            here += 1
        if state >= 0 and accepts[state]:
            known, known_end = at, end
        else:
            doubtful[row] = True
