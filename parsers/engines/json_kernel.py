"""The fastest road for JSON records: a kernel finds where the value of each member stands.

It takes every unit that can be read in one way only (see `kernels.objects`); texts, numbers and
times are then made column by column. What it does not take is left to the roads of `typed_json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from parsers import json_text, kernels, scalars
from parsers.contract import (
    BOOLEAN,
    EXTRA,
    INTEGER,
    JSON,
    REAL,
    TIME,
    Block,
    Column,
    Flags,
    Integers,
    padded,
)
from parsers.engines import rows
from parsers.engines.json_tree import Declared, Place

Numbers = npt.NDArray[np.int32]

_SHORTEST = 3  # bytes of an element, with its comma
_USUAL = 1 / 512
MOST = (1 << 31) - 2  # bytes of a block: places are 32-bit numbers


class Taken(NamedTuple):
    """Columns of the units a kernel took; `doubtful` ones hold a value that plain must judge."""

    indices: Integers
    arrays: Mapping[str, pa.Array]
    doubtful: Flags


class Room(NamedTuple):
    """Elements of lists and undeclared members that there is room for, by bytes of a block.

    Each takes at least `_SHORTEST` of them: whatever a unit is made of, there is an end to it, and
    what one block needed is no burden for the next. Memory that is not filled is only promised.
    """

    elements: float
    unknown: float

    def more(self, elements: int, unknown: int) -> Room:
        """Four times as much of what was too little (negative)."""
        grown = zip(self, (elements, unknown), strict=True)
        most = 1 / _SHORTEST
        return Room(*(min(share * 4, most) if count < 0 else share for share, count in grown))


class KernelRoad:
    """Reads the units of blocks into the arrays of a declaration's columns.

    Args:
        columns: the declaration.
        foreign: names whose presence says that a unit is spelt in another way.
        keeps_undeclared: whether members without a column go to `extra`.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        foreign: Iterable[str] = (),
        keeps_undeclared: bool = True,
    ) -> None:
        self.declared = Declared(columns, foreign)
        self.keeps_undeclared = keeps_undeclared
        self.room = Room(_USUAL, _USUAL)

    @cached_property
    def tree(self) -> Any:
        """The declaration as the kernel takes it."""
        return kernels.objects.Tree(**self.declared.arrays())

    def takes(self, block: Block) -> bool:
        """Whether the block is worth it."""
        return kernels.worth(block.size) and len(block.data) <= MOST

    def read(self, block: Block) -> Taken:
        """What the kernel takes of a block."""
        octets, starts, ends = padded(block.data), block.starts, sound(block)
        while True:
            cells = self._cells(len(block), len(octets))
            counts = kernels.objects.read(
                octets, starts, ends, self.tree, cells, self.keeps_undeclared
            )
            if min(counts) >= 0:
                break
            self.room = self.room.more(*counts)
        found = _Found(octets, cells, *counts)
        arrays = {place.column.name: found.column(place) for place in self.declared.places}
        arrays[EXTRA.name] = found.undeclared(block.data, self.declared.paths)
        return Taken(found.taken, arrays, found.doubtful[found.taken])

    def _cells(self, count: int, size: int) -> Any:
        elements, unknown = (int(share * size) + 64 for share in self.room)
        return kernels.objects.Cells(
            units=np.zeros((2 * self.declared.unit_cells, count), dtype=np.int32),
            elements=np.zeros((2 * self.declared.element_cells, elements), dtype=np.int32),
            owner=np.empty(elements, dtype=np.int32),
            unit_of=np.empty(elements, dtype=np.int32),
            unknown=np.empty((6, unknown), dtype=np.int32),
            refused=np.zeros(count, dtype=np.bool_),
        )


def sound(block: Block) -> Integers:
    """Where the units end; those that are not UTF-8, and so not for the kernel, at their start."""
    if json_text.is_utf8(block.data):
        return block.ends
    odd = [at for at in range(len(block)) if not json_text.is_utf8(block.unit(at))]
    ends = block.ends.copy()
    ends[odd] = block.starts[odd]
    return ends


class _Level(NamedTuple):
    """The rows of one kind: units, or the elements of one list; `units` says of which unit."""

    cells: Numbers
    chosen: Integers | None  # of the rows of `cells`
    units: Integers

    def pair(self, cell: int) -> tuple[Numbers, Numbers]:
        """The two numbers of a cell, for every row."""
        low, high = self.cells[2 * cell], self.cells[2 * cell + 1]
        return (low, high) if self.chosen is None else (low[self.chosen], high[self.chosen])


