"""Rows of a table as text: what a unit says that never stood anywhere as a text of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from parsers.json_text import shown


def row_texts(table: pa.RecordBatch) -> list[bytes]:
    """Every row as a JSON object: NULLs are left out, of a name that repeats the last counts."""
    names = table.schema.names
    columns = [values_of(column) for column in table.columns]
    return [
        msgspec.json.encode(
            {name: each for name, each in zip(names, row, strict=True) if each is not None}
        )
        for row in zip(*columns, strict=True)
    ]


def row_text(table: pa.RecordBatch, index: int) -> bytes:
    """One row as a JSON object."""
    return row_texts(table.slice(index, 1))[0]


def values_of(column: pa.Array) -> Sequence[Any]:
    """The values of a column as JSON can write them; text that is no UTF-8 is shown."""
    column = simple(column)
    try:
        found = column.to_pylist()
    except (ValueError, OverflowError):  # times within lists and structs that Python has no day for
        if len(column) > 1:  # how a value is written does not depend on those beside it
            return [values_of(column.slice(at, 1))[0] for at in range(len(column))]
        found = column.cast(_counted(column.type)).to_pylist()
    return [_written(value) for value in found]


def simple(column: pa.Array) -> pa.Array:
    """Texts as bytes, for they may be no UTF-8; times as text, for they may be of any year."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return simple(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.large_binary())
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp(kind.unit)).cast(pa.string())
    if pa.types.is_date(kind) or pa.types.is_time(kind):
        return column.cast(pa.string())
    return column


def _counted(kind: pa.DataType) -> pa.DataType:
    """A nested type with numbers where it has times."""
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(each.name, _counted(each.type)) for each in kind])
    if pa.types.is_map(kind):
        return pa.map_(_counted(kind.key_type), _counted(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_counted(kind.value_type))
    return pa.int64() if pa.types.is_timestamp(kind) else kind


def _written(value: Any) -> Any:
    if isinstance(value, bytes):
        return shown(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _written(each) for key, each in value.items() if each is not None}
    if isinstance(value, list) and value and isinstance(value[0], tuple):  # a map
        return {str(key): _written(each) for key, each in value}
    if isinstance(value, list):
        return [_written(each) for each in value]
    return value if isinstance(value, bool | int | str | None) else str(value)
