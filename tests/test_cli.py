"""The command line as a script meets it: exit codes, standard output, standard error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "fixtures/demo"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case made from the demo evidence."""
    db = tmp_path_factory.mktemp("case") / "case.duckdb"
    assert run("ingest", str(DEMO), "--db", str(db), "--jobs", "0").returncode == 0
    return db


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forensics", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", **environment},
        check=False,
    )


def test_ingest_tells_a_script_in_one_object(tmp_path: Path) -> None:
    done = run("ingest", str(DEMO), "--db", str(tmp_path / "c.duckdb"), "--json", "--jobs", "0")

    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert list(said) == ["db", "run", "sources", "records", "bytes", "formats", "seconds"]
    assert said["sources"]["found"] == said["sources"]["complete"] == 5
    assert said["records"] == {
        "units": 52,
        "rows": 51,
        "rows_with_defects": 0,
        "structure": 1,
        "rejects": 0,
    }
    assert said["formats"]["cloudtrail"]["first"] == "2024-05-01T08:55:12Z"


def test_strict(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump/notes.txt").write_text("call the customer\n")
    words = ("ingest", str(tmp_path / "dump"), "--db", str(tmp_path / "c.duckdb"), "--jobs", "0")

    assert run(*words).returncode == 0
    assert run(*words, "--strict").returncode in (0, 5)
    clean = ("ingest", str(DEMO), "--db", str(tmp_path / "d.duckdb"), "--jobs", "0", "--strict")
    assert run(*clean).returncode == 0
    dirty = ("ingest", str(tmp_path / "dump"), "--db", str(tmp_path / "e.duckdb"), "--jobs", "0")
    assert run(*dirty, "--strict").returncode == 5


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("info", "--db", "/nowhere/case.duckdb"), 1, "no such case"),
        (("ingest", "/nowhere", "--db", "{tmp}/c.duckdb"), 2, "/nowhere"),
        (("ingest", "{demo}", "--db", "{demo}/c.duckdb"), 2, "inside the evidence"),
        (
            ("ingest", "{demo}", "--db", "{tmp}/c.duckdb", "--as", "nonsense"),
            2,
            "no such log format",
        ),
        (("formats", "nonsense"), 2, "no such log format"),
        (("sql", "SELECT nothing", "--db", "{case}"), 1, "nothing"),
        (("sql", "SELECT 1; SELECT 2", "--db", "{case}"), 1, "2 statements"),
        (("show", "nonsense", "--db", "{case}"), 2, "not a REF"),
        (("show", "0000000000000001:1", "--db", "{case}"), 2, "no such source"),
        (("ingest",), 2, "Missing argument"),
    ],
)
def test_errors_say_what_to_do(
    case: Path, tmp_path: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    filled = [
        word.replace("{tmp}", str(tmp_path))
        .replace("{demo}", str(DEMO))
        .replace("{case}", str(case))
        for word in words
    ]

    done = run(*filled)

    assert done.returncode == code
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_is_one_object_where_json_was_asked_for(tmp_path: Path) -> None:
    done = run("info", "--db", str(tmp_path / "no.duckdb"), "--json")

    error = json.loads(done.stderr)["error"]
    assert error["code"] == "CaseMissing"
    assert set(error) == {"code", "message", "hint"}


STUMBLING = """
import sys
from forensics.cli import main
from forensics.ingest import worker

def identify(head, *, whole, key="", **others):
    raise RuntimeError("stumbled")

worker.identify = identify
sys.argv = ["awslogs-forensics", *sys.argv[1:]]
main()
"""


def test_a_bug_in_a_reader_has_its_own_exit_code(tmp_path: Path) -> None:
    words = ["ingest", str(DEMO), "--db", str(tmp_path / "c.duckdb"), "--jobs", "0", "--json"]
    command = [sys.executable, "-c", STUMBLING, *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)

    assert done.returncode == 70
    assert json.loads(done.stdout)["sources"]["damaged"] > 0
    assert "RuntimeError: stumbled" in done.stderr
    assert "please report it" in done.stderr


@pytest.mark.parametrize(
    ("words", "message", "command"),
    [
        (("ingest", "--json"), "Missing argument 'paths'", "ingest "),
        (("ingest", "x", "--jobs", "y", "--json"), "Invalid value for '--jobs'", "ingest "),
        (("nonsense", "--json"), "No such command 'nonsense'", ""),
    ],
)
def test_wrong_words_are_one_object_too(words: tuple[str, ...], message: str, command: str) -> None:
    done = run(*words)

    error = json.loads(done.stderr)["error"]
    assert (done.returncode, done.stdout) == (2, "")
    assert message in error["message"]
    assert (error["code"], error["hint"]) == (
        "UsageError",
        f"see: awslogs-forensics {command}--help",
    )


WHO = """
    SELECT eventTime, eventName, userIdentity.userName AS who, sourceIPAddress, errorCode
    FROM cloudtrail WHERE eventName IN ('StopLogging', 'CreateAccessKey', 'ListUsers')
    ORDER BY eventTime
"""


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            "csv",
            (
                "eventTime,eventName,who,sourceIPAddress,errorCode\n"
                "2024-05-01 09:59:00Z,ListUsers,backup,203.0.113.9,AccessDenied\n"
                "2024-05-01 10:00:03Z,CreateAccessKey,backup,203.0.113.9,\n"
                "2024-05-01 10:02:51Z,StopLogging,alice,203.0.113.9,\n"
            ),
        ),
        (
            "table",
            (
                "eventTime             eventName        who     sourceIPAddress  errorCode\n"
                "────────────────────  ───────────────  ──────  ───────────────  ────────────\n"
                "2024-05-01 09:59:00Z  ListUsers        backup  203.0.113.9      AccessDenied\n"
                "2024-05-01 10:00:03Z  CreateAccessKey  backup  203.0.113.9\n"
                "2024-05-01 10:02:51Z  StopLogging      alice   203.0.113.9\n"
            ),
        ),
    ],
)
def test_golden_output(case: Path, form: str, expected: str) -> None:
    done = run("sql", WHO, "--db", str(case), "--format", form)

    assert (done.returncode, done.stdout) == (0, expected)


