"""Both journals: nothing of them is changed unseen, and who reads needs no right to write."""

from __future__ import annotations

import errno
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

import forensics
from forensics.cli import app
from forensics.cli.recorded import OWN_JOURNAL, UNRECORDED, Recorded
from forensics.custody.chains import chains, standing
from forensics.custody.readers import JournalUnwritable, append, check, entries, head, journal_path
from forensics.custody.tool import tool_sha256
from forensics.errors import ForensicsError, UsageError
from forensics.evidence import Case
from forensics.ingest import Options, ingest
from tests.ingest.conftest import flows, trail, write

ROOT = Path(__file__).parents[2]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    write(tmp_path / "dump/a.json.gz", trail(1, 2, 3))
    write(tmp_path / "dump/new\nline.log.gz", flows(3))
    ingest(
        [tmp_path / "dump"],
        tmp_path / "case.duckdb",
        Options(jobs=0, examiner="佐藤", evidence_id="E-7", note="disk image of 1 May"),
    )
    return tmp_path / "case.duckdb"


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forensics", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def problems(db: Path) -> list[str]:
    with Case.for_reading(db) as case:
        return chains(case).problems


def test_a_run_says_who_took_what_in(db: Path) -> None:
    with Case.for_reading(db) as case:
        [(detail,)] = case.connection.execute(
            "SELECT detail FROM journal WHERE action = 'ingest started'"
        ).fetchall()
    said = json.loads(detail)

    assert (said["examiner"], said["evidence_id"], said["note"]) == (
        "佐藤",
        "E-7",
        "disk image of 1 May",
    )
    assert said["versions"]["tool_sha256"] == tool_sha256()
    assert problems(db) == []


def test_a_command_is_written_down_with_what_it_handed_out(db: Path) -> None:
    done = run("sql", "--db", str(db), "--format", "csv", "SELECT 42 AS n")

    [entry] = entries(journal_path(db))
    assert entry is not None
    assert done.stdout == "n\n42\n"
    assert entry["bytes"] == 5
    assert entry["sha256"] == hashlib.sha256(b"n\n42\n").hexdigest()
    assert (entry["command"], entry["outcome"]) == ("sql", "done")
    assert entry["options"]["query"] == "SELECT 42 AS n"
    assert done.stderr.startswith("journal  case 2:")
    assert done.stderr.strip().endswith(f"readers 1:{entry['hash'][:12]}")
    assert journal_path(db).stat().st_mode & 0o777 == 0o600


def test_every_changed_line_is_found(db: Path) -> None:
    path = journal_path(db)
    with Case.for_reading(db) as case:
        for number in range(4):
            append(path, {"command": f"c{number}", "case": case.case_id})
    assert problems(db) == []
    lines = path.read_text().splitlines(keepends=True)

    for number in range(4):
        spoilt = lines.copy()
        spoilt[number] = spoilt[number].replace('"command":"c', '"command":"d')
        path.write_text("".join(spoilt))
        assert f"{path.name}:{number + 1}: changed after it was written" in problems(db)
    path.write_text("".join(lines[:1] + lines[2:]))
    assert f"{path.name}:2: does not follow the entry before it" in problems(db)
    path.write_text("".join([lines[0], lines[2], lines[1], lines[3]]))
    assert f"{path.name}:2: expected entry 2" in problems(db)
    path.write_text("".join(lines) + "{\n")
    assert problems(db) == [f"{path.name}:5: no entry"]


def test_every_changed_row_of_the_case_is_found(db: Path) -> None:
    for seq in (1, 2):
        spoilt = db.with_name(f"spoilt{seq}.duckdb")
        shutil.copy(db, spoilt)
        with duckdb.connect(str(spoilt)) as connection:
            connection.execute("UPDATE journal SET subject = 'x' WHERE seq = ?", [seq])
        assert problems(spoilt) == [f"journal {seq}: changed after it was written"]


