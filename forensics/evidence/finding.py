"""The indicator index: where a value occurs, over every column declared to hold such values.

Searched are the columns with an indicator in `parsers.formats`, members of STRUCTs and lists
included. Free-form JSON and messages have none: what is only there is not found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from forensics.evidence import views
from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import STORE, literal, quoted, stored
from forensics.evidence.events import EVENTS
from forensics.evidence.places import ACCOUNTS, REGIONS, of
from forensics.evidence.sought import Sought, sought, spellings
from parsers.contract import ADDRESS_NUMBER, CONTEXT, TEXT, Column, Format
from parsers.formats import FORMATS

REFS = 5
"""How many rows `find` names per column: the earliest."""

LIMIT = 1000
"""How many rows `find_events` gives, unless told otherwise: the earliest."""


@dataclass(frozen=True, slots=True)
class Window:
    """Rows from `start` until before `end`, UTC, of an account and region; None, '' for any."""

    start: datetime | None = None
    end: datetime | None = None
    account: str = ""
    region: str = ""


EVER = Window()


@dataclass(frozen=True, slots=True)
class Field:
    """One searched column, member, or member of what a list repeats.

    Attributes:
        label: its path, with [] behind a list.
        indicator: what it is declared to hold.
        it: the SQL of its value.
        around: the SQL of the row's condition, %s for that on the value.
        number: the column that has the address as a number, '' without.
        column: the column of the table it is in.
    """

    label: str
    indicator: str
    it: str
    around: str = "%s"
    number: str = ""
    column: str = ""


_ROOT = Field("", "", "")


def find(case: Case, value: str, window: Window = EVER, *, refs: int = REFS) -> pa.Table:
    """Where a value occurs: a row per table and column, in order of their names.

    Columns: kind (what the value was taken for), dataset, field, hits, first, last, refs (of the
    earliest rows). Rows without a time are counted, but have no part in first and last; a window
    leaves them out. Addresses are found however they are spelt, networks mean their addresses,
    domains mean also what is below them.

    Args:
        case: open for reading.
        value: what to look for; its kind is told by its shape.
        window: rows of this time, account and region only.
        refs: how many refs to name per column.
    """
    looked_for = sought(value)
    query = f"""
        SELECT
            $kind AS kind, dataset, field, count(*) AS hits, min(moment) AS first,
            max(moment) AS last,
            list_transform(
                min({{moment: moment, source_id: source_id, record_no: record_no}}, {int(refs)}),
                lambda each: ref(each.source_id, each.record_no)) AS refs
        FROM (SELECT *, unnest(matched) AS field FROM ({_occurrences(case, looked_for, window)}))
        GROUP BY dataset, field
        ORDER BY dataset, field
    """  # noqa: S608 -- declared names and parameters only
    return _asked(case, query, looked_for, window)


def find_events(case: Case, value: str, window: Window = EVER, *, limit: int = LIMIT) -> pa.Table:
    """The rows of `events` in which a value occurs, in order of time.

    Columns are `matched`, the fields that hold the value, and those of events.

    Args:
        case: open for reading.
        value: what to look for; its kind is told by its shape.
        window: rows of this time, account and region only.
        limit: rows at most, the earliest; 0 for all.
    """
    looked_for = sought(value)
    found = f"""
        FROM ({_occurrences(case, looked_for, window)})
        ORDER BY moment NULLS LAST, dataset, source_id, record_no
        {f"LIMIT {int(limit)}" if limit else ""}
    """
    return _events(case, _asked(case, found, looked_for, window))


def fields(declared: Format) -> Iterator[Field]:
    """Every searched field of a format, in the order of its table."""
    prepared = declared.prepared()
    numbers = {column.name for column in prepared if column.type == ADDRESS_NUMBER}
    yield from _fields((*CONTEXT, *declared.columns, *prepared), numbers)


def _fields(
    columns: Iterable[Column], numbers: Collection[str], above: Field = _ROOT
) -> Iterator[Field]:
    for column in columns:
        it = f"{above.it}.{quoted(column.name)}" if above.it else quoted(column.name)
        label, top = f"{above.label}{column.name}", above.column or column.name
        here = replace(above, label=label, it=it, column=top)
        kind = column.type
        if pa.types.is_list(kind):
            each = f"each{above.around.count('lambda')}"
            any_of = f"len(list_filter({it}, lambda {each}: %s)) > 0"
            here = replace(here, label=f"{here.label}[]", it=each, around=above.around % any_of)
            kind = kind.value_type
        if column.members:
            yield from _fields(column.members, numbers, replace(here, label=f"{here.label}."))
        elif column.indicator and kind == TEXT:
            number = f"_{column.name}" if f"_{column.name}" in numbers else ""
            yield replace(here, indicator=column.indicator, number=number)


def _occurrences(case: Case, looked_for: Sought, window: Window) -> str:
    """The rows that hold the value, with the fields that do: one SELECT for each table.

    Asked are the tables below the native views, and of their columns those that exist there: the
    others are NULL in every row, and planning them would take longer than reading the rest.
    """
    held = _held(case)
    branches = [_NOWHERE]
    for declared in FORMATS:
        name = declared.name
        conditions = list(_conditions(declared, looked_for, held.get(name, set())))
        if conditions:
            labels = ", ".join(
                f"CASE WHEN {each} THEN {literal(label)} END" for label, each in conditions
            )
            moment = _moment(declared, held[name])
            any_of = " OR ".join(condition for _, condition in conditions)
            branches.append(
                f"SELECT {literal(name)}, {moment}, source_id, record_no,"  # noqa: S608
                f" list_filter([{labels}], lambda label: label IS NOT NULL)"
                f" FROM {stored(name)}"
                f" WHERE {' AND '.join([f'({any_of})', *_within(moment, window, held[name])])}"
            )
    return "\nUNION ALL\n".join(branches)


_NOWHERE = (
    "SELECT '' AS dataset, CAST(NULL AS TIMESTAMP) AS moment, CAST(0 AS BIGINT) AS source_id,"
    " CAST(0 AS BIGINT) AS record_no, CAST([] AS VARCHAR[]) AS matched WHERE false"
)


def _held(case: Case) -> dict[str, set[str]]:
    """The columns that ever had a value, by native table."""
    rows = case.connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = ?", [STORE]
    ).fetchall()
    held: dict[str, set[str]] = {}
    for table, column in rows:
        held.setdefault(table, set()).add(column)
    return held


def _conditions(
    declared: Format, looked_for: Sought, held: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Label and condition of every field of a format that may hold the value."""
    if looked_for.row and held:
        yield "ref", "(source_id = $source AND record_no = $record)"
    searched = [each for each in fields(declared) if each.column in held]
    for each in searched:
        test = looked_for.tests.get(each.indicator, "")
        if each.number in held and looked_for.numbered:
            test = looked_for.numbered
        if test:
            yield each.label, each.around % test.format(it=each.it, number=quoted(each.number))
    if looked_for.stored:
        yield from _objects(searched)


