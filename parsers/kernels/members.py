"""JSON objects taken apart: the members of many units, and which units have the same ones.

Only what is strictly JSON, names its members without escapes and nests no deeper than a word has
bits is taken; it says the same to every reader.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.kernels import spans
from parsers.kernels.compiled import compiled
from parsers.kernels.kinds import LANES
from parsers.kernels.lanes import lowest, special
from parsers.kernels.memory import copy
from parsers.kernels.strings import BEYOND, ENDS, ESCAPES, KINDS, PLAIN, escape_end, said

Octets = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]

NULL, STRING, ESCAPED, OBJECT, OTHER = range(5)
"""What a value is; the span of a string leaves out its quotes."""
_COLUMNS = 5  # of a member: name from and to, value from and to, its kind
_MOST_SHAPES = 512
_DEEPEST = 60
_LONGEST_NUMBER = 17  # what any reader takes for the same number
_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE, _LIST, _UNLIST = b'",:{}[]'
_ZERO, _NINE, _MINUS, _DOT = b"09-."
_WORDS = np.frombuffer(b"truefalsenull", dtype=np.uint8)


class Members(NamedTuple):
    """The members of units side by side: those of unit i begin at row firsts[i] of the table."""

    firsts: Integers
    counts: Integers  # -1 for a unit that is not taken
    table: Integers
    shapes: Integers  # units of one number have the same members, null or not; -1: not taken


def members(octets: Octets, starts: Integers, ends: Integers, *, utf8: bool) -> Members:
    """The members of the objects octets[starts[i]:ends[i]]."""
    count = len(starts)
    firsts, counts = np.zeros(count, np.int64), np.full(count, -1, dtype=np.int64)
    shapes = np.full(count, -1, dtype=np.int64)
    room = int((ends - starts).sum()) // 5 + 1  # no member is shorter than "":0,
    table = np.empty((room, _COLUMNS), dtype=np.int64)
    size = _members(octets, starts, ends, utf8, firsts, counts, table)
    _shapes(octets, firsts, counts, table[:size], shapes)
    return Members(firsts, counts, table[:size], shapes)


def texts(octets: Octets, table: Integers) -> pa.Array:
    """What the values of these members say: strings their text, anything else as it stands."""
    offsets = np.empty(len(table) + 1, dtype=np.int32)
    data = np.empty(int((table[:, 3] - table[:, 2]).sum()), dtype=np.uint8)
    size = _texts(octets, table, offsets, data)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data[:size])]
    return pa.Array.from_buffers(pa.string(), len(table), buffers)


def verbatim(octets: Octets, table: Integers) -> pa.Array:
    """The values of these members as they stand."""
    quotes = np.isin(table[:, 4], (STRING, ESCAPED))
    return spans.texts(octets, table[:, 2] - quotes, table[:, 3] + quotes)


@compiled
def _members(
    octets: Octets,
    starts: Integers,
    ends: Integers,
    utf8: bool,
    firsts: Integers,
    counts: Integers,
    table: Integers,
) -> int:
    size = 0
    for unit in range(len(starts)):
        firsts[unit] = size
        at, high = starts[unit], ends[unit]
        if high - at < 2 or octets[at] != _OPEN:
            continue
        at = _blank(octets, at + 1, high)
        row = size
        if at < high and octets[at] == _CLOSE:
            counts[unit] = 0 if at + 1 == high else -1
            continue
        while at >= 0 and at < high:
            at = _member(octets, at, high, utf8, table[row])
            if at < 0:
                break
            row += 1
            if octets[at] == _CLOSE:
                if at + 1 == high:
                    counts[unit] = row - size
                    size = row
                break
            at = _blank(octets, at + 1, high)
    return size


@compiled
def _member(octets: Octets, at: int, high: int, utf8: bool, row: Integers) -> int:
    """Fill the row with the member at `at`; where the comma or brace after it stands, else -1."""
    if octets[at] != _QUOTE:
        return -1
    row[0] = at + 1
    at, escaped = _string_end(octets, at + 1, high, utf8)
    row[1] = at
    if at < 0 or escaped:
        return -1
    at = _blank(octets, at + 1, high)
    if at >= high or octets[at] != _COLON:
        return -1
    at = _blank(octets, at + 1, high)
    if at >= high:
        return -1
    row[2] = at
    first = octets[at]
    if first == _QUOTE:
        end, escaped = _string_end(octets, at + 1, high, utf8)
        row[2], row[3] = at + 1, end
        row[4] = ESCAPED if escaped else STRING
        end = end + 1 if end >= 0 else -1
    elif first in (_OPEN, _LIST):
        end = _nested_end(octets, at, high, utf8)
        row[3] = end
        row[4] = OBJECT if first == _OPEN else OTHER
    else:
        end = _scalar_end(octets, at, high)
        row[3] = end
        row[4] = NULL if octets[at] == 110 else OTHER
    if end < 0:
        return -1
    at = _blank(octets, end, high)
    return at if at < high and octets[at] in (_COMMA, _CLOSE) else -1


@compiled
def _blank(octets: Octets, at: int, high: int) -> int:
    """Where what is no white space begins."""
    while at < high and octets[at] in (32, 9, 10, 13):
        at += 1
    return at


@compiled
def _string_end(octets: Octets, at: int, high: int, utf8: bool) -> tuple[int, bool]:
    """Where the closing quote stands, and whether there are escapes; -1 where it is not JSON."""
    escaped = False
    while at < high:
        if utf8 and at + LANES <= len(octets):
            marks: int = special(octets, at)
            if marks == 0:
                at += LANES
                continue
            at += lowest(marks)
            if at >= high:
                return -1, escaped
        kind = KINDS[octets[at]]
        if kind == PLAIN or (kind == BEYOND and utf8):
            at += 1
        elif kind == ENDS:
            return at, escaped
        elif kind == ESCAPES:
            escaped = True
            at = escape_end(octets, at + 1, high)
            if at < 0:
                return -1, escaped
        else:
            return -1, escaped
    return -1, escaped


@compiled
def _scalar_end(octets: Octets, at: int, high: int) -> int:
    """Where a number without an exponent, true, false or null ends; -1 for anything else."""
    first = octets[at]
    for low, end in ((0, 4), (4, 9), (9, 13)):
        if first == _WORDS[low]:
            if at + end - low > high:
                return -1
            for place in range(end - low):
                if octets[at + place] != _WORDS[low + place]:
                    return -1
            return at + end - low
    begin = at
    at += first == _MINUS
    digits = at
    while at < high and _ZERO <= octets[at] <= _NINE:
        at += 1
    if at == digits or (octets[digits] == _ZERO and at > digits + 1):
        return -1
    if at < high and octets[at] == _DOT:
        at += 1
        digits = at
        while at < high and _ZERO <= octets[at] <= _NINE:
            at += 1
        if at == digits:
            return -1
    return at if at - begin <= _LONGEST_NUMBER else -1


_VALUE, _VALUE_OR_END, _NAME, _NAME_OR_END, _AFTER = range(5)


@compiled
def _nested_end(octets: Octets, at: int, high: int, utf8: bool) -> int:
    """Where an object or a list ends; -1 where it is not JSON or too deep."""
    objects, depth, state = 0, 0, _VALUE
    while at < high:
        octet = octets[at]
        if octet in (32, 9, 10, 13):
            at += 1
        elif octet == _QUOTE and state != _AFTER:
            at, _ = _string_end(octets, at + 1, high, utf8)
            if at < 0:
                return -1
            at += 1
            if state >= _NAME:
                at = _blank(octets, at, high)
                if at >= high or octets[at] != _COLON:
                    return -1
                at += 1
                state = _VALUE
            else:
                state = _AFTER
        elif octet in (_OPEN, _LIST) and state <= _VALUE_OR_END:
            depth += 1
            if depth > _DEEPEST:
                return -1
            objects = objects << 1 | (octet == _OPEN)
            state = _NAME_OR_END if octet == _OPEN else _VALUE_OR_END
            at += 1
        elif octet in (_CLOSE, _UNLIST):
            own = _NAME_OR_END if octet == _CLOSE else _VALUE_OR_END
            if (objects & 1) != (octet == _CLOSE) or state not in (_AFTER, own):
                return -1
            objects >>= 1
            depth -= 1
            state = _AFTER
            at += 1
            if depth == 0:
                return at
        elif octet == _COMMA and state == _AFTER:
            state = _NAME if objects & 1 else _VALUE
            at += 1
        elif state <= _VALUE_OR_END:
            at = _scalar_end(octets, at, high)
            if at < 0:
                return -1
            state = _AFTER
        else:
            return -1
    return -1


@compiled
def _shapes(
    octets: Octets, firsts: Integers, counts: Integers, table: Integers, shapes: Integers
) -> None:
    """Number the units by the names and the nulls and objects of their members."""
    known = np.empty(_MOST_SHAPES, dtype=np.int64)  # a unit of each shape
    hashes = np.empty(_MOST_SHAPES, dtype=np.int64)
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


@compiled
def _texts(octets: Octets, table: Integers, offsets: Offsets, data: Octets) -> int:
    size = 0
    for row in range(len(table)):
        offsets[row] = size
        at, high = table[row, 2], table[row, 3]
        if table[row, 4] == ESCAPED:
            _, size = said(octets, at, high + 1, True, data, size)
        else:
            copy(data, size, octets, at, high - at)
            size += high - at
    offsets[len(table)] = size
    return size
