"""Reads trivial lines by pyarrow.csv: where there are no kernels, or too few lines to load them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.csv

from parsers.contract import TEXT, Block, Decoded, Format, Integers
from parsers.engines import rows, tokens
from parsers.engines.layouts import Dialect, Spread
from parsers.engines.line_values import ABSENT, VectorLines
from parsers.engines.tokens import Flags


class Lines:
    """The lines of a block; `fewest` of one width are worth a pass."""

    def __init__(self, declared: Format, dialect: Dialect, block: Block, fewest: int) -> None:
        self.declared, self.dialect = declared, dialect
        self.block, self.fewest = block, fewest

    def trivial(self, among: Integers, spread: Spread | None) -> tuple[list[Decoded], Integers]:
        """Rows of the trivial lines among some, and which are left."""
        whole = len(among) == len(self.block)
        parts, left = self._trivial(self.block if whole else self.block.take(among), spread)
        return parts, among[left]

    def _trivial(self, block: Block, spread: Spread | None) -> tuple[list[Decoded], Integers]:
        """Rows of the trivial lines; what is left."""
        dialect = self.dialect
        quoting, fewest = dialect.quoted_with(spread)
        widths, quoted = tokens.scan(block, dialect.delimiter, quoting, runs=dialect.runs)
        parts: list[Decoded] = []
        plain = widths == 0
        for width in np.unique(widths[~plain]).tolist():
            chosen = np.flatnonzero(widths == width)
            wrong = block.layout and width != len(block.layout)
            if len(chosen) < self.fewest or wrong or not fewest <= width <= tokens.MOST:
                plain[chosen] = True
                continue
            part, doubtful = self._vector(block.take(chosen), width, quoted[chosen], spread)
            plain[chosen[doubtful]] = True
            parts.append(part)
        return parts, np.flatnonzero(plain)

    def _vector(
        self, block: Block, width: int, quoted: Integers, spread: Spread | None
    ) -> tuple[Decoded, Flags]:
        """Rows of lines of one width, and which of the lines plain must judge instead."""
        dialect = self.dialect
        table = self._texts(block, width)
        reader = VectorLines(len(block))
        if spread is not None:
            table = reader.merged(spread, table)
        reader.read(dialect.plan(block.layout, len(table)), table)
        if dialect.quoting is not None and not dialect.quoting.escapes:
            reader.unless_quoted(dialect.quoting, table, quoted)
        kept = np.flatnonzero(~reader.doubtful)
        batch = rows.batch(self.declared, block, kept, reader.columns(kept))
        return Decoded(batch, rows.NOTHING), reader.doubtful

    def _texts(self, block: Block, width: int) -> list[pa.Array]:
        """Every field of trivial lines as text; a bare dash is NULL."""
        names = [str(position) for position in range(width)]
        table = pyarrow.csv.read_csv(
            pa.py_buffer(tokens.contiguous(block)),
            read_options=pyarrow.csv.ReadOptions(
                column_names=names, use_threads=False, block_size=1 << 30
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.dialect.delimiter,
                quote_char='"' if self.dialect.quoting is not None else False,
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
