"""What is written into a case beside its journal: rows, sources, locations, rejects, runs.

Every function works inside the transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import duckdb
import pyarrow as pa

from forensics.evidence import schema
from forensics.evidence.answers import answer
from forensics.evidence.ddl import arrow_schema, quoted, stored, widen
from forensics.evidence.readings import NOT_READ, Fingerprint, fingerprint_of, read_as
from parsers.contract import Defect, Reject

ROW_GROUP = 122_880
"""Rows that DuckDB stores together; a thread that has as many writes them by itself."""

_NATIVE = frozenset(table.name for table in schema.NATIVE)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One content and how each of its units and bytes ended; see the table `sources`."""

    source_id: int
    content_sha256: str | None = None
    bytes: int = 0
    format: str | None = None
    framing: str | None = None
    layout: list[str] | None = None
    reason: str | None = None
    asserted: str | None = None
    units: int = 0
    rows: int = 0
    rows_with_defects: int = 0
    structure: int = 0
    rejects: int = 0
    unit_bytes: int = 0
    structure_bytes: int = 0
    first_time: datetime | None = None
    last_time: datetime | None = None
    status: str = "loading"
    parser_version: int | None = None
    document_extra: str | None = None


@dataclass(frozen=True, slots=True)
class LocationRow:
    """One place a content was found at; see the table `source_locations`."""

    source_id: int
    path: str
    container: str = ""
    stored_sha256: str | None = None
    stored_bytes: int | None = None
    modified: datetime | None = None
    account_id: str | None = None
    region: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class KnownSource:
    """What the case holds of a content: reason enough to skip it, or to read it again."""

    status: str
    format: str | None
    framing: str | None
    layout: tuple[str, ...]
    asserted: str | None
    parser_version: int | None

    @property
    def fingerprint(self) -> Fingerprint:
        """What it was read as; nothing reads a source that was left half written like this."""
        line = {name: getattr(self, name) for name in ("format", "framing", "layout", "asserted")}
        found = None if self.status == "loading" else read_as(line | {"reason": ""})
        if found is None:
            return NOT_READ
        return (*fingerprint_of(found)[:-1], self.parser_version or 0)


def insert_batches(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    batches: Sequence[pa.RecordBatch | pa.Table],
    *,
    threads: int = 0,
) -> int:
    """Add rows to a table, matched by column name, and say how many.

    Batches may lack columns, which become NULL. Raises ValueError for a column or a type that the
    table is not declared with: DuckDB would drop an unknown member of a STRUCT without a word.

    `threads` is how many DuckDB may use from now on, 0 for as many as before. Each takes a batch at
    a time: unless these are of ROW_GROUP rows, more than one thread write rows twice.
    """
    declared = schema.BY_NAME[table].schema()
    filled = [batch for batch in batches if batch.num_rows]
    for batch in filled:
        _check(table, declared, batch.schema)
    if filled and table in _NATIVE:
        names = {name for batch in filled for name in batch.schema.names}
        widen(connection, schema.BY_NAME[table], names)
    place = stored(table) if table in _NATIVE else quoted(table)
    columns = arrow_schema(connection, table, store=table in _NATIVE)
    if threads:
        connection.execute(f"SET threads = {threads}")
    ordered = (_in_order(batch, columns, declared) for batch in filled)
    for _, alike in groupby(ordered, key=attrgetter("schema")):  # dictionaries are no strings
        _insert(connection, place, pa.concat_tables(alike))
    return sum(batch.num_rows for batch in filled)