def _objects(searched: Sequence[Field]) -> Iterator[tuple[str, str]]:
    """A bucket and the key beside it, together."""
    buckets, keys = (
        [each for each in searched if each.indicator == indicator]
        for indicator in ("bucket", "object_key")
    )
    for bucket, key in zip(buckets, keys, strict=False):
        if bucket.around == key.around:
            test = f"({bucket.it} = $bucket AND list_contains($keys, {key.it}))"
            yield f"{bucket.label}/{key.label}", bucket.around % test


def _moment(declared: Format, held: Collection[str]) -> str:
    column = declared.time_column
    return quoted(column) if column in held else "CAST(NULL AS TIMESTAMP)"


def _within(moment: str, window: Window, held: Collection[str]) -> Iterator[str]:
    if window.start:
        yield f"{moment} >= $start"
    if window.end:
        yield f"{moment} < $end"
    if window.account:
        yield of([column for column in ACCOUNTS if column in held], "account")
    if window.region:
        yield of([column for column in REGIONS if column in held], "region")


def _asked(case: Case, query: str, looked_for: Sought, window: Window) -> pa.Table:
    """The rows of a query, bound to those of the parameters that it uses."""
    values: dict[str, Any] = {
        **looked_for.values,
        "kind": looked_for.kind,
        "start": window.start,
        "end": window.end,
        "account": window.account,
        "region": window.region,
    }
    if looked_for.row:
        values["source"], values["record"] = looked_for.row
    if looked_for.stored:
        values["bucket"], key = looked_for.stored
        values["keys"] = spellings(key)
    [statement] = case.connection.extract_statements(query)
    return answer(
        case.connection, query, {name: values[name] for name in statement.named_parameters}
    )


def _events(case: Case, found: pa.Table) -> pa.Table:
    """The events that `found` names; which sources and datasets they are in reaches the scans."""
    if not found.num_rows:
        return EVENTS.schema().insert(0, pa.field("matched", pa.list_(TEXT))).empty_table()
    datasets = found.column("dataset").unique().to_pylist()
    sources = found.column("source_id").unique().to_pylist()
    cursor = case.connection.cursor()
    try:
        query = f"""
            SELECT found.matched, event.*
            FROM {views.held(cursor)} AS event
            JOIN sought AS found
                ON found.dataset = event.event_dataset AND found.source_id = event.source_id
                AND found.record_no = event.record_no
            WHERE event.event_dataset IN ({_listed(map(literal, datasets))})
                AND event.source_id IN ({_listed(map(str, sources))})
            ORDER BY event.event_time NULLS LAST, event.event_dataset, event.source_id,
                event.record_no
        """  # noqa: S608 -- numbers and declared names
        cursor.register("sought", found)
        return answer(cursor, query)
    finally:
        cursor.close()


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items) or "NULL"