def test_a_cut_off_end_is_found_by_what_a_run_saw_and_by_a_noted_head(db: Path) -> None:
    run("info", "--db", str(db))
    noted = head(journal_path(db))[1]
    ingest([db.parent / "dump"], db, Options(jobs=0))
    with Case.for_reading(db) as case:
        assert standing(case, noted[:12]) == "entry 1 of the readers journal, 1 entries now"
        with pytest.raises(UsageError):
            standing(case, "abc")
    assert run("journal", "--db", str(db), "--expect", noted).returncode == 0

    journal_path(db).write_text("")

    [told] = problems(db)
    assert told.endswith(f"ended with {noted}, gone since")
    lost = run("journal", "--db", str(db), "--expect", noted)
    assert lost.returncode == 3
    assert "no entry of this case has that hash" in lost.stderr
    assert run("verify", "--db", str(db)).returncode == 3


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_what_a_crash_has_cut_off_costs_itself_only(db: Path, kept: int) -> None:
    """Cut after one byte, somewhere, and before the newline only: that one is whole."""
    path = journal_path(db)
    with Case.for_reading(db) as case:
        said = {"command": "c", "case": case.case_id}
    append(path, said)
    whole = path.stat().st_size
    append(path, said)
    torn = path.read_bytes()[whole:][:kept]
    os.truncate(path, whole + len(torn))
    seq = 1 if kept > 0 else 2

    numbers = [append(path, said) for _ in range(2)]

    assert [number for number, _ in numbers] == [seq + 1, seq + 2]
    assert path.read_bytes()[whole:].startswith(torn + b'\n{"at":')
    found = list(entries(path))
    assert [entry and entry["seq"] for entry in found] == [
        1,
        2 if kept < 0 else None,
        *(number for number, _ in numbers),
    ]
    assert head(path) == numbers[-1]
    assert problems(db) == ([f"{path.name}:2: no entry"] if kept > 0 else [])
    for number, noted in numbers:
        with Case.for_reading(db) as case:
            assert f"entry {number} of the readers journal" in str(standing(case, noted))
    expected = run("journal", "--db", str(db), "--expect", numbers[0][1])
    assert f"entry {numbers[0][0]} of the readers journal" in expected.stdout + expected.stderr


def test_no_line_end_stays_where_the_entry_finds_no_room(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = journal_path(db)
    path.write_bytes(b'{"seq":')
    write_some = os.write

    def full(descriptor: int, line: bytes) -> int:
        if len(line) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_some(descriptor, line[: len(line) - 1])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JournalUnwritable, match="No space left"):
        append(path, {"command": "c", "case": ""})

    assert path.read_bytes() == b'{"seq":'


def test_many_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "many.journal"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append(path, {"n": number, "case": ""}), range(100)))

    assert check(path, "x") == []
    assert head(path)[0] == 100


def test_who_may_not_write_may_read_but_reveals_nothing(db: Path) -> None:
    nowhere = str(db.parent / "missing" / "file")
    query = ("sql", "--db", str(db), "SELECT 1 AS n")

    read = run(*query, AWSLOGS_FORENSICS_JOURNAL=nowhere)
    revealed = run(*query, "--reveal", AWSLOGS_FORENSICS_JOURNAL=nowhere)

    assert read.returncode == 0
    assert "1" in read.stdout
    assert f"not written down: {nowhere}: No such file" in read.stderr
    assert revealed.returncode == 1
    assert revealed.stdout == ""
    assert "AWSLOGS_FORENSICS_JOURNAL" in revealed.stderr


def test_revealing_is_written_down_before_it_happens(db: Path) -> None:
    run("sql", "--db", str(db), "--reveal", "SELECT broken")

    said = [(e["command"], e["outcome"]) for e in entries(journal_path(db)) if e]
    assert said == [("sql", "begins to reveal"), ("sql", "failed")]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_a_manifest_is_checked_by_sha256sum(db: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "forensics", "manifest", "--db", str(db)]
    written = subprocess.run(command, capture_output=True, cwd=ROOT, check=True).stdout
    (tmp_path / "sums").write_bytes(written)

    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", str(tmp_path / "sums")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(written.splitlines()) == 2
    assert checked.returncode == 0, checked.stderr


