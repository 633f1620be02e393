"""From the tokens of lines to column values: one line at a time, or a whole table of texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers import json_text, scalars
from parsers.contract import EXTRA, INTEGER, REAL, TEXT, TIME, Column, Integers
from parsers.engines import rows
from parsers.engines.layouts import Field, Plan, Spread, Unknown
from parsers.engines.rows import Flaw
from parsers.engines.tokens import Quoting, Token

ABSENT = "-"
_NOTHING = Token(ABSENT)


class PlainLine:
    """Reads the tokens of one line into column values, keeping what does not fit.

    `flaws` are column, code, sentence and raw value of each defect; column "" means the line.
    """

    def __init__(self, unit: bytes, delimiter: str) -> None:
        self.unit = unit
        self.delimiter = delimiter
        self.extra: dict[str, bytes] = {}
        self.flaws: list[Flaw] = []

    def row(self, plan: Plan, found: Sequence[Token]) -> dict[str, Any]:
        """Values by column name; NULL ones are left out."""
        row: dict[str, Any] = {}
        for each, places in plan.known:
            mine = [found[at] for at in places]
            if mine[0] != _NOTHING or mine.count(_NOTHING) < len(mine):
                self._field(row, each, [token.text for token in mine])
        for unknown in plan.unknown:
            token = found[unknown.at]
            if unknown.surplus or token != _NOTHING:
                self.extra[unknown.pointer] = json_text.quoted(token.text)
        if not json_text.is_utf8(self.unit):
            self.flaw("not-utf8", r"bytes shown as \xNN")
        row[EXTRA.name] = json_text.pointers(self.extra)
        return row

    def flaw(self, code: str, detail: str) -> None:
        """Something is wrong with the line as a whole."""
        self.flaws.append(("", code, detail, self.unit))

    def _field(self, row: dict[str, Any], each: Field, texts: list[str]) -> None:
        text = texts[0] if len(texts) == 1 else " ".join(texts)
        try:
            if each.split is None:
                row[each.columns[0].name] = value(each.columns[0], text)
            else:
                row.update(_parts(each, text))
        except scalars.FinerThanMicrosecond as error:
            row[each.columns[0].name] = error.microseconds
            self._unfit(each, texts, "finer-than-microsecond", str(error))
        except ValueError as error:
            self._unfit(each, texts, "not-of-type", str(error))

    def _unfit(self, each: Field, texts: list[str], code: str, detail: str) -> None:
        for name, text in zip(each.names, texts, strict=True):
            self.extra[json_text.pointer(name)] = json_text.quoted(text)
        self.flaws.append((each.columns[0].name, code, detail, self.delimiter.join(texts).encode()))


def value(column: Column, text: str) -> Any:
    """The value a column holds for a text; raises ValueError where it cannot."""
    if column.type == INTEGER:
        return scalars.integer(text, column.digits)
    if column.type == REAL:
        return scalars.real(text)
    if column.type == TIME:
        return scalars.TIME_SPELLINGS[column.time](text)
    return text


def _parts(each: Field, text: str) -> dict[str, Any]:
    assert each.split is not None
    parts = each.split.parts(text)
    if parts is None or each.split.whole(parts) != text:
        raise ValueError(f"cannot be divided into {', '.join(c.name for c in each.columns)}")
    return {
        column.name: value(column, part)
        for column, part in zip(each.columns, parts, strict=True)
        if part is not None
    }


class VectorLines:
    """Turns a table of texts into column arrays; `doubtful` lines are for the plain reader."""

    def __init__(self, count: int) -> None:
        self.arrays: dict[str, pa.Array] = {}
        self.doubtful = np.zeros(count, dtype=bool)

    def read(self, plan: Plan, table: Sequence[pa.Array]) -> None:
        """Every field into its columns, what is unknown into `extra`; a bare dash is NULL."""
        for each, places in plan.known:
            self._field(each, _joined([table[at] for at in places]))
        if plan.unknown:
            texts = {each.at: table[each.at] for each in plan.unknown}
            self.arrays[EXTRA.name] = extra_of(plan.unknown, texts)

    def columns(self, kept: Integers) -> dict[str, pa.Array]:
        """The columns of the lines `kept`."""
        if len(kept) == len(self.doubtful):
            return self.arrays
        chosen = pa.array(kept)
        return {name: array.take(chosen) for name, array in self.arrays.items()}

    def unless_quoted(self, quoting: Quoting, table: Sequence[pa.Array], counts: Integers) -> None:
        """Doubt lines with a token that should be quoted and is neither that nor a bare dash."""
        places = np.flatnonzero(quoting.allowed[: min(len(table), len(quoting.allowed) - 1)])
        found = counts.copy()
        for at in places.tolist():
            found += np.asarray(table[at].is_null())
        self.doubtful |= found != len(places)

    def _field(self, each: Field, texts: pa.Array) -> None:
        if each.like:
            self._like(each.like, texts)
        if each.split is None:
            self._column(each.columns[0], texts)
            return
        parts, misfits = each.split.vector(texts)
        if misfits is not None:
            self.doubtful |= misfits
        for column, part in zip(each.columns, parts, strict=True):
            self._column(column, part)

    def merged(self, spread: Spread, table: Sequence[pa.Array]) -> list[pa.Array]:
        """The table with the texts of a spread value as one column."""
        until = spread.at + spread.count
        value = _joined(table[spread.at : until])
        self._like(spread.like, value)
        return [*table[: spread.at], value, *table[until:]]

    def _like(self, pattern: str, texts: pa.Array) -> None:
        absent_is_like = re.fullmatch(pattern, ABSENT) is not None
        alike = pc.match_substring_regex(texts, f"^(?:{pattern})$").fill_null(absent_is_like)
        if alike.true_count < len(texts):
            self.doubtful |= ~np.asarray(alike)

    def _column(self, column: Column, texts: pa.Array) -> None:
        read = _array(column, texts)
        if read.null_count > texts.null_count:
            self.doubtful |= np.asarray(texts.is_valid()) & np.asarray(read.is_null())
        self.arrays[column.name] = read


def extra_of(unknown: Sequence[Unknown], texts: Mapping[int, pa.Array]) -> pa.Array:
    """What is in no column, as one JSON object for each line."""
    members = (_members(each, texts[each.at]) for each in unknown)
    held = pc.binary_join_element_wise(*members, "")
    held = pc.if_else(pc.equal(held, ""), None, pc.utf8_slice_codeunits(held, 1))
    return rows.array_of(EXTRA, pc.binary_join_element_wise("{", held, "}", ""))


def _array(column: Column, texts: pa.Array) -> pa.Array:
    if column.type == TIME:
        return scalars.times(texts, column.time)
    if column.type == INTEGER:
        return scalars.integers(texts, column.digits)
    return texts if column.type == TEXT else scalars.reals(texts)


def _joined(texts: Sequence[pa.Array]) -> pa.Array:
    """The texts of several fields as one; NULL where all of them are."""
    if len(texts) == 1:
        return texts[0]
    joined = pc.binary_join_element_wise(*(each.fill_null(ABSENT) for each in texts), " ")
    absent = texts[0].is_null()
    for each in texts[1:]:
        absent = pc.and_(absent, each.is_null())
    return pc.if_else(absent, None, joined) if absent.true_count else joined


def _members(each: Unknown, texts: pa.Array) -> pa.Array:
    """`,"pointer":"text"` for every text, nothing for NULL."""
    unique = (texts.fill_null(ABSENT) if each.surplus else texts).dictionary_encode()
    begin = b"," + json_text.quoted(each.pointer) + b":"
    members = [(begin + json_text.quoted(text)).decode() for text in unique.dictionary.to_pylist()]
    return pa.array(members, TEXT).take(unique.indices).fill_null("")
