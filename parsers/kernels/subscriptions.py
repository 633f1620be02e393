"""Subscription envelopes exactly as CloudWatch writes them, read in one pass over a window.

Documents stand back to back. Of those that are such envelopes the kernel gives all that they hold;
of the others it says where they begin and end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.kernels.compiled import compiled, inlined
from parsers.kernels.json_texts import unescaped
from parsers.kernels.json_values import (
    CLOSE_OBJECT,
    COMMA,
    OPEN_OBJECT,
    QUOTE,
    REFUSED,
    plain_end,
    skip_space,
)
from parsers.kernels.kinds import LANES
from parsers.kernels.lanes import equal, lowest, special
from parsers.kernels.memory import copy
from parsers.kernels.spans import Octets
from parsers.kernels.times import digits

Integers = npt.NDArray[np.int64]

LF = 10
DIGITS = 13  # of a time in milliseconds: from 2001 to 2286
LONGEST_HEAD = 1 << 10  # a longer one is not repeated for each message: read on another road
_DIGIT = b"\0"  # stands for one in the texts

# What must stand between the parts of an envelope that differ: the head, then its events.
_SAID = (
    b'{"messageType":"',
    b'{"messageType":"DATA_MESSAGE","owner":"',
    b'","logGroup":"',
    b'","logStream":"',
    b'","subscriptionFilters":[',
    b'],"logEvents":[',
    b'{"id":"',
    b'","timestamp":' + DIGITS * _DIGIT + b',"message":"',
    b'"},{"id":"',
    b'"}]}',
)
BEGINNING, OWNER, GROUP, STREAM, FILTERS, EVENTS, ID, TIME_AND_MESSAGE, NEXT, LAST = range(10)
LENGTHS = np.array([len(text) for text in _SAID], dtype=np.int64)
TEXTS = np.frombuffer(b"".join(text.ljust(LANES, b"\0") for text in _SAID), dtype=np.uint8)
WANTED = np.array(  # the lanes in which each text must stand
    [sum(1 << at for at, octet in enumerate(text) if octet) for text in _SAID], dtype=np.uint64
)
_TIME = len(b'","timestamp":')
_SHORTEST_EVENT = int(LENGTHS[ID] + LENGTHS[TIME_AND_MESSAGE]) + 2
_SHORTEST_DOCUMENT = int(LENGTHS[BEGINNING]) + 1  # the next one begins after a bracket


class Found(NamedTuple):
    """Documents and, one after the other, the events of the envelopes among them.

    A document: where it begins, where its head ends (where it begins, if it has none), where it
    ends, and how many events it has, 0 if it is none of these envelopes. An event: where its id
    ends in `ids`, its time in microseconds, where the token of its message begins and how long that
    is, where its text begins and ends in `texts`. An LF follows each text, zeros the last one.
    """

    documents: Integers  # [field, document]
    events: Integers  # [field, event]
    ids: Octets
    texts: bytes


class Reader:
    """Reads windows of one stream, in memory that is used again: fresh memory costs more."""

    def __init__(self) -> None:
        self._grown(0)

    def _grown(self, size: int) -> None:
        """Make room for a window of this size."""
        self._documents = np.empty((4, size // _SHORTEST_DOCUMENT + 2), dtype=np.int64)
        self._events = np.empty((6, size // _SHORTEST_EVENT + 1), dtype=np.int64)
        self._ids, self._texts = (np.empty(size + LANES, dtype=np.uint8) for _ in range(2))

    def read(self, octets: Octets, cut: int) -> Found:
        """The documents in octets[:cut], behind which PADDING stands, or another document."""
        if len(octets) > len(self._ids):
            self._grown(len(octets))
        documents, events, ids, texts = self._documents, self._events, self._ids, self._texts
        counts = _read(octets, cut, documents, events, ids, texts)
        size = counts[3]
        texts[size : size + LANES] = 0
        return Found(
            documents[:, : counts[0]].copy(),
            events[:, : counts[1]].copy(),
            ids[: counts[2]].copy(),
            texts[: size + LANES].tobytes(),
        )


@compiled
def _read(
    octets: Octets, cut: int, documents: Integers, events: Integers, ids: Octets, texts: Octets
) -> tuple[int, int, int, int]:
    """Read all documents: how many there are, how many events, how long ids and texts are.

    No place is gone to before all bytes up to it have proven to be no PADDING.
    """
    count = total = id_size = size = 0
    begin = skip_space(octets, 0)
    while begin < cut:
        head = _head_end(octets, begin)
        event, id_place, place = total, id_size, size
        high = REFUSED
        at = head + LENGTHS[ID] if head > 0 and _says(octets, head, ID) else REFUSED
        while at > 0:  # after the quote before an id
            copy(ids, id_place, octets, at, LANES)  # more than is needed is written over
            marks: int = special(octets, at)
            while marks == 0:
                at += LANES
                id_place += LANES
                copy(ids, id_place, octets, at, LANES)
                marks = special(octets, at)
            at += lowest(marks)
            id_place += lowest(marks)
            if not _says(octets, at, TIME_AND_MESSAGE):
                break
            milliseconds = digits(octets, at + _TIME, DIGITS)
            if milliseconds < 10 ** (DIGITS - 1):  # no leading zero
                break
            at += LENGTHS[TIME_AND_MESSAGE]
            events[0, event] = id_place
            events[1, event] = milliseconds * 1000
            events[2, event] = at - 1
            events[4, event] = place
            end, place = unescaped(octets, at, cut, texts, place)
            if end < 0:
                break
            events[3, event] = end + 2 - at
            events[5, event] = place
            texts[place] = LF
            place += 1
            event += 1
            if _says(octets, end, NEXT):
                at = end + LENGTHS[NEXT]
                continue
            if _says(octets, end, LAST):
                high = end + LENGTHS[LAST]
            break
        following = skip_space(octets, high) if high > 0 else cut
        if high < 0 or (following < cut and not _says(octets, following, BEGINNING)):
            event = total
            following = _next_beginning(octets, begin, cut)
            high = _trimmed(octets, begin, following)
        documents[0, count] = begin
        documents[1, count] = max(head, begin)
        documents[2, count] = high
        documents[3, count] = event - total
        count += 1
        if event > total:
            total, id_size, size = event, id_place, place
        begin = following
    return count, total, id_size, size


@inlined
def _says(octets: Octets, at: int, text: int) -> bool:
    """Whether one of the texts stands at `at`."""
    return bool(equal(octets, at, TEXTS, text * LANES) & WANTED[text] == WANTED[text])


@compiled
def _head_end(octets: Octets, begin: int) -> int:
    """Where the first event is to stand of the envelope that begins at `begin`."""
    if not _says(octets, begin, OWNER):
        return REFUSED
    at = begin + LENGTHS[OWNER]
    for text in (GROUP, STREAM, FILTERS):
        at = plain_end(octets, at)
        if not _says(octets, at, text):
            return REFUSED
        at += LENGTHS[text]
    if octets[at] == QUOTE:
        at = plain_end(octets, at + 1)
        while octets[at] == QUOTE and octets[at + 1] == COMMA and octets[at + 2] == QUOTE:
            at = plain_end(octets, at + 3)
        if octets[at] != QUOTE:
            return REFUSED
        at += 1
    if not _says(octets, at, EVENTS):
        return REFUSED
    at += LENGTHS[EVENTS]
    return at if at - begin <= LONGEST_HEAD else REFUSED


@compiled
def _next_beginning(octets: Octets, begin: int, cut: int) -> int:
    """Where the document begins after the one at `begin`: as envelopes do, after a bracket."""
    for at in range(begin + 1, cut):
        if octets[at] != OPEN_OBJECT or not _says(octets, at, BEGINNING):
            continue
        before = at - 1
        while before > 0 and octets[before] in (9, 10, 13, 32):
            before -= 1
        if octets[before] == CLOSE_OBJECT:
            return at
    return cut


@compiled
def _trimmed(octets: Octets, low: int, high: int) -> int:
    """`high`, or where the white space (as Python sees it) before it begins."""
    while high > low and (octets[high - 1] == 32 or 9 <= octets[high - 1] <= 13):
        high -= 1
    return high