def _check(table: str, declared: pa.Schema, found: pa.Schema) -> None:
    for field in found:
        wanted = declared.field(field.name).type if field.name in declared.names else None
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if kind != wanted:
            raise ValueError(f"{table}.{field.name} is declared as {wanted}, not {field.type}")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Add rows that have a column for each of the table's, in its order.

    As a relation: what is registered under a name is held until the transaction ends, and that of
    a big source takes many.
    """
    if rows.num_rows:
        connection.from_arrow(rows).insert_into(table)


def _in_order(rows: pa.RecordBatch | pa.Table, columns: pa.Schema, declared: pa.Schema) -> pa.Table:
    """The rows with these columns, those they lack as NULL."""
    names = {name.casefold(): name for name in rows.schema.names}
    arrays = [
        rows.column(names[column.name.casefold()])
        if column.name.casefold() in names
        else pa.nulls(rows.num_rows, declared.field(column.name).type)
        for column in columns
    ]
    return pa.Table.from_arrays(arrays, names=columns.names)


# `dataclasses.astuple` copies every value deeply: a third of a millisecond for a file.
_SOURCE = attrgetter(*(field.name for field in fields(SourceRow)))
_LOCATION = attrgetter(*(field.name for field in fields(LocationRow)))


def insert_sources(connection: duckdb.DuckDBPyConnection, rows: Sequence[SourceRow]) -> None:
    """Add ledger lines. Raises ValueError for a source the ledger has already."""
    _insert_tuples(connection, "sources", list(map(_SOURCE, rows)))
    twice = duplicates(connection, [row.source_id for row in rows])
    if twice:
        raise ValueError(f"entered twice: {', '.join(f'source {each:016x}' for each in twice)}")


def insert_locations(connection: duckdb.DuckDBPyConnection, rows: Sequence[LocationRow]) -> None:
    """Add places at which contents were found, those the ledger has already left out."""
    if rows:
        found = connection.from_arrow(_tuples("source_locations", list(map(_LOCATION, rows))))
        held = connection.table("source_locations")
        found.join(held, "source_id, path", how="anti").insert_into("source_locations")


def insert_rejects(connection: duckdb.DuckDBPyConnection, rows: Sequence[Reject]) -> None:
    """Add units that could not be told to be of their format."""
    _insert_tuples(connection, "rejects", rows)


def insert_defects(connection: duckdb.DuckDBPyConnection, rows: Sequence[Defect]) -> None:
    """Add values of rows that did not fit their column."""
    _insert_tuples(connection, "defects", rows)


def _insert_tuples(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        _insert(connection, quoted(table), _tuples(table, rows))


def _tuples(table: str, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Tuples in the order of the table's columns, as one Arrow table."""
    declared = schema.BY_NAME[table].schema()
    arrays = [
        _array(field.type, values)
        for field, values in zip(declared, zip(*rows, strict=True), strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=declared)


def _array(kind: pa.DataType, values: tuple[Any, ...]) -> pa.Array:
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, pa.array(values, kind.storage_type))
    return pa.array(values, kind)


def duplicates(
    connection: duckdb.DuckDBPyConnection, source_ids: Collection[int] | None = None
) -> list[int]:
    """Sources that the ledger has more than once; without ids, of all."""
    query = """
        SELECT source_id FROM sources
        WHERE $ids IS NULL OR source_id IN (SELECT unnest($ids::BIGINT[]))
        GROUP BY source_id HAVING count(*) > 1 ORDER BY source_id
    """
    ids = None if source_ids is None else list(source_ids)
    return [row["source_id"] for row in answer(connection, query, {"ids": ids}).to_pylist()]


def delete_rows(connection: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Forget the rows, rejects and defects of a content; its ledger line stays."""
    for table in ("rejects", "defects", *map(stored, sorted(_NATIVE))):
        query = f"DELETE FROM {table} WHERE source_id = ?"  # noqa: S608 -- declared names
        connection.execute(query, [source_id])


def delete_source(connection: duckdb.DuckDBPyConnection, source_id: int) -> None:
    """Forget what was read from a content; where it was found stays."""
    delete_rows(connection, source_id)
    connection.execute("DELETE FROM sources WHERE source_id = ?", [source_id])


def known_sources(connection: duckdb.DuckDBPyConnection) -> dict[int, KnownSource]:
    """Every content the case holds, by source_id."""
    query = """
        SELECT source_id, status, format, framing, layout, asserted, parser_version FROM sources
    """
    columns = answer(connection, query).to_pydict()
    layouts = [tuple(layout or ()) for layout in columns["layout"]]
    names = ("status", "format", "framing")
    parts = (*(columns[name] for name in names), layouts)
    rest = (columns["asserted"], columns["parser_version"])
    return {
        source_id: KnownSource(*values)
        for source_id, *values in zip(columns["source_id"], *parts, *rest, strict=True)
    }


def begin_run(  # noqa: PLR0913 -- the columns of a run, all named
    connection: duckdb.DuckDBPyConnection,
    *,
    command: str,
    options: Mapping[str, Any],
    versions: Mapping[str, str],
    host: str,
    examiner: str,
    evidence_id: str,
    started: datetime,
) -> int:
    """Enter a run that starts, under the next number, from 1."""
    last = answer(connection, "SELECT coalesce(max(run_id), 0) AS last FROM runs").to_pylist()
    run_id = int(last[0]["last"]) + 1
    row = (
        run_id,
        command,
        json.dumps(options, sort_keys=True),
        json.dumps(versions, sort_keys=True),
        host,
        examiner or None,
        evidence_id or None,
        started,
        None,
        None,
    )
    _insert_tuples(connection, "runs", [row])
    return run_id


def end_run(
    connection: duckdb.DuckDBPyConnection,
    run_id: int,
    *,
    ended: datetime,
    result: Mapping[str, Any],
) -> None:
    """Enter when a run ended, and its summary."""
    said = json.dumps(result, sort_keys=True)
    connection.execute(
        "UPDATE runs SET ended = ?, result = ? WHERE run_id = ?", [ended, said, run_id]
    )
