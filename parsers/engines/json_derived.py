"""Columns read from members of free-form JSON, so that later questions need not read it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers import json_text
from parsers.contract import Block, Column, Prepared
from parsers.engines import json_plain, rows
from parsers.engines.json_kernel import KernelRoad

Found = Mapping[str, pa.Array]
"""The members declared, by name."""
Reader = Callable[[Found], pa.Array]


def derived(
    source: str, pattern: str, members: Sequence[Column], *columns: tuple[Column, Reader]
) -> tuple[Prepared, ...]:
    """Columns read from the free-form member `source`, where its text matches `pattern`.

    There, what each column makes of the `members` is its value; elsewhere NULL stands. A member
    that is not of its type is NULL.
    """
    shared = _Derivation(source, pattern, members, columns)
    return tuple(
        Prepared(column, partial(shared.column, at)) for at, (column, _) in enumerate(columns)
    )


class _Derivation:
    """Reads a member once for all the columns that are made of it, one after the other."""

    def __init__(
        self,
        source: str,
        pattern: str,
        members: Sequence[Column],
        columns: Sequence[tuple[Column, Reader]],
    ) -> None:
        self.source, self.pattern, self.columns = source, pattern, tuple(columns)
        self.reader = _Members(members)
        self._last: tuple[pa.Array, pa.Array, Found] | None = None

    def column(self, at: int, arrays: Mapping[str, pa.Array]) -> pa.Array:
        """One of the columns; the first asks for reading, the last forgets what was read."""
        last = self._last
        if last is None or last[0] is not arrays[self.source]:
            last = self._last = (arrays[self.source], *self._read(arrays[self.source].storage))
        if at == len(self.columns) - 1:
            self._last = None
        column, made_of = self.columns[at]
        return made_of(last[2]).cast(column.type).take(last[1])

    def _read(self, texts: pa.Array) -> tuple[pa.Array, Found]:
        """For every text the place of what it says, and what these say."""
        matches = pc.fill_null(pc.match_substring_regex(texts, self.pattern), fill_value=False)
        chosen = np.flatnonzero(np.asarray(matches))
        places = np.zeros(len(texts), dtype=np.int64)
        places[chosen] = np.arange(len(chosen))
        found = self.reader.read(texts.take(pa.array(chosen)))
        return pa.array(places, mask=~np.asarray(matches)), found


class _Members:
    """Reads some members of JSON texts: by a kernel where one can, else one by one."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self._known = json_plain.known(self.columns)
        self._kernel = KernelRoad(self.columns, keeps_undeclared=False)

    def read(self, texts: pa.Array) -> dict[str, pa.Array]:
        """The columns of all texts, none of which is NULL."""
        block = _block(texts)
        if not self._kernel.takes(block):
            return self._plainly(texts)
        taken = self._kernel.read(block)
        if len(taken.indices) == len(texts) and not taken.doubtful.any():
            return {column.name: taken.arrays[column.name] for column in self.columns}
        sure = taken.indices[~taken.doubtful]
        others = np.delete(np.arange(len(texts)), sure)
        plain = self._plainly(texts.take(pa.array(others)))
        order = pa.array(np.argsort(np.concatenate([sure, others])))
        kept = pa.array(np.flatnonzero(~taken.doubtful))
        return {
            name: pa.concat_arrays([taken.arrays[name].take(kept), array]).take(order)
            for name, array in plain.items()
        }

    def _plainly(self, texts: pa.Array) -> dict[str, pa.Array]:
        values = [self._members(text.encode()) for text in texts.to_pylist()]
        return {
            column.name: rows.array_of(column, [each.get(column.name) for each in values])
            for column in self.columns
        }

    def _members(self, text: bytes) -> Mapping[str, Any]:
        return json_plain.Plain().members(dict(json_text.members(text) or ()), self._known, ())


def _block(texts: pa.Array) -> Block:
    """The texts of an array as units."""
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)[texts.offset :][: len(texts) + 1]
    starts = places.astype(np.int64)
    numbers = np.arange(len(texts))
    held = data.to_pybytes() if data is not None else b""
    return Block(held, starts[:-1], starts[1:], starts[:-1], numbers, numbers)
