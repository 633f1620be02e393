"""`who`, `chain`, `session`, `asset` as commands: data on one stream, talk on the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forensics.cli import app
from forensics.errors import UsageError
from tests.identity.evidence import assume, call, case_of, key, session, user

HOSTILE = "=1+1\u202e\u001b]0;x\u0007"
ALICE = user("alice", key(1, "AKIA"))
RECORDS = (
    assume("10:00:00", ALICE, "ops", HOSTILE, key(11)),
    call("10:01:00", "s3:ListBuckets", session("ops", HOSTILE, key(11)), ip="192.0.2.7"),
    call(
        "09:00:00", "ec2:RunInstances", ALICE,
        response={"instancesSet": {"items": [
            {"instanceId": "i-0aaaaaaaaaaaaaaa1", "privateIpAddress": "10.0.0.10",
             "networkInterfaceSet": {"items": [
                 {"networkInterfaceId": "eni-0aaaaaaaaaaaaaaa1",
                  "privateIpAddress": "10.0.0.10"}]}}]}},
    ),
)  # fmt: skip
PARTS = {
    "who": ("192.0.2.7", "is"),
    "chain": (key(11), "origin"),
    "session": (key(11), "start"),
    "asset": ("10.0.0.10", None),
}


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    with case_of(folder, *RECORDS):
        pass
    return folder / "case.duckdb"


def run(db: Path, *words: str) -> tuple[str, str]:
    shown = CliRunner().invoke(app, [*words, "--db", str(db)], catch_exceptions=False)
    assert shown.exit_code == 0
    return shown.stdout, shown.stderr


@pytest.mark.parametrize("command", PARTS)
def test_json_is_a_list_of_objects_with_refs_as_lists(db: Path, command: str) -> None:
    value, part = PARTS[command]
    out, _ = run(db, command, value, "--format", "json")

    rows = json.loads(out)
    assert rows[0].get("part") == part
    assert all(isinstance(row["refs"], list) for row in rows)
    known = {"proven", "inferred", "unknown", None}
    assert {row["confidence"] for row in rows} <= known


@pytest.mark.parametrize("command", PARTS)
def test_the_same_question_has_the_same_answer(db: Path, command: str) -> None:
    value, _ = PARTS[command]

    assert run(db, command, value, "-f", "jsonl")[0] == run(db, command, value, "-f", "jsonl")[0]


@pytest.mark.parametrize("command", PARTS)
def test_a_table_suggests_two_next_commands(db: Path, command: str) -> None:
    value, _ = PARTS[command]
    _, talk = run(db, command, value)

    steps = [line for line in talk.splitlines() if line.startswith("next: ")]
    assert len(steps) == 2
    assert all(step.endswith(f"--db {db}") for step in steps)


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("who", "203.0.113.99"),
        ("chain", key(999)),
        ("session", "nobody-0123456789abcdef0"),
        ("asset", "203.0.113.99"),
    ],
)
def test_what_is_not_found_is_no_error_but_a_note(db: Path, command: str, value: str) -> None:
    out, talk = run(db, command, value, "--format", "json")

    assert json.loads(out) == []
    assert f"note: {value}: no" in talk
    assert "searched: " in talk
    assert "next: " not in talk


@pytest.mark.parametrize("command", ["who", "chain", "session"])
def test_hostile_names_reach_no_terminal_and_no_spreadsheet(db: Path, command: str) -> None:
    out, talk = run(db, command, HOSTILE)

    assert "\\u202e" in out
    for shown in (out, talk):
        assert not set(shown) & {"\u202e", "\u001b", "\u0007"}
    csv, _ = run(db, command, HOSTILE, "--format", "csv")
    assert not [line for line in csv.splitlines() if ",=1+1" in line]


def test_a_moment_needs_a_zone(db: Path) -> None:
    with pytest.raises(UsageError, match="of which time zone"):
        run(db, "asset", "10.0.0.10", "--at", "2024-05-01T10:00")
    out, _ = run(
        db, "asset", "10.0.0.10", "--at", "2024-05-01T19:00", "--tz", "Asia/Tokyo", "-f", "json"
    )

    [row] = json.loads(out)
    assert row["instance"] == "i-0aaaaaaaaaaaaaaa1"
    assert row["valid_from"] == "2024-05-01T18:00:00+09:00"


def test_tokens_that_sts_answered_with_are_not_shown(db: Path) -> None:
    for command in ("who", "chain", "session"):
        out, _ = run(db, command, key(11), "--format", "json")
        assert "IQoJexampletoken" not in out
