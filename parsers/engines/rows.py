"""From column values to the record batch of a block: provenance, context, prepared columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from parsers.contract import EXTRA, Block, Column, Decoded, Defect, Format, Integers, Reject
from parsers.errors import ForeignRecord

NOTHING = np.empty(0, dtype=np.int64)
_NULLS: dict[pa.DataType, pa.Array] = {}


def batch(
    declared: Format, block: Block, kept: Integers, columns: Mapping[str, pa.Array]
) -> pa.RecordBatch:
    """Rows for the units `kept` of the block; columns not given are NULL, or prepared here."""
    given, columns = columns, _all(declared, columns, len(kept))
    names: list[str] = ["source_id", "record_no"]
    all_of_them = len(kept) == len(block) and bool((kept[1:] > kept[:-1]).all())
    numbers = (block.source_ids, block.record_nos)
    arrays = [pa.array(each if all_of_them else each[kept]) for each in numbers]
    if (context := block.context) is not None:
        names += context.schema.names
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


Flaw = tuple[str, str, str, bytes]
"""Column ("" for the whole unit), code, sentence and raw value of a defect."""
PlainRow = tuple[Mapping[str, Any], Sequence[Flaw]]


def plainly(declared: Format, block: Block, read: Callable[[int, bytes], PlainRow]) -> Decoded:
    """Unit by unit, each as `read` reads it by its index; one that is blank is structure."""
    kept: dict[int, Mapping[str, Any]] = {}
    structure: list[int] = []
    defects: list[Defect] = []
    rejects: list[Reject] = []
    for index, unit in enumerate(block.texts()):
        if not unit.strip():
            structure.append(int(block.source_ids[index]))
            continue
        try:
            kept[index], flaws = read(index, unit)
        except ForeignRecord as foreign:
            rejects.append(block.reject(index, foreign.code, foreign.detail))
            continue
        defects += [block.defect(index, *flaw) for flaw in flaws]
    batch = from_values(declared, block, [*kept], [*kept.values()])
    return Decoded(batch, np.array(structure, dtype=np.int64), defects, rejects)


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
