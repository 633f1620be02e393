"""Records of any format as rows of a table whose columns are the fields or members of a record.

A column is known by its name, without regard to case and punctuation: `cs_host` is `cs(Host)`. Rows
of line formats are read like lines whose tokens they are; rows of JSON formats as the objects they
were. Whatever the types of the table, its values become text first: only one reader knows a format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers import json_text, scalars
from parsers.contract import (
    INTEGER,
    JSON,
    TEXT,
    TIME,
    Block,
    Column,
    Decoded,
    Defect,
    Flags,
    Format,
)
from parsers.engines import rows
from parsers.engines.delimited import Delimited
from parsers.engines.flat import plainly
from parsers.engines.forms import TwoForms
from parsers.engines.layouts import Field, Plan, Unknown
from parsers.engines.line_values import ABSENT, PlainLine, VectorLines
from parsers.engines.tokens import Token
from parsers.engines.typed_json import TypedJson
from parsers.repeated import of_rows, repeated, written_out
from parsers.row_text import simple, values_of

_COMMON = frozenset(
    (
        *("action", "bytes", "date", "end", "host", "id", "ip", "key", "message", "method", "name"),
        *("operation", "packets", "path", "protocol", "region", "start", "status", "time"),
        *("timestamp", "type", "url", "user", "version"),
    )
)
"""Names that tables of anything have."""
_WITHOUT_VALUE = Token(ABSENT)


# -------------------------------------------------------------------------------- recognition
def likeness(declared: Format, schema: pa.Schema) -> int:
    """How many of the columns are known to the format; 0 where they do not make it likely."""
    names = {plainly(name) for name in schema.names}
    if isinstance(declared, TypedJson):
        known = names & {plainly(column.key) for column in declared.columns}
        required = any({plainly(name) for name in each} <= names for each in declared.requires)
        excluded = names & {plainly(name) for name in declared.excludes}
        return len(known) if required and not excluded else 0
    known = names & {name for each in _fields(declared) for name in _names_of(each)}
    likely = len(known - _COMMON) >= 2 and 2 * len(known) >= len(names)
    return len(known) if likely else 0


def _fields(declared: Format) -> tuple[Field, ...]:
    """Every field that a record can have, those of objects first: they may come whole."""
    if isinstance(declared, TwoForms):
        return (*declared.objects.fields, *declared.lines.fields)
    return declared.fields if isinstance(declared, Delimited) else ()


def _names_of(each: Field) -> list[str]:
    return [plainly(name) for name in (*each.names, *(column.name for column in each.columns))]


# -------------------------------------------------------------------------------- decoding
def plain(declared: Format, block: Block) -> Decoded:
    """Row by row."""
    assert block.table is not None
    if isinstance(declared, TypedJson):
        return declared.plain(_of_objects(declared, block, block.table))
    read = _read(planned(declared, block.table.schema), block.table)
    values: list[Mapping[str, Any]] = []
    defects: list[Defect] = []
    series = [each.to_pylist() for each in read.texts]
    for index in range(len(block)):
        tokens = [_token(each[index]) for each in series]
        reader = PlainLine(b"", " ")
        values.append(reader.row(read.plan, tokens))
        if read.broken[index]:
            reader.flaws.append(("", "not-utf8", r"bytes shown as \xNN", block.unit(index)))
        defects += [block.defect(index, *flaw) for flaw in reader.flaws]
    batch = rows.from_values(declared, block, range(len(block)), values)
    return Decoded(batch, rows.NOTHING, defects)


def decode(declared: Format, block: Block) -> Decoded:
    """Column by column; rows with a value that does not fit, one by one."""
    assert block.table is not None
    if isinstance(declared, TypedJson):
        return declared.decode(_of_objects(declared, block, block.table))
    plan = planned(declared, block.table.schema)
    reader = VectorLines(len(block))
    others: list[tuple[Field, tuple[int, ...]]] = []
    for each, places in plan.known:
        if len(places) > 1 or not _at_once(reader, each, block.table.column(places[0])):
            others.append((each, places))
    read = _read(plan._replace(known=tuple(others)), block.table)
    reader.read(read.plan, read.texts)
    reader.doubtful |= read.broken
    kept = np.flatnonzero(~reader.doubtful)
    columns = reader.columns(kept)
    if len(kept) == len(block):
        return Decoded(rows.batch(declared, block, kept, columns), rows.NOTHING)
    columns = {name: written_out(array) for name, array in columns.items()}  # as the others are
    part = Decoded(rows.batch(declared, block, kept, columns), rows.NOTHING)
    return Decoded.joined([part, plain(declared, block.take(np.flatnonzero(reader.doubtful)))])


def _at_once(reader: VectorLines, each: Field, array: pa.Array) -> bool:
    """Read a column without a text for each of its rows; False where there is no such way."""
    if pa.types.is_dictionary(array.type):
        _listed(reader, each, array)
        return True
    whole = _whole(each, array)
    if whole is not None:
        reader.arrays[each.columns[0].name] = whole
    return whole is not None


def _listed(reader: VectorLines, each: Field, column: pa.DictionaryArray) -> None:
    """A column whose values are listed: each of them is read once, and texts remain listed."""
    broken = np.zeros(len(column.dictionary), dtype=bool)
    texts = _texts(column.dictionary, broken)
    values = VectorLines(len(texts))
    values.read(Plan(((each, (0,)),), ()), [texts])
    reader.doubtful |= of_rows(values.doubtful | broken, column.indices)
    for name, array in values.arrays.items():
        is_text = pa.types.is_string(array.type)
        found = repeated(array, column.indices) if is_text else array.take(column.indices)
        reader.arrays[name] = found


def _token(text: str | None) -> Token:
    return _WITHOUT_VALUE if text is None else Token(text, quoted=True)


class _Read(NamedTuple):
    """A table as texts, NULL where there is no value, and how they are to be understood."""

    plan: Plan
    texts: list[pa.Array]
    broken: Flags  # rows with bytes that are no UTF-8


def _read(plan: Plan, table: pa.RecordBatch) -> _Read:
    """The texts of the columns that the plan asks for; others are left empty."""
    broken = np.zeros(len(table), dtype=bool)
    asked = {at for _, places in plan.known for at in places} | {each.at for each in plan.unknown}
    texts = [
        _texts(column, broken) if at in asked else rows.nulls(len(table), TEXT)
        for at, column in enumerate(table.columns)
    ]
    return _Read(plan, texts, broken)


def _whole(each: Field, array: pa.Array) -> pa.Array | None:
    """A column whose values are what their texts would say; None where only these can tell."""
    column, kind = each.columns[0], array.type
    if each.split is not None or not pa.types.is_integer(kind) or kind == pa.uint64():
        return None
    if column.type == INTEGER:
        return array.cast(INTEGER)
    scale = {"epoch_s": 1_000_000, "epoch_ms": 1_000}.get(column.time)
    if column.type != TIME or scale is None:
        return None
    bounds = pc.min_max(array)
    low, high = bounds["min"].as_py() or 0, bounds["max"].as_py() or 0
    if not 0 <= low <= high <= scalars.LATEST // scale:
        return None
    return pc.multiply(array.cast(INTEGER), scale).cast(TIME)


def _texts(column: pa.Array, broken: Flags) -> pa.Array:
    """Every value as the text that a line would have for it; NULL for none."""
    if pa.types.is_dictionary(column.type):
        flaws = np.zeros(len(column.dictionary), dtype=bool)
        texts = _texts(column.dictionary, flaws)
        broken |= of_rows(flaws, column.indices)
        return texts.take(column.indices)
    found = _strings(simple(column), broken)
    return pc.if_else(pc.equal(found, ABSENT), None, found)


def _strings(column: pa.Array, broken: Flags) -> pa.Array:
    kind = column.type
    if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        encode = msgspec.json.encode
        texts = [None if each is None else encode(each).decode() for each in values_of(column)]
        return pa.array(texts, TEXT)
    try:
        return column.cast(TEXT)  # which fails where bytes are no UTF-8
    except pa.ArrowInvalid:
        values = column.to_pylist()
        broken |= np.fromiter((not json_text.is_utf8(each or b"") for each in values), bool)
        return pa.array([None if each is None else json_text.shown(each) for each in values], TEXT)


# -------------------------------------------------------------------------------- columns
def planned(declared: Format, schema: pa.Schema) -> Plan:
    """Which columns of the table make which field; a name that repeats counts once."""
    places: dict[str, int] = {}
    for at, name in enumerate(schema.names):
        places.setdefault(plainly(name), at)
    known: list[tuple[Field, tuple[int, ...]]] = []
    used: set[int] = set()
    filled: set[str] = set()
    for each, found in _found(declared, places):
        names = {column.name for column in each.columns}
        if not names & filled and not set(found) & used:
            known.append((_spelt(each, found, schema), found))
            used.update(found)
            filled |= names
    unknown = [_unknown(schema.names, at) for at in range(len(schema)) if at not in used]
    return Plan(tuple(known), tuple(sorted(unknown, key=lambda each: each.pointer)))


def _found(declared: Format, places: Mapping[str, int]) -> Iterator[tuple[Field, tuple[int, ...]]]:
    """Fields that the table has whole, and columns of theirs that it has apart."""
    for each in _fields(declared):
        whole = [plainly(name) for name in each.names]
        parts = [plainly(column.name) for column in each.columns]
        apart = [name for name in parts if name in places]
        if all(name in places for name in whole) and len(apart) < 2:
            yield each, tuple(places[name] for name in whole)
        else:
            for column in each.columns:
                if plainly(column.name) in places:
                    yield Field(column.name, (column,)), (places[plainly(column.name)],)


def _spelt(each: Field, found: Sequence[int], schema: pa.Schema) -> Field:
    """The field by the names that the table has for it, its values as tables write them."""
    name, *also = (schema.names[at] for at in found)
    kind = schema.types[found[0]]
    columns = each.columns
    if len(columns) == 1 and len(found) == 1:
        columns = (_typed(columns[0], kind),)
    return replace(each, name=name, also=tuple(also), columns=columns, like="")


def _typed(column: Column, kind: pa.DataType) -> Column:
    if column.type == TIME and pa.types.is_timestamp(kind):
        return replace(column, time="iso")
    return replace(column, digits=0) if pa.types.is_integer(kind) else column


def _unknown(names: Sequence[str], at: int) -> Unknown:
    earlier = names[:at].count(names[at])
    keys = (names[at], str(earlier + 1)) if earlier else (names[at],)
    return Unknown(at, json_text.pointer(*keys), surplus=False)


# -------------------------------------------------------------------------------- objects
def _of_objects(declared: Format, block: Block, table: pa.RecordBatch) -> Block:
    """The block with the objects that its rows are for text."""
    texts = list(_objects(declared, table))
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + 1) - 1
    data = b"\n".join(texts)
    return replace(block, data=data, starts=ends - lengths, ends=ends, table=None, layout=())


def _objects(declared: Format, table: pa.RecordBatch) -> Iterator[bytes]:
    keys = [_known(declared.columns, name) for name in table.schema.names]
    columns = [
        _members(column, values_of(array))
        for column, array in zip(keys, table.columns, strict=True)
    ]
    names = [
        column.key if column else name
        for column, name in zip(keys, table.schema.names, strict=True)
    ]
    for values in zip(*columns, strict=True):
        pairs = zip(names, values, strict=True)
        yield msgspec.json.encode({name: value for name, value in pairs if value is not None})


def _known(columns: Sequence[Column], name: str) -> Column | None:
    plain_name = plainly(name)
    return next((each for each in columns if plainly(each.key) == plain_name), None)


def _members(column: Column | None, values: Sequence[Any]) -> Sequence[Any]:
    return values if column is None else [_member(column, value) for value in values]


def _member(column: Column, value: Any) -> Any:
    """A value as the record has it: members by their own names, JSON as JSON."""
    if isinstance(value, str) and (column.type == JSON or column.verbatim or column.members):
        text = value.encode()
        is_json = value[:1] in ("{", "[") and not json_text.flaw(text)
        return msgspec.Raw(text) if is_json else value
    if isinstance(value, dict) and column.members:
        return {
            (known.key if known else name): (_member(known, each) if known else each)
            for name, each in value.items()
            for known in (_known(column.members, name),)
        }
    if isinstance(value, list) and column.members:
        return [_member(column, each) for each in value]
    return value
