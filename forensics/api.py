"""A case in a notebook: SQL in, Arrow or a DuckDB relation out.

import forensics

with forensics.open("case.duckdb") as case:
    case.sql("SELECT eventName, count(*) FROM cloudtrail GROUP BY ALL").to_pandas()
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from forensics.evidence import Case
from forensics.evidence.answers import Parameters
from forensics.evidence.asking import asked


class CaseReader:
    """A case open for questions; nothing but the case can be read, and nothing written.

    Attributes:
        case: the case itself, for what the functions of `forensics.evidence` take.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the case; the errors of `Case.for_reading` apply."""
        self.case = Case.for_reading(path)

    def sql(self, query: str, params: Parameters = None) -> pa.Table:
        """The rows of one statement; `params` by position for `?`, by name for `$name`.

        Raises ForensicsError with DuckDB's own message where the statement does not work.
        """
        return asked(self.case, query, params)

    def relation(self, query: str) -> duckdb.DuckDBPyRelation:
        """A query to go on building from; it runs when its rows are asked for.

        Raises duckdb.Error.
        """
        return self.case.connection.sql(query)

    def close(self) -> None:
        """Let go of the file."""
        self.case.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<case {self.case.case_id} in {self.case.path}>"
