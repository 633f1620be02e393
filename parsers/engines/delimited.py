r"""Formats of lines whose fields stand in order, divided by one byte, quoted or not.

The vector reader takes only lines that are provably trivial: every quote at the border of a token
that may be quoted, no control character, valid UTF-8. Kernels divide them as the plain reader does.
Where there are none, pyarrow.csv cannot read them otherwise either: lines with as many tokens as
their neighbours, and no quote after a backslash. Every other line is for the plain reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np

from parsers import json_text
from parsers.contract import (
    Block,
    Claim,
    Decoded,
    Format,
    Integers,
    Layout,
    Misfit,
    Sample,
    Segment,
    Units,
)
from parsers.engines import library_lines, rows, span_lines, tokens
from parsers.engines.layouts import (
    Anchors,
    Dialect,
    Field,
    Plan,
    Spread,
    names_of,
    planned,
    quoting_of,
)
from parsers.engines.line_values import PlainLine
from parsers.engines.tokens import Mended, Quoting, Token
from parsers.errors import ForeignRecord

FEWEST = 32  # lines of one width that are worth a vector pass
LAYOUTS = 256  # layouts and widths whose plans are remembered

Trivial = Callable[[Integers, Spread | None], tuple[list[Decoded], Integers]]


class Delimited(Format):
    r"""A delimited format, whole from its declaration.

    Args:
        fields: in the order of the newest era; unknown ones go to `extra`.
        required: a line with fewer tokens is not of this format (positional formats).
        delimiter, quoted: how tokens are divided; `runs`: several delimiters count as one.
        escapes: `\"` does not end a quoted token.
        spread: a value that holds delimiters in lines that are not odd otherwise.
        mend: how to divide a line whose quotes do not stand where its fields have them, or that
            has not the width of its layout; None where it knows no better.
        line_fits: why a line is not of this format ("" if it is); by default, that its leading
            fields are not `like` what is declared.
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
        line_fits: Callable[[str], str] | None = None,
        required: int = 1,
        delimiter: str = " ",
        quoted: bool = False,
        escapes: bool = True,
        runs: bool = False,
        spread: Spread | None = None,
        mend: Callable[[str], Mended | None] | None = None,
        header: Callable[[bytes, Layout], Layout | None] | None = None,
        header_bytes: bytes = b"",
        default: Layout = (),
        version: int = 1,
    ) -> None:
        self.name, self.about, self.reference, self.version = name, about, reference, version
        self.fields, self.required = tuple(fields), required
        self.columns = tuple(column for each in self.fields for column in each.columns)
        self.delimiter, self.runs, self.spread, self.mend = delimiter, runs, spread, mend
        self.quoting = quoting_of(self.fields, escapes=escapes) if quoted else None
        anchors = Anchors(self.fields, delimiter)
        self.line_fits = line_fits or anchors.misfit
        self._fits = (lambda line: not line_fits(line)) if line_fits else anchors.fit
        self.default = default
        self._header = header
        self._names = names_of(self.fields)
        self._header_bytes = np.frombuffer(header_bytes, dtype=np.uint8)
        self._header_octets = frozenset(header_bytes)
        self.plan = lru_cache(LAYOUTS)(self._planned)
        self.dialect = Dialect(delimiter, runs, self.quoting, self.quoted_with, self.plan)

    # ------------------------------------------------------------------ recognition, layout
    def claim(self, sample: Sample) -> Claim | Misfit:
        """Every line of the sample must fit; under a header, which proves much, most of them.

        A line cut short tells nothing. The layout claimed is that of the first line which is no
        header.
        """
        if sample.units[0].startswith(b"{") and sample.units[0][0] not in self._header_octets:
            return Misfit("it begins with a JSON object")
        first: Layout | None = None
        layout: Layout = ()
        fitted, misfits = 0, list[str]()
        for number, unit in enumerate(sample.units, 1):
            if not unit.strip():
                continue
            declared = self.header(unit, layout)
            if declared is not None:
                layout, fitted = declared, fitted + 1
                continue
            first = layout if first is None else first
            line = json_text.shown(unit)
            if flaw := self._misfit(line, layout):
                misfits.append(f"line {number}: {flaw}")
                if not layout and line.count(self.delimiter) + 1 >= self.required:
                    return Misfit(misfits[-1], fitted)
            else:
                fitted += 1
        if fitted <= len(misfits):
            return Misfit(misfits[0] if misfits else "no line", fitted)
        first = layout if first is None else first
        return Claim(first or self.default, _reason(first, fitted, len(misfits)))

    def by_members(self, sample: Sample) -> bool:
        """Unless a header may look like an object."""
        del sample
        return ord("{") not in self._header_octets

    def recognises(self, sample: Sample) -> bool:
        """As `claim`: by the line itself, or as a header."""
        unit = sample.units[0]
        if not unit.strip():
            return False
        if unit[0] in self._header_octets and self.header(unit, ()) is not None:
            return True
        return self._fits(sample.line(0))

    def _misfit(self, line: str, layout: Layout) -> str:
        if not layout:
            return self.line_fits(line)
        found = self._divided(line, layout)
        width = len(found.tokens) if found else 0
        return "" if width == len(layout) else f"{width} fields under a header of {len(layout)}"

    def header(self, line: bytes, layout: Layout) -> Layout | None:
        """The layout after a line, where the line is a header."""
        declared = self._header(line, layout) if self._header else None
        return None if declared is None or len(declared) > tokens.MOST else declared

    def segments(self, units: Units, layout: Layout) -> list[Segment]:
        """Header lines are structure and set the layout of what follows them."""
        if self._header is None:
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

    def _planned(self, layout: Layout, width: int) -> Plan:
        return planned(self.fields, layout or self._names, width)

    # ------------------------------------------------------------------ plain
    def plain(self, block: Block) -> Decoded:
        """Line by line."""
        return rows.plainly(self, block, lambda _, unit: self._row(unit, block.layout))

    def _row(self, unit: bytes, layout: Layout) -> rows.PlainRow:
        line = json_text.shown(unit)
        found = self._found(line, layout)
        width = len(found.tokens)
        reader = PlainLine(unit, self.delimiter)
        row = reader.row(self.plan(layout, width), found.tokens)
        if layout and width != len(layout):
            reader.flaw("width", f"{width} fields under a header of {len(layout)}")
        if found.doubt:
            reader.flaw("ambiguous", found.doubt)
        if found.mended and self.delimiter.join(map(str, found.tokens)) != line:
            reader.flaw("odd-quoting", "divided by what its fields look like")
        return row, reader.flaws

    def _found(self, line: str, layout: Layout) -> Mended:
        """The tokens of a line that is of this format; raises ForeignRecord."""
        if not (self._header and layout) and (flaw := self.line_fits(line)):
            raise ForeignRecord("other-format", flaw)
        if (delimiters := line.count(self.delimiter)) > tokens.MOST_DELIMITERS:
            raise ForeignRecord("too-many-fields", f"{delimiters} delimiters are not divided")
        found = self._divided(line, layout)
        if found is None:
            raise ForeignRecord("bad-quoting", "the line cannot be divided into fields")
        width, fewest = len(found.tokens), (len(layout) + 1) // 2 or self.required
        if width < fewest:
            raise ForeignRecord("too-few-fields", f"{width} fields, at least {fewest} expected")
        if width > tokens.MOST:
            raise ForeignRecord(
                "too-many-fields", f"{width} fields, at most {tokens.MOST} are read"
            )
        return found

    def _divided(self, line: str, layout: Layout) -> Mended | None:
        """The tokens of a line: by the rule, unless that is odd and the format knows better."""
        simple = self._simply_divided(line)
        if self.mend is None or (simple is not None and self._is_straight(simple, layout)):
            return None if simple is None else Mended(simple)
        if simple is not None and self.spread is not None:
            merged = self.spread.merged(simple, self.delimiter)
            if self._is_straight(merged, layout):
                return Mended(merged)
        mended = self.mend(line)
        if mended is None:
            return None if simple is None else Mended(simple)
        return mended._replace(mended=True)

    def _simply_divided(self, line: str) -> list[Token] | None:
        if self.quoting is not None:
            return tokens.quoted(line, self.delimiter, escapes=self.quoting.escapes)
        divided = line.split(self.delimiter)
        return [Token(text) for text in divided if text or not self.runs]

    def _is_straight(self, found: list[Token], layout: Layout) -> bool:
        if layout and len(found) != len(layout):
            return False
        if self.quoting is not None and not tokens.straight(found, self.quoting):
            return False
        return self.plan(layout, len(found)).is_like(found)

    # ------------------------------------------------------------------ vector
    def decode(self, block: Block) -> Decoded:
        """Trivial lines at speed, the others line by line."""
        if self._header and not block.layout:
            return self.plain(block)
        if span_lines.takes(block):
            trivial = self._by_kernels(block)
        else:
            trivial = library_lines.Lines(self, self.dialect, block, FEWEST).trivial
        parts, left = trivial(np.arange(len(block)), None)
        if self.spread is not None and not block.layout and len(left) >= FEWEST:
            spread, left = trivial(left, self.spread)
            parts += spread
        if len(left) or not parts:
            parts.append(self.plain(block.take(left)))
        return Decoded.joined(parts)

    def quoted_with(self, spread: Spread | None) -> tuple[Quoting | None, int]:
        """How lines with or without a spread value are quoted, and the fewest of their tokens."""
        if spread is None:
            return self.quoting, self.required
        quoting = spread.spread(self.quoting) if self.quoting is not None else None
        return quoting, self.required + spread.count - 1

    # ------------------------------------------------------------------ by kernels
    def _by_kernels(self, block: Block) -> Trivial:
        """Rows of the trivial lines among some, all with or all without a spread value."""
        lines = span_lines.Lines(block, self.delimiter, self.quoting)

        def trivial(among: Integers, spread: Spread | None) -> tuple[list[Decoded], Integers]:
            quoting, fewest = self.quoted_with(spread)
            parts, taken = list[Decoded](), np.zeros(len(block), dtype=bool)
            waiting = [(among, 0)] if len(among) >= FEWEST else []
            while waiting:
                numbers, room = waiting.pop()
                found = lines.divided(numbers, quoting, runs=self.runs, room=room)
                for chosen, width in self._groups(found, block.layout, fewest):
                    if width > found.room:  # rare: divide them again, now that it is known how
                        waiting.append((numbers[chosen], width))
                        continue
                    table = found.taken(chosen)[:width]
                    part, kept = self._from_spans(lines, numbers[chosen], table, spread)
                    taken[numbers[chosen[kept]]] = True
                    parts.append(part)
            return parts, among[~taken[among]]

        return trivial

    def _groups(
        self, found: span_lines.Divided, layout: Layout, fewest: int
    ) -> Iterator[tuple[Integers, int]]:
        """Lines that can be read together, and how many tokens the widest of them has.

        Of a format without headers, lines of earlier years are but shorter.
        """
        widths, wide = found.widths, [len(layout)]
        if not layout:
            known = min(len(self._names) + fewest - self.required, found.room)
            usual = np.flatnonzero((widths >= fewest) & (widths <= known))
            if len(usual) >= FEWEST:
                yield usual, int(widths[usual].max())
            wide = np.unique(widths[(widths >= fewest) & (widths > known)]).tolist()
        for width in wide:
            chosen = np.flatnonzero(widths == width)
            if len(chosen) >= FEWEST and width <= tokens.MOST:
                yield chosen, width

    def _from_spans(
        self,
        lines: span_lines.Lines,
        numbers: Integers,
        table: list[span_lines.Spans],
        spread: Spread | None,
    ) -> tuple[Decoded, Integers]:
        """Rows of lines, and of which of them."""
        reader = span_lines.SpanReader(lines, len(numbers))
        if spread is not None:
            table = reader.merged(spread, table)
        plan = self.plan(lines.block.layout, len(table))
        reader.read(plan, table)
        kept = np.flatnonzero(~reader.doubtful)
        columns = reader.columns(plan, table, kept)
        return Decoded(rows.batch(self, lines.block, numbers[kept], columns), rows.NOTHING), kept


def _reason(header: Layout, fitted: int, misfits: int) -> str:
    some = f"{fitted} of the first {fitted + misfits} lines"
    if header:
        return f"header with {len(header)} fields, and {some if misfits else 'lines'} that fit it"
    return f"{some} fit" if misfits else f"each of the first {fitted} lines fits"
