"""Sessions told in order: of roles, of the console, of Session Manager."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forensics.evidence import Case
from forensics.identity.sessions import session as told
from forensics.investigations.scope import Scope
from tests.identity.evidence import HERE, assume, call, case_of, key, ref_of, session, user

ALICE = user("alice", key(1, "AKIA"))
SHELL = "alice-0a1b2c3d4e5f60718"
INSTANCE = "i-0aaaaaaaaaaaaaaa1"
MINTED = assume("10:00:00", ALICE, "ops", "alice", key(11))
OPS = session("ops", "alice", key(11))
DID = [
    call("10:01:00", "s3:ListBuckets", OPS),
    call("10:02:00", "iam:CreateUser", OPS, errorCode="AccessDenied", errorMessage="no"),
    call("10:03:00", "iam:CreateUser", OPS, ip="192.0.2.9"),
]
LATER = call("12:00:00", "s3:ListBuckets", session("ops", "alice", key(12), created="11:59:00"))
STARTED = call(
    "10:10:00", "ssm:StartSession", OPS, request={"target": INSTANCE},
    response={"sessionId": SHELL},
)  # fmt: skip
ENDED = call("10:20:00", "ssm:TerminateSession", OPS, request={"sessionId": SHELL})
CONSOLE = {"attributes": {"creationDate": "2024-05-01T09:00:00Z"}}
LOGIN = call(
    "09:00:00", "signin:ConsoleLogin", user("bob", None), ip="192.0.2.1",
    response={"ConsoleLogin": "Success"}, eventType="AwsConsoleSignIn",
)  # fmt: skip
CLICKS = [
    call("09:05:00", "ec2:DescribeInstances", user("bob", key(21), sessionContext=CONSOLE)),
    call("09:15:00", "ec2:DescribeInstances", user("bob", key(22), sessionContext=CONSOLE)),
]
TRANSCRIPT = (
    "Script started on 2024-05-01 10:20:00+00:00\n"
    "\x1b[?2004hsh-5.2$ whoami\nssm-user\nsh-5.2$ cat /etc/shadow\nexit\n"
    "\nScript done on 2024-05-01 10:20:00+00:00\n"
)
UNOPENED = "mallory-0f1e2d3c4b5a69788"
RECORDS = (MINTED, *DID, LATER, STARTED, ENDED, LOGIN, *CLICKS)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    files = {f"{SHELL}.log": TRANSCRIPT, f"{UNOPENED}.log": TRANSCRIPT.replace("whoami", "id")}
    with case_of(tmp_path_factory.mktemp("sessions"), *RECORDS, **files) as opened:
        yield opened


def rows(case: Case, value: str, **scope: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = told(case, value, Scope(**scope)).rows.to_pylist()
    return listed


def test_a_role_session_has_its_origin_its_key_and_its_deeds_in_order(case: Case) -> None:
    start, credential, *did = rows(case, key(11))

    assert (start["part"], start["value"], start["confidence"]) == (
        "start", ALICE["arn"], "proven",
    )  # fmt: skip
    assert start["refs"] == [ref_of(case, MINTED)]
    assert start["session"] == f"{OPS['principalId']}@2024-05-01T10:00:00Z"
    assert (credential["value"], credential["records"]) == (key(11), 5)
    assert [(row["value"], row["records"], row["failed"]) for row in did] == [
        ("ListBuckets", 1, 0), ("CreateUser", 2, 1), ("StartSession", 1, 0),
        ("TerminateSession", 1, 0),
    ]  # fmt: skip
    assert did[1]["because"] == "from 192.0.2.9, 198.51.100.7; failed with AccessDenied"
    assert did[1]["refs"] == [ref_of(case, DID[1]), ref_of(case, DID[2])]


def test_sessions_of_one_name_are_told_apart(case: Case) -> None:
    names = list(dict.fromkeys(row["session"] for row in rows(case, OPS["arn"])))

    assert names == [
        f"{OPS['principalId']}@2024-05-01T10:00:00Z",
        f"{OPS['principalId']}@2024-05-01T11:59:00Z",
    ]
    one = rows(case, names[1])
    assert [(row["part"], row["value"]) for row in one[1:]] == [
        ("credential", key(12)), ("did", "ListBuckets"),
    ]  # fmt: skip
    assert one[0]["confidence"] == "unknown"


def test_a_console_session_has_one_start_and_all_of_its_keys(case: Case) -> None:
    found = rows(case, "bob")
    clicks = [row for row in found if row["session"].endswith("@2024-05-01T09:00:00Z")]

    assert [(row["part"], row["value"]) for row in clicks] == [
        ("start", f"arn:aws:iam::{HERE}:user/bob"),
        ("credential", key(21)),
        ("credential", key(22)),
        ("did", "DescribeInstances"),
    ]
    assert ref_of(case, LOGIN) in clicks[0]["refs"]
    assert clicks[0]["because"].endswith(
        "who signed in to the console at 2024-05-01 09:00:00 UTC from 192.0.2.1"
    )
    assert clicks[-1]["records"] == 2


def test_a_shell_has_its_opening_what_was_typed_and_its_end(case: Case) -> None:
    found = rows(case, SHELL)

    assert [(row["part"], row["value"]) for row in found] == [
        ("start", ALICE["arn"]),
        ("typed", "whoami"),
        ("typed", "cat /etc/shadow"),
        ("end", OPS["arn"]),
    ]
    start, marked, plain, end = found
    assert start["because"] == (
        f"StartSession on {INSTANCE} by {OPS['arn']} from 198.51.100.7;"
        f" AssumeRole handed out {key(11)}; the record names the IAM user"
    )
    assert start["refs"] == [ref_of(case, STARTED), ref_of(case, MINTED)]
    assert end["refs"] == [ref_of(case, ENDED)]
    assert (marked["confidence"], plain["confidence"]) == ("inferred", "inferred")
    assert (marked["because"], plain["because"]) == (
        "after a prompt that the shell marked", "after what looks like a prompt",
    )  # fmt: skip


def test_a_transcript_without_its_opening_is_told_with_an_unknown_start(case: Case) -> None:
    start, *typed = rows(case, UNOPENED)

    assert (start["value"], start["confidence"]) == (None, "unknown")
    assert start["because"].startswith("the call that opened the session is not in the evidence")
    assert [row["value"] for row in typed] == ["id", "cat /etc/shadow"]


def test_the_sessions_of_an_address_are_told(case: Case) -> None:
    starts = [row["value"] for row in rows(case, "192.0.2.9") if row["part"] == "start"]

    assert starts == [ALICE["arn"]]


def test_scope_narrows_the_calls(case: Case) -> None:
    assert rows(case, key(11), region="eu-west-1") == []
    assert len(rows(case, key(11), limit=2)) == 2


def test_a_session_nobody_knows_is_an_empty_table_and_says_what_was_searched(case: Case) -> None:
    found = told(case, "nobody-0123456789abcdef0")

    assert found.rows.num_rows == 0
    assert found.notes[0].startswith("nobody-0123456789abcdef0: no such session; searched: keys")


def test_a_case_without_any_log_says_so(tmp_path: Path) -> None:
    with case_of(tmp_path, readme="nothing here") as empty:
        found = told(empty, SHELL)

    assert found.rows.num_rows == 0
    assert "not in this case, so not asked: cloudtrail, ssm_session" in found.notes