class _Found:
    """What a kernel found in a block, as arrays; `doubtful` units hold what it could not judge."""

    def __init__(self, octets: npt.NDArray[np.uint8], cells: Any, elements: int, unknown: int):
        self.octets = octets
        self.elements = cells.elements
        self.owner, self.unit_of = cells.owner[:elements], cells.unit_of[:elements]
        self.unknown = cells.unknown[:, :unknown]
        self.doubtful = np.zeros(len(cells.refused), dtype=bool)
        self.taken: Integers = np.flatnonzero(~cells.refused)
        every = len(self.taken) == len(cells.refused)
        self.units = _Level(cells.units, None if every else self.taken, self.taken)

    def column(self, place: Place) -> pa.Array:
        """The values of a column of the format."""
        return self._array(place, self.units)

    def _array(self, place: Place, level: _Level) -> pa.Array:
        column = place.column
        low, high = level.pair(place.cell)
        present = high > 0
        if not present.any():
            return pa.nulls(len(high), column.type)
        if place.is_list:
            return self._list(place, low, present)
        if column.members:
            return self._struct(place, level, present)
        if column.type == BOOLEAN:
            return pa.array(low == 1, mask=~present)
        texts = kernels.json_texts.texts(self.octets, low, high)
        if column.type == JSON:
            return pa.ExtensionArray.from_storage(JSON, texts)
        return self._read(column, texts, level)

    def _read(self, column: Column, texts: pa.Array, level: _Level) -> pa.Array:
        """Texts as the values they stand for; a unit with one that does not fit is doubtful."""
        if column.verbatim or column.type not in (TIME, INTEGER, REAL):
            return texts
        if column.type == TIME:
            read = scalars.times(texts, column.time)
        else:
            read = scalars.integers(texts) if column.type == INTEGER else _reals(texts)
        if read.null_count > texts.null_count:
            unread = np.asarray(texts.is_valid()) & np.asarray(read.is_null())
            self.doubtful[level.units[unread]] = True
        return read

    def _struct(self, place: Place, level: _Level, present: Flags) -> pa.Array:
        column = place.column
        built = {each.column.name: self._array(each, level) for each in place.inside}
        fields = [pa.field(member.name, member.type) for member in column.members]
        arrays = [built[each.name] for each in fields]
        mask = None if present.all() else pa.array(~present)
        return pa.StructArray.from_arrays(arrays, fields=fields, mask=mask)

    def _list(self, place: Place, low: Numbers, present: Flags) -> pa.Array:
        chosen = np.flatnonzero(self.owner == place.inner)
        level = _Level(self.elements, chosen, self.unit_of[chosen])
        offsets = np.zeros(len(low) + 1, dtype=np.int32)
        np.cumsum(np.where(present, low, 0), out=offsets[1:])
        kind = place.column.type
        if place.inside:
            element = Column("", kind.value_type, "", members=place.column.members)
            every = np.ones(len(chosen), dtype=bool)
            values = self._struct(Place(element, -1, -1, place.inside), level, every)
        else:
            values = kernels.json_texts.texts(self.octets, *level.pair(0))
        mask = None if present.all() else pa.array(~present)
        return pa.ListArray.from_arrays(pa.array(offsets), values, type=kind, mask=mask)

    def undeclared(self, data: bytes, paths: Sequence[tuple[str, ...]]) -> pa.Array:
        """Members that are not declared, by JSON pointer, verbatim."""
        count = len(self.taken)
        if not self.unknown.shape[1]:
            return pa.nulls(count, EXTRA.type)
        found: dict[int, dict[str, bytes]] = {}
        pointers: dict[tuple[int, bytes], str] = {}
        for unit, item, name, end, low, high in self.unknown.T.tolist():
            key = item, data[name:end]
            if key not in pointers:
                pointers[key] = json_text.pointer(*paths[item], key[1].decode())
            found.setdefault(unit, {})[pointers[key]] = data[low:high]
        texts = [json_text.pointers(found[at]) if at in found else None for at in self.taken]
        return rows.array_of(EXTRA, texts)


def _reals(texts: pa.Array) -> pa.Array:
    """Numbers without exponents; NULL where plain may read another one."""
    read = pc.cast(texts, REAL)
    sure = pc.and_(pc.is_finite(read), pc.not_equal(read, 0.0))
    return pc.if_else(pc.or_(sure, pc.equal(texts, "0")), read, None)
