"""A case that is open for reading gives what is in it, and nothing else does anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

import forensics
from forensics.errors import ForensicsError
from forensics.evidence import Case, answer
from forensics.evidence.faults import CaseMissing

SECRET = "secret,of,the,host\n"


@pytest.fixture(scope="module")
def reading(blank: Path) -> Iterator[Case]:
    with Case.for_reading(blank) as case:
        yield case


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with a file and a database that are no business of a case."""
    (tmp_path / "host.csv").write_text(SECRET)
    other = duckdb.connect(str(tmp_path / "other.duckdb"))
    other.execute("CREATE TABLE t AS SELECT 'x' AS secret")
    other.close()
    return tmp_path


READS = (
    "FROM read_csv('{0}/host.csv')",
    "FROM read_csv_auto('{0}/host.csv')",
    "FROM sniff_csv('{0}/host.csv')",
    "FROM read_text('{0}/host.csv')",
    "FROM read_blob('{0}/host.csv')",
    "FROM read_json('{0}/host.csv')",
    "FROM read_ndjson_objects('{0}/host.csv')",
    "FROM read_parquet('{0}/host.csv')",
    "FROM parquet_metadata('{0}/host.csv')",
    "FROM '{0}/host.csv'",
    "FROM glob('{0}/*')",
    "FROM query('FROM read_text(''{0}/host.csv'')')",
    "SELECT (SELECT content FROM read_text('{0}/host.csv'))",
    "SELECT getenv('HOME')",
)
WRITES = (
    "COPY meta TO '{0}/new.csv'",
    "COPY (SELECT 1) TO '{0}/new.parquet'",
    "COPY meta FROM '{0}/host.csv'",
    'COPY FROM DATABASE "case" TO other',
    "EXPORT DATABASE '{0}/new'",
    "IMPORT DATABASE '{0}'",
    "CREATE TABLE new (i INTEGER)",
    "CREATE VIEW new AS SELECT 1",
    "CREATE MACRO new() AS 1",
    "CREATE SCHEMA new",
    "CREATE SEQUENCE new",
    "INSERT INTO runs (run_id) VALUES (1)",
    "UPDATE meta SET case_id = 'x'",
    "DELETE FROM meta",
    "TRUNCATE meta",
    "DROP TABLE meta",
    "ALTER TABLE meta ADD COLUMN new INTEGER",
    "COMMENT ON TABLE meta IS 'x'",
    "CREATE PERSISTENT SECRET (TYPE http, BEARER_TOKEN 'x')",
)
REACHES = (
    "ATTACH '{0}/other.duckdb'",
    "ATTACH '{0}/other.duckdb' AS other (READ_ONLY)",
    "ATTACH '{0}/new.duckdb'",
    "ATTACH ':memory:' AS other",
    "USE memory",
    "INSTALL httpfs",
    "FORCE INSTALL httpfs",
    "INSTALL spatial FROM community",
    "LOAD httpfs",
    "LOAD '{0}/new.duckdb_extension'",
    "UPDATE EXTENSIONS",
    "FROM read_csv('https://example.com/x.csv')",
    "FROM read_parquet('s3://example/x.parquet')",
)
SETTINGS = (
    "SET threads = 1",
    "SET TimeZone = 'Asia/Tokyo'",
    "SET GLOBAL enable_external_access = true",
    "SET SESSION autoload_known_extensions = true",
    "SET lock_configuration = false",
    "RESET TimeZone",
    "SET memory_limit = '100GB'",
    "SET temp_directory = '{0}'",
    "SET allowed_directories = ['{0}']",
    "SET allowed_paths = ['{0}/host.csv']",
    "SET home_directory = '{0}'",
    "SET extension_directory = '{0}'",
    "SET enable_progress_bar = true",
    "SET file_search_path = '{0}'",
    "SET python_enable_replacements = true",
    "PRAGMA profiling_output = '{0}/new'",
    "PRAGMA memory_limit = '100GB'",
)

# DuckDB 1 lets these pass in spite of the lock. They reach nothing, but the connection is lost.
SETTINGS_SINCE_2 = (
    "PRAGMA enable_profiling",
    "CALL enable_logging(storage = 'file', storage_path = '{0}/new')",
)


@pytest.mark.parametrize("statement", SETTINGS_SINCE_2)
@pytest.mark.skipif(duckdb.__version__.startswith("1."), reason="not locked in DuckDB 1")
def test_no_setting_either(reading: Case, outside: Path, statement: str) -> None:
    test_nothing_but_the_case(reading, outside, statement)


