"""Seals the ledger in the journal: a line of it that is changed afterwards is found.

A run ends with an entry that holds the hashes of the ledger's tables and of every definition in
the case. Whoever can write the case can write both, but not the journal's head that was noted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb

from forensics.custody.tool import tool_sha256
from forensics.evidence import answer
from forensics.evidence.hashes import rows_hash
from forensics.evidence.schema import META, RUNS, SOURCE_LOCATIONS, SOURCES

SEALED = (META, SOURCES, SOURCE_LOCATIONS, RUNS)
"""Rows of the other tables are proven by reading the evidence again."""

_MEMBER = "ledger"
_FAULTS = "ledger_faults"
_DEFINITIONS = """
    SELECT 'table' AS kind, schema_name || '.' || table_name AS name, sql
    FROM duckdb_tables() WHERE database_name = current_database() AND NOT temporary
    UNION ALL SELECT 'view', schema_name || '.' || view_name, sql
    FROM duckdb_views() WHERE database_name = current_database() AND NOT internal AND NOT temporary
    UNION ALL SELECT 'macro', schema_name || '.' || function_name,
        parameters::VARCHAR || coalesce(macro_definition, '')
    FROM duckdb_functions() WHERE database_name = current_database() AND NOT internal
    ORDER BY ALL
"""


STARTED, ENDED = "ingest started", "ingest ended"


def sealed_ledger(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The member `ledger` of an entry's detail: what the ledger and the definitions are now."""
    tables = {}
    for table in SEALED:
        columns = [column.name for column in table.columns]
        tables[table.name] = {"columns": columns, "sha256": rows_hash(connection, table, columns)}
    return {_MEMBER: {"tables": tables, "definitions": _definitions(connection)}}


def seal_broken(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The member that a run's first entry has where the ledger is not what the last one sealed.

    The run seals the ledger anew: what was changed before it must not come to look sound. It may
    have brought definitions up to date already, those of another version are not compared.
    """
    last = _last_seal(connection)
    if last is None:
        return {}
    seq, sealed = last
    if not _is_seal(sealed):
        return {_FAULTS: [f"the ledger: what entry {seq} of the journal sealed it with is no seal"]}
    same_tool = sealed["definitions"]["tool_sha256"] == tool_sha256()
    found = list(_differences(connection, seq, sealed, with_definitions=same_tool))
    return {_FAULTS: found} if found else {}


def ledger_faults(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What differs from the last seal, and what runs found to differ; [] where nothing does.

    A ledger that a run has changed without coming to its end is not sealed: nothing is said of it.
    """
    faults = [
        f"{each}, found when entry {seq} of the journal was written"
        for seq, _, detail in _entries(connection)
        for each in _listed(detail.get(_FAULTS, []))
    ]
    last = _last_seal(connection)
    if last and not _is_seal(last[1]):
        faults.append(f"the ledger: what entry {last[0]} of the journal sealed it with is no seal")
    elif last:
        faults += _differences(connection, *last, with_definitions=True)
    return faults + list(_runs_without_entry(connection))


def is_sealed(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the last run came to its end, so that changes since then are found."""
    return _last_seal(connection) is not None


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _is_seal(sealed: Any) -> bool:
    """Whether somebody who can change the journal has left the seal in its form."""
    if not isinstance(sealed, dict):
        return False
    tables, definitions = sealed.get("tables"), sealed.get("definitions")
    if not isinstance(tables, dict) or not isinstance(definitions, dict):
        return False
    lines = [tables.get(table.name) for table in SEALED]
    return {"duckdb", "tool_sha256", "sha256"} <= definitions.keys() and all(
        isinstance(line, dict) and isinstance(line.get("columns"), list) and "sha256" in line
        for line in lines
    )


def _differences(
    connection: duckdb.DuckDBPyConnection,
    seq: int,
    sealed: dict[str, Any],
    *,
    with_definitions: bool,
) -> Iterator[str]:
    for table in SEALED:
        was = sealed["tables"][table.name]
        if rows_hash(connection, table, was["columns"]) != was["sha256"]:
            yield f"{table.name}: changed since entry {seq} of the journal sealed it"
    was, now = sealed["definitions"], _definitions(connection)
    comparable = with_definitions and was["duckdb"] == now["duckdb"]
    if comparable and was["sha256"] != now["sha256"]:
        yield f"tables, views or macros: not those that entry {seq} of the journal sealed"


def _runs_without_entry(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Runs that the journal does not know as they are: it was cut, or a run made up."""
    query = """
        SELECT run_id, ended IS NOT NULL AS has_ended,
            run_id IN (SELECT run_id FROM journal WHERE action = $started) AS start_told,
            run_id IN (SELECT run_id FROM journal WHERE action = $ended) AS end_told
        FROM runs WHERE command = 'ingest' ORDER BY run_id
    """
    for run in answer(connection, query, {"started": STARTED, "ended": ENDED}).to_pylist():
        if not run["start_told"]:
            yield f"run {run['run_id']}: the journal does not know it"
        elif run["has_ended"] != run["end_told"]:
            yield f"run {run['run_id']}: the journal and `runs` differ on whether it ended"


def _last_seal(connection: duckdb.DuckDBPyConnection) -> tuple[int, Any] | None:
    """Number and content of the seal that holds; None before one, and after an interruption."""
    found = None
    for seq, action, detail in _entries(connection):
        if _MEMBER in detail or action == ENDED:
            found = seq, detail.get(_MEMBER)
        elif action == STARTED:
            found = None
    return found


def _entries(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, str, dict[str, Any]]]:
    query = "SELECT seq, action, detail FROM journal ORDER BY seq"
    for row in answer(connection, query).to_pylist():
        detail = json.loads(row["detail"] or "null")
        yield row["seq"], row["action"], detail if isinstance(detail, dict) else {}


def _definitions(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A hash over all that is defined in the case, as this version of DuckDB spells it."""
    rows = answer(connection, _DEFINITIONS).to_pylist()
    lines = json.dumps([[row["kind"], row["name"], _respelt(row)] for row in rows])
    return {
        "duckdb": duckdb.__version__,
        "tool_sha256": tool_sha256(),
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }


def _respelt(row: dict[str, str]) -> str:
    """A definition without what DuckDB spells in another way once the file was closed."""
    said = re.sub(r"\bTIMESTAMP_US\b", "TIMESTAMP", row["sql"]).replace('"', "")
    is_nested = row["name"] == "main.events"  # a UNION of many gets brackets
    return re.sub(r"[() ]+", " ", said) if is_nested else said
