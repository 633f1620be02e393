"""Runs the SQL of this package against a case: each file in `sql/` is one question.

A file names native tables as they are. `asked` stands for the CloudTrail records in scope, while
`cloudtrail` is all of them: who is behind a call in the window is told by calls before it, and in
other accounts. `placed` is the few records that are asked for by number. The first line of a file
names the tables it reads: one that a case lacks, because an older version made it, is taken as
empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from importlib import resources
from typing import Any

from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import STORE, names, quoted, sql_type, stored
from forensics.evidence.schema import BY_NAME as TABLES
from forensics.investigations.notes import of_logs
from forensics.investigations.scope import Narrowing, Scope

_TABLES = "-- tables: "
_CALLS = "cloudtrail"
_ASKED, _PLACED = "asked", "placed"


class Reader:
    """Asks a case the questions of this package, for one scope.

    Attributes:
        case: open for reading.
        scope: what the analyst asks about.
    """

    def __init__(self, case: Case, scope: Scope) -> None:
        self.case, self.scope = case, scope
        self.present = frozenset(names(case.connection))
        self._narrowing = Narrowing(
            scope,
            times=True,
            services="all" if scope.services else "acting",
            has_copies=False,
        )

    def rows(
        self, name: str, conditions: Mapping[str, str] | None = None, **values: Any
    ) -> list[dict[str, Any]]:
        """The rows of one question.

        Args:
            name: of the file.
            conditions: SQL of this package's own that stands for a word of the file.
            values: parameters by name.
        """
        sql = _text(name)
        for word, condition in (conditions or {}).items():
            sql = sql.replace(f"WHERE {word})", f"WHERE {condition})")
        return self.run(self._complete(sql), **values)

    def run(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of SQL that stands alone; values it does not use are left out."""
        bound = self.scope.values() | values
        [statement] = self.case.connection.extract_statements(sql)
        used = {name: bound[name] for name in statement.named_parameters}
        rows: list[dict[str, Any]] = answer(self.case.connection, sql, used).to_pylist()
        return rows

    def limits(self, logs: Sequence[str], *, found: int) -> list[str]:
        """What limits an answer from these logs, a sentence each."""
        return of_logs(self.case, logs, self._narrowing, found=found)

    def has_rows(self, name: str) -> bool:
        """Whether a native table is there and not empty."""
        if name not in self.present:
            return False
        found = self.case.connection.execute(f"SELECT 1 FROM main.{name} LIMIT 1")  # noqa: S608
        return bool(found.fetchall())

    @cached_property
    def held(self) -> dict[str, set[str]]:
        """The columns that ever had a value, by native table."""
        rows = self.case.connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = ?", [STORE]
        ).fetchall()
        found: dict[str, set[str]] = {}
        for table, column in rows:
            found.setdefault(table, set()).add(column)
        return found

    def conditions(self, name: str) -> str:
        """What a row of a table must meet to be in scope, as SQL."""
        return " AND ".join(self._narrowing.conditions(name)) or "true"

    def _complete(self, text: str) -> str:
        """The text with the tables it stands on before its own."""
        first, _, body = text.partition("\n")
        opening, _, rest = body[body.index("WITH") :].partition("\n")
        head = "WITH RECURSIVE" if "RECURSIVE" in opening else "WITH"
        parts = [
            f"{name} AS NOT MATERIALIZED ({select}),\n"
            for name in first.removeprefix(_TABLES).split()
            if (select := self._standing_for(name))
        ]
        return f"{head} {''.join(parts)}{opening.removeprefix(head)}\n{rest}"

    def _standing_for(self, name: str) -> str:
        """The SELECT that a name stands for; '' for a table that is there as it is."""
        if name == _PLACED:
            return self._placed()
        if name == _ASKED:
            return self._narrowing.table(_CALLS, self.present)
        return "" if name in self.present else self._narrowing.table(name, self.present)

    def _placed(self) -> str:
        """The CloudTrail records at $sources and $records.

        DuckDB finds them by the numbers of their rows in the table below the view, many times as
        fast as by a join that has to look at what is in them.
        """
        held = {name.casefold() for name in self.held.get(_CALLS, ())}
        columns = ", ".join(
            quoted(column.name)
            if column.name.casefold() in held
            else f"CAST(NULL AS {sql_type(column.type)}) AS {quoted(column.name)}"
            for column in TABLES[_CALLS].columns
        )
        return (
            f"SELECT {columns} FROM {stored(_CALLS)} WHERE rowid IN ("  # noqa: S608 -- own names
            f"SELECT one.rowid FROM {stored(_CALLS)} AS one JOIN ("
            "SELECT unnest($sources::BIGINT[]) AS source_id,"
            " unnest($records::BIGINT[]) AS record_no) AS place USING (source_id, record_no))"
        )


@cache
def _text(name: str) -> str:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text("utf-8")