@pytest.mark.parametrize("statement", [*READS, *WRITES, *REACHES, *SETTINGS])
def test_nothing_but_the_case(reading: Case, outside: Path, statement: str) -> None:
    before = sorted(outside.iterdir())

    with pytest.raises(duckdb.Error):
        reading.connection.cursor().execute(statement.format(outside)).fetchall()

    assert sorted(outside.iterdir()) == before


@pytest.mark.parametrize(
    "name", ["enable_external_access", "autoload_known_extensions", "autoinstall_known_extensions"]
)
def test_nothing_is_fetched_while_evidence_is_taken_in(path: Path, name: str) -> None:
    with Case.for_ingest(path) as case:
        found = answer(case.connection, f"SELECT current_setting('{name}') AS v")

    assert found.to_pylist() == [{"v": False}]


def test_variables_of_python_are_not_tables(reading: Case) -> None:
    import pyarrow as pa  # noqa: PLC0415

    rows = pa.table({"i": [1]})

    with pytest.raises(duckdb.Error):
        reading.connection.cursor().execute("FROM rows").fetchall()
    assert rows.num_rows == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_case_on_a_disk_that_cannot_be_written(blank: Path, path: Path) -> None:
    path.write_bytes(blank.read_bytes())
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        with Case.for_reading(path) as case:
            assert answer(case.connection, "SELECT count(*) AS n FROM meta").to_pylist() == [
                {"n": 1}
            ]
        assert list(path.parent.iterdir()) == [path]
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize("opener", [Case.for_ingest, Case.for_reading])
def test_every_cursor_is_in_utc(blank: Path, path: Path, opener: Callable[[Path], Case]) -> None:
    path.write_bytes(blank.read_bytes())
    with opener(path) as case:
        cursor = case.connection.cursor()
        found = answer(
            cursor, "SELECT TIMESTAMPTZ '2024-02-29 12:00:00Z'::VARCHAR AS v"
        ).to_pylist()
        zone = answer(cursor, "SELECT current_setting('TimeZone') AS v").to_pylist()
        cursor.close()

    assert found == [{"v": "2024-02-29 12:00:00+00"}]
    assert zone == [{"v": "UTC"}]


def test_a_case_can_be_open_twice(blank: Path, path: Path) -> None:
    path.write_bytes(blank.read_bytes())
    first = Case.for_reading(path)
    second = Case.for_reading(path)
    first.close()

    found = answer(second.connection, "SELECT case_id, current_setting('TimeZone') AS z FROM meta")
    with pytest.raises(duckdb.Error):
        second.connection.execute("SET threads = 1")
    second.close()

    assert found.to_pylist() == [{"case_id": second.case_id, "z": "UTC"}]


# ---------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    "statement",
    ["SHOW TABLES", "DESCRIBE sources", "SUMMARIZE meta", "EXPLAIN SELECT 1", "PRAGMA version"],
)
def test_statements_that_look_around_have_rows(reading: Case, statement: str) -> None:
    assert answer(reading.connection, statement).num_rows > 0


def test_a_statement_without_rows_gives_a_table_without_rows(reading: Case) -> None:
    assert answer(reading.connection, "SET VARIABLE a = 1").num_rows == 0
    assert answer(reading.connection, "SELECT getvariable('a') AS a").to_pylist() == [{"a": 1}]


# ---------------------------------------------------------------------- notebooks


def test_a_case_in_a_notebook(blank: Path) -> None:
    with forensics.open(blank) as case:
        by_name = case.sql("SELECT $a + 1 AS v", {"a": 41})
        by_place = case.sql("SELECT ? + 1 AS v", [41])
        built = case.relation("SELECT 41 AS v").project("v + 1 AS v").to_arrow_table()
        shown = repr(case)

    assert by_name.to_pylist() == by_place.to_pylist() == built.to_pylist() == [{"v": 42}]
    assert shown.startswith("<case ")
    assert shown.endswith(f" in {blank}>")


def test_a_closed_notebook_lets_go_of_the_case(blank: Path, path: Path) -> None:
    path.write_bytes(blank.read_bytes())
    forensics.open(os.fspath(path)).close()

    with Case.for_ingest(path) as case:
        assert case.path == path


def test_sql_that_does_not_work_says_why(blank: Path) -> None:
    with forensics.open(blank) as case, pytest.raises(ForensicsError) as raised:
        case.sql("SELECT nothing FROM meta")

    assert "nothing" in raised.value.message
    assert raised.value.hint


def test_no_case_no_notebook(path: Path) -> None:
    with pytest.raises(CaseMissing):
        forensics.open(path)
