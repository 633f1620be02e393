"""Rows of one table that wait to be inserted, until there are enough for all threads of DuckDB.

What a thread inserts is written at once where it fills row groups; of a rest, it is written again.
So each thread is given batches of exactly one row group. Where rows are so long that this takes
too much memory, one thread writes them as they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from forensics.evidence import ROW_GROUP

LITTLE = 32 << 20  # bytes that are inserted together where one thread writes
MUCH = 72 << 20  # bytes that may wait for each of several threads


@dataclass(slots=True)
class Waiting:
    """A queue of rows; `size` is about how many bytes they take."""

    threads: int
    groups: list[pa.RecordBatch] = field(default_factory=list)  # of ROW_GROUP rows each
    loose: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    unlike: bool = False  # whether rows were met that do not go into one batch

    def add(self, batches: Iterable[pa.RecordBatch], size: int) -> int:
        """Queue rows, and say how many they are."""
        before = self.rows
        for batch in batches:
            self.loose.append(batch)
            self.rows += batch.num_rows
        self.size += size
        while self.wanted > 1 and self.rows - len(self.groups) * ROW_GROUP >= ROW_GROUP:
            self._group()
        return self.rows - before

    @property
    def wanted(self) -> int:
        """How many row groups should be inserted at once, for what rows of this size take."""
        fitting = self.threads * MUCH * self.rows // (max(self.size, 1) * ROW_GROUP)
        return 1 if self.unlike else min(self.threads, fitting)

    def due(self) -> list[pa.RecordBatch]:
        """Rows to insert now, which then wait no longer."""
        if self.wanted < 2:
            return self.all() if self.size >= LITTLE else []
        count = len(self.groups) // self.wanted * self.wanted  # as many for each thread
        groups, self.groups = self.groups[:count], self.groups[count:]
        self._forget(count * ROW_GROUP)
        return groups

    def all(self) -> list[pa.RecordBatch]:
        """All rows, which then wait no longer."""
        batches = [*self.groups, *self.loose]
        self.groups, self.loose, self.unlike = [], [], False
        self._forget(self.rows)
        return batches

    def _forget(self, rows: int) -> None:
        self.size -= self.size * rows // max(self.rows, 1)
        self.rows -= rows

    def _group(self) -> None:
        """Make a batch of the first loose rows, as many as a row group has."""
        parts: list[pa.RecordBatch] = []
        missing = ROW_GROUP
        while missing:
            batch = self.loose.pop(0)
            if batch.num_rows > missing:
                self.loose.insert(0, batch.slice(missing))
                batch = batch.slice(0, missing)
            missing -= batch.num_rows
            parts.append(batch)
        group = joined(parts)
        if group is None:
            self.loose[:0] = parts
            self.unlike = True
        else:
            self.groups.append(group)


def joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch | None:
    """Batches as one, a column that some lack NULL in their rows; None where that cannot be.

    Columns whose values are listed in some batches only are not written out: a few bytes of Parquet
    can say a long value a million times.
    """
    kinds = {(each.name, each.type) for batch in batches for each in batch.schema}
    if len(kinds) > len({name for name, _ in kinds}):
        return None
    tables = [pa.Table.from_batches([batch]) for batch in batches]
    made = pa.concat_tables(tables, promote_options="default").combine_chunks().to_batches()
    return made[0] if len(made) == 1 else None  # several: a text column is too large for one
