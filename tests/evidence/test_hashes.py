"""Content hashes are equal for equal evidence in any order, and differ for anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

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
from forensics.evidence.ddl import ensure_tables
from forensics.evidence.hashes import HASHED, content_hashes
from forensics.evidence.schema import NATIVE
from parsers.contract import Defect, Reject
from tests.evidence.conftest import batch

AT = datetime(2024, 2, 29, tzinfo=UTC)


@pytest.fixture
def other(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A second case."""
    made = duckdb.connect()
    ensure_tables(made)
    return made


def fill(connection: duckdb.DuckDBPyConnection, order: list[int], run_id: int) -> None:
    for number in order:
        rows = batch(
            "cloudtrail",
            source_id=[number, number],
            record_no=[1, 2],
            eventTime=[AT, None],
            eventName=["CreateUser", None],
            errorCode=[None, "AccessDenied"],
            readOnly=[None, True],
            requestParameters=['{"a": 1.0}', None],
            userIdentity=[{"type": "Root"}, None],
            _sourceIPAddress=[number, None],
        )
        insert_batches(connection, "cloudtrail", [rows])
        insert_sources(connection, [SourceRow(number, layout=["a"], status="complete")])
        insert_locations(connection, [LocationRow(number, "/a", run_id=run_id)])
        insert_rejects(connection, [Reject(number, 3, 0, "c", "d", bytes([number]))])
        insert_defects(connection, [Defect(number, 1, "x", "c", "d", bytes([number]))])


def test_every_table_of_evidence_has_one(connection: duckdb.DuckDBPyConnection) -> None:
    hashes = content_hashes(connection)

    names = ["sources", "source_locations", "rejects", "defects", *(each.name for each in NATIVE)]
    assert list(hashes) == names
    assert {len(value) for value in hashes.values()} == {64}
    assert len(HASHED) == len(names)


def test_order_and_run_do_not_matter(
    connection: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection
) -> None:
    fill(connection, [1, 2, 3], run_id=1)
    fill(other, [3, 1, 2], run_id=9)

    assert content_hashes(connection) == content_hashes(other)


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("INSERT INTO stored.cloudtrail FROM stored.cloudtrail", "cloudtrail"),
        ("INSERT INTO stored.cloudtrail FROM stored.cloudtrail WHERE record_no = 1", "cloudtrail"),
        ("DELETE FROM stored.cloudtrail WHERE source_id = 1", "cloudtrail"),
        (
            "UPDATE stored.cloudtrail SET requestParameters = '{\"a\":1.0}' WHERE record_no = 1",
            "cloudtrail",
        ),
        (
            "UPDATE stored.cloudtrail SET requestParameters = 'null' WHERE record_no = 2",
            "cloudtrail",
        ),
        ("UPDATE stored.cloudtrail SET eventName = '' WHERE source_id = 1", "cloudtrail"),
        ("UPDATE stored.cloudtrail SET eventName = 'null' WHERE source_id = 1", "cloudtrail"),
        (
            "UPDATE stored.cloudtrail SET errorCode = eventName, eventName = errorCode",
            "cloudtrail",
        ),
        (
            "UPDATE stored.cloudtrail SET userIdentity = {type: 'root'} WHERE record_no = 1",
            "cloudtrail",
        ),
        (
            "UPDATE stored.cloudtrail SET eventTime = eventTime + INTERVAL 1 MICROSECOND",
            "cloudtrail",
        ),
        ("UPDATE stored.cloudtrail SET readOnly = false WHERE record_no = 2", "cloudtrail"),
        ("UPDATE stored.cloudtrail SET _sourceIPAddress = 1", "cloudtrail"),
        ("UPDATE sources SET layout = ['a', 'b'] WHERE source_id = 1", "sources"),
        ("UPDATE sources SET status = 'damaged' WHERE source_id = 1", "sources"),
        ("UPDATE rejects SET raw = 'x'::BLOB", "rejects"),
        ("UPDATE defects SET \"column\" = 'y'", "defects"),
        ("UPDATE source_locations SET path = '/b'", "source_locations"),
    ],
)
def test_any_change_shows_in_its_table_only(
    connection: duckdb.DuckDBPyConnection, change: str, table: str
) -> None:
    fill(connection, [1, 2], run_id=1)
    before = content_hashes(connection)

    connection.execute(change)

    after = content_hashes(connection)
    assert {name for name in before if before[name] != after[name]} == {table}


def test_values_that_move_between_columns_show(
    connection: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection
) -> None:
    for each, columns in ((connection, {"eventName": ["x"]}), (other, {"errorCode": ["x"]})):
        rows = batch("cloudtrail", source_id=[1], record_no=[1], **columns)
        insert_batches(each, "cloudtrail", [rows])

    assert content_hashes(connection)["cloudtrail"] != content_hashes(other)["cloudtrail"]


def test_the_order_in_which_columns_got_values_does_not_matter(
    connection: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection
) -> None:
    later = batch("cloudtrail", source_id=[2], record_no=[1], eventSource=["iam.amazonaws.com"])
    insert_batches(connection, "cloudtrail", [later])
    fill(connection, [1], run_id=1)
    fill(other, [1], run_id=1)
    insert_batches(other, "cloudtrail", [later])

    assert content_hashes(connection) == content_hashes(other)
