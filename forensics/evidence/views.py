"""What a case carries beside its tables: macros, and the `events` view over all log formats."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import duckdb

from forensics.evidence.ddl import STORE, literal, quoted, sql_type
from forensics.evidence.events import COMPUTED, EVENTS, FRAME, GIVEN
from forensics.evidence.schema import NATIVE

_MARK = "_views_version"
_HELD = "held_events"
_UNION = "\n\nUNION ALL BY NAME\n\n"


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Put macros and the view into the case, as this version has them.

    A comment costs as much as a query of the view: nothing is done where nothing changed.
    """
    statements = _statements()
    mark = _mark_of(statements)
    if mark != _mark(connection):
        for statement in filter(None, statements):
            connection.execute(statement)
        connection.execute(f"CREATE OR REPLACE MACRO {_MARK}() AS {mark}")


def held(connection: duckdb.DuckDBPyConnection) -> str:
    """The name under which to ask for events: without the logs that the case has no rows of.

    Planning every branch takes longer than most questions take to answer. The view is made once
    per connection; a case that carries other definitions than this version's is asked through its
    own view of all logs.
    """
    made = connection.execute(
        "SELECT 1 FROM duckdb_views() WHERE temporary AND view_name = ?", [_HELD]
    ).fetchall()
    if made:
        return f"temp.{_HELD}"
    if _mark_of(_statements()) != _mark(connection):
        return "main.events"
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? AND estimated_size > 0",
        [STORE],
    ).fetchall()
    view = events({name for (name,) in rows}) or _statement([])
    connection.execute(view.replace("VIEW events AS", f"TEMP VIEW {_HELD} AS", 1))
    return f"temp.{_HELD}"


def _statements() -> list[str]:
    """What puts everything of this module into a case."""
    view = events()
    return [_macros(), view, *(_comments() if view else ())]


def _mark_of(statements: list[str]) -> str:
    return f"'{hashlib.sha256(chr(0).join(statements).encode()).hexdigest()[:16]}'"


def _mark(connection: duckdb.DuckDBPyConnection) -> str | None:
    """What the case says of the version it carries."""
    found = connection.execute(
        "SELECT macro_definition FROM duckdb_functions() WHERE function_name = ?", [_MARK]
    ).fetchall()
    return found[0][0] if found else None


def events(only: Collection[str] | None = None) -> str:
    """The statement that makes `events`: one SELECT per format, in the order of the registry.

    '' while no format has one. A SELECT may be there before its format is, and is then left out.

    Args:
        only: the formats to take in; all by default.
    """
    selects = _selects()
    wanted = [table.name for table in NATIVE if only is None or table.name in only]
    branches = [selects[name] for name in wanted if name in selects]
    return _statement(branches) if branches else ""


def _statement(branches: Iterable[str]) -> str:
    columns = ", ".join(f"{COMPUTED.get(c.name, c.name)} AS {c.name}" for c in EVENTS.columns)
    return FRAME.format(columns=columns, branches=_UNION.join([_shape(), *branches]))


def _shape() -> str:
    """No row, but every column and its type, whatever the SELECTs after it leave out."""
    columns = ", ".join(f"CAST(NULL AS {sql_type(c.type)}) AS {c.name}" for c in GIVEN)
    return f"SELECT {columns} WHERE false"


def _comments() -> Iterator[str]:
    yield f"COMMENT ON VIEW events IS {literal(EVENTS.about)}"
    for column in EVENTS.columns:
        yield f"COMMENT ON COLUMN events.{quoted(column.name)} IS {literal(column.about)}"


@cache
def _macros() -> str:
    return (_folder() / "macros.sql").read_text("utf-8")


@cache
def _selects() -> dict[str, str]:
    """File name without suffix → the SELECT in it."""
    folder = _folder() / "views"
    files = folder.iterdir() if folder.is_dir() else ()
    return {
        file.name.removesuffix(".sql"): file.read_text("utf-8").strip().removesuffix(";")
        for file in files
        if file.name.endswith(".sql")
    }


def _folder() -> Traversable:
    return resources.files("forensics.evidence")
