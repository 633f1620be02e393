"""The fastest road for JSON records: Arrow reads a whole run of them at once.

It takes formats whose records hold free-form JSON only as an exception, and only runs of units in
which every value is of its declared type and every member is known: on anything else Arrow raises,
and the run is left to the roads of `typed_json`. That a unit is one valid JSON object, and nothing
beside it, is proven first.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from msgspec import Raw

from parsers import scalars
from parsers.contract import INTEGER, TEXT, TIME, Column, Integers
from parsers.engines.json_shapes import UNREADABLE, groups, is_raw

FEWEST = 16  # units that are worth it
RUN = 512  # units that are left to other roads when Arrow cannot take one of them
PATIENCE = 4  # runs refused one after the other until it is given up
_ATTEMPTS = 8  # texts and numbers may change places in so many columns
_CHANGED = re.compile(r"Column\(/([^)]*)\) changed from \w+ to (string|number)")


class ArrowRoad:
    """Reads runs of units of one block into the arrays of a declaration's columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self._numbers: frozenset[str] = frozenset()  # paths of columns seen as numbers last

    def runs(self, units: Sequence[bytes]) -> Iterator[tuple[int, int, Taken | None]]:
        """Units low..high as columns, or None for a run that other roads must take."""
        whole = self.read(units) if len(units) >= FEWEST else None
        if whole is not None or len(units) <= RUN:
            yield 0, len(units), whole
            return
        refused = 0
        for low in range(0, len(units), RUN):
            if refused == PATIENCE:
                yield low, len(units), None
                return
            taken = self.read(units[low : low + RUN])
            refused = 0 if taken else refused + 1
            yield low, min(low + RUN, len(units)), taken

    def read(self, units: Sequence[bytes]) -> Taken | None:
        """The columns of all units; None where Arrow cannot take them as they are."""
        if not _are_objects(units):
            return None
        text = b"\n".join(units)
        for _ in range(_ATTEMPTS):
            try:
                table = self._table(text)
            except pa.ArrowInvalid as error:
                changed = _CHANGED.match(str(error).removeprefix("JSON parse error: "))
                if changed is None or not self._swapped(*changed.groups()):
                    return None
                continue
            return self._taken(table, len(units))
        return None

    def _swapped(self, path: str, kind: str) -> bool:
        """Expect the other kind of a column that may be text or number."""
        path = path.replace("/[]", "")
        if (path in self._numbers) == (kind == "number"):
            return False
        self._numbers = self._numbers ^ {path}
        return True

    def _table(self, text: bytes) -> pa.Table:
        fields = [
            pa.field(group[0].key, self._type(group[0], group[0].key))
            for group in groups(self.columns)
        ]
        return pyarrow.json.read_json(
            io.BytesIO(text),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=pa.schema(fields), unexpected_field_behavior="error"
            ),
        )

    def _type(self, column: Column, path: str) -> pa.DataType:
        """What Arrow is to expect of a member; free-form JSON is expected to be absent."""
        if column.members:
            inside = pa.struct(
                [
                    pa.field(group[0].key, self._type(group[0], f"{path}/{group[0].key}"))
                    for group in groups(column.members)
                ]
            )
            return pa.list_(inside) if pa.types.is_list(column.type) else inside
        if column.loose or (column.type == TIME and is_raw(column)):
            return INTEGER if path in self._numbers else TEXT
        return TEXT if column.verbatim or column.type == TIME else column.type

    def _taken(self, table: pa.Table, count: int) -> Taken | None:
        if table.num_rows != count:
            raise AssertionError(f"{count} JSON objects became {table.num_rows} rows")
        taken = Taken(count)
        for group in groups(self.columns):
            values = table.column(group[0].key).combine_chunks()
            taken.add(group, values, np.arange(count))
        return None if taken.refused else taken


class Taken:
    """Arrays by column; `doubtful` rows hold a value that the plain reader must judge."""

    def __init__(self, count: int) -> None:
        self.arrays: dict[str, pa.Array] = {}
        self.doubtful = np.zeros(count, dtype=bool)
        self.refused = False

    def add(self, group: Sequence[Column], values: pa.Array, owners: Integers) -> None:
        """The columns of one member, of which the first holds its values."""
        self.arrays[group[0].name] = self._array(group[0], values, owners)
        for other in group[1:]:
            self.arrays[other.name] = pa.nulls(len(values), other.type)

    def _array(self, column: Column, values: pa.Array, owners: Integers) -> pa.Array:
        if column.verbatim:
            self.refused |= values.null_count < len(values)  # a text, without its quotes
            return pa.nulls(len(values), column.type)
        if column.members:
            return self._nested(column, values, owners)
        if column.type == TIME or column.loose:
            return self._read(column, values, owners)
        return values

    def _nested(self, column: Column, values: pa.Array, owners: Integers) -> pa.Array:
        if not pa.types.is_list(column.type):
            return self._struct(column, values, owners)
        lengths = pc.list_value_length(values).fill_null(0).to_numpy(zero_copy_only=False)
        elements = self._struct(column, values.flatten(), np.repeat(owners, lengths))
        offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
        return pa.ListArray.from_arrays(offsets, elements, type=column.type, mask=values.is_null())

    def _struct(self, column: Column, values: pa.Array, owners: Integers) -> pa.Array:
        inside = Taken(len(self.doubtful))
        for group in groups(column.members):
            inside.add(group, pc.struct_field(values, group[0].key), owners)
        self.doubtful |= inside.doubtful
        self.refused |= inside.refused
        fields = [pa.field(member.name, member.type) for member in column.members]
        arrays = [inside.arrays[field.name] for field in fields]
        return pa.StructArray.from_arrays(arrays, fields=fields, mask=values.is_null())

    def _read(self, column: Column, values: pa.Array, owners: Integers) -> pa.Array:
        if column.type == INTEGER and values.type == INTEGER:
            return values
        texts = values
        if values.type == INTEGER:
            texts = values.cast(TEXT)
        if column.type == TEXT:
            zero = pc.any(pc.equal(texts, "0")).as_py()
            self.refused |= bool(zero) and values.type == INTEGER  # it may have been written -0
            return texts
        read = scalars.times(texts, column.time) if column.type == TIME else scalars.integers(texts)
        if read.null_count > texts.null_count:
            unread = np.asarray(texts.is_valid()) & np.asarray(read.is_null())
            self.doubtful[owners[unread]] = True
        return read


def _are_objects(units: Sequence[bytes]) -> bool:
    """Whether every unit is one valid JSON object and nothing else."""
    if not all(unit.startswith(b"{") for unit in units):
        return False
    try:
        found = msgspec.json.decode(b"[" + b",".join(units) + b"]", type=list[Raw])
    except UNREADABLE:
        return False
    return len(found) == len(units)
