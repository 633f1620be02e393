"""The plain reader of typed JSON: one member after the other, exact and tolerant.

It is the specification: what the fast roads of `typed_json` cannot take is read here, and tests
hold both equal. A value that does not fit its column is a defect and stands, verbatim, in `extra`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from parsers import json_text, scalars
from parsers.contract import BOOLEAN, INTEGER, REAL, TEXT, TIME, Column
from parsers.engines.json_shapes import INT64, UNREADABLE
from parsers.engines.rows import Flaw


class Slot(NamedTuple):
    """A column a member can fill, and the columns of its own members."""

    column: Column
    inside: Known


Known = Mapping[str, Sequence[Slot]]
"""The columns that a member can fill, by each of its spellings; the one of its shape takes it."""


def known(columns: Sequence[Column]) -> Known:
    """The columns of an object by every name a member of theirs may have."""
    found: dict[str, list[Slot]] = {}
    for column in columns:
        slot = Slot(column, known(column.members))
        for name in dict.fromkeys((column.key, *column.also)):
            found.setdefault(name, []).append(slot)
    return found


class Plain:
    """Reads members of one unit into column values, keeping what does not fit."""

    def __init__(self) -> None:
        self.extra: dict[str, bytes] = {}
        self.flaws: list[Flaw] = []

    def members(
        self, found: Mapping[str, bytes], columns: Known, path: tuple[str, ...]
    ) -> dict[str, Any]:
        """Column values of an object; of two spellings of one member the first to stand counts."""
        row: dict[str, Any] = {}
        for key, value in found.items():
            at = (*path, key)
            slot = _shaped(columns.get(key, ()), value)
            if slot is None or (slot.column.name in row and value != b"null"):
                self.extra[json_text.pointer(*at)] = json_text.kept(value)
            elif value != b"null":
                row[slot.column.name] = self.value(slot, value, at)
        return row

    def value(self, slot: Slot, value: bytes, path: tuple[str, ...]) -> Any:
        """The value for a column, or what the column can hold of it beside a flaw."""
        try:
            return self._typed(slot, value, path)
        except Unfit as unfit:
            name = ".".join(path)
            self.flaws.append((name, unfit.code, unfit.detail, value))
            if not unfit.shown:
                self.extra[json_text.pointer(*path)] = json_text.kept(value)
            return unfit.value

    def _typed(self, slot: Slot, value: bytes, path: tuple[str, ...]) -> Any:
        column = slot.column
        if column.verbatim:
            return _json(column, value)
        if column.type == TEXT:
            return _loose_text(value) if column.loose else _text(value)
        if column.type == TIME:
            return _time(column, value)
        if column.type in (INTEGER, REAL, BOOLEAN):
            return _scalar(column, value)
        if pa.types.is_struct(column.type):
            return self._struct(slot, value, path)
        return self._list(slot, value, path)

    def _struct(self, slot: Slot, value: bytes, path: tuple[str, ...]) -> dict[str, Any]:
        found = json_text.members(value)
        if found is None:
            raise Unfit("not-an-object", "expected an object")
        return self.members(dict(found), slot.inside, path)

    def _list(self, slot: Slot, value: bytes, path: tuple[str, ...]) -> list[Any]:
        """A list holds all its elements or none: one that does not fit sends the whole to extra."""
        if not value.startswith(b"[") or json_text.flaw(value):
            raise Unfit("not-a-list", "expected a list")
        inner = Plain()
        column = slot.column
        repeated = Slot(Column("", column.type.value_type, "", members=column.members), slot.inside)
        values = [
            None if element == b"null" else inner.value(repeated, element, (str(position),))
            for position, element in enumerate(json_text.elements(value))
        ]
        if inner.flaws:
            _, code, detail, _ = inner.flaws[0]
            raise Unfit(code, f"element {inner.flaws[0][0]}: {detail}")
        for pointer, unknown in inner.extra.items():
            self.extra[json_text.pointer(*path) + pointer] = unknown
        return values


class Unfit(Exception):
    """A value that does not fit its column; `value` is what the column can still hold of it."""

    def __init__(self, code: str, detail: str, value: Any = None, *, shown: bool = False) -> None:
        super().__init__(code)
        self.code, self.detail, self.value, self.shown = code, detail, value, shown


def _shaped(slots: Sequence[Slot], value: bytes) -> Slot | None:
    """Of the columns that share a member, the one whose shape the value has."""
    if len(slots) > 1:
        is_list = value.startswith(b"[")
        return next(each for each in slots if pa.types.is_list(each.column.type) == is_list)
    return slots[0] if slots else None


def _json(column: Column, value: bytes) -> str:
    if code := json_text.flaw(value):
        raise Unfit(code, "DuckDB could not read this as JSON")
    if column.encoded and value.startswith(b'"'):
        value = json_text.inner(value)
    return value.decode("utf-8")


def _text(value: bytes) -> str:
    text = json_text.string(value)
    if text is not None:
        return text
    if value.startswith(b'"') and not json_text.is_utf8(value):
        text = json_text.string(json_text.escaped_bytes(value))
        if text is not None:
            raise Unfit("not-utf8", r"bytes shown as \xNN", text, shown=True)
    raise Unfit("not-text", "expected a string")


def _loose_text(value: bytes) -> str:
    """A string says what it says; a number, true or false is the text it was written as."""
    if value.startswith((b'"', b"{", b"[")) or json_text.flaw(value):
        return _text(value)
    return value.decode("ascii")


def _time(column: Column, value: bytes) -> int:
    try:
        text = json_text.string(value) if value.startswith(b'"') else value.decode("ascii")
        return scalars.TIME_SPELLINGS[column.time](text or "")
    except scalars.FinerThanMicrosecond as error:
        raise Unfit("finer-than-microsecond", str(error), error.microseconds) from None
    except ValueError as error:
        raise Unfit("not-a-time", str(error)) from None


def _scalar(column: Column, value: bytes) -> Any:
    wanted = {INTEGER: INT64, REAL: float, BOOLEAN: bool}[column.type]
    try:
        if column.loose and value.startswith(b'"'):
            return scalars.integer(json_text.string(value) or "")
        return msgspec.json.decode(value, type=wanted)
    except (*UNREADABLE, ValueError) as error:
        names = {INTEGER: "an integer", REAL: "a number", BOOLEAN: "true or false"}
        raise Unfit("not-of-type", f"expected {names[column.type]}") from error
