"""Envelopes exactly as CloudWatch writes them, proven byte by byte, all of a window together.

A kernel reads each of them from its head to its last bracket. Where there is none, the places of
quotes prove as much of envelopes in which nothing is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from operator import eq
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from parsers import json_text, kernels
from parsers.contract import TEXT, TIME, Flags, Integers
from parsers.framing import subscription_quotes
from parsers.framing.messages import Said, Texts
from parsers.framing.subscription_documents import NO_HEAD, Documents, Head, distinct

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Run(NamedTuple):
    """Documents first..last of a window: all of one grade."""

    first: int
    last: int
    grade: int


OTHER, BEGUN, PROVEN = range(3)
"""A document may be anything, begin as CloudWatch begins an envelope, or be proven to be one."""


class Reader:
    """Reads the windows of a stream: by a kernel where it is worth it, else by their quotes."""

    def __init__(self) -> None:
        self._kernel: Any = None

    def read(self, data: bytes, cut: int) -> Documents:
        """The documents in data[:cut]; PADDING stands behind the data."""
        if not kernels.worth(cut):
            return subscription_quotes.documents(data, cut)
        self._kernel = self._kernel or kernels.subscriptions.Reader()
        found = self._kernel.read(np.frombuffer(data, dtype=np.uint8), cut)
        begins, heads, ends, counts = found.documents
        return Documents(begins, heads, ends, counts, _said(found))


def _said(found: Any) -> Said:
    """The events that a kernel found."""
    id_ends, times, places, extents, starts, ends = found.events
    offsets = np.concatenate([[0], id_ends]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(found.ids)]
    ids = pa.Array.from_buffers(TEXT, len(id_ends), buffers)
    texts = Texts(found.texts, starts, ends)
    return Said(texts, places, extents, pa.array(times.view("M8[us]"), TIME), ids)


class Proof:
    """The documents in the first `cut` bytes of a window, and which of them are proven."""

    def __init__(self, data: bytes, cut: int, reader: Reader) -> None:
        self.data, found = data, reader.read(data, cut)
        self.bounds, self.ends = [*found.begins.tolist(), cut], found.ends
        self.heads, self._kinds = distinct(data, found.begins, found.heads)
        self._counts, self._said = found.counts, found.said
        doubted = (found.counts > 0) & ((self._kinds == NO_HEAD) | self._broken())
        if doubted.any():
            self._doubt(doubted)
        self._sums = np.concatenate([[0], np.cumsum(self._counts)])

    def _doubt(self, doubted: Flags) -> None:
        """Give up some documents that were believed to be proven."""
        kept = np.flatnonzero(np.repeat(~doubted, self._counts))
        self._said = self._said.take(kept)
        self._counts = np.where(doubted, 0, self._counts)

    def _broken(self) -> Flags:
        """Documents that are not UTF-8."""
        if self.data.isascii() or json_text.is_utf8(self.data[: self.bounds[-1]]):
            return np.zeros(len(self.ends), dtype=bool)
        spans = pairwise(self.bounds)
        return np.array([not json_text.is_utf8(self.data[low:high]) for low, high in spans])

    def runs(self) -> list[Run]:
        """The documents in order, those of one grade together."""
        grades = np.where(self._kinds == NO_HEAD, OTHER, BEGUN)
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

    def said(self, run: Run) -> tuple[list[Head], Integers, Said]:
        """The heads of a proven run, the first one first; whose each message is; the messages."""
        kinds = self._kinds[run.first : run.last].tolist()
        ranks = {kind: rank for rank, kind in enumerate(dict.fromkeys(kinds))}
        counts = self._counts[run.first : run.last]
        owners = np.repeat([ranks[kind] for kind in kinds], counts)
        said = self._said.slice(int(self._sums[run.first]), int(self._sums[run.last]))
        return [self.heads[kind] for kind in ranks], owners, said


def is_json(text: bytes) -> bool:
    """Whether the text is one JSON value."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True
