"""Messages in their envelopes: lines that begin with a time, events of a subscription."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parsers.kernels.compiled import compiled
from parsers.kernels.json_texts import unescaped
from parsers.kernels.json_values import (
    CLOSE_LIST,
    CLOSE_OBJECT,
    COMMA,
    REFUSED,
    plain_end,
)
from parsers.kernels.kinds import LANES
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
    says,
)

Integers = npt.NDArray[np.int64]

LF, CR = 10, 13
DIGITS = 13  # of a time in milliseconds: from 2001 to 2286
ISO_WIDTH = 24  # of 2024-05-01T10:00:00.000Z
EVENT = np.frombuffer(b'{"id":"', dtype=np.uint8)
TIMESTAMP = np.frombuffer(b'","timestamp":', dtype=np.uint8)
MESSAGE = np.frombuffer(b',"message":"', dtype=np.uint8)


# ---------------------------------------------------------------------------- export tasks
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


# ---------------------------------------------------------------------------- subscriptions
def events(octets: Octets, begins: Integers, ends: Integers) -> tuple[Integers, Integers, Octets]:
    """The events of documents, written exactly as CloudWatch writes them.

    `begins` is where the first event of each document has to stand, negative where the document is
    no envelope, or no UTF-8; `ends` is where it ends; PADDING stands behind. Returns how many
    events each document has, 0 where something else stands in it; for all of these a row of
    EVENT_COLUMNS; and the texts of their messages, each ended by LF.
    """
    most = np.where(begins >= 0, np.maximum(ends - begins, 0), 0)
    counts = np.zeros(len(begins), dtype=np.int64)
    table = np.empty((int(most.sum()) // _SHORTEST + 1, EVENT_COLUMNS), dtype=np.int64)
    data = np.empty(int(most.sum()) + LANES, dtype=np.uint8)
    total, size = _events(octets, begins, ends, counts, table, data)
    return counts, table[:total], data[:size]


EVENT_COLUMNS = 7
"""Id from and to, milliseconds, message from and to (without quotes), its text from and to."""
_SHORTEST = len(EVENT) + len(TIMESTAMP) + DIGITS + len(MESSAGE) + 3  # bytes of an event


@compiled
def _events(
    octets: Octets,
    begins: Integers,
    ends: Integers,
    counts: Integers,
    table: Integers,
    data: Octets,
) -> tuple[int, int]:
    total, size = 0, 0
    for document in range(len(begins)):
        at, high = begins[document], ends[document]
        count, place = 0, size
        while 0 <= at < high:
            row = table[total + count]
            at = _event(octets, at, high, row, data, place)
            if at < 0:
                break
            count += 1
            place = row[6] + 1
            if octets[at] == CLOSE_LIST and at + 2 == high and octets[at + 1] == CLOSE_OBJECT:
                counts[document] = count
                total += count
                size = place
                break
            at = at + 1 if octets[at] == COMMA else REFUSED
    return total, size


@compiled
def _event(octets: Octets, at: int, high: int, row: Integers, data: Octets, place: int) -> int:
    """Fill the row with the event at `at`; where it ends, REFUSED where it is written otherwise.

    At least two more bytes of the document follow.
    """
    if not says(octets, at, EVENT):
        return REFUSED
    row[0] = at + len(EVENT)
    at = plain_end(octets, row[0])
    row[1] = at
    if not says(octets, at, TIMESTAMP):
        return REFUSED
    at += len(TIMESTAMP)
    row[2] = digits(octets, at, DIGITS)
    at += DIGITS
    if row[2] < 10 ** (DIGITS - 1) or not says(octets, at, MESSAGE):  # no leading zero
        return REFUSED
    at += len(MESSAGE)
    row[3], row[5] = at, place
    at, place = unescaped(octets, at, high, data, place)
    row[4], row[6] = at, place
    if at < 0 or at + 4 > high or octets[at + 1] != CLOSE_OBJECT:
        return REFUSED
    data[place] = LF
    return at + 2
