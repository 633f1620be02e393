"""Asks a case one question: binds parameters, narrows tables, says what limits the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from forensics.errors import QueryError, UsageError
from forensics.evidence import views
from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import names
from forensics.investigations import carried, copies, lists, notes
from forensics.investigations.parameters import bound
from forensics.investigations.questions import Query, find
from forensics.investigations.records import located
from forensics.investigations.scope import EVENTS, LEDGER_NAMES, NATIVE_NAMES, Narrowing, Scope


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows in the order of the query, and what limits them, a sentence each."""

    query: Query
    rows: pa.Table
    notes: list[str] = field(default_factory=list)
    cut: bool = False  # there are more rows than the limit


@dataclass(frozen=True, slots=True)
class Question:
    """A query ready to run: SQL that stands alone but for its parameters, and their values."""

    sql: str
    parameters: dict[str, Any]
    narrowing: Narrowing
    lists: tuple[lists.List, ...]


def ask(
    case: Case,
    name: str,
    params: Mapping[str, Any] | None = None,
    scope: Scope | None = None,
    list_folder: Path | None = None,
) -> Answer:
    """Answer one question: a query of the catalogue, or a user's own .sql file.

    Args:
        case: open for reading.
        name: id of a query, or path of a file.
        params: the query's own parameters, as text or as values of their types.
        scope: which part of the case is asked; all of it by default.
        list_folder: where lists are looked for before those of the program.

    Raises UsageError for unknown names, values or missing options, QueryError for a file that is
    malformed or does not fit the case.
    """
    query = find(name)
    scope = scope or Scope()
    question = prepared(case, query, params or {}, scope, list_folder)
    try:
        rows = answer(case.connection, question.sql, question.parameters)
    except duckdb.Error as error:
        raise QueryError(f"{query.place}: {error}", hint=_hint(error)) from error
    cut = bool(scope.limit) and rows.num_rows > scope.limit
    shown = rows.slice(0, scope.limit) if cut else rows
    said = notes.about(case, query, question.narrowing, question.lists, found=rows.num_rows)
    return Answer(query, shown, said, cut)


def prepared(
    case: Case,
    query: Query,
    params: Mapping[str, Any],
    scope: Scope,
    list_folder: Path | None = None,
) -> Question:
    """The SQL and the values that answer a query; the errors of `ask` but those of running it."""
    _check_needs(query, scope)
    _make_macros(case.connection)
    reads_calls = not {"cloudtrail", EVENTS}.isdisjoint(query.header.tables)
    times = query.header.window == "rows"
    window = (scope.start, scope.end) if times else (None, None)
    narrowing = Narrowing(
        scope,
        times=times,
        services="all" if scope.services else query.header.services,
        has_copies=reads_calls and copies.prepare(case.connection, *window) > 0,
        events=views.held(case.connection) if EVENTS in query.header.tables else "main.events",
    )
    joined = tuple(lists.get(name, list_folder) for name in query.header.lists)
    present = set(names(case.connection))
    tables = [name for name in query.header.tables if name not in LEDGER_NAMES]
    parts = [f"{name} AS NOT MATERIALIZED ({narrowing.table(name, present)})" for name in tables]
    parts += [f"{each.name} AS ({each.as_table()})" for each in joined]
    values = scope.values() | _values(case, query, params, scope.zone)
    values |= {f"list_{each.name}": each.as_json() for each in joined}
    return _bound(case, _assembled(query, parts, scope.limit), values, narrowing, joined)


def _values(case: Case, query: Query, params: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """The query's own parameters; an event is looked up."""
    values = bound(query.header.params, params, zone)
    for name, each in query.header.params.items():
        if each.type == "event":
            found = located(case, values.pop(name))
            values |= {f"{name}_{part}": value for part, value in found.items()}
    return values


def _assembled(query: Query, parts: list[str], limit: int) -> str:
    """The query with more tables before its own; with a limit, one row more, to see the cut."""
    opening, rest = query.parts()
    before = ",\n".join(parts)
    if not parts:
        text = opening + rest
    elif opening:
        text = f"{opening}{before},\n{rest}"
    else:
        text = f"WITH {before}\n{rest}"
    return f"{text.rstrip()}\nLIMIT {limit + 1}" if limit else text


def _bound(
    case: Case,
    sql: str,
    values: dict[str, Any],
    narrowing: Narrowing,
    joined: tuple[lists.List, ...],
) -> Question:
    """DuckDB takes no parameter that the SQL does not use."""
    try:
        statements = case.connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(f"SQL: {error}", hint="`explain` shows the SQL of a query") from error
    if len(statements) != 1:
        raise QueryError(f"{len(statements)} statements", hint="a query is one SELECT")
    used = statements[0].named_parameters
    return Question(sql, {name: values[name] for name in sorted(used)}, narrowing, joined)


def _check_needs(query: Query, scope: Scope) -> None:
    given = {"from": scope.start, "to": scope.end}
    missing = [f"--{name}" for name in query.header.needs if given[name] is None]
    if missing:
        raise UsageError(
            f"{query.id} needs {' and '.join(missing)}", hint=f"`explain {query.id}` says why"
        )


def _make_macros(connection: duckdb.DuckDBPyConnection) -> None:
    carried.prepare(connection)
    connection.execute(_macros())


@cache
def _macros() -> str:
    return (resources.files(__package__) / "macros.sql").read_text("utf-8")


def _hint(error: duckdb.Error) -> str:
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException):
        return "the query does not fit this case: `explain` shows what it reads"
    return "`explain` shows the SQL of a query"


def reads(query: Query) -> list[str]:
    """The logs a query reads, without the ledger."""
    return [name for name in query.header.tables if name in NATIVE_NAMES or name == EVENTS]
