"""A case is made private, opened by one writer, and refused when it is not one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

import duckdb
import pytest

from forensics.evidence import SCHEMA_VERSION, Case, ddl, schema
from forensics.evidence.faults import CaseError, CaseLocked, CaseMissing, CaseTooNew, NotACase

Opener = Callable[[Path], Case]
ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from forensics.evidence import Case
with getattr(Case, sys.argv[2])(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def made(blank: Path, path: Path) -> Path:
    shutil.copy(blank, path)
    return path


class Holder:
    """Another process that has the case open."""

    def __init__(self, path: Path, how: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.child.stdout is not None
        assert self.child.stdout.readline() == "held\n"

    def let_go(self) -> None:
        if self.child.poll() is None:
            self.child.communicate("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()


def rows(case: Case, query: str, *parameters: object) -> list[tuple[object, ...]]:
    return case.connection.execute(query, parameters or None).fetchall()


def test_a_new_case_has_all_tables_and_one_identity(path: Path) -> None:
    with Case.for_ingest(path) as case:
        tables = (table.name for table in schema.TABLES)
        assert ddl.names(case.connection) == sorted([*tables, "events"])
        assert rows(case, "SELECT schema_version, case_id FROM meta") == [
            (SCHEMA_VERSION, case.case_id)
        ]
        assert len(case.case_id) == 16
        assert int(case.case_id, 16) >= 0


def test_the_identity_stays(made: Path) -> None:
    with Case.for_reading(made) as case:
        first = case.case_id, rows(case, "SELECT created FROM meta")
    with Case.for_ingest(made) as case:
        assert (case.case_id, rows(case, "SELECT created FROM meta")) == first


def test_the_case_is_the_default_catalog_of_every_cursor(path: Path) -> None:
    with Case.for_ingest(path) as case:
        case.connection.cursor().execute("INSERT INTO runs (run_id) VALUES (1)")

        assert rows(case, "SELECT run_id FROM runs") == [(1,)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_files_are_readable_by_their_owner_only(path: Path) -> None:
    before = os.umask(0o022)
    os.umask(before)
    with Case.for_ingest(path) as case:
        case.connection.execute("INSERT INTO runs (run_id) VALUES (1)")
        wal = path.with_name("case.duckdb.wal")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(wal.stat().st_mode) == 0o600

    after = os.umask(before)
    assert after == before


def test_leaving_makes_everything_durable(path: Path) -> None:
    with Case.for_ingest(path) as case:
        case.connection.execute("INSERT INTO runs (run_id) VALUES (1)")

    assert list(path.parent.iterdir()) == [path]


def test_the_storage_is_the_one_the_long_term_line_opens(made: Path) -> None:
    with Case.for_reading(made) as case:
        [(tags,)] = rows(case, "SELECT tags FROM duckdb_databases() WHERE database_name = 'case'")

    assert tags == {"storage_version": "v1.4.0+"}


@pytest.mark.parametrize("opener", [Case.for_ingest, Case.for_reading])
def test_time_is_utc_and_nothing_is_printed(
    made: Path, opener: Opener, capfd: pytest.CaptureFixture[str]
) -> None:
    with opener(made) as case:
        assert rows(case, "SELECT current_setting('TimeZone')") == [("UTC",)]
        assert rows(case, "SELECT current_setting('enable_progress_bar')") == [(False,)]
    assert capfd.readouterr() == ("", "")


def test_limits_are_handed_on(path: Path) -> None:
    with Case.for_ingest(path, memory_limit="256MiB", threads=1) as case:
        assert rows(case, "SELECT current_setting('memory_limit'), current_setting('threads')") == [
            ("256.0 MiB", 1)
        ]


def insert_and_fail(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO runs (run_id) VALUES (2)")
    raise KeyError


def test_a_transaction_stands_together_or_not_at_all(path: Path) -> None:
    with Case.for_ingest(path) as case:
        with case.transaction() as connection:
            connection.execute("INSERT INTO runs (run_id) VALUES (1)")
        with pytest.raises(KeyError), case.transaction() as connection:
            insert_and_fail(connection)

        assert rows(case, "SELECT run_id FROM runs") == [(1,)]


def test_an_error_of_sql_inside_a_transaction_is_not_hidden(path: Path) -> None:
    with Case.for_ingest(path) as case:
        with pytest.raises(duckdb.ConversionException), case.transaction() as connection:
            connection.execute("INSERT INTO runs (run_id) VALUES ('x')")
        with case.transaction() as connection:
            connection.execute("INSERT INTO runs (run_id) VALUES (2)")

        assert rows(case, "SELECT run_id FROM runs") == [(2,)]


def test_what_an_interrupted_writer_committed_can_be_read(path: Path) -> None:
    program = (
        "import os, sys\nfrom forensics.evidence import Case\n"
        "case = Case.for_ingest(sys.argv[1])\n"
        "case.connection.execute('INSERT INTO runs (run_id) VALUES (1)')\n"
        "case.connection.execute('BEGIN')\n"
        "case.connection.execute('INSERT INTO runs (run_id) VALUES (2)')\n"
        "os._exit(9)"
    )
    assert (
        subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, check=False).returncode
        == 9
    )

    with Case.for_reading(path) as case:
        assert rows(case, "SELECT run_id FROM runs") == [(1,)]
    with Case.for_ingest(path) as case:
        assert rows(case, "SELECT run_id FROM runs") == [(1,)]


# ---------------------------------------------------------------------- refused


def message_of(raised: pytest.ExceptionInfo[CaseError]) -> str:
    assert raised.value.exit_code == 1
    assert raised.value.hint
    return raised.value.message


def test_a_missing_case(path: Path) -> None:
    with pytest.raises(CaseMissing) as raised:
        Case.for_reading(path)

    assert message_of(raised) == f"{path}: no such case"
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"eventTime,eventName\n" * 500])
@pytest.mark.parametrize("opener", [Case.for_ingest, Case.for_reading])
def test_a_file_of_something_else(path: Path, opener: Opener, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(NotACase) as raised:
        opener(path)

    assert message_of(raised) == f"{path}: not a DuckDB database"
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE t (i INTEGER)", "CREATE VIEW v AS SELECT 1", "CREATE TABLE meta (i INTEGER)"],
)
@pytest.mark.parametrize("opener", [Case.for_ingest, Case.for_reading])
def test_a_database_of_something_else(path: Path, opener: Opener, statement: str) -> None:
    foreign = duckdb.connect(str(path))
    foreign.execute(statement)
    foreign.close()
    before = path.read_bytes()

    with pytest.raises(NotACase) as raised:
        opener(path)

    assert message_of(raised) == f"{path}: a DuckDB database, but not a case"
    assert path.read_bytes() == before


def set_version(path: Path, version: str) -> None:
    raw = duckdb.connect(str(path))
    raw.execute("UPDATE meta SET schema_version = ?", [version])
    raw.close()


@pytest.mark.parametrize("opener", [Case.for_ingest, Case.for_reading])
def test_a_newer_case(made: Path, opener: Opener) -> None:
    set_version(made, "2.0")

    with pytest.raises(CaseTooNew) as raised:
        opener(made)

    assert message_of(raised) == (f"{made}: made with tables of version 2.0, this program knows 1")


@pytest.mark.parametrize("opener", [Case.for_ingest, Case.for_reading])
def test_an_older_case_of_another_meaning(made: Path, opener: Opener) -> None:
    set_version(made, "0.9")

    with pytest.raises(NotACase, match=r"version 0\.9, this program needs 1"):
        opener(made)


def test_a_newer_minor_version_is_used_and_not_lowered(made: Path) -> None:
    set_version(made, "1.99")

    with Case.for_ingest(made) as case:
        assert rows(case, "SELECT schema_version FROM meta") == [("1.99",)]


def test_an_older_minor_version_is_raised_once_it_has_what_was_missing(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forensics.evidence.case.SCHEMA_VERSION", "1.7")
    raw = duckdb.connect(str(made))
    raw.execute("DROP VIEW cloudtrail")
    raw.execute("DROP TABLE defects")
    raw.close()

    with Case.for_ingest(made) as case:
        assert rows(case, "SELECT schema_version FROM meta") == [("1.7",)]
        assert rows(case, "SELECT summary FROM cloudtrail") == []
        assert rows(case, "SELECT raw FROM defects") == []


@pytest.mark.parametrize("opener", [Case.for_ingest, Case.for_reading])
def test_a_folder(tmp_path: Path, opener: Opener) -> None:
    with pytest.raises(CaseError) as raised:
        opener(tmp_path)

    assert message_of(raised).startswith(f"{tmp_path}: ")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as raised:
        Case.for_ingest(tmp_path / "none" / "case.duckdb")

    assert "No such file or directory" in message_of(raised)


@pytest.mark.parametrize("opener", [Case.for_ingest, Case.for_reading])
def test_a_case_that_is_being_written(made: Path, opener: Opener) -> None:
    with Holder(made, "for_ingest") as holder:
        with pytest.raises(CaseLocked) as raised:
            opener(made)

        assert f"in use by process {holder.child.pid} (" in message_of(raised)


def test_writing_a_case_that_is_being_read(made: Path) -> None:
    with Holder(made, "for_reading") as holder:
        with pytest.raises(CaseLocked) as raised:
            Case.for_ingest(made, wait=0.1)

        assert f"in use by process {holder.child.pid} (" in message_of(raised)


def test_two_readers(made: Path) -> None:
    with Holder(made, "for_reading"), Case.for_reading(made) as case:
        assert rows(case, "SELECT count(*) FROM runs") == [(0,)]


def test_waiting_for_a_case(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Holder(made, "for_ingest") as holder:
        monkeypatch.setattr("forensics.evidence.case.time.sleep", lambda _: holder.let_go())

        with Case.for_ingest(made, wait=600) as case:
            assert rows(case, "SELECT count(*) FROM meta") == [(1,)]


def test_reading_in_the_program_that_writes(made: Path) -> None:
    with Case.for_ingest(made), pytest.raises(CaseLocked) as raised:
        Case.for_reading(made)

    assert message_of(raised) == f"{made}: in use by this very program"


def test_a_refused_case_leaves_the_umask_alone(path: Path) -> None:
    path.write_bytes(b"something else")
    before = os.umask(0o022)
    try:
        with pytest.raises(NotACase):
            Case.for_ingest(path)
    finally:
        after = os.umask(before)

    assert after == 0o022


FILLS = """
    INSERT INTO rejects SELECT 1, i, i, 'c', md5(i::VARCHAR), md5(i::VARCHAR)::BLOB
    FROM range(200000) r(i)