def test_a_zone_is_a_matter_of_display(case: Path) -> None:
    query = "SELECT max(eventTime) AS last FROM cloudtrail"

    done = run("sql", query, "--db", str(case), "--format", "csv", "--tz", "Asia/Tokyo")

    assert done.stdout == "last\n2024-05-01 19:04:07+09:00\n"


def test_output_does_not_depend_on_the_machine(case: Path) -> None:
    words = ("sql", WHO, "--db", str(case), "--format", "jsonl")

    assert run(*words).stdout == run(*words, TZ="America/New_York", LC_ALL="C").stdout


def test_show_finds_the_record_again(case: Path) -> None:
    query = "SELECT ref(source_id, record_no) AS r FROM cloudtrail WHERE eventName = 'StopLogging'"
    ref = run("sql", query, "--db", str(case), "--format", "csv").stdout.split("\n")[1]

    raw = run("show", ref, "--db", str(case), "--raw")
    told = run("show", ref, "--db", str(case))

    assert json.loads(raw.stdout)["eventName"] == "StopLogging"
    assert f"ref      {ref}" in told.stdout
    assert "verified just now" in told.stdout


def test_show_says_when_the_evidence_has_changed(tmp_path: Path) -> None:
    log = tmp_path / "dump/flow.log"
    log.parent.mkdir()
    fields = (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes"
    )
    line = "2 111122223333 eni-0a1b2c3d4e5f60718 192.0.2.10 198.51.100.7 49152 443 6 20 4249"
    log.write_text(
        f"{fields} start end action log-status\n{line} 1735689600 1735689660 ACCEPT OK\n"
    )
    db = str(tmp_path / "c.duckdb")
    run("ingest", str(log.parent), "--db", db, "--jobs", "0")
    query = "SELECT ref(source_id, record_no) AS r FROM vpc_flow"
    ref = run("sql", query, "--db", db, "--format", "csv").stdout.split("\n")[1]
    log.write_text(log.read_text().replace("ACCEPT", "REJECT"))

    done = run("show", ref, "--db", db)

    assert done.returncode == 3
    assert "another SHA-256" in done.stderr


def test_identify_makes_no_case(tmp_path: Path) -> None:
    done = run("identify", str(DEMO), "--format", "jsonl")

    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(each["format"] for each in found) == [
        "alb",
        "cloudtrail",
        "cloudtrail",
        "s3_access",
        "vpc_flow",
    ]
    assert all(each["reason"] and each["sample"] for each in found)


def test_a_closed_pipe_is_no_error(case: Path) -> None:
    words = [sys.executable, "-m", "forensics", "sql", "FROM range(200000)", "--db", str(case)]
    words += ["--format", "csv"]
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "AWSLOGS_FORENSICS_QUIET": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()

    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_help_has_a_section_for_every_command() -> None:
    said = run("--help")

    assert "Take evidence in:\n  ingest " in said.stdout
    assert "More:" not in said.stdout


@pytest.mark.skipif(os.name == "nt", reason="by a shell of Unix")
@pytest.mark.parametrize(
    ("streams", "code"), [("2>&-", 0), (">&-", 0), ("<&- >&- 2>&-", 0), (">/dev/full", 1)]
)
def test_closed_and_full_streams_cost_no_case(streams: str, code: int, tmp_path: Path) -> None:
    if "full" in streams and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    db = tmp_path / "c.duckdb"
    words = f"ingest '{DEMO}' --db '{db}' --jobs 0"

    done = subprocess.run(
        ["/bin/sh", "-c", f"'{sys.executable}' -m forensics {words} {streams}"],
        cwd=ROOT,
        check=False,
    )

    assert done.returncode == code
    assert json.loads(run("info", "--db", str(db), "--json").stdout)["formats"]
