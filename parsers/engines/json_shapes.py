"""From declared columns to the msgspec Structs that decode them, one set for each dialect.

A dialect is a way of spelling the members. Most formats have one; AWS Config has that of its files
and that of its API, which say the same with other names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any

import msgspec
import pyarrow as pa
from msgspec import Meta, Raw

from parsers import json_text, scalars
from parsers.contract import BOOLEAN, INTEGER, REAL, TEXT, TIME, Column

INT64 = Annotated[int, Meta(ge=scalars.SMALLEST, le=scalars.LARGEST)]
ABSENT = Raw(b"")
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_STRUCT_FLAGS: Any = {"frozen": True, "gc": False, "omit_defaults": True}
_SIMPLE: dict[pa.DataType, Any] = {
    TEXT: str,
    TIME: str,
    INTEGER: INT64,
    REAL: float,
    BOOLEAN: bool,
}


class ForeignSpelling(Exception):
    """The unit mixes dialects: the plain reader decides which spelling fills the column."""


@dataclass(frozen=True, slots=True)
class Names:
    """The members one dialect knows, the nested objects among them, and what other dialects say."""

    members: Mapping[str, Names | None]
    foreign: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The fast decoders of one dialect: `strict` refuses what it has no column for."""

    strict: Callable[[bytes], Any]
    tolerant: Callable[[bytes], Any]
    names: Names


def dialects_of(name: str, columns: Sequence[Column]) -> tuple[Dialect, ...]:
    """Every dialect of a declaration, the one of its own names first."""
    return tuple(
        Dialect(
            msgspec.json.Decoder(struct_of(name, columns, dialect, forbid=True)).decode,
            msgspec.json.Decoder(struct_of(name, columns, dialect, forbid=False)).decode,
            names_of(columns, dialect),
        )
        for dialect in range(_deepest(columns) + 1)
    )


def _deepest(columns: Iterable[Column]) -> int:
    return max((max(len(each.also), _deepest(each.members)) for each in columns), default=0)


def names_of(columns: Sequence[Column], dialect: int) -> Names:
    """The names a dialect gives the members of an object."""
    members: dict[str, Names | None] = {}
    for group in groups(columns):
        inside = [each for column in group for each in column.members]
        members[group[0].spelling(dialect)] = names_of(inside, dialect) if inside else None
    every = {name for each in columns for name in (each.key, *each.also)}
    return Names(members, frozenset(every - members.keys()))


def groups(columns: Iterable[Column]) -> list[list[Column]]:
    """Columns that share a member stand together: each takes the values of its own shape."""
    found: dict[str, list[Column]] = {}
    for column in columns:
        found.setdefault(column.key, []).append(column)
    return list(found.values())


def struct_of(
    name: str, columns: Sequence[Column], dialect: int, *, forbid: bool
) -> type[msgspec.Struct]:
    """The msgspec Struct of a declaration; JSON members stay verbatim (Raw)."""
    fields: list[Any] = []
    names: dict[str, str] = {}
    for position, group in enumerate(groups(columns)):
        attribute = f"m_{position}"  # AWS's names need not be identifiers
        kinds = [_kind(name, column, dialect, forbid=forbid) for column in group]
        if kinds == [Raw]:
            fields.append((attribute, Raw, ABSENT))
        else:
            fields.append((attribute, reduce(or_, [*kinds, None]), None))
        names[attribute] = group[0].spelling(dialect)
    return msgspec.defstruct(
        f"{name}_record", fields, rename=names, forbid_unknown_fields=forbid, **_STRUCT_FLAGS
    )


def _kind(name: str, column: Column, dialect: int, *, forbid: bool) -> Any:
    if is_raw(column):
        return Raw
    if column.type in _SIMPLE:
        return _SIMPLE[column.type] | str if column.loose else _SIMPLE[column.type]
    if column.members:
        nested = struct_of(f"{name}_{column.name}", column.members, dialect, forbid=forbid)
        return _list_of(nested) if pa.types.is_list(column.type) else nested
    return _list_of(_SIMPLE[column.type.value_type])


def _list_of(kind: Any) -> Any:
    return list[kind | None]  # null is an element, too


def is_raw(column: Column) -> bool:
    """Whether the value is decoded later, from its text."""
    return (
        column.verbatim
        or (column.type == TIME and column.time != "iso")
        or (column.type == TEXT and column.loose)
    )


def series(
    columns: Sequence[Column], records: Sequence[msgspec.Struct]
) -> Iterator[tuple[Column, Sequence[Any]]]:
    """Each column with its value of every record."""
    grouped = groups(columns)
    members = columnar(records, len(grouped))
    for group, values in zip(grouped, members, strict=True):
        for column in group:
            alone = len(group) == 1
            yield column, values if alone else [v if _suits(column, v) else None for v in values]


def columnar(records: Sequence[msgspec.Struct], width: int) -> list[Sequence[Any]]:
    """The members of records, one sequence per member."""
    if not records:
        return [()] * width
    return list(zip(*map(msgspec.structs.astuple, records), strict=True))


def _suits(column: Column, value: Any) -> bool:
    return isinstance(value, list) == bool(pa.types.is_list(column.type))


def unknown_members(
    found: Mapping[str, Raw], names: Names, path: tuple[str, ...], extra: dict[str, bytes]
) -> None:
    """Collect the members that have no column, here and in nested objects, by JSON pointer.

    Raises:
        ForeignSpelling: a member is spelt as another dialect spells it.
    """
    unknown = found.keys() - names.members.keys()
    if unknown & names.foreign:
        raise ForeignSpelling
    for key in unknown:
        extra[json_text.pointer(*path, key)] = json_text.kept(bytes(found[key]))
    for key, nested in names.members.items():
        if nested is not None and (value := found.get(key)) is not None:
            _unknown_in(bytes(value), nested, (*path, key), extra)


def _unknown_in(value: bytes, names: Names, path: tuple[str, ...], extra: dict[str, bytes]) -> None:
    if value.startswith(b"{"):
        unknown_members(json_text.raw_members(value), names, path, extra)
    elif value.startswith(b"["):
        for position, element in enumerate(json_text.raw_elements(value)):
            if bytes(element).startswith(b"{"):
                _unknown_in(bytes(element), names, (*path, str(position)), extra)
