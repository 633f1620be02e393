"""Envelopes exactly as CloudWatch writes them, proven by where their quotes stand.

A kernel reads the events of each envelope byte by byte. Where there is none, quotes prove as much
of envelopes without a backslash: every quote begins or ends a string, ten of them to an event.
Their places, and the few bytes that must stand between them, prove each event of all the envelopes
in a window side by side. Nothing can hide between two events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from operator import eq
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers import json_text, kernels
from parsers.contract import PADDING, TEXT, TIME, Flags, Integers
from parsers.framing.messages import Origin, Said, Texts

BEGINNING = b'{"messageType":"'
QUOTES = 10  # of an event: its three names, its id, its message
_NAME = rb'"((?:[^"\\\x00-\x1f])*)"'
_HEAD = re.compile(
    rb'\{"messageType":"(DATA_MESSAGE)","owner":%b,"logGroup":%b,"logStream":%b,'
    rb'"subscriptionFilters":(\[(?:"[^"\\\x00-\x1f]*"(?:,"[^"\\\x00-\x1f]*")*)?\]),"logEvents":\['
    % (_NAME, _NAME, _NAME)
)
_EVENTS = b',"logEvents":['
_LONGEST_HEAD = 16 << 10
_DIGITS = 13  # of a time in milliseconds: from 2001 to 2286
_POWERS = 10 ** np.arange(_DIGITS - 1, -1, -1, dtype=np.int64)

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
Octets = npt.NDArray[np.uint8]


class Head(NamedTuple):
    """What an envelope says before its events, which begin at `end`."""

    origin: Origin
    kind: str
    filters: bytes
    end: int

    def rest(self) -> dict[str, bytes]:
        """What it says beyond the context of its messages, by JSON pointer."""
        return _rest(self.kind, self.filters)


@lru_cache(256)
def _rest(kind: str, filters: bytes) -> dict[str, bytes]:
    quoted = json_text.quoted(kind)
    return {"/messageType": quoted, "/subscriptionFilters": json_text.kept(filters)}


class Run(NamedTuple):
    """Documents first..last of a window: all of one grade."""

    first: int
    last: int
    grade: int


OTHER, BEGUN, PROVEN = range(3)
"""A document may be anything, begin as CloudWatch begins an envelope, or be proven to be one."""


class Proof:
    """The documents in the first `cut` bytes of a window, and which of them are proven."""

    def __init__(self, data: bytes, cut: int) -> None:
        self.data, self._cut = data, cut
        self._octets = np.frombuffer(data, dtype=np.uint8)[:cut]
        self.bounds = [0, *_beginnings(data, cut), cut]
        self.heads = [_head(data, low) for low in self.bounds[:-1]]
        self.ends = self._ends()
        self._counts = np.zeros(len(self.heads), dtype=np.int64)  # of events
        self._events = np.empty((0, 7), dtype=np.int64)  # as kernels.messages has them
        self._texts = data
        begins = np.array([head.end if head else -1 for head in self.heads], dtype=np.int64)
        self._by_kernel = kernels.worth(cut)
        if self._by_kernel:
            begins[self._broken()] = -1
            copied = b"".join([memoryview(data)[:cut], PADDING])
            octets = np.frombuffer(copied, dtype=np.uint8)
            found = kernels.messages.events(octets, begins, self.ends)
            self._counts, self._events, texts = found
            self._texts = texts.tobytes()
        else:
            self._prove(begins)

    def runs(self) -> list[Run]:
        """The documents in order, those of one grade together."""
        grades = np.array([OTHER if head is None else BEGUN for head in self.heads])
        grades[self._counts > 0] = PROVEN
        changes = np.flatnonzero(np.diff(grades)) + 1
        edges = pairwise([0, *changes.tolist(), len(grades)])
        return [Run(first, last, int(grades[first])) for first, last in edges if last > first]

    def spans(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """Where each document begins, ends, and the next one begins."""
        bounds, ends = self.bounds[first : last + 1], self.ends[first:last].tolist()
        yield from zip(bounds[:-1], ends, bounds[1:], strict=True)

    def are_values(self, run: Run) -> bool:
        """Whether each document of a run is one JSON value."""
        texts = [self.data[low:end] for low, end, _ in self.spans(run.first, run.last)]
        try:
            values = msgspec.json.decode(b"[" + b",".join(texts) + b"]", type=list[msgspec.Raw])
        except UNREADABLE:
            return False
        return len(values) == len(texts) and all(map(eq, map(len, values), map(len, texts)))

    # ---------------------------------------------------------------- proving
    def _prove(self, begins: Integers) -> None:
        ends = self.ends
        fits = (begins >= 0) & self._clean(begins, ends)
        quotes = np.flatnonzero(self._octets == ord('"'))
        lows, highs = np.searchsorted(quotes, begins), np.searchsorted(quotes, ends)
        counts, rest = np.divmod(highs - lows, QUOTES)
        fits &= (rest == 0) & (counts > 0)
        chosen = np.flatnonzero(fits).tolist()
        if not chosen:
            return
        parts = [quotes[low:high] for low, high in zip(lows[chosen], highs[chosen], strict=True)]
        table = np.concatenate(parts).reshape(-1, QUOTES)
        owners = np.repeat(chosen, counts[chosen])
        last = np.append(owners[1:] != owners[:-1], True)
        sound = self._sound(table, begins[owners], ends[owners], last)
        fits[owners[~sound]] = False
        self._counts[fits] = counts[fits]
        self._events = self._told(table[fits[owners]])

    def _told(self, table: Integers) -> Integers:
        """Events by where their quotes stand."""
        digits = self._rows(table[:, 5] + 2, _DIGITS) - np.uint8(ord("0"))
        times = digits.astype(np.int64) @ _POWERS
        texts = table[:, 8] + 1, table[:, 9]
        return np.column_stack((table[:, 2] + 1, table[:, 3], times, *texts, *texts))

    def _ends(self) -> Integers:
        """Where each document ends, without the white space after it."""
        brace, data = ord("}"), self.data
        ends = [
            high if high and data[high - 1] == brace else low + len(data[low:high].rstrip())
            for low, high in pairwise(self.bounds)
        ]
        return np.array(ends, dtype=np.int64)

    def _is_utf8(self) -> bool:
        return self.data.isascii() or json_text.is_utf8(self.data[: self._cut])

    def _broken(self) -> list[int]:
        """Documents that are not UTF-8."""
        if self._is_utf8():
            return []
        spans = enumerate(pairwise(self.bounds))
        return [at for at, (low, high) in spans if not json_text.is_utf8(self.data[low:high])]

    def _clean(self, begins: Integers, ends: Integers) -> Flags:
        """Documents whose events hold no backslash, no control character, nothing but UTF-8."""
        odd = (self._octets == ord("\\")) | (self._octets < ord(" "))
        if not self._is_utf8():
            odd |= self._octets >= 0x80
        places = np.flatnonzero(odd)
        clean = np.searchsorted(places, begins) == np.searchsorted(places, ends)
        return np.asarray(clean, dtype=bool)

    def _sound(self, table: Integers, begins: Integers, ends: Integers, last: Flags) -> Flags:
        """Whether each event is written as CloudWatch writes events, right after the one before."""
        opens, closes = table[:, 0], table[:, 9]
        sound = (table[:, 8] == table[:, 7] + 2) & (table[:, 6] == table[:, 5] + 3 + _DIGITS)
        sound &= self._says(opens - 1, b'{"id":"') & self._says(table[:, 3], b'","timestamp":')
        sound &= self._says(table[:, 6] - 1, b',"message":"')
        sound &= np.where(last, self._says(closes, b'"}]}'), self._says(closes, b'"},{'))
        sound &= np.where(last, closes + 4 == ends, True)
        first = np.append(True, last[:-1])
        sound &= np.where(first, opens == begins + 1, opens == np.roll(closes, 1) + 4)
        digits = self._rows(table[:, 5] + 2, _DIGITS) - np.uint8(ord("0"))
        return np.asarray(sound & (digits.max(axis=1) < 10) & (digits[:, 0] > 0), dtype=bool)

    def _says(self, places: Integers, text: bytes) -> Flags:
        """Whether `text` stands at each of the places."""
        found = self._rows(places, len(text)).view(f"S{len(text)}")[:, 0]
        return np.asarray(found == text, dtype=bool)

    def _rows(self, places: Integers, width: int) -> Octets:
        """The bytes from each place on, a row for each."""
        windows = np.lib.stride_tricks.sliding_window_view(self._octets, width)
        return windows[np.clip(places, 0, len(windows) - 1)]

    # ---------------------------------------------------------------- taking
    def shares(self, run: Run) -> list[int]:
        """How many events each document of a proven run has."""
        return self._counts[run.first : run.last].tolist()  # type: ignore[no-any-return]

    def said(self, run: Run) -> Said:
        """The messages of a proven run."""
        before = int(self._counts[: run.first].sum())
        table = self._events[before : before + sum(self.shares(run))]
        id_lows, id_highs, times, lows, highs, starts, ends = map(np.ascontiguousarray, table.T)
        return Said(
            Texts(self._texts, starts, ends),
            lows - 1,
            highs + 2 - lows,
            pa.array(times * 1000).cast(TIME),
            self._ids(id_lows, id_highs),
        )

    def _ids(self, lows: Integers, highs: Integers) -> pa.Array:
        width = int(highs[0] - lows[0])
        if width and (highs - lows == width).all():
            offsets = np.arange(0, (len(lows) + 1) * width, width, dtype=np.int32)
            buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self._rows(lows, width).copy())]
            return pa.Array.from_buffers(TEXT, len(lows), buffers)
        if self._by_kernel:
            return kernels.spans.texts(self._octets, lows, highs)
        pairs = zip(lows.tolist(), highs.tolist(), strict=True)
        return pa.array([self.data[low:high] for low, high in pairs], pa.binary()).cast(TEXT)


def _head(data: bytes, low: int) -> Head | None:
    """What the document that begins at `low` says before its events; None where it is another."""
    end = data.find(_EVENTS, low, low + _LONGEST_HEAD) + len(_EVENTS)
    said = _said(data[low:end])
    return said and said._replace(end=end)


@lru_cache(1024)
def _said(head: bytes) -> Head | None:
    """The same of the head alone: many envelopes begin alike."""
    match = _HEAD.fullmatch(head)
    if match is None:
        return None
    try:
        kind, owner, group, stream = (match[at].decode() for at in range(1, 5))
    except UnicodeDecodeError:
        return None
    return Head(Origin(group, stream, owner), kind, match[5], match.end())


def is_json(text: bytes) -> bool:
    """Whether the text is one JSON value."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True


def last_document(data: bytes) -> int:
    """Where the last document of some begins that is written like the first ones; 0 if nowhere."""
    at = data.rfind(BEGINNING)
    while at > 0 and not _after_document(data, at):
        at = data.rfind(BEGINNING, 0, at)
    return max(at, 0)


def _beginnings(data: bytes, cut: int) -> Iterator[int]:
    """Where documents begin after the first one."""
    at = data.find(BEGINNING, 1, cut)
    while at > 0:
        if _after_document(data, at):
            yield at
        at = data.find(BEGINNING, at + 1, cut)


def _after_document(data: bytes, at: int) -> bool:
    """Whether what stands before, white space left out, is the end of an object."""
    at -= 1
    while at > 0 and data[at] in b" \t\r\n":
        at -= 1
    return data[at] == ord("}")
