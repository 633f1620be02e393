"""From decoded JSON values to Arrow arrays; rows that only the plain reader may judge are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Raw

from parsers import json_text, scalars
from parsers.contract import INTEGER, JSON, TEXT, TIME, Column, Integers
from parsers.engines.json_shapes import ABSENT, UNREADABLE, is_raw, series


class Columns:
    """Builds Arrow arrays from decoded values; `doubtful` rows hold one that plain must judge."""

    def __init__(self) -> None:
        self.doubtful: set[int] = set()

    def array(
        self, column: Column, values: Sequence[Any], owners: Integers | None = None
    ) -> pa.Array:
        """The values of one column, one per row, or per element with the row that owns it."""
        if column.verbatim:
            return self._json(column, values)
        if column.type == TIME:
            return self._times(column, values, owners)
        if column.loose:
            return self._loose(column, values, owners)
        if pa.types.is_struct(column.type):
            return self._struct(column, values, owners)
        if column.members:
            return self._list(column, values, owners)
        return pa.array(values, column.type)

    def _doubt(self, rows: Integers, owners: Integers | None) -> None:
        self.doubtful.update((rows if owners is None else owners[rows]).tolist())

    @staticmethod
    def _json(column: Column, values: Sequence[Any]) -> pa.Array:
        if column.encoded:
            values = [json_text.inner(bytes(v)) if v[:1] == b'"' else v for v in map(bytes, values)]
        texts = verbatim_array(values)
        return pa.ExtensionArray.from_storage(JSON, texts) if column.type == JSON else texts

    def _times(self, column: Column, values: Sequence[Any], owners: Integers | None) -> pa.Array:
        texts = self._texts(values, owners) if is_raw(column) else pa.array(values, TEXT)
        read = scalars.times(texts, column.time)
        if read.null_count > texts.null_count:
            unread = np.asarray(texts.is_valid()) & np.asarray(read.is_null())
            self._doubt(np.flatnonzero(unread), owners)
        return read

    def _texts(self, values: Sequence[Any], owners: Integers | None) -> pa.Array:
        texts: list[str | None] = []
        for position, value in enumerate(map(bytes, values)):
            try:
                texts.append(scalar_text(value))
            except (*UNREADABLE, ValueError):
                self._doubt(np.array([position]), owners)
                texts.append(None)
        return pa.array(texts, TEXT)

    def _loose(self, column: Column, values: Sequence[Any], owners: Integers | None) -> pa.Array:
        if column.type == TEXT:
            return self._texts(values, owners)
        read = list(values)
        for position, value in enumerate(values):
            if isinstance(value, str):
                try:
                    read[position] = scalars.integer(value)
                except ValueError:
                    self._doubt(np.array([position]), owners)
                    read[position] = None
        return pa.array(read, INTEGER)

    def _struct(self, column: Column, values: Sequence[Any], owners: Integers | None) -> pa.Array:
        absent = np.fromiter((value is None for value in values), bool, len(values))
        if absent.any():
            some = next((value for value in values if value is not None), None)
            if some is None:
                return pa.nulls(len(values), column.type)
            nothing = type(some)()  # all members absent
            values = [nothing if value is None else value for value in values]
        built = {
            member.name: self.array(member, each, owners)
            for member, each in series(column.members, values)
        }
        fields = [pa.field(member.name, member.type) for member in column.members]
        arrays = [built[each.name] for each in fields]
        return pa.StructArray.from_arrays(arrays, fields=fields, mask=pa.array(absent))

    def _list(self, column: Column, values: Sequence[Any], owners: Integers | None) -> pa.Array:
        lengths = np.fromiter((len(value or ()) for value in values), np.int64, len(values))
        absent = np.fromiter((value is None for value in values), bool, len(values))
        rows_of = np.arange(len(values)) if owners is None else owners
        repeated = Column(column.name, column.type.value_type, "", members=column.members)
        flat = [element for value in values if value for element in value]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        elements = self._struct(repeated, flat, np.repeat(rows_of, lengths))
        return pa.ListArray.from_arrays(
            pa.array(offsets), elements, type=column.type, mask=pa.array(absent)
        )


def scalar_text(value: bytes) -> str | None:
    """What a JSON string says, or how a number, true or false is written; None for null or nothing.

    Raises:
        ValueError: it is an object or a list.
    """
    if value.startswith(b'"'):
        plain = b"\\" not in value
        return value[1:-1].decode() if plain else json_text.decoded_text(value)
    if value.startswith((b"{", b"[")):
        raise ValueError("not a scalar")
    return value.decode() if value not in (b"", b"null") else None


def verbatim_array(values: Sequence[bytes | Raw]) -> pa.Array:
    """Verbatim JSON values as a string array; an absent member and an explicit null are NULL."""
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    nulls = [row for row in np.flatnonzero(lengths == 4).tolist() if bytes(values[row]) == b"null"]
    if nulls:
        values = list(values)
        for row in nulls:
            lengths[row], values[row] = 0, ABSENT
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    valid = np.packbits(lengths > 0, bitorder="little")
    joined = b"".join(values)
    buffers = [pa.py_buffer(valid), pa.py_buffer(offsets), pa.py_buffer(joined)]
    return pa.Array.from_buffers(TEXT, len(values), buffers)
