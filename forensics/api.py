"""A case in a notebook: SQL in, Arrow or a DuckDB relation out.

Like commands, what is asked here is entered in the journal of readers, `CASE.journal`.

import forensics

with forensics.open("case.duckdb") as case:
    case.sql("SELECT eventName, count(*) FROM cloudtrail GROUP BY ALL").to_pandas()
"""

from __future__ import annotations

import os
import warnings
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from forensics.custody.readers import JournalUnwritable
from forensics.custody.recording import plain, record, state_of
from forensics.evidence import Case
from forensics.evidence.answers import Parameters
from forensics.evidence.asking import asked


class CaseReader:
    """A case open for questions; nothing but the case can be read, and nothing written.

    Attributes:
        case: the case itself, for what the functions of `forensics.evidence` take. What is asked
            through its connection is not entered in any journal, only that the case was opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the case; the errors of `Case.for_reading` apply."""
        self.case = Case.for_reading(path)
        self._standing = state_of(self.case)
        self._enter("forensics.open", {}, "opened")

    def sql(self, query: str, params: Parameters = None) -> pa.Table:
        """The rows of one statement; `params` by position for `?`, by name for `$name`.

        Raises ForensicsError with DuckDB's own message where the statement does not work.
        """
        outcome = "failed"
        try:
            rows = asked(self.case, query, params)
            outcome = f"done: {rows.num_rows} rows"
        finally:
            given = {} if params is None else {"params": plain(params)}
            self._enter("forensics.sql", {"query": query, **given}, outcome)
        return rows

    def relation(self, query: str) -> duckdb.DuckDBPyRelation:
        """A query to go on building from; it runs when its rows are asked for.

        Raises duckdb.Error.
        """
        self._enter("forensics.relation", {"query": query}, "begun")
        return self.case.connection.sql(query)

    def _enter(self, command: str, options: dict[str, Any], outcome: str) -> None:
        """Write it down; a warning where that cannot be done: who reads needs no right to write."""
        said = {"command": command, "options": options, "outcome": outcome}
        try:
            record(self.case.path, self._standing, said)
        except JournalUnwritable as error:
            warnings.warn(f"not written down: {error}", stacklevel=3)

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
