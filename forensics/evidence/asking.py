"""SQL against a case that was opened for reading: one statement, rows as Arrow."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from forensics.errors import ForensicsError
from forensics.evidence.answers import Parameters, answer
from forensics.evidence.case import Case


def asked(case: Case, query: str, parameters: Parameters = None) -> pa.Table:
    """The rows of one reading statement.

    Raises ForensicsError with DuckDB's own message where the statement does not work, and a hint
    for what Athena queries stumble over.
    """
    try:
        statements = case.connection.extract_statements(query)
        if len(statements) != 1:
            raise ForensicsError(f"{len(statements)} statements", hint="ask one at a time")
        _check_kind(statements[0])
        return answer(case.connection, statements[0], parameters)
    except duckdb.Error as error:
        raise ForensicsError(f"SQL: {error}", hint=_hint(str(error))) from error


def _check_kind(statement: duckdb.Statement) -> None:
    """Refuse the statements that DuckDB's own Python does not know, UPDATE EXTENSIONS for one."""
    try:
        _ = statement.type
    except ValueError as error:
        raise ForensicsError("SQL: no statement that reads", hint=_hint("read-only")) from error


def _hint(message: str) -> str:
    lowered = message.lower()
    if "read-only" in lowered or "disabled" in lowered or "permission" in lowered:
        return "a case is read-only, and SQL reaches nothing but the case"
    if "json" in lowered and ("convert" in lowered or "cast" in lowered):
        return (
            "a member of JSON is compared as text with ->>: requestParameters->>'bucketName' = 'x'"
        )
    return "`formats NAME` lists the columns of a table"
