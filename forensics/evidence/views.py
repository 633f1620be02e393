"""What a case carries beside its tables: macros, and the `events` view over all log formats."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import duckdb

from forensics.evidence.schema import NATIVE

EVENTS_ABOUT = (
    "Who did what, when, from where, to what, with what outcome: every format, one row each."
)


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Put macros and the view into the case, as this version has them."""
    connection.execute(_macros())
    view = events()
    if view:
        connection.execute(view)
        connection.execute(f"COMMENT ON VIEW events IS '{EVENTS_ABOUT}'")


def events() -> str:
    """The statement that makes `events`: one SELECT per format, in the order of the registry.

    '' while no format has one. Raises ValueError for a SELECT of no registered format.
    """
    selects = _selects()
    foreign = selects.keys() - {table.name for table in NATIVE}
    if foreign:
        raise ValueError(f"views/{min(foreign)}.sql: no log format of that name")
    branches = [selects[table.name] for table in NATIVE if table.name in selects]
    body = "\nUNION ALL BY NAME\n".join(branches)
    return f"CREATE OR REPLACE VIEW events AS\n{body}" if branches else ""


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
