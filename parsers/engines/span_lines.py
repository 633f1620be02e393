"""Reads lines by kernels: where their tokens stand is found once, and values are made from there.

No text becomes an object on its way, and what nobody declared or nobody wrote is not made at all.
Lines that are not trivial, and values that a kernel is not sure of, are for the plain reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers import kernels
from parsers.contract import (
    EXTRA,
    INTEGER,
    REAL,
    TEXT,
    TIME,
    Block,
    Column,
    Integers,
)
from parsers.engines import tokens
from parsers.engines.automata import automaton
from parsers.engines.layouts import Field, Plan, Spread
from parsers.engines.line_values import extra_of
from parsers.engines.tokens import Flags, Quoting

FEWEST_TOKENS = 4  # a line has room for, however short the lines of its block are
MOST_BYTES = 1 << 31  # of a block whose places fit into 32 bits
SAMPLED = 64  # lines whose width is taken for that of all
_SPELLINGS = {  # of times: whether ISO 8601, whether CLF, the microseconds of an epoch's unit
    "iso": (True, False, 0),
    "clf": (False, True, 0),
    "epoch_s": (False, False, 1_000_000),
    "epoch_ms": (False, False, 1_000),
    "epoch_us": (False, False, 1),
    "iso_or_epoch_s": (True, False, 1_000_000),
    "iso_or_epoch_ms": (True, False, 1_000),
}

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]


def takes(block: Block) -> bool:
    """Whether kernels are to read a block."""
    return kernels.worth(len(block.data)) and len(block.data) < MOST_BYTES


class Spans(NamedTuple):
    """One value of every line; NULL where it ends before it starts."""

    starts: Places
    ends: Places

    def at(self, kept: Integers) -> Spans:
        """Those of the lines `kept`."""
        return Spans(self.starts[kept], self.ends[kept])


class Lines:
    """A block whose lines can be divided; the borders of their tokens are looked up once."""

    def __init__(self, block: Block, delimiter: str, quoting: Quoting | None) -> None:
        self.block = block
        self.mark = ord(delimiter)
        self.octets = np.frombuffer(block.data, dtype=np.uint8)
        self.borders = kernels.division.borders(
            self.octets,
            self.mark,
            quotes=quoting is not None,
            escapes=quoting is not None and quoting.escapes,
        )

    def divided(
        self, among: Integers, quoting: Quoting | None, *, runs: bool, room: int = 0
    ) -> Divided:
        """The tokens of some lines; without a word on how many, room for those of most lines."""
        if not room:
            sample = among[:: max(1, len(among) // SAMPLED)]
            seen = self.divided(sample, quoting, runs=runs, room=1).widths
            mean = int((self.block.ends[among] - self.block.starts[among]).sum()) // len(among)
            room = max(1, min(int(seen.max(initial=0)), max(FEWEST_TOKENS, 2 * mean)))
        allowed = np.empty(0, dtype=bool) if quoting is None else quoting.allowed
        exact = quoting is not None and not quoting.escapes
        found = Divided(among, room)
        kernels.division.divided(
            *(self.octets, self.borders, self.block.starts[among], self.block.ends[among]),
            *(tokens.MOST_DELIMITERS, self.mark, allowed, exact, runs),
            *(found.starts, found.ends, found.widths),
        )
        return found


class Divided:
    """Lines divided into tokens: one row of places for each token, as far as there is room."""

    def __init__(self, numbers: Integers, room: int) -> None:
        self.numbers = numbers
        self.starts = np.empty((room, len(numbers)), dtype=np.int32)
        self.ends = np.empty((room, len(numbers)), dtype=np.int32)
        self.widths = np.empty(len(numbers), dtype=np.int64)

    @property
    def room(self) -> int:
        """How many tokens of a line are known."""
        return len(self.starts)

    def taken(self, chosen: Integers) -> list[Spans]:
        """The tokens of some of the lines."""
        if len(chosen) == len(self.numbers):
            return [Spans(*each) for each in zip(self.starts, self.ends, strict=True)]
        return [
            Spans(starts[chosen], ends[chosen])
            for starts, ends in zip(self.starts, self.ends, strict=True)
        ]


class SpanReader:
    """Turns tokens into column arrays; `doubtful` lines are for the plain reader."""

    def __init__(self, lines: Lines, count: int) -> None:
        self.octets, self.mark = lines.octets, lines.mark
        self.doubtful = np.zeros(count, dtype=bool)
        self._texts: list[tuple[Column, Spans]] = []
        self._values: list[tuple[Column, npt.NDArray[np.generic], Flags | None]] = []

    def read(self, plan: Plan, table: Sequence[Spans]) -> None:
        """Every field that is not text, and what must be known of the others."""
        for each, places in plan.known:
            self._field(each, self._joined([table[at] for at in places], each))

    def columns(self, plan: Plan, table: Sequence[Spans], kept: Integers) -> dict[str, pa.Array]:
        """The columns of the lines `kept`, those that hold a value."""
        whole = len(kept) == len(self.doubtful)
        arrays: dict[str, pa.Array] = {}
        for column, values, absent in self._values:
            arrays[column.name] = _array(column, values, absent, None if whole else kept)
        for column, spans in self._texts:
            arrays.update(self._of_text(column, spans if whole else spans.at(kept)))
        if plan.unknown:
            texts = {each.at: table[each.at].at(kept) for each in plan.unknown}
            made = {at: self._strings(spans) for at, spans in texts.items()}
            arrays[EXTRA.name] = extra_of(plan.unknown, made)
        return arrays

    def merged(self, spread: Spread, table: Sequence[Spans]) -> list[Spans]:
        """The tokens with those of a spread value as one."""
        until = spread.at + spread.count
        first, last = table[spread.at], table[until - 1]
        value = Spans(first.starts, np.maximum(last.ends, last.starts + (last.ends < last.starts)))
        self._like(spread.like, value)
        return [*table[: spread.at], value, *table[until:]]

    # ------------------------------------------------------------------ fields
    def _joined(self, parts: list[Spans], each: Field) -> Spans:
        """The texts of several fields as one, where they stand so in the line."""
        if len(parts) == 1:
            return parts[0]
        absent = [part.ends < part.starts for part in parts]
        none = np.logical_and.reduce(absent)
        odd = np.logical_or.reduce(absent) & ~none
        for before, after in pairwise(parts):
            odd |= ~none & (before.ends + 1 != after.starts)
        column = each.columns[0]
        if self.mark != ord(" ") and (each.like or (column.type, column.time) != (TIME, "iso")):
            odd |= ~none
        self.doubtful |= odd
        first, last = parts[0], parts[-1]
        return Spans(first.starts, np.where(none | odd, first.starts - 1, last.ends))

    def _field(self, each: Field, spans: Spans) -> None:
        if each.like:
            self._like(each.like, spans)
        parts = [spans]
        if each.split is not None:
            parts = [Spans(*part) for part in each.split.spans(self.octets, *spans, self.doubtful)]
        for column, part in zip(each.columns, parts, strict=True):
            if column.type == TEXT:
                self._texts.append((column, part))
            else:
                self._typed(column, part)

    def _like(self, pattern: str, spans: Spans) -> None:
        kernels.values.accepted(self.octets, *spans, *automaton(pattern), self.doubtful)

    def _typed(self, column: Column, spans: Spans) -> None:
        real = column.type == REAL
        values = np.empty(len(spans.starts), dtype=np.float64 if real else np.int64)
        absent = np.empty(len(values), dtype=bool)
        given = (self.octets, *spans)
        if column.type == INTEGER:
            nulls = kernels.values.integers(*given, column.digits, values, absent, self.doubtful)
        elif real:
            nulls = kernels.values.reals(*given, values, absent, self.doubtful)
        else:
            spelling = (*_SPELLINGS[column.time], self.mark)
            nulls = kernels.times.times(*given, *spelling, values, absent, self.doubtful)
        if nulls < len(values):
            self._values.append((column, values, absent if nulls else None))

    # ------------------------------------------------------------------ texts
    def _of_text(self, column: Column, spans: Spans) -> Iterator[tuple[str, pa.Array]]:
        """A column of text and, where it holds addresses, their numbers."""
        texts = self._strings(spans)
        if texts.null_count == len(texts):
            return
        yield column.name, texts
        if column.indicator == "ip":
            yield f"_{column.name}", kernels.addresses.array(self.octets, *spans)

    def _strings(self, spans: Spans) -> pa.Array:
        return kernels.spans.texts(self.octets, *spans)


def _array(
    column: Column,
    values: npt.NDArray[np.generic],
    absent: Flags | None,
    kept: Integers | None,
) -> pa.Array:
    if kept is not None:
        values, absent = values[kept], None if absent is None else absent[kept]
    if column.type == TIME:
        values = values.view("M8[us]")
    return pa.array(values, column.type, mask=absent)
