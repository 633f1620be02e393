"""Whatever is changed in a case by hand, `verify` finds: every table, row, column, definition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from forensics.custody.chains import chains
from forensics.custody.ledger_seals import ledger_faults
from forensics.custody.stamps import stamps
from forensics.custody.stamps import told as stamp_faults
from forensics.custody.verify import Request, Verification, verify
from forensics.evidence import Case
from forensics.evidence.ddl import arrow_schema, quoted
from forensics.evidence.hashes import row_sums
from forensics.evidence.schema import LEDGER, NATIVE
from forensics.ingest import Options, ingest
from parsers.contract import JSON
from tests.ingest.conftest import flows, trail, write

DEMO = Path(__file__).parents[2] / "fixtures/demo"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of two runs, with a row at least in every table of the ledger."""
    folder = tmp_path_factory.mktemp("changed")
    path = "dump/AWSLogs/111122223333/CloudTrail/us-east-1/2024/05/01"
    name = "111122223333_CloudTrail_us-east-1_20240501T1000Z_AbCdEfGhIjKlMn00.json"
    write(folder / path / name, trail(1, 2, 3), packed=False)
    defective = trail(4).replace(b'"us-east-1"', b'{"a":1}').replace(b"]}", b", 7]}")
    write(folder / "dump/defective.json", defective, packed=False)
    write(folder / "dump/flow.log", flows(5), packed=False)
    ingest([folder / "dump"], folder / "case.duckdb", Options(jobs=0, examiner="A. Sato"))
    write(folder / "dump/later.log", flows(5, first=50), packed=False)
    ingest([folder / "dump"], folder / "case.duckdb", Options(jobs=0))
    return folder / "case.duckdb"


