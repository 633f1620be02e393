"""Tables exported as CSV: each row is a JSON object whose members are named by the header.

What a cell says stays text; an empty cell without quotes is no member, one with quotes is empty.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from parsers import json_text
from parsers.contract import Chunks, Reject, Units
from parsers.framing import lines, windows

_CELL = re.compile(rb'(?:\A|,)(?:"((?:[^"]|"")*+)"|([^",\n][^,\n]*|))(?=,|\Z)')
_ROW = re.compile(rb'(?:(?:\A|,)(?:"(?:[^"]|"")*+"|[^",\n][^,\n]*|)(?=,|\Z))+', re.DOTALL)
_QUOTE = 0x22
_LINES_OF_A_CELL = 10_000  # a quote that opens and never closes must not swallow the rest


def rows(chunks: Chunks) -> Iterator[Units]:
    """Rows of a table with a header, as units; the header is structure.

    A row with another number of cells than the header, or with a quote out of place, is a reject.
    """
    table = _Table()
    for units in lines.frame(chunks):
        yield table.divided(units)
    yield table.ended()


class _Line(NamedTuple):
    text: bytes
    offset: int
    extent: int
    quotes: int


class _Table:
    """One pass over one table; lines are held while a quoted cell goes on over their ends."""

    def __init__(self) -> None:
        self.names: list[bytes] | None = None  # `"name":` of every column
        self.number = 1
        self.held: list[_Line] = []
        self.start()

    def start(self) -> None:
        self.texts: list[bytes] = []
        self.places: list[tuple[int, int, int]] = []  # offset, extent, number
        self.rejects: list[Reject] = []
        self.reject_bytes = self.structure_bytes = 0

    def divided(self, units: Units) -> Units:
        """The rows that end in these lines."""
        self.take(_lines_of(units))
        for reject in units.rejects:  # only the last line can be one
            self.give_up()
            self.rejects.append(reject._replace(record_no=self.number))
            self.number += 1
        return self.units(units)

    def ended(self) -> Units:
        """What was held when the stream ended."""
        self.give_up()
        return self.units(None)

    def give_up(self) -> None:
        """No line will close the cell that is open."""
        while self.held:
            self.take(self.without_first())

    def take(self, found: Iterable[_Line]) -> None:
        """Join lines to rows: each is a row of its own, begins one, goes on with it, or ends it."""
        waiting = deque(found)
        while waiting:
            self.held.append(waiting.popleft())
            odd = self.held[-1].quotes % 2 == 1
            if odd == (len(self.held) > 1):
                if not self.close():
                    waiting.extendleft(reversed(self.without_first()))
            elif len(self.held) > _LINES_OF_A_CELL:
                waiting.extendleft(reversed(self.without_first()))

    def close(self) -> bool:
        """The lines held are one row, unless a quote is out of place."""
        text = b"".join(map(_whole, self.held[:-1])) + self.held[-1].text
        if len(self.held) > 1 and not _ROW.fullmatch(text):
            return False
        self.row(text, self.held[0].offset, sum(line.extent for line in self.held))
        self.held = []
        return True

    def without_first(self) -> list[_Line]:
        """Take the first line held as a row by itself; the others are to be taken again."""
        first, *rest = self.held
        self.held = []
        self.row(first.text, first.offset, first.extent)
        return rest

    def row(self, text: bytes, offset: int, extent: int) -> None:
        """A header, a blank line, a unit, or a reject."""
        if not text:
            self.structure_bytes += extent
            return
        cells = _cells(text)
        if self.names is None and cells:
            self.names = _names(cells)
            self.structure_bytes += extent
            return
        if self.names is None or len(cells) != len(self.names):
            self.refuse(text, offset, extent, len(cells))
            return
        self.texts.append(_object(self.names, cells))
        self.places.append((offset, extent, self.number))
        self.number += 1

    def refuse(self, text: bytes, offset: int, extent: int, count: int) -> None:
        """A row that has not the cells its header announces."""
        detail = f"{count} cells under a header of {len(self.names or ())}"
        if not count:
            detail = "a quote stands out of place"
        raw = text[: windows.SHOWN]
        self.rejects.append(Reject(0, self.number, offset, "bad-row", detail, raw))
        self.reject_bytes += extent
        self.number += 1

    def units(self, source: Units | None) -> Units:
        """What was found since the last time."""
        lengths = np.fromiter(map(len, self.texts), np.int64, len(self.texts))
        ends = np.cumsum(lengths + 1) - 1
        offsets, extents, numbers = np.array(self.places, dtype=np.int64).reshape(-1, 3).T
        units = Units(b"\n".join(self.texts), ends - lengths, ends, offsets, extents, numbers)
        units.rejects = self.rejects
        units.reject_bytes, units.structure_bytes = self.reject_bytes, self.structure_bytes
        if source is not None:
            units.reject_bytes += source.reject_bytes
            units.structure_bytes += source.structure_bytes
            units.damage = source.damage
        self.start()
        return units


def _lines_of(units: Units) -> Iterator[_Line]:
    data = units.data
    quotes = np.cumsum(np.frombuffer(b"\0" + data, dtype=np.uint8) == _QUOTE)
    counts = quotes[units.ends] - quotes[units.starts]
    columns = (units.starts, units.ends, units.offsets, units.extents, counts)
    for low, high, *rest in zip(*(column.tolist() for column in columns), strict=True):
        yield _Line(data[low:high], *rest)


def _whole(line: _Line) -> bytes:
    """A line with the end it had."""
    return line.text + (b"\r\n" if line.extent - len(line.text) > 1 else b"\n")


def _cells(text: bytes) -> list[bytes | None]:
    """The cells of a row, None for an empty one without quotes; [] if a quote is out of place."""
    if not _ROW.fullmatch(text):
        return []
    found: list[bytes | None] = []
    for match in _CELL.finditer(text):
        quoted, bare = match.groups()
        found.append(bare or None if quoted is None else quoted.replace(b'""', b'"'))
    return found


def _names(cells: Sequence[bytes | None]) -> list[bytes]:
    """`"name":` of every column; a name that repeats gets its number."""
    names: list[bytes] = []
    seen: Counter[str] = Counter()
    for at, cell in enumerate(cells):
        said = json_text.shown(cell or b"")
        name = said or f"column {at + 1}"
        earlier = seen[name]
        seen[said] += 1
        names.append(json_text.quoted(f"{name} ({earlier + 1})" if earlier else name) + b":")
    return names


def _object(names: Sequence[bytes], cells: Sequence[bytes | None]) -> bytes:
    members = (
        name + json_text.quoted_bytes(cell)
        for name, cell in zip(names, cells, strict=True)
        if cell is not None
    )
    return b"{" + b",".join(members) + b"}"
