"""Formats of lines whose fields stand in order, divided by one byte, quoted or not.

The vector reader takes only lines that are provably trivial: every quote at the border of a token,
no backslash, no control character, valid UTF-8, as many tokens as its neighbours. pyarrow.csv then
cannot read them otherwise than the plain reader does. Every other line is for the plain reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from parsers import json_text, scalars
from parsers.contract import (
    EXTRA,
    INTEGER,
    REAL,
    TEXT,
    TIME,
    Block,
    Claim,
    Column,
    Decoded,
    Defect,
    Format,
    Layout,
    Misfit,
    Reject,
    Sample,
    Segment,
    Units,
)
from parsers.engines import rows, tokens
from parsers.engines.splits import Split
from parsers.engines.tokens import Token

ABSENT = "-"
FEWEST = 32  # lines of one width that are worth a vector pass


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a line, under the name its owner gives it, and the columns it becomes."""

    name: str
    columns: tuple[Column, ...]
    split: Split | None = None


def field(column: Column, name: str = "") -> Field:
    """A field that is one column; `name` where AWS spells the field otherwise."""
    return Field(name or column.name, (column,))


class Delimited(Format):
    """A delimited format, whole from its declaration.

    Args:
        fields: in the order of the newest era; unknown ones go to `extra`.
        required: a line with fewer tokens is not of this format (positional formats).
        delimiter, quoted: how tokens are divided; `runs`: several delimiters count as one.
        tokenize: the plain reader's way to divide a line, where quoting needs more than the rule.
        line_fits: why a line is not of this format ("" if it is), for recognition.
        header: for header-driven formats: the layout a line declares, given the layout so far;
            None where the line is no header. `header_bytes` are the bytes a header can begin with.
        default: the layout of a headerless file whose content proves it.
    """

    shape = "line"

    def __init__(  # noqa: PLR0913 - a declaration has as many words as it needs
        self,
        *,
        name: str,
        about: str,
        reference: str,
        fields: Sequence[Field],
        line_fits: Callable[[str], str],
        required: int = 1,
        delimiter: str = " ",
        quoted: bool = False,
        runs: bool = False,
        tokenize: Callable[[str], list[Token] | None] | None = None,
        header: Callable[[bytes, Layout], Layout | None] | None = None,
        header_bytes: bytes = b"",
        default: Layout = (),
        version: int = 1,
    ) -> None:
        self.name, self.about, self.reference, self.version = name, about, reference, version
        self.fields, self.required = tuple(fields), required
        self.columns = tuple(column for each in self.fields for column in each.columns)
        self.delimiter, self.quoted, self.runs = delimiter, quoted, runs
        self.line_fits = line_fits
        self.header, self.default = header, default
        self._header_bytes = np.frombuffer(header_bytes, dtype=np.uint8)
        self._by_name = {each.name: each for each in self.fields}
        self._tokenize = tokenize or self._simple_tokens

    # ------------------------------------------------------------------ recognition, layout
    def claim(self, sample: Sample) -> Claim | Misfit:
        """Every line of the sample must fit, under its header where there is one."""
        layout: Layout = ()
        fitted = 0
        for number, unit in enumerate(sample.units, 1):
            if not unit.strip():
                continue
            declared = self.header(unit, layout) if self.header else None
            if declared is not None:
                layout, fitted = declared, fitted + 1
                continue
            if layout and len(tokens.divided(unit, self.delimiter, runs=self.runs)) == len(layout):
                fitted += 1
                continue
            if flaw := self.line_fits(json_text.shown(unit)):
                return Misfit(f"line {number}: {flaw}", fitted)
            fitted += 1
        if not fitted:
            return Misfit("no line")
        if layout:
            return Claim(layout, f"header with {len(layout)} fields, and lines that fit it")
        return Claim(self.default, f"each of the first {fitted} lines fits")

    def segments(self, units: Units, layout: Layout) -> list[Segment]:
        """Header lines are structure and set the layout of what follows them."""
        if self.header is None:
            return [Segment(0, len(units), layout)]
        found: list[Segment] = []
        low = 0
        for index in self._header_candidates(units):
            line = units.data[units.starts[index] : units.ends[index]]
            declared = self.header(line, layout)
            if declared is None:
                continue
            if index > low:
                found.append(Segment(low, index, layout))
            found.append(Segment(index, index + 1, None))
            layout, low = declared, index + 1
        return [*found, Segment(low, len(units), layout)]

    def _header_candidates(self, units: Units) -> list[int]:
        octets = np.frombuffer(units.data, dtype=np.uint8)
        filled = np.flatnonzero(units.ends > units.starts)
        firsts = octets[units.starts[filled]]
        return filled[np.isin(firsts, self._header_bytes)].tolist()  # type: ignore[no-any-return]

    def layout_fields(self, layout: Layout) -> tuple[Field | None, ...]:
        """The declared field of each position; None for one this declaration does not know."""
        if layout:
            return tuple(self._by_name.get(name) for name in layout)
        return self.fields

    # ------------------------------------------------------------------ plain
    def plain(self, block: Block) -> Decoded:
        """Line by line."""
        declared = self.layout_fields(block.layout)
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
            found = self._tokenize(json_text.shown(unit))
            fewest = (len(block.layout) + 1) // 2 or self.required
            if found is None or len(found) < fewest:
                rejects.append(block.reject(index, *_refusal(found, fewest)))
                continue
            reader = _Plain(block.layout, unit)
            kept.append(index)
            values.append(reader.row(declared, found))
            defects += [block.defect(index, *flaw) for flaw in reader.flaws]
        batch = rows.from_values(self, block, kept, values)
        return Decoded(batch, np.array(structure, dtype=np.int64), defects, rejects)

    def _simple_tokens(self, line: str) -> list[Token] | None:
        if not self.quoted:
            divided = tokens.divided(line.encode(), self.delimiter, runs=self.runs)
            return [Token(token.decode()) for token in divided]
        return tokens.quoted(line, self.delimiter)

    # ------------------------------------------------------------------ vector
    def decode(self, block: Block) -> Decoded:
        """Trivial lines by width through pyarrow.csv, the others line by line."""
        widths = tokens.trivial_widths(block, self.delimiter, quoted=self.quoted)
        parts: list[Decoded] = []
        plain = widths == 0
        for width in np.unique(widths[~plain]).tolist():
            chosen = np.flatnonzero(widths == width)
            wrong = block.layout and width != len(block.layout)
            if len(chosen) < FEWEST or wrong or width < self.required:
                plain[chosen] = True
                continue
            parts += self._vector(block if len(chosen) == len(block) else block.take(chosen), width)
        if plain.any() or not parts:
            parts.append(self.plain(block.take(np.flatnonzero(plain))))
        return Decoded.joined(parts)

    def _vector(self, block: Block, width: int) -> list[Decoded]:
        """Lines of one width; those with a value that plain must judge are read by it."""
        table = self._texts(block, width)
        declared = self.layout_fields(block.layout)[:width]
        reader = _Vector(len(block))
        for position, each in enumerate(declared):
            if each is not None:
                reader.read(each, table[position])
        reader.unknown(self._tail(block.layout, declared, width), table)
        if not reader.doubtful.any():
            whole = np.arange(len(block), dtype=np.int64)
            return [Decoded(rows.batch(self, block, whole, reader.arrays), rows.NOTHING)]
        fine = block.take(np.flatnonzero(~reader.doubtful))
        again = self._vector(fine, width) if len(fine) else []
        return [*again, self.plain(block.take(np.flatnonzero(reader.doubtful)))]

    def _tail(
        self, layout: Layout, declared: Sequence[Field | None], width: int
    ) -> list[tuple[int, str]]:
        """Positions without a declared field, and the pointer under which `extra` holds them."""
        known = len(self.fields)
        if not layout:
            return [
                (at, json_text.pointer("tail", str(at - known + 1))) for at in range(known, width)
            ]
        return [
            (at, json_text.pointer(layout[at])) for at, each in enumerate(declared) if each is None
        ]

    def _texts(self, block: Block, width: int) -> list[pa.Array]:
        """Every field of trivial lines as text; a bare dash is NULL."""
        names = [str(position) for position in range(width)]
        table = pyarrow.csv.read_csv(
            pa.py_buffer(tokens.contiguous(block)),
            read_options=pyarrow.csv.ReadOptions(
                column_names=names, use_threads=False, block_size=1 << 30
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.delimiter,
                quote_char='"' if self.quoted else False,
                double_quote=False,
                ignore_empty_lines=False,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, TEXT),
                null_values=[ABSENT],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        if table.num_rows != len(block):
            raise AssertionError(f"{len(block)} trivial lines became {table.num_rows} rows")
        return [column.combine_chunks() for column in table.columns]


class _Plain:
    """Reads the tokens of one line into column values, keeping what does not fit."""

    def __init__(self, layout: Layout, unit: bytes) -> None:
        self.layout = layout
        self.unit = unit
        self.extra: dict[str, bytes] = {}
        self.flaws: list[tuple[str, str, str, bytes]] = []

    def row(self, declared: Sequence[Field | None], found: Sequence[Token]) -> dict[str, Any]:
        """Column values of a line; its surplus tokens stand under /tail."""
        row: dict[str, Any] = {}
        for position, token in enumerate(found):
            each = declared[position] if position < len(declared) else None
            if each is None:
                inside = position < len(self.layout)
                at = (
                    (self.layout[position],) if inside else ("tail", self._rank(position, declared))
                )
                if inside and token == (ABSENT, False):
                    continue
                self.extra[json_text.pointer(*at)] = json_text.quoted(token.text)
            elif token != (ABSENT, False):
                self._field(row, each, token.text)
        if self.layout and len(found) != len(self.layout):
            detail = f"{len(found)} fields under a header of {len(self.layout)}"
            self.flaws.append(("", "width", detail, self.unit))
        if not json_text.is_utf8(self.unit):
            self.flaws.append(("", "not-utf8", r"bytes shown as \xNN", self.unit))
        row[EXTRA.name] = json_text.pointers(self.extra)
        return row

    @staticmethod
    def _rank(position: int, declared: Sequence[Field | None]) -> str:
        return str(position - len(declared) + 1)

    def _field(self, row: dict[str, Any], each: Field, text: str) -> None:
        try:
            if each.split is None:
                row[each.columns[0].name] = _value(each.columns[0], text)
            else:
                self._parts(row, each, text)
        except scalars.FinerThanMicrosecond as error:
            row[each.columns[0].name] = error.microseconds
            self._unfit(each, "finer-than-microsecond", str(error), text)
        except ValueError as error:
            self._unfit(each, "not-of-type", str(error), text)

    def _parts(self, row: dict[str, Any], each: Field, text: str) -> None:
        assert each.split is not None
        parts = each.split.parts(text)
        if parts is None or each.split.whole(parts) != text:
            raise ValueError(f"cannot be divided into {', '.join(c.name for c in each.columns)}")
        values = {
            column.name: _value(column, part)
            for column, part in zip(each.columns, parts, strict=True)
            if part is not None
        }
        row.update(values)

    def _unfit(self, each: Field, code: str, detail: str, text: str) -> None:
        self.extra[json_text.pointer(each.name)] = json_text.quoted(text)
        self.flaws.append((each.columns[0].name, code, detail, text.encode()))


def _refusal(found: list[Token] | None, fewest: int) -> tuple[str, str]:
    if found is None:
        return "bad-quoting", "the line cannot be divided into fields"
    return "too-few-fields", f"{len(found)} fields, at least {fewest} expected"


def _value(column: Column, text: str) -> Any:
    if column.type == INTEGER:
        return scalars.integer(text)
    if column.type == REAL:
        return scalars.real(text)
    if column.type == TIME:
        return scalars.TIME_SPELLINGS[column.time](text)
    return text


class _Vector:
    """Turns text arrays into column arrays; `doubtful` lines hold a value plain must judge."""

    def __init__(self, count: int) -> None:
        self.arrays: dict[str, pa.Array] = {}
        self.doubtful = np.zeros(count, dtype=bool)

    def read(self, each: Field, texts: pa.Array) -> None:
        """One field into its columns."""
        if each.split is None:
            self._column(each.columns[0], texts)
            return
        parts, misfits = each.split.vector(texts)
        if misfits is not None:
            self.doubtful |= misfits
        for column, part in zip(each.columns, parts, strict=True):
            self._column(column, part)

    def _column(self, column: Column, texts: pa.Array) -> None:
        if column.type == TEXT:
            self.arrays[column.name] = texts
            return
        if column.type == TIME:
            read = scalars.times(texts, column.time)
        else:
            read = scalars.integers(texts) if column.type == INTEGER else scalars.reals(texts)
        if read.null_count > texts.null_count:
            self.doubtful |= np.asarray(texts.is_valid()) & np.asarray(read.is_null())
        self.arrays[column.name] = read

    def unknown(self, positions: Iterable[tuple[int, str]], table: Sequence[pa.Array]) -> None:
        """Fields without a column into `extra`."""
        held = [(pointer, table[at].to_pylist()) for at, pointer in sorted(positions)]
        if not held:
            return
        extras = []
        for line in range(len(self.doubtful)):
            found = {
                pointer: json_text.quoted(ABSENT if texts[line] is None else texts[line])
                for pointer, texts in held
                if texts[line] is not None or pointer.startswith("/tail/")
            }
            extras.append(json_text.pointers(found))
        self.arrays[EXTRA.name] = rows.array_of(EXTRA, extras)
