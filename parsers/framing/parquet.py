"""Parquet: each row of the table is a unit.

Rows do not lie one after another in the bytes, so that all bytes are structure and a unit has
none. What proves that no row is lost is the footer: it says how many there are, in each row group
and in all, and pyarrow's reading is held against that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from parsers.contract import Chunks, Reject, Units
from parsers.errors import TornStream

NAME = "parquet"
MAGIC, ENCRYPTED = b"PAR1", b"PARE"
LARGEST = 256 << 20  # bytes of a file that is held; AWS delivers less than half of it
ROWS = 1 << 15  # read at a time
PART = 32 << 20  # bytes of rows handed out at a time
BLOWN_UP, RATIO = 256 << 20, 200  # bytes of rows, and times the file, that no log comes to
_LENGTH = 8  # of what ends a file: the length of its footer, and MAGIC
_UNREADABLE = (pa.ArrowException, OSError, ValueError, MemoryError)


class Footer(NamedTuple):
    """The schema a file ends with, or why there is none to be read."""

    schema: pa.Schema | None
    flaw: str = ""


def begins_in(head: bytes) -> bool:
    """Whether these are the first bytes of a Parquet file."""
    return head.startswith((MAGIC, ENCRYPTED))


def footer_of(end: bytes | bytearray) -> Footer:
    """What the last bytes of a file say of its columns."""
    if end.endswith(ENCRYPTED):
        return Footer(None, "encrypted Parquet: decrypt it and ingest the result")
    if not end.endswith(MAGIC):
        return Footer(None, "Parquet without its footer: it is cut off, or was never finished")
    length = int.from_bytes(end[-_LENGTH : -len(MAGIC)], "little")
    if length > len(end) - _LENGTH:
        return Footer(None, f"Parquet with a footer of {length} bytes, which are not there")
    try:
        return Footer(pa.parquet.read_schema(pa.BufferReader(end)))
    except _UNREADABLE as error:
        return Footer(None, f"Parquet with a footer that cannot be read: {_said(error)}")


def frame(chunks: Chunks) -> Iterator[Units]:
    """The rows of a file, in the order of its row groups."""
    content, size, torn = _whole(chunks)
    around = _units(None, 1)
    around.structure_bytes, around.damage = size, torn
    if size > LARGEST:
        around.damage = f"Parquet of more than {LARGEST} bytes is not read"
    elif not torn:
        around.damage = footer_of(content).flaw
    yield around
    if not around.damage:
        yield from _Rows(content).units()


def _whole(chunks: Chunks) -> tuple[bytes | bytearray, int, str]:
    """All bytes, unless there are too many; how many, and why they break off."""
    content = bytearray()
    size, torn = 0, ""
    try:
        for chunk in chunks:
            size += len(chunk)
            if size <= LARGEST:
                content += chunk
            else:
                content.clear()
    except TornStream as tear:
        torn = str(tear)
    return content, size, torn


class _Rows:
    """Reads row group by row group, and counts."""

    def __init__(self, content: bytes | bytearray) -> None:
        self.size = len(content)
        source = pa.BufferReader(content)
        schema = pa.parquet.read_schema(pa.BufferReader(content))
        texts = [each.name for each in schema if pa.types.is_string(each.type)]
        # Values that repeat stay what they are in the file: an index. A few bytes of Parquet can
        # say a long value a million times.
        self.file = pa.parquet.ParquetFile(source, read_dictionary=texts, pre_buffer=False)
        self.number = 1
        self.bytes = 0

    def units(self) -> Iterator[Units]:
        """Every row; what cannot be read of a row group is one reject, and damage."""
        said = self.file.metadata
        for group in range(said.num_row_groups):
            count = said.row_group(group).num_rows
            last = self.number + count
            try:
                yield from self._group(group)
                flaw = "" if self.number == last else f"{count} rows in the footer"
            except _UNREADABLE as error:
                flaw = _said(error)
            if flaw:
                yield self._lost(group, last, flaw)
            if self.bytes > max(BLOWN_UP, RATIO * self.size):
                return
        total = sum(said.row_group(group).num_rows for group in range(said.num_row_groups))
        if total != said.num_rows:
            damage = f"the footer says {said.num_rows} rows, its row groups {total}"
            yield self._damage(damage)

    def _group(self, group: int) -> Iterator[Units]:
        batches = self.file.iter_batches(ROWS, row_groups=[group], use_threads=False)
        for batch in batches:
            size = _bytes_of(batch)
            for part in _parts(batch, size):
                self.bytes += size * len(part) // max(len(batch), 1)
                if self.bytes > max(BLOWN_UP, RATIO * self.size):
                    raise ValueError(
                        f"rows of more than {self.bytes} bytes in a file of {self.size}"
                    )
                units = _units(_shortened(part), self.number)
                self.number += len(units)
                yield units

    def _lost(self, group: int, last: int, flaw: str) -> Units:
        """What is left of a row group that cannot be read: one unit."""
        detail = f"row group {group}, from row {self.number} on: {flaw}"
        units = self._damage(detail)
        # Where it stands is not asked: over a broken footer pyarrow ends the whole process.
        units.rejects.append(Reject(0, self.number, 0, "torn", detail, b""))
        self.number = max(last, self.number + 1)
        return units

    def _damage(self, damage: str) -> Units:
        units = _units(None, self.number)
        units.damage = damage
        return units


def _units(rows: pa.RecordBatch | None, number: int) -> Units:
    """Rows as units that have no bytes of their own."""
    count = 0 if rows is None else len(rows)
    none = np.zeros(count, dtype=np.int64)
    numbers = np.arange(number, number + count)
    return Units(b"", none, none, none, none, numbers, table=rows)


def _parts(batch: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    """The batch in parts that fit into memory once every value, `size` bytes, is written out."""
    pieces = min(max(size // PART + 1, 1), max(len(batch), 1))
    count = -(-len(batch) // pieces) or 1
    for low in range(0, len(batch), count):
        yield batch.slice(low, count)


def _shortened(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch without lists of values that are longer than itself: all of its row group's."""
    columns = [
        column.dictionary_decode().dictionary_encode()
        if pa.types.is_dictionary(column.type) and len(column.dictionary) > len(column)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _bytes_of(batch: pa.RecordBatch) -> int:
    """Bytes of the rows with every value written out."""
    return sum(map(_bytes_in, batch.columns))


def _bytes_in(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return 4 * len(column) + (pc.sum(lengths.take(column.indices)).as_py() or 0)


def _said(error: BaseException) -> str:
    return str(error).split("\n", maxsplit=1)[0][:200] or type(error).__name__