"""
IN_A_TRANSACTION = """
with case.transaction() as connection:
    connection.execute(FILLS)
"""
BY_HAND = """
case.connection.execute("BEGIN")
try:
    case.connection.execute(FILLS)
    case.connection.execute("COMMIT")
except BaseException:
    case.connection.execute("ROLLBACK")
    raise
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
@pytest.mark.parametrize("body", [IN_A_TRANSACTION, BY_HAND])
def test_a_full_disk(made: Path, body: str) -> None:
    """A limit on the size of files is the full disk that needs no disk."""
    program = f"""
import resource, sys
from forensics.evidence import Case
from forensics.evidence.faults import DiskFull
FILLS = {FILLS!r}
try:
    with Case.for_ingest(sys.argv[1]) as case:
        with case.transaction() as connection:
            connection.execute("INSERT INTO runs (run_id) VALUES (1)")
        size = 1 << 20
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        exec({body!r})
except DiskFull as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(made)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.stdout.splitlines() == [
        f"{made}: no room left on the disk",
        "hint: make room and run the same command again: what was committed is kept",
    ]
    assert (done.stderr, done.returncode) == ("", 0)
    with Case.for_reading(made) as case:
        assert rows(case, "SELECT count(*), (SELECT count(*) FROM rejects) FROM runs") == [(1, 0)]