# ------------------------------------------------------------------------------ who else reads
def test_what_python_asks_is_written_down_too(db: Path) -> None:
    with forensics.open(db) as case:
        case.sql("SELECT count(*) FROM cloudtrail WHERE eventName = $name", {"name": "ListUsers"})
        case.relation("FROM cloudtrail").fetchall()
        with pytest.raises(ForensicsError):
            case.sql("SELECT broken")

    said = [(e["command"], e["options"], e["outcome"]) for e in entries(journal_path(db)) if e]
    query = "SELECT count(*) FROM cloudtrail WHERE eventName = $name"
    assert said == [
        ("forensics.open", {}, "opened"),
        ("forensics.sql", {"query": query, "params": {"name": "ListUsers"}}, "done: 1 rows"),
        ("forensics.relation", {"query": "FROM cloudtrail"}, "begun"),
        ("forensics.sql", {"query": "SELECT broken"}, "failed"),
    ]
    assert problems(db) == []


def test_python_may_read_where_nothing_can_be_written(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSLOGS_FORENSICS_JOURNAL", str(db.parent / "missing/file"))

    with pytest.warns(UserWarning, match="not written down"), forensics.open(db) as case:
        assert case.sql("SELECT 42 AS n").to_pylist() == [{"n": 42}]


def test_every_command_with_a_case_is_written_down_or_writes_itself(db: Path) -> None:
    """No command may be added that reads a case and leaves no trace."""
    shown = [
        info.name or getattr(info.callback, "__name__", "")
        for info in app.registered_commands
        if info.callback is not None and "db" in inspect.signature(info.callback).parameters
    ]
    assert all(info.cls is Recorded for info in app.registered_commands)
    assert set(OWN_JOURNAL) | set(UNRECORDED) == {"ingest", "stamp", "journal"}
    assert {"sql", "verify", "show", "info", "seal", "manifest", "query", "hunt"} <= set(shown)


def test_readers_neither_wait_for_nor_miss_each_other(db: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [f"SELECT {number} AS n" for number in range(8)]
        words = [("sql", "--db", str(db), "--format", "csv", query) for query in asked]
        done = list(pool.map(lambda each: run(*each), words))

    assert [each.returncode for each in done] == [0] * 8
    assert [each.stdout for each in done] == [f"n\n{number}\n" for number in range(8)]
    found = [entry for entry in entries(journal_path(db)) if entry]
    assert sorted(entry["options"]["query"] for entry in found) == asked
    assert [entry["seq"] for entry in found] == list(range(1, 9))
    assert problems(db) == []


def test_a_second_ingest_is_told_who_holds_the_case(db: Path) -> None:
    words = ("ingest", str(db.parent / "dump"), "--db", str(db), "--jobs", "0")
    with Case.for_ingest(db):
        second = run(*words)
        reading = run("info", "--db", str(db))

    assert (second.returncode, second.stdout) == (1, "")
    assert f"{db}: in use by process {os.getpid()}" in second.stderr
    assert "ingest --wait SECONDS" in second.stderr
    assert "Traceback" not in second.stderr
    assert reading.returncode == 1
    assert f"in use by process {os.getpid()}" in reading.stderr
    assert run(*words).returncode == 0
    assert problems(db) == []


def test_reading_while_another_process_reads(db: Path) -> None:
    with Case.for_reading(db) as case:
        assert run("info", "--db", str(db)).returncode == 0
        assert case.connection.execute("SELECT count(*) FROM cloudtrail").fetchall() == [(3,)]


@pytest.mark.parametrize("command", [["info"], ["sql", "SELECT 1"], ["sources"]])
def test_nothing_is_written_beside_what_is_no_case(command: list[str], tmp_path: Path) -> None:
    evidence = tmp_path / "flow.log"
    evidence.write_bytes(b"2 111122223333 eni-0a1b2c3d 192.0.2.1 192.0.2.2 1 2 6 1 1 1 2 - OK\n")

    done = CliRunner().invoke(app, [*command, "--db", str(evidence)])

    assert done.exit_code != 0
    assert sorted(tmp_path.iterdir()) == [evidence]
