"""Formats of lines that AWS also delivers as JSON objects: one table, two forms of a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa

from parsers.contract import (
    EXTRA,
    Block,
    Claim,
    Column,
    Decoded,
    Flags,
    Format,
    Layout,
    Misfit,
    Prepared,
    Sample,
    Segment,
    Units,
)
from parsers.engines.delimited import Delimited
from parsers.engines.objects import Objects

_BRACE = 0x7B


class TwoForms(Format):
    """A format whose records are lines or JSON objects: each unit is read in the form it has.

    `objects` may have columns that lines lack; they come last in the table.
    """

    def __init__(self, lines: Delimited, objects: Objects) -> None:
        self.lines, self.objects = lines, objects
        self.name, self.about, self.reference = lines.name, lines.about, lines.reference
        self.version, self.shape = lines.version, lines.shape
        names = {column.name for column in lines.columns}
        own = (column for column in objects.columns if column.name not in names)
        self.columns: tuple[Column, ...] = (*lines.columns, *own)
        self.default: Layout = lines.default

    def preparations(self) -> tuple[Prepared, ...]:
        """Those of the lines, which have the columns they need."""
        return self.lines.preparations()

    def claim(self, sample: Sample) -> Claim | Misfit:
        """All lines, or all objects, must be records of this format."""
        objects = [unit for unit in sample.units if unit.startswith(b"{")]
        if not objects:
            return self.lines.claim(sample)
        if len(objects) == len(sample.units):
            return self.objects.claim(sample)
        return Misfit("some lines are JSON objects and some are not")

    def by_members(self, sample: Sample) -> bool:
        """Always."""
        del sample
        return True

    def recognises(self, sample: Sample) -> bool:
        """As `claim`, in whichever form the unit has."""
        if sample.units[0].startswith(b"{"):
            return isinstance(self.objects.claim(sample), Claim)
        return self.lines.recognises(sample)

    def segments(self, units: Units, layout: Layout) -> list[Segment]:
        """As lines: objects need no header, and pass for none."""
        return self.lines.segments(units, layout)

    def proven(self, decoded: Decoded) -> Flags:
        """What proves a line proves an object: they have the same columns."""
        return self.lines.proven(decoded)

    def plain(self, block: Block) -> Decoded:
        """One unit at a time."""
        return self._divided(block, self.lines.plain, self.objects.plain)

    def decode(self, block: Block) -> Decoded:
        """At speed."""
        return self._divided(block, self.lines.decode, self.objects.decode)

    def _divided(
        self,
        block: Block,
        lines: Callable[[Block], Decoded],
        objects: Callable[[Format, Block], Decoded],
    ) -> Decoded:
        octets = np.frombuffer(block.data, dtype=np.uint8)
        filled = block.ends > block.starts
        braces = np.zeros(len(block), dtype=bool)
        braces[filled] = octets[block.starts[filled]] == _BRACE
        if not braces.any():
            return self._widened(lines(block))
        found = objects(self, block.take(np.flatnonzero(braces)))
        if braces.all():
            return found
        return Decoded.joined([self._widened(lines(block.take(np.flatnonzero(~braces)))), found])

    def _widened(self, decoded: Decoded) -> Decoded:
        """Rows of lines with the columns that only objects have, all NULL."""
        missing = self.columns[len(self.lines.columns) :]
        if not missing:
            return decoded
        table = decoded.rows
        at = table.schema.names.index(EXTRA.name)
        for column in reversed(missing):
            table = table.add_column(at, column.name, pa.nulls(len(table), column.type))
        return replace(decoded, rows=table)
