"""Formats whose unit is one JSON object with members of known types.

Three roads lead to the same row. *Strict*: msgspec decodes the unit into a Struct made from the
declaration; an unknown or ill-typed member sends it on. *Tolerant*: the same without the ban on
unknown members, which it collects into `extra`. *Plain*: member by member, the specification.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Meta, Raw

from parsers import json_text, scalars
from parsers.contract import (
    BOOLEAN,
    EXTRA,
    INTEGER,
    JSON,
    REAL,
    TEXT,
    TIME,
    Block,
    Claim,
    Column,
    Decoded,
    Defect,
    Format,
    Integers,
    Misfit,
    Reject,
    Sample,
)
from parsers.engines import rows
from parsers.errors import ForeignRecord

_INT64 = Annotated[int, Meta(ge=scalars.SMALLEST, le=scalars.LARGEST)]
_ABSENT, _NULL = Raw(b""), Raw(b"null")

class Derived(NamedTuple):
    """A prepared column: `read` of the verbatim member `key`, where that contains `token`."""

    column: Column
    key: str
    token: bytes
    read: Callable[[bytes], Any]

    def of(self, value: bytes | Raw | None) -> Any:
        """The value for one row; NULL where the member is absent or has nothing to tell."""
        found = bytes(value) if value else b""
        return self.read(found) if self.token in found else None


_STRUCT_FLAGS: Any = {"frozen": True, "gc": False}


class TypedJson(Format):
    """A format of JSON objects, whole from its declaration.

    Args:
        anchors: a unit without any of these members is not of this format.
        unique: members of which a second occurrence is a defect (parsers disagree on duplicates).
        requires: member sets that recognise a record; `excludes`: members that rule it out.
        derived: further prepared columns, computed from free-form members of each row.
    """

    shape = "json"

    def __init__(
        self,
        *,
        name: str,
        about: str,
        reference: str,
        columns: Sequence[Column],
        anchors: Iterable[str],
        requires: Iterable[frozenset[str]],
        excludes: frozenset[str] = frozenset(),
        unique: Iterable[str] = (),
        derived: Sequence[Derived] = (),
        version: int = 1,
    ) -> None:
        self.name, self.about, self.reference, self.version = name, about, reference, version
        self.columns = tuple(columns)
        self.anchors = frozenset(anchors)
        self.requires, self.excludes = tuple(requires), excludes
        self.unique = tuple(unique)
        self._derived = tuple(derived)
        self._by_key = {column.key: column for column in self.columns}
        self._positions = {column.key: place for place, column in enumerate(self.columns)}
        strict = struct_of(name, self.columns, forbid=True)
        self._strict = msgspec.json.Decoder(strict).decode
        self._tolerant = msgspec.json.Decoder(struct_of(name, self.columns, forbid=False)).decode
        self._unique_tokens = [f'"{member}"'.encode() for member in self.unique]

    def prepared(self) -> tuple[Column, ...]:
        """Numbers of addresses, and what is derived."""
        return (*super().prepared(), *(derived.column for derived in self._derived))

    # ------------------------------------------------------------------ recognition
    def claim(self, sample: Sample) -> Claim | Misfit:
        """Every unit of the sample must carry one of the required sets of members."""
        for position, unit in enumerate(sample.units):
            found = json_text.members(unit)
            keys = frozenset(key for key, _ in found) if found is not None else frozenset()
            if not any(required <= keys for required in self.requires) or keys & self.excludes:
                return Misfit(f"record {position + 1} has {shown_keys(keys)}", position)
        if not sample.units:
            return Misfit("no record")
        required = next(need for need in self.requires if need <= keys)
        return Claim((), f"members {', '.join(sorted(required))} in every record sampled")

    # ------------------------------------------------------------------ plain
    def plain(self, block: Block) -> Decoded:
        """Unit by unit: members by their position in the text, values by their column's type."""
        kept: list[int] = []
        values: list[Mapping[str, Any]] = []
        structure: list[int] = []
        defects: list[Defect] = []
        rejects: list[Reject] = []
        for index in range(len(block)):
            unit = block.unit(index)
            if not unit.strip():
                structure.append(int(block.source_ids[index]))
                continue
            try:
                row, flaws = self._plain_row(unit)
            except ForeignRecord as error:
                rejects.append(block.reject(index, error.code, error.detail))
                continue
            kept.append(index)
            values.append(row)
            defects += [block.defect(index, *flaw) for flaw in flaws]
        batch = rows.from_values(self, block, kept, values)
        return Decoded(batch, np.array(structure, dtype=np.int64), defects, rejects)

    def _plain_row(self, unit: bytes) -> tuple[dict[str, Any], list[Flaw]]:
        found = json_text.members(unit)
        if found is None:
            raise ForeignRecord(*no_object(unit))
        members = dict(found)
        if not self.anchors & members.keys():
            detail = f"none of the members {', '.join(sorted(self.anchors))}"
            raise ForeignRecord("no-anchor", detail)
        reader = _Plain()
        row = reader.members(members, self._by_key, ())
        counts = Counter(key for key, _ in found)
        for key in self.unique:
            if counts[key] > 1:
                earlier = [value for name, value in found if name == key][:-1]
                detail = f"{counts[key]} times; the last stands in the row"
                reader.flaws.append((key, "duplicate-member", detail, b"\n".join(earlier)))
        row[EXTRA.name] = json_text.pointers(reader.extra)
        for derived in self._derived:
            fits = row.get(self._by_key[derived.key].name) is not None
            row[derived.column.name] = derived.of(members[derived.key] if fits else None)
        return row, reader.flaws

    # ------------------------------------------------------------------ vector
    def decode(self, block: Block) -> Decoded:
        """Strict, then tolerant, then plain, each unit by the first road that takes it."""
        units = block.texts()
        suspects = self._suspects(block, units)
        taken: list[int] = []
        found: list[Any] = []
        extras: list[str | None] = []
        left: list[int] = []
        strict, tolerant_first = self._strict, 0
        for index, unit in enumerate(units):
            if index in suspects:
                left.append(index)
                continue
            extra: str | None = None
            try:
                record = strict(unit) if tolerant_first < 8 else self._tolerant(unit)
                if tolerant_first >= 8:
                    extra = self._unknown(unit)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                try:
                    record = self._tolerant(unit)
                    extra = self._unknown(unit)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    left.append(index)
                    continue
                tolerant_first += 1
            taken.append(index)
            found.append(record)
            extras.append(extra)
        return self._assembled(block, taken, found, extras, left)

    def _assembled(
        self,
        block: Block,
        taken: list[int],
        found: list[Any],
        extras: list[str | None],
        left: list[int],
    ) -> Decoded:
        builder = _Columns()
        series = columnar(found, len(self.columns))
        arrays = {
            column.name: builder.array(column, values)
            for column, values in zip(self.columns, series, strict=True)
        }
        doubtful = builder.doubtful | self._without_anchor(arrays, len(found))
        if doubtful:
            left = sorted({*left, *(taken[row] for row in doubtful)})
            keep = [row for row in range(len(found)) if row not in doubtful]
            again = ([items[row] for row in keep] for items in (taken, found, extras))
            return self._assembled(block, *again, left)  # type: ignore[arg-type]
        arrays[EXTRA.name] = rows.array_of(EXTRA, extras)
        for derived in self._derived:
            values = [derived.of(value) for value in series[self._positions[derived.key]]]
            arrays[derived.column.name] = rows.array_of(derived.column, values)
        kept = np.array(taken, dtype=np.int64)
        decoded = Decoded(rows.batch(self, block, kept, arrays), rows.NOTHING)
        if not left:
            return decoded
        return Decoded.joined([decoded, self.plain(block.take(np.array(left, dtype=np.int64)))])

    def _without_anchor(self, arrays: Mapping[str, pa.Array], count: int) -> set[int]:
        """Rows whose anchors are all NULL: plain tells an absent anchor from a null one."""
        absent = np.ones(count, dtype=bool)
        for key in self.anchors & self._by_key.keys():
            array = arrays[self._by_key[key].name]
            if array.null_count == 0:
                return set()
            absent &= np.asarray(array.is_null())
        return set(np.flatnonzero(absent).tolist())

    def _unknown(self, unit: bytes) -> str | None:
        extra: dict[str, bytes] = {}
        collect_unknown(unit, self._by_key, (), extra)
        return json_text.pointers(extra)

    def _suspects(self, block: Block, units: list[bytes]) -> set[int]:
        """Units that only the plain reader may decide: odd bytes, duplicates, blank, too deep."""
        odd: set[int] = set()
        if not json_text.is_utf8(block.data):
            odd |= {index for index, unit in enumerate(units) if not json_text.is_utf8(unit)}
        for token in self._unique_tokens:
            if block.data.count(token) > len(units):
                odd |= {i for i, unit in enumerate(units) if unit.count(token) > 1}
        if b"\\u00" in block.data:  # a member's name can be written with escapes
            odd |= {i for i, unit in enumerate(units) if b'\\u00' in unit and self._escaped(unit)}
        limit = json_text.DEEPEST
        odd |= {
            index
            for index, unit in enumerate(units)
            if not unit or (len(unit) > 2 * limit and not json_text.depth_within(unit))
        }
        return odd

    def _escaped(self, unit: bytes) -> bool:
        found = json_text.members(unit)
        if found is None:
            return True
        counts = Counter(key for key, _ in found)
        return any(counts[key] > 1 for key in self.unique)


