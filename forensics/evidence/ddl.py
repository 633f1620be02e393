"""From declared tables to SQL: what creates them, what adds to them, what explains them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa

from forensics.errors import ForensicsError
from forensics.evidence.schema import LEDGER, NATIVE, TABLES, Table
from parsers.contract import JSON, PROVENANCE

STORE = "stored"
"""The schema in which the rows of native tables lie; everybody asks the views of `main`."""

_SIMPLE = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int64(): "BIGINT",
    pa.uint64(): "UBIGINT",
    pa.float64(): "DOUBLE",
    pa.timestamp("us"): "TIMESTAMP",
    pa.binary(): "BLOB",
}


def quoted(name: str) -> str:
    """A name as SQL always takes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as SQL constant, for the statements that take no parameters."""
    return "'" + value.replace("'", "''") + "'"


def sql_type(kind: pa.DataType) -> str:
    """The DuckDB type of an Arrow type; TypeError for one that no column should have."""
    if kind == JSON:
        return "JSON"
    if pa.types.is_struct(kind):
        members = ", ".join(f"{quoted(field.name)} {sql_type(field.type)}" for field in kind)
        return f"STRUCT({members})"
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if kind not in _SIMPLE:
        raise TypeError(f"no column type is declared for {kind}")
    return _SIMPLE[kind]


def column_definition(name: str, kind: pa.DataType) -> str:
    """Name and type as CREATE TABLE and ADD COLUMN take them; JSON is stored four times smaller."""
    compression = " USING COMPRESSION zstd" if kind == JSON else ""
    return f"{quoted(name)} {sql_type(kind)}{compression}"


def create(table: Table) -> str:
    """The statement that creates a table."""
    parts = [column_definition(column.name, column.type) for column in table.columns]
    if table.check:
        parts.append(f"CHECK ({table.check})")
    return f"CREATE TABLE {table.name} ({', '.join(parts)})"


def ensure_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Add every table, view, column, STRUCT member and comment the case lacks.

    Raises ForensicsError where the case holds a column of another type.
    """
    present = set(names(connection))
    for table in LEDGER:
        if table.name not in present:
            connection.execute(create(table))
            continue
        for statement in additions(table, arrow_schema(connection, table.name)):
            connection.execute(statement)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {STORE}")
    for table in NATIVE:
        _ensure_stored(connection, table, is_shown=table.name in present)
    _explain(connection)


def names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables and views that analysts see, in order of their names."""
    rows = connection.execute(
        """
        SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND NOT temporary
        UNION SELECT view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary
        ORDER BY ALL
        """
    ).fetchall()
    return [name for (name,) in rows]


# A column that is NULL in every row still costs DuckDB 35 ns a row to write: for VPC flow logs, of
# which most have 14 of 54 fields, more than all their values. So what is stored are the columns
# that ever had a value, and the table that everybody asks is a view with all of them.
def stored(table: str) -> str:
    """The table in which the rows of a native table lie."""
    return f"{STORE}.{quoted(table)}"


def _ensure_stored(connection: duckdb.DuckDBPyConnection, table: Table, *, is_shown: bool) -> None:
    first = ", ".join(column_definition(column.name, column.type) for column in PROVENANCE)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {stored(table.name)} ({first})")
    found = arrow_schema(connection, table.name, store=True)
    held = {field.name.casefold() for field in found}
    kept = replace(table, columns=tuple(c for c in table.columns if c.name.casefold() in held))
    grown = list(additions(kept, found, stored(table.name)))
    for statement in grown:
        connection.execute(statement)
    if grown or not is_shown or not _shows_all(connection, table):
        _show_all(connection, table)


def _shows_all(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Whether the view has every column, in order, and every member of a STRUCT."""
    shown = arrow_schema(connection, table.name)
    is_complete = shown.names == [column.name for column in table.columns]
    return is_complete and not any(additions(table, shown))


def widen(connection: duckdb.DuckDBPyConnection, table: Table, found: Collection[str]) -> None:
    """Make room for columns of `table` that have their first value in rows with columns `found`."""
    held = {field.name.casefold() for field in arrow_schema(connection, table.name, store=True)}
    fresh = [c for c in table.columns if c.name in found and c.name.casefold() not in held]
    for column in fresh:
        definition = column_definition(column.name, column.type)
        connection.execute(f"ALTER TABLE {stored(table.name)} ADD COLUMN {definition}")
    if fresh:
        _show_all(connection, table)


