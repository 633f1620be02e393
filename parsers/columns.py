"""Columns: what a table declares, from its Arrow types to the sentence in its documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from parsers import kernels
from parsers.scalars import address_numbers

TEXT = pa.string()
INTEGER = pa.int64()
REAL = pa.float64()
BOOLEAN = pa.bool_()
TIME = pa.timestamp("us")  # UTC by promise; a time zone is a matter of display
JSON = pa.json_(pa.string())
ADDRESS_NUMBER = pa.uint64()  # see scalars.address_number

INDICATORS = frozenset(
    (
        *("ip", "arn", "access_key", "account", "principal", "user", "instance", "eni"),
        *("security_group", "vpc", "resource", "bucket", "object_key", "host", "domain", "url"),
        *("user_agent", "request_id", "session", "event_id"),
    )
)
"""The kinds of value an analyst pivots on; `find` searches every column declared as one."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a native table: the only place where its name is spelt."""

    name: str
    type: pa.DataType
    about: str
    indicator: str = ""
    members: tuple[Column, ...] = ()  # of a STRUCT, or of the STRUCT a list repeats
    time: str = "iso"  # how a TIME is written: see scalars.TIME_SPELLINGS
    verbatim: bool = False  # free-form JSON, kept as the text it was
    member: str = ""  # the JSON member, where DuckDB could not tell its name from another's
    also: tuple[str, ...] = ()  # the member's name in the format's second, third … dialect
    loose: bool = False  # a TEXT or INTEGER that AWS writes as string or number: its text counts
    digits: int = 0  # an INTEGER written with leading zeros up to so many digits: status 000
    encoded: bool = False  # JSON that AWS also writes as a string holding the JSON text

    @property
    def key(self) -> str:
        """The member or field of the evidence this column is read from."""
        return self.member or self.name

    def spelling(self, dialect: int) -> str:
        """The member's name in one dialect; the first (0) is `key`."""
        return self.also[dialect - 1] if 0 < dialect <= len(self.also) else self.key


def text(name: str, about: str, indicator: str = "", *, member: str = "") -> Column:
    """A VARCHAR, as it was."""
    return Column(name, TEXT, about, indicator, member=member)


def integer(name: str, about: str, *, digits: int = 0) -> Column:
    """A BIGINT; a value that is no 64-bit integer is a defect."""
    return Column(name, INTEGER, about, digits=digits)


def real(name: str, about: str) -> Column:
    """A DOUBLE."""
    return Column(name, REAL, about)


def boolean(name: str, about: str) -> Column:
    """A BOOLEAN: JSON true and false, never a string."""
    return Column(name, BOOLEAN, about)


def time(name: str, about: str, spelling: str = "iso") -> Column:
    """A TIMESTAMP of UTC microseconds, written in the evidence as `spelling` says."""
    return Column(name, TIME, about, time=spelling)


def json(name: str, about: str, indicator: str = "") -> Column:
    """Free-form JSON, kept as the text it was."""
    return Column(name, JSON, about, indicator, verbatim=True)


def json_member(name: str, about: str) -> Column:
    """Free-form JSON inside a STRUCT: its text, as VARCHAR (Arrow nests no extension types)."""
    return Column(name, TEXT, about, verbatim=True)


def texts(name: str, about: str, indicator: str = "") -> Column:
    """A list of VARCHAR."""
    return Column(name, pa.list_(TEXT), about, indicator)


def struct(name: str, about: str, *members: Column) -> Column:
    """A STRUCT of typed members."""
    return Column(name, _struct_type(members), about, members=members)


def structs(name: str, about: str, *members: Column) -> Column:
    """A list of STRUCTs of typed members."""
    return Column(name, pa.list_(_struct_type(members)), about, members=members)


def spelt(columns: Iterable[Column], *dialects: Callable[[str], str]) -> tuple[Column, ...]:
    """The columns, each dialect giving every member's name, nested ones too, as it spells it."""
    return tuple(
        replace(
            column,
            also=tuple(dialect(column.key) for dialect in dialects),
            members=spelt(column.members, *dialects),
        )
        for column in columns
    )


def loose(column: Column) -> Column:
    """A TEXT or INTEGER column whose value AWS writes as a string or as a number."""
    return replace(column, loose=True)


def encoded(column: Column) -> Column:
    """A JSON column whose value AWS also writes as a string holding the JSON text."""
    return replace(column, encoded=True)


def _struct_type(members: Sequence[Column]) -> pa.DataType:
    return pa.struct([pa.field(member.name, member.type) for member in members])


CONTEXT: tuple[Column, ...] = (
    text("log_group", "CloudWatch log group the message was stored in."),
    text("log_stream", "CloudWatch log stream the message was stored in."),
    time("log_time", "Time CloudWatch holds for the message: set by its producer."),
    text("log_event_id", "CloudWatch's id of the message."),
    text("owner", "Account that owns the log group, as the envelope says.", "account"),
    json("context_extra", "What else the envelope says of this message, by JSON pointer."),
)
EXTRA = json("extra", "Members and fields the table has no column for, by JSON pointer, verbatim.")
PROVENANCE: tuple[Column, ...] = (
    integer("source_id", "Content of the evidence this row was read from: sources.source_id."),
    integer("record_no", "Which unit of that content, counted from 1; the line number of lines."),
)


class Prepared(NamedTuple):
    """A column computed from others, so that later questions need not read the evidence again."""

    column: Column
    compute: Callable[[Mapping[str, pa.Array]], pa.Array]


def addresses(columns: Iterable[Column], path: tuple[str, ...] = ()) -> Iterator[Prepared]:
    """The number of every address that is a column or a member of a STRUCT."""
    for column in columns:
        at = (*path, column.name)
        if column.indicator == "ip" and column.type == TEXT:
            about = f"{'.'.join(at)} as a number: see `within`."
            number = Column(f"_{column.name}", ADDRESS_NUMBER, about)
            yield Prepared(number, partial(_numbers_of, at))
        elif pa.types.is_struct(column.type):
            yield from addresses(column.members, at)


def _numbers_of(path: tuple[str, ...], arrays: Mapping[str, pa.Array]) -> pa.Array:
    array = arrays[path[0]]
    for name in path[1:]:
        array = pc.struct_field(array, name)
    if array.null_count == len(array):
        return pa.nulls(len(array), ADDRESS_NUMBER)
    unique = array.dictionary_encode()
    by_kernel = kernels.worth(array.nbytes)
    numbers_of = kernels.addresses.of_texts if by_kernel else address_numbers
    return numbers_of(unique.dictionary).take(unique.indices)
