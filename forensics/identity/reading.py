"""Runs the SQL of this package against a case: each file in `sql/` is one question.

A file names native tables as they are; `asked` stands for the CloudTrail records in scope, while
`cloudtrail` is all of them: who is behind a call in the window is told by calls before it, and in
other accounts. The first line of a file names the tables it reads: one that a case lacks, because
an older version made it, is taken as empty.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import names
from forensics.investigations.scope import Narrowing, Scope

_TABLES = "-- tables: "
_ASKED = "asked"


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

    def rows(self, name: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of one question, with its parameters by name."""
        return self.asked(_text(name), **values)

    def asked(self, text: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of a question that is given as text, in the form of the files."""
        sql = self._complete(text)
        bound = self.scope.values() | values
        [statement] = self.case.connection.extract_statements(sql)
        used = {name: bound[name] for name in statement.named_parameters}
        rows: list[dict[str, Any]] = answer(self.case.connection, sql, used).to_pylist()
        return rows

    def has_rows(self, name: str) -> bool:
        """Whether a native table is there and not empty."""
        if name not in self.present:
            return False
        found = self.case.connection.execute(f"SELECT 1 FROM main.{name} LIMIT 1")  # noqa: S608
        return bool(found.fetchall())

    def conditions(self, name: str) -> str:
        """What a row of a table must meet to be in scope, as SQL."""
        return " AND ".join(self._narrowing.conditions(name)) or "true"

    def _complete(self, text: str) -> str:
        """The text with the tables it stands on before its own."""
        first, _, body = text.partition("\n")
        opening, _, rest = body[body.index("WITH") :].partition("\n")
        tables = first.removeprefix(_TABLES).split()
        parts = []
        for name in tables:
            shown = "cloudtrail" if name == _ASKED else name
            if name == _ASKED or shown not in self.present:
                select = self._narrowing.table(shown, self.present)
                parts.append(f"{name} AS NOT MATERIALIZED ({select})")
        head = "WITH RECURSIVE" if "RECURSIVE" in opening else "WITH"
        before = "".join(f"{part},\n" for part in parts)
        return f"{head} {before}{opening.removeprefix(head)}\n{rest}"


@cache
def _text(name: str) -> str:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text("utf-8")