Flaw = tuple[str, str, str, bytes]  # column, code, detail, raw


class _Plain:
    """Reads members of one unit into column values, keeping what does not fit."""

    def __init__(self) -> None:
        self.extra: dict[str, bytes] = {}
        self.flaws: list[Flaw] = []

    def members(
        self, found: Mapping[str, bytes], columns: Mapping[str, Column], path: tuple[str, ...]
    ) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for key, value in found.items():
            at = (*path, key)
            column = columns.get(key)
            if column is None:
                self.extra[json_text.pointer(*at)] = json_text.kept(value)
            elif value != b"null":
                row[column.name] = self.value(column, value, at)
        return row

    def value(self, column: Column, value: bytes, path: tuple[str, ...]) -> Any:
        try:
            return self._typed(column, value, path)
        except _Unfit as unfit:
            name = ".".join(path)
            self.flaws.append((name, unfit.code, unfit.detail, value))
            if not unfit.shown:
                self.extra[json_text.pointer(*path)] = json_text.kept(value)
            return unfit.value

    def _typed(self, column: Column, value: bytes, path: tuple[str, ...]) -> Any:
        if column.verbatim:
            return _json(value)
        if column.type == TEXT:
            return _text(value)
        if column.type == TIME:
            return _time(column, value)
        if column.type in (INTEGER, REAL, BOOLEAN):
            return _scalar(column.type, value)
        if pa.types.is_struct(column.type):
            return self._struct(column, value, path)
        return self._list(column, value, path)

    def _struct(self, column: Column, value: bytes, path: tuple[str, ...]) -> dict[str, Any]:
        found = json_text.members(value)
        if found is None:
            raise _Unfit("not-an-object", "expected an object")
        return self.members(dict(found), {m.key: m for m in column.members}, path)

    def _list(self, column: Column, value: bytes, path: tuple[str, ...]) -> list[Any]:
        """A list holds all its elements or none: one that does not fit sends the whole to extra."""
        if not value.startswith(b"[") or json_text.flaw(value):
            raise _Unfit("not-a-list", "expected a list")
        inner = _Plain()
        repeated = Column("", column.type.value_type, "", members=column.members)
        values = [
            None if element == b"null" else inner.value(repeated, element, (str(position),))
            for position, element in enumerate(json_text.elements(value))
        ]
        if inner.flaws:
            _, code, detail, _ = inner.flaws[0]
            raise _Unfit(code, f"element {inner.flaws[0][0]}: {detail}")
        for pointer, unknown in inner.extra.items():
            self.extra[json_text.pointer(*path) + pointer] = unknown
        return values