@contextmanager
def spoilt(db: Path, *statements: str) -> Iterator[Case]:
    """The case with a change that is taken back."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("BEGIN")
        for statement in statements:
            connection.execute(statement)
        yield Case(db, connection)
        connection.execute("ROLLBACK")


def check(case: Case) -> Verification:
    return verify(case, Request(full=True), lambda size: None)


def differences(case: Case) -> list[str]:
    """Those that need no evidence; only without any, those that verify finds in all."""
    quick = [*ledger_faults(case.connection), *chains(case).problems]
    return quick or check(case).differences


def other(column: str, kind: pa.DataType) -> str:
    """Another value than the one that stands in a column, NULL included."""
    name = quoted(column)
    if column == "status":
        return f"CASE {name} WHEN 'damaged' THEN 'complete' ELSE 'damaged' END"
    if pa.types.is_boolean(kind):
        return f"NOT coalesce({name}, false)"
    if pa.types.is_struct(kind):
        return "NULL"
    for is_it, change, first in (
        (kind == JSON, "NULL", "'{}'"),
        (pa.types.is_timestamp(kind), f"{name} + INTERVAL 1 SECOND", "TIMESTAMP '2024-01-01'"),
        (pa.types.is_list(kind), "NULL", "[]"),
        (pa.types.is_binary(kind), f"{name} || 'x'::BLOB", "'x'::BLOB"),
        (kind == pa.string(), f"{name} || 'x'", "'x'"),
    ):
        if is_it:
            return f"CASE WHEN {name} IS NULL THEN {first} ELSE {change} END"
    return f"coalesce({name} + 1, 1)"


COLUMNS = [(table.name, column.name) for table in LEDGER for column in table.columns]
KINDS = {(table.name, column.name): column.type for table in LEDGER for column in table.columns}


def test_nothing_is_found_where_nothing_was_changed(db: Path) -> None:
    with spoilt(db) as case:
        for table in LEDGER:
            assert case.connection.execute(f"SELECT 1 FROM {table.name}").fetchall(), table.name
        found = check(case)

    assert found.differences == []
    assert found.is_sealed


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_changed_value_of_the_ledger(db: Path, table: str, column: str) -> None:
    changed = other(column, KINDS[table, column])
    row = f"SELECT min(rowid) FROM {table}"

    with spoilt(
        db, f"UPDATE {table} SET {quoted(column)} = {changed} WHERE rowid = ({row})"
    ) as case:
        assert differences(case) != []


@pytest.mark.parametrize("table", [table.name for table in LEDGER])
@pytest.mark.parametrize("number", ["min", "max"])
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM {table} WHERE rowid = ({row})", "INSERT INTO {table} FROM {table} LIMIT 1"],
)
def test_a_removed_or_doubled_row_of_the_ledger(
    db: Path, table: str, number: str, statement: str
) -> None:
    row = f"SELECT {number}(rowid) FROM {table}"
    if table == "meta" and statement.startswith("DELETE"):
        return  # then it is no case: tests/evidence/test_case.py

    with spoilt(db, statement.format(table=table, row=row)) as case:
        found = differences(case)

    # What the end of a journal held, only its head can tell that was noted elsewhere; but here
    # the run it belonged to is in the ledger.
    assert found != []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE OR REPLACE VIEW cloudtrail AS FROM stored.cloudtrail WHERE eventName = 'x'",
        "CREATE OR REPLACE VIEW cloudtrail AS SELECT 1 AS source_id",
        "DROP VIEW cloudtrail",
        "DROP TABLE stored.cloudtrail",
        "CREATE OR REPLACE VIEW events AS SELECT 1 AS n",
        "CREATE OR REPLACE MACRO ref(a, b) AS 'x'",
        "CREATE OR REPLACE MACRO within(a, b) AS true",
        "CREATE VIEW mine AS FROM cloudtrail",
        "CREATE TABLE mine (n INTEGER)",
        "ALTER TABLE stored.vpc_flow ADD COLUMN mine INTEGER",
        "DROP VIEW events",
        "CREATE MACRO mine(a) AS a",
    ],
)
def test_a_changed_definition(db: Path, statement: str) -> None:
    with spoilt(db, statement) as case:
        assert check(case).differences != []


def test_a_changed_value_of_every_column_of_rows(tmp_path: Path) -> None:
    ingest([DEMO], tmp_path / "demo.duckdb", Options(jobs=0))
    tried = 0
    with duckdb.connect(str(tmp_path / "demo.duckdb")) as connection:
        for table in NATIVE:
            held = arrow_schema(connection, table.name, store=True)
            ids = [
                row[0]
                for row in connection.execute(f"SELECT source_id FROM {table.name}").fetchall()
            ]
            sound = row_sums(connection, table, ids, "salt")
            assert row_sums(connection, table, ids, "other") != sound or not ids
            for field in held if ids else ():
                kind = next(c.type for c in table.columns if c.name == field.name)
                where = f"{quoted(field.name)} IS NOT NULL"
                stored = f"stored.{quoted(table.name)}"
                connection.execute("BEGIN")
                connection.execute(
                    f"UPDATE {stored} SET {quoted(field.name)} = {other(field.name, kind)}"
                    f" WHERE rowid = (SELECT min(rowid) FROM {stored} WHERE {where})"
                )
                assert row_sums(connection, table, ids, "salt") != sound, (table.name, field.name)
                connection.execute("ROLLBACK")
                tried += 1
    assert tried > 60


# ------------------------------------------------------------------------------ runs and seals
def test_what_was_changed_before_a_run_does_not_look_sound_after_it(
    db: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(db.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("UPDATE source_locations SET account_id = '444455556666'")

    ingest([db.parent / "dump"], copy, Options(jobs=0))

    with Case.for_reading(copy) as case:
        assert check(case).ledger == [
            (
                "source_locations: changed since entry 4 of the journal sealed it, "
                "found when entry 5 of the journal was written"
            )
        ]


def test_a_run_that_did_not_end_leaves_the_ledger_unsealed(db: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(db.read_bytes())

    class Killed(Exception):
        pass

    def kill(*_: object) -> None:
        raise Killed

    write(tmp_path / "more/late.log", flows(5, first=90), packed=False)
    with pytest.raises(Killed):
        ingest([tmp_path / "more"], copy, Options(jobs=0), kill)
    with Case.for_reading(copy) as case:
        interrupted = check(case)
    ingest([tmp_path / "more"], copy, Options(jobs=0))
    with Case.for_reading(copy) as case:
        resumed = check(case)

    assert (interrupted.differences, interrupted.is_sealed) == ([], False)
    assert (resumed.differences, resumed.is_sealed) == ([], True)


@pytest.mark.parametrize(
    "detail",
    [
        "5",
        "[]",
        "null",
        '{"ledger":5}',
        '{"ledger":{"tables":{},"definitions":{}}}',
        '{"ledger":{"tables":5,"definitions":{}}}',
        '{"ledger_faults":5}',
        '{"response":5}',
        '{"response":"AAAA","run":"x","content":[]}',
    ],
)
@pytest.mark.parametrize("action", ["ingest ended", "stamped", "superseded"])
def test_a_detail_that_is_anything(db: Path, detail: str, action: str) -> None:
    """Who can change the journal can write what he likes: it is a difference, never a crash."""
    change = f"UPDATE journal SET detail = '{detail}', action = '{action}' WHERE seq = 4"

    with spoilt(db, change) as case:
        assert "journal 4: changed after it was written" in chains(case).problems
        told = [*ledger_faults(case.connection), *stamp_faults(stamps(case))]
        assert told or action == "superseded"


def test_a_run_that_is_in_the_ledger_and_not_in_the_journal(db: Path) -> None:
    with spoilt(db, "DELETE FROM journal WHERE seq = 4") as case:
        assert check(case).ledger == [
            "run 2: the journal and `runs` differ on whether it ended",
        ]
    with spoilt(db, "DELETE FROM journal WHERE seq >= 3") as case:
        assert "run 2: the journal does not know it" in check(case).ledger
