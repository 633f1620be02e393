"""Messages as the console saves them in CSV: one row each, its fields named by the first row.

Rows are divided as RFC 4180 says: a field that holds a quote, a comma or a line end is quoted, and
a quote in it is doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from parsers import json_text
from parsers.contract import Chunks, Units
from parsers.framing import events
from parsers.framing.lines import LF
from parsers.framing.messages import NOWHERE, Messages
from parsers.framing.windows import BYTE_ORDER_MARK, LONGEST, Window, windows


class Field(NamedTuple):
    """The text of a field, and where its token stands in the row."""

    text: bytes
    start: int
    end: int


MESSAGES = ("@message", "message")
_FIELD = re.compile(rb'"((?:[^"]++|"")*+)"(?=,|\Z)|([^",]*+)(?=,|\Z)')
_QUOTE = 34


def console(chunks: Chunks) -> Iterator[Units]:
    """Rows of `timestamp,message` and of Logs Insights, by the names in the first row.

    A field that has no column in the context goes to `context_extra`.
    """
    yield from _Table().units(chunks)


class _Table:
    """One pass over one stream."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._skipping = False  # the rest of a row that is too long
        self._inside = False  # what is skipped ends inside quotes
        self._damage = ""
        self._found = Messages(0, 1)

    def units(self, chunks: Chunks) -> Iterator[Units]:
        """Whole rows of each window; the last row may lack its line end."""
        pending, base = b"", 0
        for window in windows(chunks):
            pending = window.after(pending)
            self._found = Messages(base, self._found.number)
            low = 3 if base == 0 and pending.startswith(BYTE_ORDER_MARK) else 0
            low = self._skip(pending) if self._skipping else low
            for high in [] if self._skipping else _row_ends(pending, low):
                self._row(pending, low, high)
                low = high
            if low < len(pending) and (window.last or len(pending) - low > LONGEST):
                self._rest(pending, low, window)
                low = len(pending)
            units = self._found.units(low)
            units.damage = window.torn or self._damage
            base, pending = base + low, pending[low:]
            yield units

    def _skip(self, data: bytes) -> int:
        """Where the row ends that is too long; all of the bytes where it goes on."""
        ends = _row_ends(data, 0, inside=self._inside)
        end = ends[0] if ends else len(data)
        self._found.reject_bytes += end
        self._inside ^= _open(data[:end])
        self._skipping = not ends
        return end

    def _rest(self, data: bytes, low: int, window: Window) -> None:
        """A row without an end: the last one, or one too long to wait for."""
        self._inside = _open(data[low:])
        if window.last and not window.torn and not self._inside:
            self._row(data, low, len(data))
            return
        self._skipping = not window.last
        code, detail = "too-long", f"a row longer than {LONGEST} bytes"
        if window.last:
            code, detail = "torn", window.torn or "the table ends inside a quoted field"
            self._damage = detail
        self._found.refuse(data[low:], low, code, detail)

    def _row(self, data: bytes, low: int, high: int) -> None:
        text = data[low:high].removesuffix(b"\n").removesuffix(b"\r")
        if not text:
            return
        fields = _fields(text)
        if not self._names and fields is not None:
            self._names = [json_text.shown(value) for value, _, _ in fields]
            self._found.set_aside(1)
        elif fields is None or len(fields) != len(self._names):
            count = "no" if fields is None else len(fields)
            detail = f"{count} fields under a header of {len(self._names)}"
            self._found.refuse(text, low, "bad-row", detail)
        else:
            self._message(text, fields, low)

    def _message(self, text: bytes, fields: Sequence[Field], place: int) -> None:
        event = events.Event()
        for name, (value, start, end) in zip(self._names, fields, strict=True):
            if name in MESSAGES and not event.said:
                event.said.append(events.Token(value, start, end))
            elif value and not _known(event, name, value):
                event.extra[json_text.pointer(name)] = json_text.quoted(json_text.shown(value))
        if not event.said:  # a count, say: the row is the message
            event = events.Event([events.Token(text, 0, len(text))])
        events.add(self._found, event, place, NOWHERE, {})


def _known(event: events.Event, name: str, value: bytes) -> bool:
    if name == "timestamp" and event.time is None:
        event.time = events.microseconds(value)
        return event.time is not None
    return events.take_field(event, name, json_text.shown(value))


def _row_ends(data: bytes, low: int, *, inside: bool = False) -> list[int]:
    """Where rows end from `low` on: after each LF that is not inside quotes."""
    octets = np.frombuffer(data, dtype=np.uint8)[low:]
    within = np.bitwise_and(np.cumsum(octets == _QUOTE, dtype=np.uint8), 1).astype(bool)
    return (np.flatnonzero((octets == LF) & (within == inside)) + 1 + low).tolist()


def _open(row: bytes) -> bool:
    """Whether the row ends inside quotes."""
    return bool(row.count(b'"') % 2)


def _fields(row: bytes) -> list[Field] | None:
    """The fields of a row; None where its quotes are broken."""
    found: list[Field] = []
    at = 0
    while match := _FIELD.match(row, at):
        quoted, bare = match.group(1, 2)
        value = bare if quoted is None else quoted.replace(b'""', b'"')
        found.append(Field(value, match.start(), match.end()))
        at = match.end() + 1
        if match.end() == len(row):
            return found
    return None
