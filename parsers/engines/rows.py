"""From column values to the record batch of a block: provenance, context, prepared columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from parsers.contract import EXTRA, Block, Column, Format, Integers

NOTHING = np.empty(0, dtype=np.int64)
_NULLS: dict[pa.DataType, pa.Array] = {}


def batch(
    declared: Format, block: Block, kept: Integers, columns: Mapping[str, pa.Array]
) -> pa.RecordBatch:
    """Rows for the units `kept` of the block; columns not given are NULL, or prepared here."""
    given, columns = columns, _all(declared, columns, len(kept))
    names: list[str] = ["source_id", "record_no"]
    arrays: list[pa.Array] = [pa.array(block.source_ids[kept]), pa.array(block.record_nos[kept])]
    if (context := block.context) is not None:
        names += context.schema.names
        all_of_them = len(kept) == len(block) and bool((np.diff(kept) == 1).all())
        arrays += (context if all_of_them else context.take(pa.array(kept))).columns
    for column in (*declared.columns, EXTRA):
        names.append(column.name)
        arrays.append(columns[column.name])
    for each in declared.preparations():
        names.append(each.column.name)
        ready = given.get(each.column.name)
        arrays.append(each.compute(columns) if ready is None else ready)
    return pa.RecordBatch.from_arrays(arrays, names=names)


def from_values(
    declared: Format, block: Block, kept: Sequence[int], values: Sequence[Mapping[str, Any]]
) -> pa.RecordBatch:
    """The same from one mapping of column name to Python value per unit kept (plain readers)."""
    arrays = {
        column.name: array_of(column, [row.get(column.name) for row in values])
        for column in (*declared.columns, EXTRA)
    }
    return batch(declared, block, np.array(kept, dtype=np.int64), arrays)


def _all(declared: Format, given: Mapping[str, pa.Array], count: int) -> dict[str, pa.Array]:
    return {
        column.name: given[column.name] if column.name in given else nulls(count, column.type)
        for column in (*declared.columns, EXTRA)
    }


def nulls(count: int, of: pa.DataType) -> pa.Array:
    """So many NULLs; most columns of a wide table are nothing else."""
    held = _NULLS.get(of)
    if held is None or len(held) < count:
        held = _NULLS[of] = pa.nulls(count, of)
    return held[:count]


def array_of(column: Column, values: list[Any]) -> pa.Array:
    """Python values (JSON as text, times as microseconds) as an array of the column's type."""
    if isinstance(column.type, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(column.type, pa.array(values, pa.string()))
    return pa.array(values, column.type)
