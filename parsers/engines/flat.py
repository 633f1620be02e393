"""Records that were exported as rows of a table: the same members, flattened to texts.

Query engines write column names in lower case, every cell as text, a struct as `{name=value, …}`.
Such a row is rewritten as the JSON record it came from, so that only one reader knows the format.
What cannot be rewritten with certainty stays the text it is, for the reader to find a defect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa

from parsers import json_text
from parsers.contract import BOOLEAN, INTEGER, JSON, REAL, Column
from parsers.engines.json_shapes import UNREADABLE

_NUMBER = re.compile(rb'"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)"')
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]")
_BRACKET = re.compile(r"[{}\[\]]")
_MARK = re.compile(r"[{}\[\]]|, ")
_ANOTHER = re.compile(r", \w+=")


@lru_cache(4096)
def plainly(name: str) -> str:
    """A name without case, spaces and punctuation: `Event name` and `eventName` are one."""
    return _NOT_IN_NAMES.sub("", name.lower())


class _Cell(NamedTuple):
    """A column, and the cells of its members by their plain names."""

    column: Column
    members: Mapping[str, _Cell]
    is_list: bool


def _cells(columns: Iterable[Column]) -> dict[str, _Cell]:
    found: dict[str, _Cell] = {}
    for column in columns:
        cell = _Cell(column, _cells(column.members), pa.types.is_list(column.type))
        found.setdefault(plainly(column.key), cell)
    return found


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
        self.cells = _cells(columns)
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
            found = json_text.raw_members(unit)
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
            cell = self.cells.get(name)
            proper = cell.column.key if cell else key
            if cell is None or (key != proper and (proper in found or proper in members)):
                members[key] = value
            else:
                members[proper] = _value(cell, value)
        for struct, parts in inside.items():
            members.setdefault(struct, _object(parts))
        return _object(members.items())


def _value(cell: _Cell, value: bytes) -> bytes:
    """A cell as the record has it."""
    column = cell.column
    if not value.startswith(b'"'):
        return _named(cell, value) or value
    if column.type in (BOOLEAN, INTEGER, REAL):
        bare = value in (b'"true"', b'"false"') or _NUMBER.fullmatch(value)
        return value[1:-1] if bare else value
    if cell.members:
        return _named(cell, json_text.inner(value)) or _of_rendering(cell, value) or value
    if column.type == JSON:
        return b"null" if value == b'"null"' else json_text.inner(value)
    return value


# ---------------------------------------------------------------------------- JSON in a cell
def _named(cell: _Cell, value: bytes) -> bytes | None:
    """A JSON object or list whose members have no case, with the members' proper names."""
    if not cell.members:
        return None
    if value.startswith(b"[") and cell.is_list:
        elements = [_named_object(cell, each) for each in json_text.elements(value)]
        return b"[" + b",".join(elements) + b"]"
    return _named_object(cell, value) if value.startswith(b"{") else None


def _named_object(cell: _Cell, value: bytes) -> bytes:
    if not value.startswith(b"{"):
        return value
    members: list[tuple[str, bytes]] = []
    for key, raw in json_text.raw_members(value).items():
        inside = cell.members.get(plainly(key))
        if inside is None:
            members.append((key, bytes(raw)))
        else:
            members.append((inside.column.key, _named(inside, bytes(raw)) or bytes(raw)))
    return _object(members)


# ---------------------------------------------------------------------------- {name=value, …}
def _of_rendering(cell: _Cell, value: bytes) -> bytes | None:
    """What `{name=value, …}` says; None unless it can be read in one way only."""
    text = json_text.string(value)
    if text is None:
        return None
    return _rendered(cell, text) if text else b"null"


def _rendered(cell: _Cell, text: str) -> bytes | None:
    if text == "null":
        return b"null"
    if not cell.members:
        sure = cell.column.verbatim or not _ANOTHER.search(text)
        return json_text.quoted(text) if sure else None
    if not cell.is_list:
        return _rendered_struct(cell, text)
    if not (text.startswith("[") and text.endswith("]")):
        return None
    elements = [_rendered_struct(cell, each) for each in _split(text[1:-1])]
    if any(each is None for each in elements):
        return None
    return b"[" + b",".join(each for each in elements if each is not None) + b"]"


def _rendered_struct(cell: _Cell, text: str) -> bytes | None:
    if not (text.startswith("{") and text.endswith("}")):
        return None
    members: dict[str, bytes] = {}
    for part in _split(text[1:-1]):
        name, equals, said = part.partition("=")
        inside = cell.members.get(name)
        if not equals or inside is None or inside.column.key in members:
            return None
        value = _rendered(inside, said)
        if value is None:
            return None
        members[inside.column.key] = value
    return _object(members.items())


def _split(text: str) -> list[str]:
    """The parts between `, ` outside of brackets."""
    if not _BRACKET.search(text):
        return text.split(", ") if text else []
    parts: list[str] = []
    depth = start = 0
    for match in _MARK.finditer(text):
        mark = match.group()
        if mark != ", ":
            depth += 1 if mark in "{[" else -1
        elif depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _object(members: Iterable[tuple[str, bytes]]) -> bytes:
    parts = (json_text.quoted(key) + b":" + value for key, value in members)
    return b"{" + b",".join(parts) + b"}"
