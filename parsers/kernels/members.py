"""JSON objects taken apart: the members of many units, and which units have the same ones.

Only what `json_values` takes and names its members without escapes is taken; it says the same to
every reader.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.kernels import json_texts, spans
from parsers.kernels.compiled import compiled
from parsers.kernels.json_values import (
    CLOSE_OBJECT,
    COLON,
    COMMA,
    DEEPEST,
    OPEN_OBJECT,
    QUOTE,
    REFUSED,
    SMALL_N,
    plain_end,
    skip_space,
    text,
    value_end,
)
from parsers.kernels.spans import Octets

Integers = npt.NDArray[np.int64]

NULL, STRING, ESCAPED, OBJECT, OTHER = range(5)
"""What a value is; the span of a string leaves out its quotes."""
_COLUMNS = 5  # of a member: name from and to, value from and to, its kind
_MOST_SHAPES = 512


class Members(NamedTuple):
    """The members of units side by side: those of unit i begin at row firsts[i] of the table."""

    firsts: Integers
    counts: Integers  # -1 for a unit that is not taken
    table: Integers
    shapes: Integers  # units of one number have the same members, null or not; -1: not taken


def members(octets: Octets, starts: Integers, ends: Integers) -> Members:
    """The members of the objects octets[starts[i]:ends[i]], UTF-8 with PADDING behind them."""
    count = len(starts)
    firsts, counts = np.zeros(count, np.int64), np.full(count, -1, dtype=np.int64)
    shapes = np.full(count, -1, dtype=np.int64)
    room = int((ends - starts).sum()) // 5 + 1  # no member is shorter than "":0,
    table = np.empty((room, _COLUMNS), dtype=np.int64)
    brackets = np.empty(DEEPEST, dtype=np.uint8)
    size = _members(octets, starts, ends, firsts, counts, table, brackets)
    known = np.empty((2, _MOST_SHAPES), dtype=np.int64)
    _shapes(octets, firsts, counts, table[:size], shapes, known[0], known[1])
    return Members(firsts, counts, table[:size], shapes)


def texts(octets: Octets, table: Integers) -> pa.Array:
    """What the values of these members say: strings their text, anything else as it stands."""
    low, high = np.ascontiguousarray(table[:, 2]), np.ascontiguousarray(table[:, 3])
    return json_texts.texts(octets, np.where(table[:, 4] == ESCAPED, ~low, low), high)


def verbatim(octets: Octets, table: Integers) -> pa.Array:
    """The values of these members as they stand."""
    quotes = np.isin(table[:, 4], (STRING, ESCAPED))
    return spans.texts(octets, table[:, 2] - quotes, table[:, 3] + quotes)


@compiled
def _members(
    octets: Octets,
    starts: Integers,
    ends: Integers,
    firsts: Integers,
    counts: Integers,
    table: Integers,
    brackets: Octets,
) -> int:
    size = 0
    for unit in range(len(starts)):
        firsts[unit] = size
        at, high = starts[unit], ends[unit]
        if high - at < 2 or octets[at] != OPEN_OBJECT:
            continue
        at = skip_space(octets, at + 1)
        row = size
        if octets[at] == CLOSE_OBJECT:
            counts[unit] = 0 if at + 1 == high else -1
            continue
        while at < high:
            at = _member(octets, at, table[row], brackets)
            if at < 0 or at >= high:
                break
            row += 1
            if octets[at] == CLOSE_OBJECT:
                if at + 1 == high:
                    counts[unit] = row - size
                    size = row
                break
            at = skip_space(octets, at + 1)
    return size


@compiled
def _member(octets: Octets, at: int, row: Integers, brackets: Octets) -> int:
    """Fill the row with the member at `at`; where the comma or brace after it stands."""
    if octets[at] != QUOTE:
        return REFUSED
    row[0] = at + 1
    row[1] = plain_end(octets, at + 1)
    at = skip_space(octets, row[1] + 1)
    if octets[row[1]] != QUOTE or octets[at] != COLON:
        return REFUSED
    at = skip_space(octets, at + 1)
    first = octets[at]
    if first == QUOTE:
        low, high = text(octets, at)
        row[4] = STRING if low > 0 else ESCAPED
        row[2] = max(low, ~low)
        end = high + 1 if high > 0 else REFUSED
    else:
        end = high = value_end(octets, at, brackets, 1)
        row[4] = NULL if first == SMALL_N else OBJECT if first == OPEN_OBJECT else OTHER
        row[2] = at
    row[3] = high
    if end < 0:
        return REFUSED
    at = skip_space(octets, end)
    return at if octets[at] == COMMA or octets[at] == CLOSE_OBJECT else REFUSED


@compiled
def _shapes(
    octets: Octets,
    firsts: Integers,
    counts: Integers,
    table: Integers,
    shapes: Integers,
    known: Integers,
    hashes: Integers,
) -> None:
    """Number the units by the names and the nulls and objects of their members.

    `known` is for a unit of each shape, `hashes` for what tells shapes apart at a glance.
    """
    count = 0
    for unit in range(len(counts)):
        if counts[unit] < 0:
            continue
        mixed = _hash(octets, table, firsts[unit], counts[unit])
        shape = 0
        while shape < count and not (
            hashes[shape] == mixed and _alike(octets, firsts, counts, table, known[shape], unit)
        ):
            shape += 1
        if shape == _MOST_SHAPES:
            continue
        if shape == count:
            known[shape], hashes[shape] = unit, mixed
            count += 1
        shapes[unit] = shape


@compiled
def _hash(octets: Octets, table: Integers, first: int, count: int) -> int:
    mixed = count
    for row in range(first, first + count):
        kind = table[row, 4]
        mixed = (mixed * 31 + (kind if kind in (NULL, OBJECT) else OTHER)) & 0xFFFFFFFFFFF
        mixed = (mixed * 31 + table[row, 1] - table[row, 0]) & 0xFFFFFFFFFFF
        for place in range(table[row, 0], table[row, 1]):
            mixed = (mixed * 31 + octets[place]) & 0xFFFFFFFFFFF
    return mixed


@compiled
def _alike(
    octets: Octets, firsts: Integers, counts: Integers, table: Integers, one: int, other: int
) -> bool:
    """Whether two units have the same members."""
    if counts[one] != counts[other]:
        return False
    for member in range(counts[one]):
        a, b = table[firsts[one] + member], table[firsts[other] + member]
        if a[1] - a[0] != b[1] - b[0]:
            return False
        if a[4] != b[4] and (a[4] in (NULL, OBJECT) or b[4] in (NULL, OBJECT)):
            return False
        for place in range(a[1] - a[0]):
            if octets[a[0] + place] != octets[b[0] + place]:
                return False
    return True
