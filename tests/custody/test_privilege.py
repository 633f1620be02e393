"""No command reaches beyond the case and the evidence it was given; evidence is only ever read."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

import forensics.cli.entry  # noqa: F401 -- registers every command
from forensics.cli.app import app
from forensics.errors import ForensicsError
from forensics.evidence import Case, answer
from forensics.evidence.asking import asked
from forensics.evidence.spill import sweep
from forensics.ingest import Options, ingest
from forensics.investigations import ask
from forensics.investigations.stats import Count, stats
from parsers import kernels
from parsers.kernels import kept
from tests.custody.watching import Seen, Watched

Asking = Callable[[Case], object]
DEMO = Path(__file__).parents[2] / "fixtures" / "demo"
SECRET = "hostkey-Zm9yZWlnbg"
HEADER = """\
--| title = "t"
--| question = "q?"
--| tables = ["cloudtrail"]
--| tier = "should"
--| signal = "none"
--| hit = "h."
--| benign = ["b"]
--| limits = ["l"]
--| reference = "https://example.com/"
"""
EXPRESSIONS = (
    "(SELECT content FROM read_text('{host}/key.csv'))",
    "(SELECT content FROM read_blob('{host}/key.csv'))::VARCHAR",
    "(SELECT any_value(k) FROM read_csv('{host}/key.csv', names = ['k'], header = false))",
    "(SELECT any_value(j) FROM read_json_objects('{host}/key.csv') t(j))",
    "(SELECT any_value(t) FROM read_parquet('{host}/key.csv') t)",
    "(SELECT any_value(t) FROM sniff_csv('{host}/key.csv') t)",
    "(SELECT any_value(t) FROM '{host}/key.csv' t)",
    "(SELECT any_value(t) FROM '{host}/other.duckdb' t)",
    "(SELECT any_value(t) FROM read_duckdb('{host}/other.duckdb') t)",
    "(SELECT string_agg(file) FROM glob('{host}/*'))",
    "(SELECT any_value(t) FROM query('FROM read_text(''{host}/key.csv'')') t)",
    "(SELECT any_value(t) FROM query_table('{host}/key.csv') t)",
    "(SELECT any_value(t) FROM json_execute_serialized_sql({serialized}) t)",
    "(SELECT any_value(t) FROM 'https://192.0.2.1/x.csv' t)",
    "(SELECT any_value(t) FROM read_csv('https://192.0.2.1/x.csv') t)",
    "(SELECT any_value(t) FROM read_parquet('s3://bucket/x.parquet') t)",
    "(SELECT any_value(t) FROM postgres_scan('host=192.0.2.1', 'a', 'b') t)",
    "(SELECT any_value(t) FROM sqlite_scan('{host}/key.csv', 't') t)",
    "(SELECT any_value(t) FROM arrow_scan(1, 1, 1) t)",
    "(SELECT any_value(t) FROM {variable} t)",
    "getenv('PRIVILEGE_SECRET')",
)
STATEMENTS = (
    *("COPY cloudtrail TO '{host}/new.csv'", "COPY (SELECT 1) TO '{host}/new.parquet'"),
    *("COPY cloudtrail FROM '{host}/key.csv'", 'COPY FROM DATABASE "case" TO other'),
    *("EXPORT DATABASE '{host}/new'", "IMPORT DATABASE '{host}'"),
    *("ATTACH '{host}/other.duckdb'", "ATTACH '{host}/new.duckdb'", "ATTACH ':memory:' AS m"),
    *("ATTACH '{case}' AS again (READ_WRITE)", 'DETACH "case"', "USE memory"),
    *("INSTALL httpfs", "FORCE INSTALL httpfs FROM 'https://192.0.2.1'", "LOAD httpfs"),
    *("LOAD '{host}/key.csv'", "UPDATE EXTENSIONS"),
    *("SET enable_external_access = true", "SET lock_configuration = false", "RESET TimeZone"),
    *("SET GLOBAL threads = 64", "SET temp_directory = '{host}'", "SET memory_limit = '900GB'"),
    *("SET allowed_paths = ['{host}/key.csv']", "SET python_enable_replacements = true"),
    *("PRAGMA profiling_output = '{host}/new'", "PRAGMA memory_limit = '900GB'"),
    *("CREATE TABLE new (i INTEGER)", "CREATE VIEW new AS SELECT 1", "CREATE MACRO new() AS 1"),
    *("CREATE SCHEMA new", "CREATE PERSISTENT SECRET (TYPE http, BEARER_TOKEN 'x')"),
    *("INSERT INTO runs (run_id) VALUES (9)", "UPDATE meta SET case_id = 'x'", "DELETE FROM meta"),
    *("TRUNCATE meta", "DROP TABLE meta", "DROP VIEW events", "ALTER TABLE meta ADD COLUMN n INT"),
    *("COMMENT ON TABLE meta IS 'x'", "SELECT 1; DELETE FROM meta"),
)
HARMLESS = (
    *("CHECKPOINT", "FORCE CHECKPOINT", "VACUUM", "ANALYZE", "BEGIN", "SET VARIABLE a = 1"),
    *("CREATE TEMP TABLE new AS SELECT 1", "CREATE OR REPLACE TEMP VIEW meta AS SELECT 1"),
    *("CREATE SECRET (TYPE http, BEARER_TOKEN 'x')", "PREPARE p AS SELECT 1", "LOAD json"),
    *(
        "PRAGMA version",
        "FROM duckdb_settings()",
        "FROM duckdb_secrets()",
        "EXPLAIN ANALYZE SELECT 1",
    ),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with evidence, a case of it, and files of the host that are nobody's business."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copytree(DEMO, folder / "dump")
    (folder / "dump/flow.log.gz").write_bytes(gzip.compress(b"not much of a log\n" * 1000))
    ingest([folder / "dump"], folder / "case.duckdb", Options(jobs=0))
    (folder / "host").mkdir()
    (folder / "host/key.csv").write_text(f"{SECRET}\n")
    other = duckdb.connect(str(folder / "host/other.duckdb"))
    other.execute(f"CREATE TABLE t AS SELECT '{SECRET}' AS k")
    other.close()
    return folder


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder: modes, times, content. The journal of readers may grow."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".journal":
            continue
        about = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (about.st_mode, about.st_mtime_ns, about.st_size, content)
    return found


def run(*words: str) -> str:
    """What a command prints; raises what it raises."""
    done = CliRunner().invoke(app, list(words))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def refused(place: Path, *asking: Asking) -> None:
    """Each question fails as foreseen, shows nothing of the host and changes nothing."""
    before = snapshot(place)

    with Case.for_reading(place / "case.duckdb") as case:
        for ask_it in asking:
            with pytest.raises(ForensicsError) as raised:
                ask_it(case)
            assert SECRET not in str(raised.value)

    assert snapshot(place) == before


def by_condition(where: str) -> Asking:
    return lambda case: stats(case, Count("count", "cloudtrail", ("eventName",), where=where))


def filled(text: str, place: Path) -> str:
    read = f"json_serialize_sql('FROM read_text(''{place}/host/key.csv'')')"
    case = place / "case.duckdb"
    return text.format(host=place / "host", case=case, variable="answer", serialized=read)


# -------------------------------------------------------------------- by SQL
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_sql_reads_nothing_but_the_case(
    place: Path, expression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIVILEGE_SECRET", SECRET)
    read = filled(expression, place)
    own = tmp_path / "mine.sql"
    own.write_text(f"{HEADER}SELECT {read} AS v FROM cloudtrail ORDER BY v\n")

    refused(
        place,
        lambda case: asked(case, f"SELECT {read} AS v"),
        lambda case: ask(case, str(own)),
        by_condition(f"{read} = 'x'"),
    )


@pytest.mark.parametrize("statement", STATEMENTS)
def test_sql_does_nothing_but_read(place: Path, statement: str) -> None:
    act = filled(statement, place)

    refused(place, lambda case: asked(case, act))


@pytest.mark.parametrize("statement", HARMLESS)
def test_what_a_statement_changes_is_gone_with_the_command(place: Path, statement: str) -> None:
    before = snapshot(place)

    run("sql", statement, "--db", str(place / "case.duckdb"))

    assert snapshot(place) == before
    assert "1." in run("sql", "SELECT schema_version FROM meta", "--db", str(place / "case.duckdb"))


@pytest.mark.parametrize(
    "where", ["((", "'", "true; SELECT 1", "true); DELETE FROM meta; SELECT (1", "$nobody = 1"]
)
def test_a_condition_that_is_no_condition_is_a_message(place: Path, where: str) -> None:
    refused(place, by_condition(where))


def test_a_query_file_writes_nothing(place: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine.sql"
    for statement in STATEMENTS:
        own.write_text(f"{HEADER}{filled(statement, place)} -- SELECT\n")
        refused(place, lambda case: ask(case, str(own)))


# -------------------------------------------------------------------- by files and sockets
COMMANDS = (
    ("info", "--json"),
    ("sources", "--format", "csv"),
    ("sql", "SELECT count(*) FROM events"),
    ("query", "api-metrics"),
    ("hunt",),
    ("stats", "count", "cloudtrail", "eventName"),
    ("verify", "--full"),
    ("manifest",),
    ("rejects",),
    ("defects",),
    ("journal",),
)

ONE_BY_ONE = """
from typer.testing import CliRunner
import forensics.cli.entry
for words in COMMANDS:
    done = CliRunner().invoke(forensics.cli.entry.app, words)
    assert done.exit_code == 0, (words, done.output, done.exception)
