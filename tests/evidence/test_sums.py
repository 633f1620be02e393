"""The ledger's sums come out, and every way in which they may not is told."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from forensics.evidence import (
    LocationRow,
    SourceRow,
    insert_batches,
    insert_defects,
    insert_locations,
    insert_rejects,
    insert_sources,
)
from forensics.evidence.sums import check_sums
from parsers.contract import Defect, Reject
from tests.evidence.conftest import batch

SHA256 = "0123456789abcdef" + "0" * 48
SOURCE = int(SHA256[:16], 16) >> 1
NAME = f"source {SOURCE:016x}"
WHOLE = SourceRow(
    source_id=SOURCE,
    content_sha256=SHA256,
    bytes=100,
    format="cloudtrail",
    framing="json",
    units=6,
    rows=3,
    rows_with_defects=1,
    structure=1,
    rejects=2,
    unit_bytes=90,
    structure_bytes=10,
    status="complete",
    parser_version=1,
)


def enter(connection: duckdb.DuckDBPyConnection, row: SourceRow = WHOLE) -> None:
    """Three rows in two formats, one of them with two defects; two rejects."""
    first = batch("cloudtrail", source_id=[SOURCE] * 2, record_no=[1, 2])
    second = batch("vpc_flow", source_id=[SOURCE], record_no=[3])
    insert_batches(connection, "cloudtrail", [first])
    insert_batches(connection, "vpc_flow", [second])
    insert_rejects(connection, [Reject(SOURCE, n, 0, "c", "d", b"") for n in (4, 5)])
    insert_defects(connection, [Defect(SOURCE, 2, column, "c", "d", b"") for column in "ab"])
    insert_locations(connection, [LocationRow(SOURCE, "/a"), LocationRow(SOURCE, "/b")])
    insert_sources(connection, [row])


def test_an_empty_case_comes_out(connection: duckdb.DuckDBPyConnection) -> None:
    assert check_sums(connection) == []
    assert check_sums(connection, []) == []


def test_a_whole_source_comes_out(connection: duckdb.DuckDBPyConnection) -> None:
    enter(connection)

    assert check_sums(connection) == []
    assert check_sums(connection, [SOURCE]) == []


@pytest.mark.parametrize("status", ["unrecognised", "over_limit", "unreadable", "ignored"])
def test_what_was_not_read_needs_no_bytes(
    connection: duckdb.DuckDBPyConnection, status: str
) -> None:
    insert_sources(connection, [SourceRow(1, bytes=100, status=status)])
    insert_locations(connection, [LocationRow(1, "/a")])

    assert check_sums(connection) == []


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        (replace(WHOLE, units=7), ["7 units, but 3 rows + 1 structure + 2 rejects"]),
        (replace(WHOLE, structure=0, units=5), []),
        (replace(WHOLE, structure=0), ["6 units, but 3 rows + 0 structure + 2 rejects"]),
        (replace(WHOLE, bytes=101), ["101 bytes, but 90 of units + 10 of structure"]),
        (replace(WHOLE, status="damaged", structure_bytes=9),
         ["100 bytes, but 90 of units + 9 of structure"]),
        (replace(WHOLE, rows=4, units=7), ["4 rows expected, 3 found"]),
        (replace(WHOLE, rejects=3, units=7), ["3 rejects expected, 2 found"]),
        (replace(WHOLE, rows_with_defects=2), ["2 rows with defects expected, 1 found"]),
        (replace(WHOLE, status="loading"), ["left half written"]),
        (replace(WHOLE, status="superseded"),
         ["0 rows expected, 3 found", "0 rejects expected, 2 found",
          "0 rows with defects expected, 1 found"]),
        (replace(WHOLE, content_sha256="ff" * 32), [f"its content has the hash {'ff' * 32}"]),
        (replace(WHOLE, content_sha256=None), []),
    ],
)  # fmt: skip
def test_what_does_not_come_out_is_told(
    connection: duckdb.DuckDBPyConnection, row: SourceRow, faults: list[str]
) -> None:
    enter(connection, row)

    assert check_sums(connection) == [f"{NAME}: {fault}" for fault in faults]


@pytest.mark.parametrize(
    ("loss", "fault"),
    [
        ("DELETE FROM stored.cloudtrail WHERE record_no = 1", "3 rows expected, 2 found"),
        ("DELETE FROM stored.vpc_flow", "3 rows expected, 2 found"),
        ("INSERT INTO stored.vpc_flow FROM stored.vpc_flow", "3 rows expected, 4 found"),
        ("DELETE FROM rejects WHERE record_no = 4", "2 rejects expected, 1 found"),
        ("DELETE FROM defects", "1 rows with defects expected, 0 found"),
        ("DELETE FROM source_locations", "found nowhere"),
        ("INSERT INTO sources FROM sources", "entered 2 times"),
        ("UPDATE sources SET units = NULL", "not counted"),
        (
            "DELETE FROM sources",
            "rows, rejects, defects or places of it, but it is not in the ledger",
        ),
    ],
)
def test_what_is_lost_afterwards_is_told(
    connection: duckdb.DuckDBPyConnection, loss: str, fault: str
) -> None:
    enter(connection)

    connection.execute(loss)

    assert check_sums(connection) == [f"{NAME}: {fault}"]


def test_only_the_sources_asked_for_are_looked_at(connection: duckdb.DuckDBPyConnection) -> None:
    enter(connection, replace(WHOLE, units=7))
    insert_sources(connection, [SourceRow(1, units=1, status="complete")])
    insert_locations(connection, [LocationRow(1, "/c")])
    one = f"source {1:016x}: 1 units, but 0 rows + 0 structure + 0 rejects"
    other = f"{NAME}: 7 units, but 3 rows + 1 structure + 2 rejects"

    assert check_sums(connection) == [one, other]
    assert check_sums(connection, [1]) == [one]
    assert check_sums(connection, [SOURCE]) == [other]
    assert check_sums(connection, [2]) == []
