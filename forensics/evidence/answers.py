"""Rows of a query as Arrow, the same way in every version of DuckDB this program takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from forensics.evidence.spill import private

Parameters = Mapping[str, Any] | Sequence[Any] | None


def answer(
    connection: duckdb.DuckDBPyConnection,
    query: str | duckdb.Statement,
    parameters: Parameters = None,
) -> pa.Table:
    """The rows of one statement; a table without columns for a statement that has none.

    Parameters go by position to `?`, by name to `$name`. Raises duckdb.Error.
    """
    with private():
        # Only this road exists in 1.4 and makes no second copy of the rows in 2.0.
        found = connection.sql(query, params=parameters or None)
        if found is None:  # what 1.4 says of SET VARIABLE
            return pa.table({})
        return found.to_arrow_table()