class _Unfit(Exception):
    """A value that does not fit its column; `value` is what the column can still hold of it."""

    def __init__(self, code: str, detail: str, value: Any = None, *, shown: bool = False) -> None:
        super().__init__(code)
        self.code, self.detail, self.value, self.shown = code, detail, value, shown


def _json(value: bytes) -> str:
    if code := json_text.flaw(value):
        raise _Unfit(code, "DuckDB could not read this as JSON")
    return value.decode("utf-8")


def _text(value: bytes) -> str:
    text = json_text.string(value)
    if text is not None:
        return text
    if value.startswith(b'"') and not json_text.is_utf8(value):
        text = json_text.string(json_text.escaped_bytes(value))
        if text is not None:
            raise _Unfit("not-utf8", r"bytes shown as \xNN", text, shown=True)
    raise _Unfit("not-text", "expected a string")


def _time(column: Column, value: bytes) -> int:
    try:
        text = _text(value) if value.startswith(b'"') else value.decode("ascii")
        return scalars.TIME_SPELLINGS[column.time](text)
    except scalars.FinerThanMicrosecond as error:
        raise _Unfit("finer-than-microsecond", str(error), error.microseconds) from None
    except ValueError as error:
        raise _Unfit("not-a-time", str(error)) from None


def _scalar(kind: pa.DataType, value: bytes) -> Any:
    wanted: Any = _INT64 if kind == INTEGER else float if kind == REAL else bool
    try:
        return msgspec.json.decode(value, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        names = {INTEGER: "an integer", REAL: "a number", BOOLEAN: "true or false"}
        raise _Unfit("not-of-type", f"expected {names[kind]}") from error


def struct_of(name: str, columns: Iterable[Column], *, forbid: bool) -> type[msgspec.Struct]:
    """The msgspec Struct of a declaration; JSON members stay verbatim (Raw)."""
    fields: list[Any] = []
    names: dict[str, str] = {}
    for attribute, column in attributes(columns):
        kind = _member_type(name, column, forbid=forbid)
        fields.append((attribute, kind, _ABSENT if kind is Raw else None))
        names[attribute] = column.key
    return msgspec.defstruct(
        f"{name}_record", fields, rename=names, forbid_unknown_fields=forbid, **_STRUCT_FLAGS
    )


def attributes(columns: Iterable[Column]) -> list[tuple[str, Column]]:
    """Each column with the Struct attribute it decodes to: AWS's names need not be identifiers."""
    return [(f"m_{position}", column) for position, column in enumerate(columns)]


def _member_type(name: str, column: Column, *, forbid: bool) -> Any:
    if column.verbatim or _is_number_of_time(column):
        return Raw
    simple = {TEXT: str, TIME: str, INTEGER: _INT64, REAL: float, BOOLEAN: bool}
    if column.type in simple:
        return simple[column.type] | None
    if column.members:
        nested = struct_of(f"{name}_{column.name}", column.members, forbid=forbid)
        return (list[nested | None] if pa.types.is_list(column.type) else nested) | None  # type: ignore[valid-type]
    return list[simple[column.type.value_type] | None] | None


def _is_number_of_time(column: Column) -> bool:
    return bool(column.type == TIME and column.time.startswith("epoch"))


class _Columns:
    """Builds Arrow arrays from decoded values; `doubtful` rows hold one that plain must judge."""

    def __init__(self) -> None:
        self.doubtful: set[int] = set()

    def array(self, column: Column, values: Sequence[Any], owners: Integers | None = None) -> pa.Array:
        """The values of one column, one per row, or per element with the row that owns it."""
        if column.verbatim:
            texts = verbatim_array(values)
            return pa.ExtensionArray.from_storage(JSON, texts) if column.type == JSON else texts
        if column.type == TIME:
            return self._times(column, values, owners)
        if pa.types.is_struct(column.type):
            return self._struct(column, values, owners)
        if column.members:
            return self._list(column, values)
        return pa.array(values, column.type)

    def _times(self, column: Column, values: Sequence[Any], owners: Integers | None) -> pa.Array:
        number = _is_number_of_time(column)
        texts = verbatim_array(values) if number else pa.array(values, TEXT)
        read = scalars.times(texts, column.time)
        if read.null_count > texts.null_count:
            bad = np.flatnonzero(np.asarray(texts.is_valid()) & np.asarray(read.is_null()))
            self.doubtful |= set((bad if owners is None else owners[bad]).tolist())
        return read

    def _struct(self, column: Column, values: Sequence[Any], owners: Integers | None) -> pa.Array:
        absent = np.fromiter((value is None for value in values), bool, len(values))
        present = [value for value in values if value is not None]
        rows_of = np.flatnonzero(~absent)
        owners = rows_of if owners is None else owners[rows_of]
        series = columnar(present, len(column.members))
        members = [
            self.array(member, values, owners)
            for member, values in zip(column.members, series, strict=True)
        ]
        fields = [pa.field(member.name, member.type) for member in column.members]
        array = pa.StructArray.from_arrays(members, fields=fields)
        if not absent.any():
            return array
        indices = np.cumsum(~absent) - 1
        return array.take(pa.array(indices, mask=absent))

    def _list(self, column: Column, values: Sequence[Any]) -> pa.Array:
        lengths = np.fromiter((len(value or ()) for value in values), np.int64, len(values))
        absent = np.fromiter((value is None for value in values), bool, len(values))
        owners = np.repeat(np.arange(len(values)), lengths)
        repeated = Column(column.name, column.type.value_type, "", members=column.members)
        flat = [element for value in values if value for element in value]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        elements = self._struct(repeated, flat, owners)
        return pa.ListArray.from_arrays(
            pa.array(offsets), elements, type=column.type, mask=pa.array(absent)
        )


def columnar(records: Sequence[msgspec.Struct], width: int) -> list[Sequence[Any]]:
    """The members of records, one sequence per member."""
    if not records:
        return [()] * width
    return list(zip(*map(msgspec.structs.astuple, records), strict=True))


def verbatim_array(values: Sequence[Raw]) -> pa.Array:
    """Verbatim JSON values as a string array; an absent member and an explicit null are NULL."""
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    nulls = [row for row in np.flatnonzero(lengths == 4).tolist() if values[row] == _NULL]
    if nulls:
        values = list(values)
        for row in nulls:
            lengths[row], values[row] = 0, _ABSENT
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    valid = np.packbits(lengths > 0, bitorder="little")
    joined = b"".join(values)
    buffers = [pa.py_buffer(valid), pa.py_buffer(offsets), pa.py_buffer(joined)]
    return pa.Array.from_buffers(TEXT, len(values), buffers)


def no_object(unit: bytes) -> tuple[str, str]:
    """Code and sentence for a unit that is no readable JSON object."""
    if not unit.lstrip().startswith(b"{"):
        return "not-an-object", f"expected a JSON object, found {json_text.shown(unit[:40])!r}"
    return "not-json", "the object's members cannot be told apart"


def shown_keys(keys: frozenset[str]) -> str:
    """Member names for a sentence."""
    listed = ", ".join(sorted(keys)[:12])
    return f"members {listed}" if keys else "no members"


def collect_unknown(
    unit: bytes | Raw, columns: Mapping[str, Column], path: tuple[str, ...], extra: dict[str, bytes]
) -> None:
    """Members of an object that has decoded tolerantly, and of its typed parts, without a column."""
    found = msgspec.json.decode(unit, type=dict[str, Raw])
    for key in found.keys() - columns.keys():
        extra[json_text.pointer(*path, key)] = json_text.kept(bytes(found[key]))
    for key, column in columns.items():
        if not column.members or (value := found.get(key)) is None or value == b"null":
            continue
        members = {member.key: member for member in column.members}
        if pa.types.is_struct(column.type):
            collect_unknown(value, members, (*path, key), extra)
            continue
        for position, element in enumerate(msgspec.json.decode(value, type=list[Raw])):
            if element != b"null":
                collect_unknown(element, members, (*path, key, str(position)), extra)