def _show_all(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The view with every column of a native table, those without a value as NULL."""
    held = {field.name.casefold() for field in arrow_schema(connection, table.name, store=True)}
    selected = ", ".join(
        quoted(column.name)
        if column.name.casefold() in held
        else f"CAST(NULL AS {sql_type(column.type)}) AS {quoted(column.name)}"
        for column in table.columns
    )
    query = f"SELECT {selected} FROM {stored(table.name)}"  # noqa: S608 -- declared names
    connection.execute(f"CREATE OR REPLACE VIEW {table.name} AS {query}")
    connection.execute(f"COMMENT ON VIEW {table.name} IS {literal(table.about)}")
    if len(held) > len(PROVENANCE):
        _comment_columns(connection, table, {})


def arrow_schema(
    connection: duckdb.DuckDBPyConnection, table: str, *, store: bool = False
) -> pa.Schema:
    """The columns a table has, as Arrow sees them."""
    where = stored(table) if store else quoted(table)
    return connection.sql(f"FROM {where} LIMIT 0").to_arrow_table().schema


def additions(table: Table, found: pa.Schema, where: str = "") -> Iterator[str]:
    """Statements that bring a table (by another name: `where`) up to its declaration."""
    where = where or table.name
    by_name = {field.name.casefold(): field for field in found}
    for column in table.columns:
        field = by_name.get(column.name.casefold())
        if field is None:
            definition = column_definition(column.name, column.type)
            yield f"ALTER TABLE {where} ADD COLUMN {definition}"
            continue
        for path, kind in _missing((column.name,), column.type, field.type, table.name):
            member = ".".join(quoted(step) for step in path)
            yield f"ALTER TABLE {where} ADD COLUMN {member} {sql_type(kind)}"


def _missing(
    path: tuple[str, ...], wanted: pa.DataType, found: pa.DataType, table: str
) -> Iterator[tuple[tuple[str, ...], pa.DataType]]:
    """Members of STRUCTs below `path` that `found` lacks."""
    if pa.types.is_list(wanted) and pa.types.is_list(found):
        yield from _missing((*path, "element"), wanted.value_type, found.value_type, table)
    elif pa.types.is_struct(wanted) and pa.types.is_struct(found):
        members = {field.name.casefold(): field.type for field in found}
        for field in wanted:
            inside = (*path, field.name)
            if field.name.casefold() not in members:
                yield inside, field.type
            else:
                yield from _missing(inside, field.type, members[field.name.casefold()], table)
    elif _stored(wanted) != _stored(found):
        raise ForensicsError(
            f"{table}.{'.'.join(path)} is {found} in this case, and {_stored(wanted)} here",
            hint="ingest the evidence into a new case, or use the version that made this one",
        )


def _stored(kind: pa.DataType) -> pa.DataType:
    """JSON is text to Arrow, in some versions of DuckDB with a name on it."""
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _explain(connection: duckdb.DuckDBPyConnection) -> None:
    """Comment tables, views and columns where the comment is not yet the declared one.

    Columns of a log that never had a row are left alone: commenting a thousand of them takes half
    of the time in which a case is made.
    """
    shown = connection.execute(
        """
        SELECT lower(table_name), comment FROM duckdb_tables() WHERE schema_name = 'main'
        UNION ALL SELECT lower(view_name), comment FROM duckdb_views() WHERE schema_name = 'main'
        """
    ).fetchall()
    columns = connection.execute(
        "SELECT lower(table_name), lower(column_name), comment FROM duckdb_columns()"
        " WHERE schema_name = 'main'"
    ).fetchall()
    filled = connection.execute(
        "SELECT table_name FROM duckdb_columns() WHERE schema_name = ?"
        " GROUP BY ALL HAVING count(*) > ?",
        [STORE, len(PROVENANCE)],
    ).fetchall()
    explained = {table.name for table in LEDGER} | {name for (name,) in filled}
    comments = dict(shown)
    known = {(table, column): comment for table, column, comment in columns}
    for table in TABLES:
        if comments[table.name] != table.about:
            kind = "TABLE" if table in LEDGER else "VIEW"
            connection.execute(f"COMMENT ON {kind} {table.name} IS {literal(table.about)}")
        if table.name in explained:
            _comment_columns(connection, table, known)


def _comment_columns(
    connection: duckdb.DuckDBPyConnection, table: Table, known: dict[tuple[str, str], Any]
) -> None:
    for column in table.columns:
        if known.get((table.name, column.name.lower())) != column.about:
            place = f"{table.name}.{quoted(column.name)}"
            connection.execute(f"COMMENT ON COLUMN {place} IS {literal(column.about)}")
