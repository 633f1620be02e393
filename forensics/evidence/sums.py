"""The proof that nothing was lost on the way into a case: both sums, and the tables themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import duckdb

from forensics.evidence.answers import answer
from forensics.evidence.ddl import quoted, stored
from forensics.evidence.schema import NATIVE

_READ = ("complete", "damaged", "structure_only")
_COUNTED = ("rows", "rows_with_defects", "structure", "rejects", "unit_bytes", "structure_bytes")


def check_sums(
    connection: duckdb.DuckDBPyConnection, source_ids: Collection[int] | None = None
) -> list[str]:
    """Everything in the ledger that does not come out, in order of the sources; [] where all does.

    For each source: units = rows + structure + rejects; bytes = unit_bytes + structure_bytes;
    native tables, `rejects` and `defects` hold what the ledger says (nothing of what is
    superseded); its id is its hash; it is entered once, and it was found somewhere.

    This reads the source_id of every row: it is for `verify`, not for each commit. With
    `source_ids`, only those are looked at.
    """
    ids = None if source_ids is None else list(source_ids)
    lines = answer(connection, _query(), {"ids": ids}).to_pylist()
    return [f"source {line['id']:016x}: {fault}" for line in lines for fault in _faults(line)]


def unlisted_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows more the tables have than the ledger says; cheap enough for each commit."""
    counts = " + ".join(
        f"(SELECT count(*) FROM {stored(table.name)})"  # noqa: S608 -- declared names
        for table in NATIVE
    )
    query = f'SELECT {counts} - (SELECT coalesce(sum("rows"), 0) FROM sources) AS n'  # noqa: S608
    return int(answer(connection, query).to_pylist()[0]["n"])


def _query() -> str:
    """One row per source the ledger or any table names, with what each of them holds of it."""
    wanted = "WHERE $ids IS NULL OR source_id IN (SELECT unnest($ids::BIGINT[]))"
    native = [
        f"SELECT source_id, count(*) AS n FROM {quoted(table.name)} {wanted} GROUP BY ALL"  # noqa: S608
        for table in NATIVE
    ]
    return f"""
        WITH
        found_rows AS (SELECT source_id, sum(n)::BIGINT AS found_rows
            FROM ({" UNION ALL ".join(native)}) GROUP BY source_id),
        found_rejects AS (SELECT source_id, count(*) AS found_rejects
            FROM rejects {wanted} GROUP BY source_id),
        found_defects AS (SELECT source_id, count(DISTINCT record_no) AS found_defects
            FROM defects {wanted} GROUP BY source_id),
        places AS (SELECT source_id, count(*) AS places
            FROM source_locations {wanted} GROUP BY source_id),
        entered AS (SELECT source_id, count(*) AS entered, any_value(sources) AS ledger
            FROM sources {wanted} GROUP BY source_id)
        SELECT source_id AS id, coalesce(entered, 0) AS entered, coalesce(places, 0) AS places,
            coalesce(found_rows, 0) AS found_rows, coalesce(found_rejects, 0) AS found_rejects,
            coalesce(found_defects, 0) AS found_defects, ledger
        FROM entered FULL JOIN found_rows USING (source_id)
            FULL JOIN found_rejects USING (source_id) FULL JOIN found_defects USING (source_id)
            FULL JOIN places USING (source_id)
        ORDER BY source_id
    """  # noqa: S608 -- declared names


def _faults(line: dict[str, Any]) -> Iterator[str]:
    ledger = line["ledger"]
    if ledger is None:
        yield "rows, rejects, defects or places of it, but it is not in the ledger"
        return
    if line["entered"] > 1:
        yield f"entered {line['entered']} times"
    if not line["places"]:
        yield "found nowhere"
    sha256 = ledger["content_sha256"]
    if sha256 is not None and int(sha256[:16], 16) >> 1 != line["id"]:
        yield f"its content has the hash {sha256}"
    if ledger["status"] == "loading":
        yield "left half written"
    yield from _sums(ledger)
    yield from _tables(line, ledger)


def _sums(ledger: dict[str, Any]) -> Iterator[str]:
    """The two sums: of units and of bytes."""
    parts = [ledger[name] for name in _COUNTED]
    if any(part is None for part in parts) or ledger["units"] is None:
        yield "not counted"
        return
    rows, _, structure, rejects, unit_bytes, structure_bytes = parts
    if ledger["units"] != rows + structure + rejects:
        yield (
            f"{ledger['units']} units, but {rows} rows + {structure} structure + {rejects} rejects"
        )
    was_read = ledger["status"] in _READ or ledger["units"]
    if was_read and ledger["bytes"] != unit_bytes + structure_bytes:
        yield (
            f"{ledger['bytes']} bytes, but {unit_bytes} of units + {structure_bytes} of structure"
        )


def _tables(line: dict[str, Any], ledger: dict[str, Any]) -> Iterator[str]:
    """What the tables hold against what the ledger says they do."""
    gone = ledger["status"] == "superseded"
    for name, found in (
        ("rows", line["found_rows"]),
        ("rejects", line["found_rejects"]),
        ("rows_with_defects", line["found_defects"]),
    ):
        expected = 0 if gone else ledger[name]
        if found != expected:
            yield f"{expected} {name.replace('_', ' ')} expected, {found} found"
