"""Records that were exported as rows of a table: the same members, flattened to texts.

Query engines write column names in lower case, every cell as text, a struct as `{name=value, …}`.
Such a row is rewritten as the JSON record it came from, so that only one reader knows the format.
What cannot be rewritten with certainty stays the text it is, for the reader to find a defect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec
import pyarrow as pa
from msgspec import Raw

from parsers import json_text
from parsers.contract import BOOLEAN, INTEGER, JSON, REAL, Column
from parsers.engines.json_shapes import UNREADABLE

_NUMBER = re.compile(rb'"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)"')
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]")
_ANOTHER = re.compile(r", \w+=")


def plainly(name: str) -> str:
    """A name without case, spaces and punctuation: `Event name` and `eventName` are one."""
    return _NOT_IN_NAMES.sub("", name.lower())


class Flat:
    """How rows of a format look.

    Args:
        columns: the columns of the format.
        requires: sets of names, as `plainly` gives them, that recognise a row.
        elsewhere: names of members inside a STRUCT: (the STRUCT, the member).
        marks: names of which a row has one, as it is spelt, and a record has none.
        unless: a member that holds the record itself.
        empty: whether a cell without text is how a row says that there is no such member.
    """

    def __init__(
        self,
        columns: Iterable[Column],
        *,
        requires: Iterable[frozenset[str]],
        marks: Iterable[str],
        elsewhere: Mapping[str, tuple[str, str]] | None = None,
        unless: str = "",
        empty: bool = False,
    ) -> None:
        self.columns: dict[str, Column] = {}
        for column in columns:
            self.columns.setdefault(plainly(column.key), column)
        self.requires = tuple(requires)
        self.elsewhere = elsewhere or {}
        self.marks, self.unless, self.empty = frozenset(marks), unless, empty
        self._tokens = tuple(f'"{mark}"'.encode() for mark in self.marks)

    def is_row(self, keys: AbstractSet[str]) -> bool:
        """Whether members with these names make a row."""
        if not keys & self.marks or self.unless in keys:
            return False
        names = {plainly(key) for key in keys}
        return any(required <= names for required in self.requires)

    def record(self, unit: bytes) -> bytes:
        """A row as the record it came from; any other unit as it is."""
        if not any(token in unit for token in self._tokens):
            return unit
        try:
            found = msgspec.json.decode(unit, type=dict[str, Raw])
        except UNREADABLE:
            return unit
        if not self.is_row(found.keys()):
            return unit
        members: dict[str, bytes] = {}
        inside: dict[str, list[tuple[str, bytes]]] = {}
        for key, raw in found.items():
            name, value = plainly(key), bytes(raw)
            if self.empty and value == b'""':
                continue
            if name in self.elsewhere:
                struct, member = self.elsewhere[name]
                inside.setdefault(struct, []).append((member, value))
                continue
            column = self.columns.get(name)
            if column is None or (
                key != column.key and column.key in found.keys() | members.keys()
            ):
                members[key] = value
            else:
                members[column.key] = _value(column, value)
        for struct, parts in inside.items():
            members.setdefault(struct, _object(parts))
        return _object(members.items())


def _value(column: Column, value: bytes) -> bytes:
    """A cell as the record has it."""
    if not value.startswith(b'"'):
        return _named(column, value) or value
    if column.type in (BOOLEAN, INTEGER, REAL):
        bare = value in (b'"true"', b'"false"') or _NUMBER.fullmatch(value)
        return value[1:-1] if bare else value
    if column.members:
        return _named(column, json_text.inner(value)) or _of_rendering(column, value) or value
    if column.type == JSON:
        return b"null" if value == b'"null"' else json_text.inner(value)
    return value


# ---------------------------------------------------------------------------- JSON in a cell
def _named(column: Column, value: bytes) -> bytes | None:
    """A JSON object or list whose members have no case, with the members' proper names."""
    if not column.members:
        return None
    if value.startswith(b"[") and pa.types.is_list(column.type):
        elements = [_named_object(column.members, each) for each in json_text.elements(value)]
        return b"[" + b",".join(elements) + b"]"
    return _named_object(column.members, value) if value.startswith(b"{") else None


def _named_object(columns: Sequence[Column], value: bytes) -> bytes:
    if not value.startswith(b"{"):
        return value
    known = {plainly(column.key): column for column in columns}
    members: list[tuple[str, bytes]] = []
    for key, raw in msgspec.json.decode(value, type=dict[str, Raw]).items():
        column = known.get(plainly(key))
        if column is None:
            members.append((key, bytes(raw)))
        else:
            members.append((column.key, _named(column, bytes(raw)) or bytes(raw)))
    return _object(members)


# ---------------------------------------------------------------------------- {name=value, …}
def _of_rendering(column: Column, value: bytes) -> bytes | None:
    """What `{name=value, …}` says; None unless it can be read in one way only."""
    text = json_text.string(value)
    if text is None:
        return None
    if text == "":
        return b"null"
    return _rendered(column, text)


def _rendered(column: Column, text: str) -> bytes | None:
    if text == "null":
        return b"null"
    if not column.members:
        sure = column.verbatim or not _ANOTHER.search(text)
        return json_text.quoted(text) if sure else None
    if not pa.types.is_list(column.type):
        return _rendered_struct(column.members, text)
    if not (text.startswith("[") and text.endswith("]")):
        return None
    elements = [_rendered_struct(column.members, each) for each in _split(text[1:-1])]
    if any(each is None for each in elements):
        return None
    return b"[" + b",".join(each for each in elements if each is not None) + b"]"


def _rendered_struct(columns: Sequence[Column], text: str) -> bytes | None:
    if not (text.startswith("{") and text.endswith("}")):
        return None
    known = {plainly(column.key): column for column in columns}
    members: dict[str, bytes] = {}
    for part in _split(text[1:-1]):
        name, equals, said = part.partition("=")
        column = known.get(name)
        if not equals or column is None or column.key in members:
            return None
        value = _rendered(column, said)
        if value is None:
            return None
        members[column.key] = value
    return _object(members.items())


def _split(text: str) -> Iterator[str]:
    """The parts between `, ` outside of brackets."""
    depth = start = 0
    for match in re.finditer(r"[{\[]|[}\]]|, ", text):
        mark = match.group()
        if mark == ", " and depth == 0:
            yield text[start : match.start()]
            start = match.end()
        elif mark != ", ":
            depth += 1 if mark in "{[" else -1
    if text:
        yield text[start:]


def _object(members: Iterable[tuple[str, bytes]]) -> bytes:
    parts = (json_text.quoted(key) + b":" + value for key, value in members)
    return b"{" + b",".join(parts) + b"}"
