"""What the ledger says of a case, as rows."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import quoted, stored
from forensics.evidence.readings import MIXED
from forensics.evidence.schema import NATIVE

_PLACES = """
    SELECT source_id, min(path) AS path, count(*) AS places
    FROM source_locations GROUP BY source_id
"""
_ACCOUNTS = ("recipientAccountId", "account_id", "awsAccountId", "owner")
_SECTIONS = {
    "formats": """
        SELECT format, count(*) AS sources, sum("rows")::BIGINT AS "rows",
               sum(rows_with_defects)::BIGINT AS defects, sum(structure)::BIGINT AS structure,
               sum(rejects)::BIGINT AS rejects, min(first_time) AS "first", max(last_time) AS "last"
        FROM sources WHERE format IS NOT NULL GROUP BY format ORDER BY format
    """,
    "sources by status": """
        SELECT status, count(*) AS sources, sum(bytes)::BIGINT AS bytes
        FROM sources GROUP BY status ORDER BY status
    """,
    "where the evidence says it is from": """
        SELECT account_id, region, count(DISTINCT source_id) AS sources,
               min(period_start) AS "from", max(period_start) AS "to"
        FROM source_locations WHERE account_id IS NOT NULL OR region IS NOT NULL
        GROUP BY account_id, region ORDER BY account_id, region
    """,
    "runs": """
        SELECT run_id, command, host, examiner, evidence_id, started, ended
        FROM runs ORDER BY run_id
    """,
}


def sections(case: Case) -> list[tuple[str, pa.Table]]:
    """The parts of `info`, each with its title."""
    found = [(title, rows(case.connection, query)) for title, query in _SECTIONS.items()]
    if MIXED in found[0][1].column("format").to_pylist():
        found.insert(1, ("in mixed sources", rows(case.connection, _in_mixed_sources())))
    return found


def _in_mixed_sources() -> str:
    """What sources of several formats hold, by format."""
    mixed = f"SELECT source_id FROM sources WHERE format = '{MIXED}'"  # noqa: S608
    return " UNION ALL ".join(
        f"""
        SELECT '{table.name}' AS format, count(DISTINCT source_id) AS sources, count(*) AS "rows"
        FROM {stored(table.name)} WHERE source_id IN ({mixed}) HAVING count(*) > 0
        """  # noqa: S608 -- declared names
        for table in NATIVE
    )


def info(case: Case) -> dict[str, Any]:
    """`info` as one object."""
    meta = rows(case.connection, "SELECT * FROM meta").to_pylist()[0]
    parts = {title.replace(" ", "_"): found.to_pylist() for title, found in sections(case)}
    return {"db": str(case.path), **meta, "in_mixed_sources": [], **parts}


def sources(connection: duckdb.DuckDBPyConnection, status: str, limit: int) -> pa.Table:
    """Sources with the first place each was found at, in the order of those places."""
    query = f"""
        SELECT printf('%016x', source_id) AS source, path, places, status, format, framing, units,
               "rows", rows_with_defects AS defects, structure, rejects, first_time, last_time,
               reason
        FROM sources LEFT JOIN ({_PLACES}) USING (source_id)
        WHERE $status = '' OR status = $status ORDER BY path, source_id
    """  # noqa: S608 -- no part of it comes from outside
    return rows(connection, query, {"status": status}, limit)


def rejects(connection: duckdb.DuckDBPyConnection, code: str, limit: int) -> pa.Table:
    """Rejects with the place their source was found at."""
    query = f"""
        SELECT ref(source_id, record_no) AS ref, path, rejects."offset", code, detail, raw
        FROM rejects LEFT JOIN ({_PLACES}) USING (source_id)
        WHERE $code = '' OR code = $code ORDER BY path, source_id, record_no
    """  # noqa: S608
    return rows(connection, query, {"code": code}, limit)


def defects(connection: duckdb.DuckDBPyConnection, code: str, limit: int) -> pa.Table:
    """Defects with the place their source was found at."""
    query = f"""
        SELECT ref(source_id, record_no) AS ref, path, "column", code, detail, raw
        FROM defects LEFT JOIN ({_PLACES}) USING (source_id)
        WHERE $code = '' OR code = $code ORDER BY path, source_id, record_no, "column"
    """  # noqa: S608
    return rows(connection, query, {"code": code}, limit)


def not_recognised(connection: duckdb.DuckDBPyConnection, run_id: int, limit: int) -> pa.Table:
    """What a run found and could not read, by reason, with an example each."""
    query = """
        SELECT status, reason, count(*) AS sources, min(path) AS example
        FROM sources JOIN source_locations USING (source_id)
        WHERE status IN ('unrecognised', 'unreadable', 'over_limit', 'damaged') AND run_id = $run
        GROUP BY status, reason ORDER BY count(*) DESC, status, reason
    """
    return rows(connection, query, {"run": run_id}, limit)


def accounts_and_regions(connection: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """Accounts and regions seen in keys and in records."""
    known = {table.name: {column.name for column in table.columns} for table in NATIVE}
    accounts = ["SELECT account_id AS v FROM source_locations"]
    regions = ["SELECT region AS v FROM source_locations"]
    for table, columns in known.items():
        accounts += [_column(name, table) for name in _ACCOUNTS if name in columns]
        regions += [_column(name, table) for name in ("awsRegion", "region") if name in columns]
    return _distinct(connection, accounts), _distinct(connection, regions)


def _column(name: str, table: str) -> str:
    return f"SELECT {quoted(name)} FROM {quoted(table)}"  # noqa: S608 -- declared names


def _distinct(connection: duckdb.DuckDBPyConnection, queries: list[str]) -> list[str]:
    union = " UNION ".join(queries)
    query = f"SELECT DISTINCT v FROM ({union}) WHERE v IS NOT NULL ORDER BY v"  # noqa: S608
    return [row["v"] for row in rows(connection, query).to_pylist()]


def rows(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: dict[str, Any] | None = None,
    limit: int = 0,
) -> pa.Table:
    """The rows of a query; with a limit, one more than that, so that a caller sees the cut."""
    if limit:
        query = f"SELECT * FROM ({query}) LIMIT {limit + 1}"  # noqa: S608
    return answer(connection, query, parameters)
