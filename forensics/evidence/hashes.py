"""One hash per table of a case: equal evidence gives equal hashes, in whatever order it came.

They are for comparing cases, not for sealing one: a sum of row hashes can be forged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple

import duckdb

from forensics.evidence.answers import answer
from forensics.evidence.ddl import quoted
from forensics.evidence.schema import DEFECTS, NATIVE, REJECTS, SOURCE_LOCATIONS, SOURCES, Table
from parsers.contract import JSON, Column

HASHED: tuple[Table, ...] = (SOURCES, SOURCE_LOCATIONS, REJECTS, DEFECTS, *NATIVE)
LEFT_OUT = frozenset({"source_locations.run_id"})
"""What depends on how the evidence was given, not on what it is."""

_SUMS = """sum(md5_number_upper(line))::VARCHAR AS upper,
    sum(md5_number_lower(line))::VARCHAR AS lower"""


def content_hashes(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Table → SHA-256 over the number of its rows and the sum of their hashes."""
    return {table.name: _content_hash(connection, table) for table in HASHED}


class RowSum(NamedTuple):
    """Rows of one source in one table: their number, and the sums of both halves of their MD5."""

    rows: int = 0
    upper: int = 0
    lower: int = 0

    def plus(self, other: RowSum) -> RowSum:
        """The sum over the rows of both."""
        return RowSum(*(a + b for a, b in zip(self, other, strict=True)))


def row_sums(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    source_ids: Collection[int],
    salt: str = "",
) -> dict[int, RowSum]:
    """Source → sum over its rows in a table; sources without rows are left out.

    With a salt that nobody knew when the rows were written, no rows can be made to fit the sum.
    """
    query = f"""
        SELECT source_id, count(*)::VARCHAR, {_SUMS}
        FROM (SELECT source_id, $salt || {_line(_columns(table))} AS line FROM {table.name}
              WHERE source_id IN (SELECT unnest($ids::BIGINT[])))
        GROUP BY source_id
    """  # noqa: S608 -- declared names
    columns = answer(connection, query, {"ids": list(source_ids), "salt": salt}).columns
    lists = [column.to_pylist() for column in columns]
    return {each: RowSum(*map(int, sums)) for each, *sums in zip(*lists, strict=True)}


def _content_hash(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    # Summed, not combined by xor: a row that is there twice must not vanish.
    query = f"""
        SELECT count(*)::VARCHAR AS n, {_SUMS}
        FROM (SELECT {_line(_columns(table))} AS line FROM {table.name})
    """  # noqa: S608 -- declared names
    found = answer(connection, query).to_pylist()[0]
    columns = ",".join(column.name for column in _columns(table))
    sealed = f"{columns}\n{found['n']}\n{found['upper']}\n{found['lower']}"
    return hashlib.sha256(sealed.encode("utf-8")).hexdigest()


def _columns(table: Table) -> list[Column]:
    """In the order of their names: a column that was added later stands last in its case."""
    chosen = [c for c in table.columns if f"{table.name}.{c.name}" not in LEFT_OUT]
    return sorted(chosen, key=lambda column: column.name)


def rows_hash(connection: duckdb.DuckDBPyConnection, table: Table, columns: Collection[str]) -> str:
    """SHA-256 over the rows of a table in some of its columns: it seals them, unlike a sum.

    Each row is hashed for itself, and the hashes again in their own order.
    """
    chosen = [column for column in table.columns if column.name in columns]
    query = f"SELECT sha256({_line(chosen)}) AS hash FROM {table.name} ORDER BY hash"  # noqa: S608
    whole = hashlib.sha256()
    for hashed in answer(connection, query).column("hash").to_pylist():
        whole.update(f"{hashed}\n".encode())
    return whole.hexdigest()


def _line(columns: Collection[Column]) -> str:
    """A row as the text of a JSON list: no two different rows read the same."""
    return f"CAST(to_json([{', '.join(map(_text, columns))}]) AS VARCHAR)"


def _text(column: Column) -> str:
    name = quoted(column.name)
    if column.type == JSON:
        return f"CAST({name} AS VARCHAR)"  # as it stood: to_json would write it anew
    if column.type.num_fields:
        return f"CAST(to_json({name}) AS VARCHAR)"
    return f"hex({name})" if str(column.type) == "binary" else f"CAST({name} AS VARCHAR)"
