"""What is written into a case is found again as it was, and what does not fit is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pyarrow as pa
import pytest

from forensics.evidence import (
    Case,
    KnownSource,
    LocationRow,
    SourceRow,
    answer,
    begin_run,
    delete_rows,
    delete_source,
    duplicates,
    end_run,
    insert_batches,
    insert_defects,
    insert_locations,
    insert_rejects,
    insert_sources,
    known_sources,
)
from forensics.evidence.schema import BY_NAME, STATUSES
from parsers.contract import Defect, Reject
from tests.evidence.conftest import batch

NOON = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC).replace(tzinfo=None)
LARGEST = (1 << 63) - 1


def all_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = answer(connection, query).to_pylist()
    return found


# ---------------------------------------------------------------------- rows


def test_rows_are_matched_by_name(connection: duckdb.DuckDBPyConnection) -> None:
    given = batch("cloudtrail", eventName=["CreateUser"], record_no=[1], source_id=[LARGEST])

    assert insert_batches(connection, "cloudtrail", [given]) == 1
    assert all_of(
        connection, "SELECT source_id, record_no, eventName, eventTime FROM cloudtrail"
    ) == [
        {"source_id": LARGEST, "record_no": 1, "eventName": "CreateUser", "eventTime": None},
    ]


def test_every_kind_of_value_stays_as_it_was(connection: duckdb.DuckDBPyConnection) -> None:
    odd = '{"b" : 1.0,  "a":[1,2 ], "b":2, "big":123456789012345678901234567890}'
    given = batch(
        "cloudtrail",
        source_id=[1, 1],
        record_no=[1, 2],
        eventTime=[NOON, None],
        readOnly=[True, None],
        requestParameters=[odd, None],
        userIdentity=[{"type": "Root", "sessionContext": {"sourceIdentity": "é\0"}}, None],
        resources=[[{"ARN": "arn:aws:s3:::example", "type": None}, None], []],
        _sourceIPAddress=[(1 << 64) - 1, 0],
    )

    insert_batches(connection, "cloudtrail", [given])

    columns = ", ".join(name for name in given.schema.names)
    found = all_of(connection, f"SELECT {columns} FROM cloudtrail ORDER BY record_no")
    expected = pa.Table.from_batches([given]).to_pylist()
    assert found[0].pop("requestParameters") == odd
    assert expected[0].pop("requestParameters") is not None
    assert found == expected


def test_a_list_of_structs_stays_as_it_was(connection: duckdb.DuckDBPyConnection) -> None:
    given = batch(
        "cloudtrail", source_id=[1], record_no=[1], resources=[[{"ARN": "a"}, {"type": "t"}]]
    )

    insert_batches(connection, "cloudtrail", [given])

    assert all_of(connection, "SELECT unnest(resources, recursive := true) FROM cloudtrail") == [
        {"ARN": "a", "ARNPrefix": None, "accountId": None, "type": None},
        {"ARN": None, "ARNPrefix": None, "accountId": None, "type": "t"},
    ]


def test_batches_of_different_columns_in_one_call(connection: duckdb.DuckDBPyConnection) -> None:
    plain = batch("cloudtrail", source_id=[1], record_no=[1], eventName=["A"])
    context = batch("cloudtrail", source_id=[2], record_no=[1], log_group=["g"], eventName=["B"])
    table = pa.Table.from_batches([plain, plain])

    assert insert_batches(connection, "cloudtrail", [plain, context, table, plain[:0]]) == 4
    assert all_of(
        connection,
        "SELECT source_id, eventName, log_group, count(*) AS n FROM cloudtrail"
        " GROUP BY ALL ORDER BY ALL",
    ) == [
        {"source_id": 1, "eventName": "A", "log_group": None, "n": 3},
        {"source_id": 2, "eventName": "B", "log_group": "g", "n": 1},
    ]


def test_dictionaries_are_taken(connection: duckdb.DuckDBPyConnection) -> None:
    encoded = pa.RecordBatch.from_arrays(
        [pa.array([1, 1]), pa.array([1, 2]), pa.array(["g", None]).dictionary_encode()],
        names=["source_id", "record_no", "log_group"],
    )
    plain = batch("cloudtrail", source_id=[1], record_no=[3], log_group=["h"])

    insert_batches(connection, "cloudtrail", [encoded, plain])

    assert all_of(connection, "SELECT log_group FROM cloudtrail ORDER BY record_no") == [
        {"log_group": "g"},
        {"log_group": None},
        {"log_group": "h"},
    ]


def test_what_never_had_a_value_is_not_stored_and_still_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    columns = "SELECT count(*) AS n FROM duckdb_columns() WHERE table_name = 'cloudtrail' AND "
    rows = batch("cloudtrail", source_id=[1], record_no=[1], eventName=["A"])
    insert_batches(connection, "cloudtrail", [rows])
    declared = len(BY_NAME["cloudtrail"].columns)

    assert all_of(connection, f"{columns} schema_name = 'stored'") == [{"n": 3}]
    assert all_of(connection, f"{columns} schema_name = 'main'") == [{"n": declared}]
    assert all_of(connection, "SELECT eventName, errorCode FROM cloudtrail") == [
        {"eventName": "A", "errorCode": None}
    ]


def test_a_column_that_gets_its_first_value_is_given_back_with_the_transaction(case: Case) -> None:
    rows = batch("cloudtrail", source_id=[1], record_no=[1], eventName=["A"])
    with pytest.raises(KeyError), case.transaction() as connection:
        insert_and_fail(connection, rows)

    assert all_of(case.connection, "SELECT eventName FROM cloudtrail") == []

    insert_batches(case.connection, "cloudtrail", [rows])

    assert all_of(case.connection, "SELECT eventName FROM cloudtrail") == [{"eventName": "A"}]


def insert_and_fail(connection: duckdb.DuckDBPyConnection, rows: pa.RecordBatch) -> None:
    insert_batches(connection, "cloudtrail", [rows])
    raise KeyError


def test_nothing_is_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    assert insert_batches(connection, "cloudtrail", []) == 0
    insert_sources(connection, [])
    insert_locations(connection, [])
    insert_rejects(connection, [])
    insert_defects(connection, [])

    assert all_of(connection, "SELECT count(*) AS n FROM rejects") == [{"n": 0}]


@pytest.mark.parametrize(
    ("column", "array"),
    [
        ("brandNew", pa.array(["x"])),
        ("eventName", pa.array([1])),
        ("eventTime", pa.array(["2024-02-29T12:00:00Z"])),
        ("eventTime", pa.array([NOON], pa.timestamp("ns"))),
        ("requestParameters", pa.array(["{}"])),
        ("userIdentity", pa.array([{"type": "Root", "brandNew": "x"}])),
        ("userIdentity", pa.array([{"type": "Root"}])),
    ],
)
def test_what_the_table_is_not_declared_with_is_refused(
    connection: duckdb.DuckDBPyConnection, column: str, array: pa.Array
) -> None:
    given = pa.RecordBatch.from_arrays(
        [pa.array([1]), pa.array([1]), array], names=["source_id", "record_no", column]
    )

    with pytest.raises(ValueError, match=rf"^cloudtrail\.{column} is declared as"):
        insert_batches(connection, "cloudtrail", [given])
    assert all_of(connection, "SELECT count(*) AS n FROM cloudtrail") == [{"n": 0}]


def test_a_failed_insert_does_not_stand_in_the_way_of_the_next(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(duckdb.ConstraintException):
        insert_sources(connection, [SourceRow(1, status="unheard of")])

    insert_sources(connection, [SourceRow(1, status="complete")])

    assert list(known_sources(connection)) == [1]


# ---------------------------------------------------------------------- sources


def test_a_source_is_found_as_it_was_entered(connection: duckdb.DuckDBPyConnection) -> None:
    row = SourceRow(
        source_id=LARGEST,
        content_sha256="ff" * 32,
        bytes=10,
        format="vpc_flow",
        framing="lines",
        layout=["srcaddr", "end"],
        reason="header",
        asserted=None,
        units=4,
        rows=2,
        rows_with_defects=1,
        structure=1,
        rejects=1,
        unit_bytes=8,
        structure_bytes=2,
        first_time=NOON,
        last_time=NOON.replace(tzinfo=UTC),
        status="complete",
        parser_version=3,
        document_extra='{"/owner": "é"}',
    )

    insert_sources(connection, [row])

    assert all_of(connection, "SELECT * FROM sources") == [
        {
            "source_id": LARGEST,
            "content_sha256": "ff" * 32,
            "bytes": 10,
            "format": "vpc_flow",
            "framing": "lines",
            "layout": ["srcaddr", "end"],
            "reason": "header",
            "asserted": None,
            "units": 4,
            "rows": 2,
            "rows_with_defects": 1,
            "structure": 1,
            "rejects": 1,
            "unit_bytes": 8,
            "structure_bytes": 2,
            "first_time": NOON,
            "last_time": NOON,
            "status": "complete",
            "parser_version": 3,
            "document_extra": '{"/owner": "é"}',
        }
    ]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_can_be_entered(connection: duckdb.DuckDBPyConnection, status: str) -> None:
    insert_sources(connection, [SourceRow(1, status=status)])

    assert known_sources(connection)[1].status == status


def test_a_source_is_entered_once(case: Case) -> None:
    with case.transaction() as connection:
        insert_sources(connection, [SourceRow(1), SourceRow(2)])

    with (
        pytest.raises(ValueError, match="entered twice: source 0000000000000002"),
        case.transaction() as connection,
    ):
        insert_sources(connection, [SourceRow(2), SourceRow(3)])

    assert duplicates(case.connection) == []
    assert sorted(known_sources(case.connection)) == [1, 2]


def test_duplicates_are_found_among_all_or_some(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "INSERT INTO sources (source_id, status) SELECT unnest([5, 5, 3, 3, 4]), 'complete'"
    )

    assert duplicates(connection) == [3, 5]
    assert duplicates(connection, [5, 4, 9]) == [5]
    assert duplicates(connection, []) == []


def test_known_sources_say_what_they_were_read_as(connection: duckdb.DuckDBPyConnection) -> None:
    flow = SourceRow(
        1, format="vpc_flow", framing="lines", layout=["a", "b"], status="complete",
        parser_version=2, asserted="vpc_flow",
    )  # fmt: skip
    insert_sources(connection, [flow, SourceRow(2, status="unrecognised")])

    known = known_sources(connection)

    assert known == {
        1: KnownSource("complete", "vpc_flow", "lines", ("a", "b"), "vpc_flow", 2),
        2: KnownSource("unrecognised", None, None, (), None, None),
    }
    assert known[1].fingerprint == ("vpc_flow", "lines", ("a", "b"), "", 2)
    assert known[2].fingerprint == ("", "", (), "", 0)


def test_a_half_written_source_was_read_as_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    insert_sources(connection, [SourceRow(1, format="alb", framing="lines", parser_version=1)])

    assert known_sources(connection)[1].fingerprint == ("", "", (), "", 0)


def test_locations_are_found_as_they_were_entered(connection: duckdb.DuckDBPyConnection) -> None:
    tokyo = timezone(timedelta(hours=9))
    row = LocationRow(
        source_id=7,
        path="/dump/a.zip!/b.gz",
        container="zip",
        stored_sha256="00" * 32,
        stored_bytes=12,
        modified=datetime(2024, 2, 29, 21, 0, 0, 123456, tzinfo=tokyo),
        account_id="111122223333",
        region="us-east-1",
        period_start=NOON,
        period_end=None,
        run_id=1,
    )

    insert_locations(connection, [row, LocationRow(7, "/dump/c")])
    insert_locations(connection, [row, LocationRow(8, "/dump/c"), LocationRow(7, "/dump/c")])

    assert all_of(connection, "SELECT source_id FROM source_locations ORDER BY ALL") == [
        {"source_id": 7},
        {"source_id": 7},
        {"source_id": 8},
    ]
    assert all_of(connection, "SELECT * FROM source_locations WHERE path <> '/dump/c'") == [
        {
            "source_id": 7,
            "path": "/dump/a.zip!/b.gz",
            "container": "zip",
            "stored_sha256": "00" * 32,
            "stored_bytes": 12,
            "modified": NOON,
            "account_id": "111122223333",
            "region": "us-east-1",
            "period_start": NOON,
            "period_end": None,
            "run_id": 1,
        }
    ]


def test_rejects_and_defects_keep_their_bytes(connection: duckdb.DuckDBPyConnection) -> None:
    every_byte = bytes(range(256))
    insert_rejects(connection, [Reject(1, 2, 3, "not-json", "why", every_byte)])
    insert_defects(connection, [Defect(1, 2, "a.b", "not-utf8", "why", every_byte)])

    assert all_of(connection, "SELECT * FROM rejects") == [
        {"source_id": 1, "record_no": 2, "offset": 3, "code": "not-json", "detail": "why",
         "raw": every_byte}
    ]  # fmt: skip
    assert all_of(connection, "SELECT * FROM defects") == [
        {"source_id": 1, "record_no": 2, "column": "a.b", "code": "not-utf8", "detail": "why",
         "raw": every_byte}
    ]  # fmt: skip


def test_a_deleted_source_leaves_only_where_it_was_found(case: Case) -> None:
    with case.transaction() as connection:
        for source in (1, 2):
            rows = batch("cloudtrail", source_id=[source], record_no=[1])
            insert_batches(connection, "cloudtrail", [rows])
            insert_sources(connection, [SourceRow(source, status="complete")])
            insert_locations(connection, [LocationRow(source, "/a")])
            insert_rejects(connection, [Reject(source, 2, 0, "c", "d", b"")])
            insert_defects(connection, [Defect(source, 1, "x", "c", "d", b"")])

    with case.transaction() as connection:
        delete_source(connection, 1)

    held = {
        table: all_of(case.connection, f"SELECT source_id FROM {table} ORDER BY ALL")
        for table in ("cloudtrail", "sources", "rejects", "defects", "source_locations")
    }
    left = [{"source_id": 2}]
    assert held == {
        "cloudtrail": left,
        "sources": left,
        "rejects": left,
        "defects": left,
        "source_locations": [{"source_id": 1}, {"source_id": 2}],
    }


def test_rows_that_are_deleted_leave_the_ledger_line(case: Case) -> None:
    with case.transaction() as connection:
        rows = batch("cloudtrail", source_id=[1, 2], record_no=[1, 1])
        insert_batches(connection, "cloudtrail", [rows])
        insert_sources(connection, [SourceRow(1, status="superseded")])
        insert_rejects(connection, [Reject(1, 2, 0, "c", "d", b"")])
        insert_defects(connection, [Defect(1, 1, "x", "c", "d", b"")])

        delete_rows(connection, 1)

    counted = "SELECT (SELECT count(*) FROM rejects) + (SELECT count(*) FROM defects) AS n"
    assert all_of(case.connection, counted) == [{"n": 0}]
    assert all_of(case.connection, "SELECT source_id FROM cloudtrail") == [{"source_id": 2}]
    assert list(known_sources(case.connection)) == [1]


def test_a_source_can_be_deleted_and_come_again_in_one_transaction(case: Case) -> None:
    rows = batch("cloudtrail", source_id=[1], record_no=[1])
    with case.transaction() as connection:
        insert_batches(connection, "cloudtrail", [rows])
        insert_sources(connection, [SourceRow(1, status="complete")])

    with case.transaction() as connection:
        delete_source(connection, 1)
        insert_batches(connection, "cloudtrail", [rows, rows])
        insert_sources(connection, [SourceRow(1, status="damaged")])

    assert all_of(case.connection, "SELECT count(*) AS n FROM cloudtrail") == [{"n": 2}]
    assert known_sources(case.connection)[1].status == "damaged"


# ---------------------------------------------------------------------- runs


def test_runs_are_numbered_and_closed(connection: duckdb.DuckDBPyConnection) -> None:
    first, second = (
        begin_run(
            connection,
            command="ingest",
            options={"jobs": None, "paths": ["/b"]},
            versions={"duckdb": "2.0.0"},
            host="laptop",
            examiner=examiner,
            evidence_id="",
            started=NOON,
        )
        for examiner in ("", "A. Examiner")
    )

    end_run(connection, second, ended=NOON.replace(hour=13), result={"b": 1, "a": 2})

    assert (first, second) == (1, 2)
    assert all_of(connection, "SELECT * FROM runs ORDER BY run_id") == [
        {
            "run_id": 1,
            "command": "ingest",
            "options": '{"jobs": null, "paths": ["/b"]}',
            "versions": '{"duckdb": "2.0.0"}',
            "host": "laptop",
            "examiner": None,
            "evidence_id": None,
            "started": NOON,
            "ended": None,
            "result": None,
        },
        {
            "run_id": 2,
            "command": "ingest",
            "options": '{"jobs": null, "paths": ["/b"]}',
            "versions": '{"duckdb": "2.0.0"}',
            "host": "laptop",
            "examiner": "A. Examiner",
            "evidence_id": None,
            "started": NOON,
            "ended": NOON.replace(hour=13),
            "result": '{"a": 2, "b": 1}',
        },
    ]