"""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    (tmp_path / "hook").mkdir()
    return Watched(tmp_path / "hook")


def test_the_hook_forbids_connections_and_notes_files(watched: Watched, tmp_path: Path) -> None:
    program = f"open({str(tmp_path / 'x')!r}, 'w'); import socket\n"
    for call in ("create_connection(('192.0.2.1', 80))", "gethostbyname('example.com')"):
        done, seen = watched.run(program=f"{program}socket.{call}")

        assert "is forbidden here" in done.stderr
        assert len(seen.network) == 1
        assert tmp_path / "x" in seen.written


def written(seen: Seen) -> set[Path]:
    """The files that were written, but for the code that Python and kernels are compiled to."""
    return {
        path
        for path in seen.written - {Path(os.devnull)}
        if not path.is_relative_to(kept.folder()) and "__pycache__" not in path.parts
    }


def test_main_paths_need_no_network_and_write_only_the_case(
    place: Path, watched: Watched, tmp_path: Path
) -> None:
    dump, db = place / "dump", tmp_path / "new" / "case.duckdb"
    db.parent.mkdir()
    line = b"2 111122223333 eni-0a1b2c3d 192.0.2.1 192.0.2.2 1 2 6 1 1 1735689600 1735689660 - OK\n"
    (dump / "much.log").write_bytes(line * (kernels.LEAST // len(line) + 2))  # kernels are used
    before = snapshot(dump)
    mine = {db.with_name(db.name + end) for end in ("", ".wal", ".tmp", ".journal")}
    done, seen = watched.run("ingest", str(dump), "--db", str(db), "--jobs", "2")

    assert done.returncode == 0, done.stderr
    assert len(seen.processes) >= 3, "two workers besides the command itself"
    assert seen.network == []
    assert written(seen) <= mine
    assert not any(path.is_relative_to(dump) for path in seen.written)

    with Case.for_reading(db) as case:
        query = "SELECT ref(source_id, record_no) AS r FROM cloudtrail ORDER BY r LIMIT 1"
        (named,) = answer(case.connection, query).to_pylist()
    commands = [[*words, "--db", str(db)] for words in (*COMMANDS, ("show", named["r"]))]
    done, seen = watched.run(
        program=f"COMMANDS = {[*commands, ['identify', str(dump)]]}{ONE_BY_ONE}"
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert seen.network == []
    assert written(seen) <= mine
    assert snapshot(dump) == before


# -------------------------------------------------------------------- files of a case
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


@posix
def test_everything_beside_a_case_is_its_owners(place: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        db = str(tmp_path / "case.duckdb")
        run("ingest", str(place / "dump"), "--db", db, "--jobs", "0")
        run("sql", "SELECT 1", "--db", db)
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"case.duckdb": 0o600, "case.duckdb.journal": 0o600}


@posix
def test_what_a_question_spills_is_its_owners() -> None:
    """DuckDB makes its temporary files with the mask of the moment."""

    def mask() -> int:
        now = os.umask(0o777)
        os.umask(now)
        return now

    connection = duckdb.connect()
    connection.create_function("mask", mask, [], "INTEGER")
    before = mask()

    assert answer(connection, "SELECT mask() AS m").to_pylist() == [{"m": 0o077}]
    assert mask() == before


def test_an_ingest_removes_what_a_killed_process_has_spilled(tmp_path: Path) -> None:
    db, spilled = tmp_path / "case.duckdb", tmp_path / "case.duckdb.tmp"
    spilled.mkdir()
    (spilled / "duckdb_temp_7_0_storage_DEFAULT-0.tmp").write_bytes(b"evidence")
    (spilled / "notes.txt").write_bytes(b"mine")

    with Case.for_ingest(db):
        assert [path.name for path in spilled.iterdir()] == ["notes.txt"]
    (spilled / "notes.txt").unlink()
    with Case.for_ingest(db):
        assert not spilled.exists()


@posix
def test_a_link_in_place_of_the_spilled_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "else/duckdb_temp_1").write_bytes(b"x")
    (tmp_path / "case.duckdb.tmp").symlink_to(tmp_path / "else")

    sweep(tmp_path / "case.duckdb")

    assert (tmp_path / "else/duckdb_temp_1").exists()
