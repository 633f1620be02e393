"""Counting over any table: five templates for what no query file asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import duckdb
import pyarrow as pa

from forensics.errors import UsageError
from forensics.evidence import views
from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import arrow_schema, literal, names, quoted
from forensics.evidence.schema import BY_NAME
from forensics.investigations.scope import EVENTS, NATIVE_NAMES, Narrowing, Scope
from parsers.contract import JSON
from parsers.formats import BY_NAME as FORMATS

Template = Literal["count", "over-time", "top", "percentiles", "first-last"]
Step = Literal["minute", "hour", "day", "week", "month"]

_HINT = "check the columns, --measure and --where"
_MEASURED = ("top", "percentiles")
_FIRST = "ref(min(place).source, min(place).record) AS ref"
_SPAN = "min(place).time AS first_seen, max(place).time AS last_seen"
_SELECTS = {
    "count": f"count(*) AS n, round(count(*) / sum(count(*)) OVER (), 4) AS share, {_SPAN}",
    "over-time": "count(*) AS n",
    "top": f"sum(measure) AS total, count(*) AS n, max(measure) AS largest, {_SPAN}",
    "percentiles": "count(measure) AS n, min(measure) AS smallest,"
    " quantile_disc(measure, 0.5) AS p50, quantile_disc(measure, 0.9) AS p90,"
    " quantile_disc(measure, 0.95) AS p95, quantile_disc(measure, 0.99) AS p99,"
    " max(measure) AS largest",
    "first-last": f"{_SPAN}, CAST(max(place).time - min(place).time AS VARCHAR) AS span,"
    " count(*) AS n",
}
_ORDERS = {
    "count": "n DESC",
    "over-time": "period",
    "top": "total DESC NULLS LAST",
    "percentiles": "largest DESC NULLS LAST",
    "first-last": "first_seen",
}


@dataclass(frozen=True, slots=True)
class Count:
    """What to count: a template over columns of a table.

    Attributes:
        template: "count", "over-time", "top", "percentiles" or "first-last".
        table: a native table or `events`.
        columns: what to group by: columns, members (userIdentity.type) or members of JSON
            (requestParameters.bucketName).
        measure: the number that "top" adds up and "percentiles" divides.
        step: the period of "over-time".
        where: a condition in SQL that rows must meet.
    """

    template: Template
    table: str
    columns: tuple[str, ...] = ()
    measure: str = ""
    step: Step = "hour"
    where: str = ""


def stats(case: Case, count: Count, scope: Scope | None = None) -> pa.Table:
    """The rows of one template; each ends with the REF of its first record.

    Raises UsageError for a table, column or measure that is not there, or SQL that does not work.
    """
    scope = scope or Scope()
    _check(case, count)
    sql = _statement(case, count, scope)
    values = scope.values() | {"step": count.step}
    try:
        used = _parameters(case, sql)
        if unknown := used - set(values):
            raise UsageError(f"SQL: nothing is known of ${min(unknown)}", hint=_HINT)
        return answer(case.connection, sql, {name: values[name] for name in used})
    except duckdb.Error as error:
        raise UsageError(f"SQL: {error}", hint=_HINT) from error


def _parameters(case: Case, sql: str) -> set[str]:
    """Names of what the one statement is to be asked with; raises UsageError for more than one."""
    statements = case.connection.extract_statements(sql)
    if len(statements) != 1:
        raise UsageError(f"SQL: {len(statements)} statements", hint=_HINT)
    return set(statements[0].named_parameters)


def _check(case: Case, count: Count) -> None:
    if count.template not in get_args(Template):
        raise UsageError(f"{count.template}: no such template", hint=", ".join(get_args(Template)))
    if count.table not in {*NATIVE_NAMES, EVENTS} or count.table not in names(case.connection):
        raise UsageError(f"{count.table}: no such table in this case", hint="`formats` lists them")
    if count.template in _MEASURED and not count.measure:
        raise UsageError(f"{count.template} of what?", hint="--measure COLUMN, like bytes")
    if count.template not in ("over-time", *_MEASURED) and not count.columns:
        raise UsageError(f"{count.template} by what?", hint="name one column or more")


def _statement(case: Case, count: Count, scope: Scope) -> str:
    schema = arrow_schema(case.connection, count.table)
    events = views.held(case.connection) if count.table == EVENTS else ""
    narrowing = Narrowing(scope, times=True, services="all", has_copies=False, events=events)
    time = "event_time" if count.table == EVENTS else FORMATS[count.table].time_column
    grouped = [f"{_column(count, schema, name)} AS {quoted(name)}" for name in count.columns]
    if count.template == "over-time":
        local = f"date_trunc($step, {quoted(time)} AT TIME ZONE 'UTC' AT TIME ZONE $tz)"
        grouped = [f"{local} AT TIME ZONE $tz AT TIME ZONE 'UTC' AS period", *grouped]
    if count.measure:
        grouped.append(f"{_column(count, schema, count.measure)} AS measure")
    labels = ["period"] * (count.template == "over-time") + [quoted(c) for c in count.columns]
    place = f"{{'time': {quoted(time)}, 'source': source_id, 'record': record_no}} AS place"
    return f"""
        SELECT {", ".join([*labels, _SELECTS[count.template], _FIRST])}
        FROM (
            SELECT {", ".join([*grouped, place])}
            FROM ({narrowing.table(count.table, {count.table})})
            WHERE {count.where or "true"})
        {"GROUP BY " + ", ".join(labels) if labels else ""}
        ORDER BY {", ".join([_ORDERS[count.template], *labels])}
        {f"LIMIT {scope.limit + 1}" if scope.limit else ""}
    """  # noqa: S608 -- names are checked against the schema; `where` is the analyst's own SQL


def _column(count: Count, schema: pa.Schema, name: str) -> str:
    """A column or a member of one, as SQL; below JSON everything is text."""
    first, *rest = name.split(".")
    field = next((each for each in schema if each.name.casefold() == first.casefold()), None)
    if field is None:
        raise UsageError(
            f"{count.table} has no column {first}", hint=f"`formats {count.table}` lists them"
        )
    found = [quoted(field.name)]
    kind = field.type
    for at, member in enumerate(rest):
        if _is_json(count.table, field.name):
            path = "$" + "".join(f'."{step}"' for step in rest[at:])
            return f"({'.'.join(found)}->>{literal(path)})"
        if not pa.types.is_struct(kind) or kind.get_field_index(member) < 0:
            raise UsageError(f"{'.'.join([first, *rest[:at]])} has no member {member}")
        kind = kind.field(member).type
        found.append(quoted(member))
    return ".".join(found)


def _is_json(table: str, column: str) -> bool:
    declared = BY_NAME[table].columns if table in BY_NAME else ()
    return any(each.name == column and each.type == JSON for each in declared)
