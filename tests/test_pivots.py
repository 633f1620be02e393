"""`find`, `what`, `when`, `around`, `coverage` over the demo evidence, as a script meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from forensics.cli import app
from forensics.errors import UsageError
from forensics.ingest import Options, ingest

FIXTURES = Path(__file__).parent.parent / "fixtures"
MINTED = "18ad716bca36cc84:7"  # backup makes an access key for alice
BACKUP = "arn:aws:iam::111122223333:user/backup"


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case made from the demo evidence."""
    made = tmp_path_factory.mktemp("pivots") / "case.duckdb"
    ingest([FIXTURES / "demo"], made, Options(jobs=0))
    return made


def run(db: Path, *words: str) -> Result:
    done = CliRunner().invoke(app, [*words, "--db", str(db)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def rows(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def of(db: Path, *words: str) -> list[dict[str, Any]]:
    return rows(run(db, *words, "--format", "jsonl"))


# ---------------------------------------------------------------------------- find
def test_find_tells_where_a_value_is_and_what_to_ask_next(db: Path) -> None:
    done = run(db, "find", "203.0.113.9", "--format", "jsonl")

    places = [(row["dataset"], row["field"], row["hits"]) for row in rows(done)]
    assert places == [
        ("cloudtrail", "sourceIPAddress", 16),
        ("s3_access", "remoteip", 8),
        ("vpc_flow", "srcaddr", 10),
    ]
    assert "looked for as IPv4 address" in done.stderr
    assert "next: awslogs-forensics around 18ad716bca36cc84:2" in done.stderr


def test_find_narrows(db: Path) -> None:
    window = ("--from", "2024-05-01T10:04Z", "--to", "2024-05-01T10:05Z")

    assert [row["hits"] for row in of(db, "find", "203.0.113.0/24", *window)] == [8, 8, 1]
    assert of(db, "find", "203.0.113.9", "--account", "999999999999") == []


def test_find_shows_the_rows_and_says_where_it_cut(db: Path) -> None:
    done = run(db, "find", "203.0.113.9", "--rows", "--limit", "2", "--format", "jsonl")

    assert [row["ref"] for row in rows(done)] == ["18ad716bca36cc84:2", "18ad716bca36cc84:3"]
    assert "only the first 2 rows are shown" in done.stderr


def test_nothing_found_is_an_answer(db: Path) -> None:
    done = run(db, "find", "198.51.100.200", "--format", "jsonl")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "nothing found" in done.stderr
    assert "proves nothing: alb, s3_access, vpc_flow" in done.stderr


# ---------------------------------------------------------------------------- what, when
def test_what_a_principal_did_and_what_was_done_to_it(db: Path) -> None:
    found = [(row["role"], row["action"], row["records"]) for row in of(db, "what", "alice")]

    assert found == [
        ("did", "GetObject", 8),
        ("did", "REST.GET.OBJECT", 8),
        ("did", "ConsoleLogin", 1),
        ("did", "DescribeTrails", 1),
        ("did", "StopLogging", 1),
        ("done to it", "CreateAccessKey", 1),
    ]


def test_what_was_done_to_a_bucket_and_its_objects(db: Path) -> None:
    found = [(row["log"], row["records"]) for row in of(db, "what", "example-customers")]

    assert found == [("cloudtrail", 8), ("s3_access", 8)]


def test_a_role_stands_for_its_sessions(tmp_path: Path) -> None:
    made = tmp_path / "case.duckdb"
    ingest([FIXTURES / "scenarios" / "shell-sessions" / "hit"], made, Options(jobs=0))
    role = "arn:aws:iam::111122223333:role/AdminRole"

    did = [row["action"] for row in of(made, "what", role)]
    line = [row["action"] for row in of(made, "timeline", "--who", role)]

    assert did == line == ["StartSession", "TerminateSession"]


def test_what_points_to_find(db: Path) -> None:
    done = run(db, "what", "nobody", "--format", "jsonl")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "`find nobody` looks into more columns" in done.stderr


def test_when_and_timeline_are_one(db: Path) -> None:
    words = ("--from", "2024-05-01T10:00Z", "--to", "2024-05-01T10:01Z", "--ip", "203.0.113.9")
    found = of(db, "when", *words)

    assert [row["log"] for row in found] == ["vpc_flow", "cloudtrail"]
    assert found == of(db, "timeline", *words)


def test_a_bare_time_needs_a_zone(db: Path) -> None:
    with pytest.raises(UsageError, match="of which time zone"):
        run(db, "when", "--from", "2024-05-01T10:00")


# ---------------------------------------------------------------------------- around
def test_around_marks_the_row_itself(db: Path) -> None:
    found = of(db, "around", MINTED, "--window", "30s")

    assert [row["ref"] for row in found if row["in_common"] == ["itself"]] == [MINTED]
    assert [row["log"] for row in found] == ["vpc_flow", "vpc_flow", "cloudtrail"]


def test_around_shows_the_nearest_rows(db: Path) -> None:
    everything = of(db, "around", MINTED, "--window", "30m", "--limit", "0")
    nearest = of(db, "around", MINTED, "--window", "30m", "--limit", "3")

    by_distance = sorted(everything, key=lambda row: abs(row["seconds"]))
    assert len(everything) > 3
    assert [row["seconds"] for row in nearest] == sorted(row["seconds"] for row in by_distance[:3])
    assert [row["ref"] for row in nearest if row["in_common"] == ["itself"]] == [MINTED]


def test_around_the_same_actor_or_address(db: Path) -> None:
    actor = of(db, "around", MINTED, "--window", "2m", "--same", "actor")
    address = of(db, "around", MINTED, "--window", "2m", "--same", "ip")

    assert {row["who"] for row in actor} == {BACKUP}
    assert {row["address"] for row in address} == {"203.0.113.9"}
    assert len(actor) < len(address)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("around", "nonsense"), "not a REF"),
        (("around", "0000000000000001:1"), "no row with a time"),
        (("around", MINTED, "--window", "soon"), "no duration"),
        (("around", MINTED, "--same", "mood"), "--same mood"),
        (("coverage", "--retention", "forever"), "no such profile"),
        (("coverage", "--step", "week"), "--step week"),
    ],
)
def test_what_cannot_be_asked(db: Path, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(db, *words)


# ---------------------------------------------------------------------------- coverage
def test_coverage_is_one_object_for_scripts(db: Path) -> None:
    done = run(db, "coverage", "--json")
    found = json.loads(done.stdout)

    assert list(found) == [
        *("db", "profile", "hours", "days", "retention", "duties", "volume", "notes")
    ]
    assert [(row["log"], row["state"], row["hours"]) for row in found["hours"]] == [
        ("alb", "present", 1),
        ("cloudtrail", "present", 3),
        ("s3_access", "present", 1),
        ("vpc_flow", "present", 1),
    ]
    assert [(row["duty"], row["log"]) for row in found["duties"]] == [
        ("log-in", "cloudtrail"),
        ("mass reading", "cloudtrail"),
        ("mass reading", "s3_access"),
        ("export", None),
        ("log-out", None),
        ("shell", None),
    ]
    assert {row["log"]: row["short_by"] for row in found["retention"]}["cloudtrail"] == 1095


def test_a_window_is_covered_to_its_edges(db: Path) -> None:
    window = ("--from", "2024-05-01T00:00Z", "--to", "2024-05-02T00:00Z")
    found = json.loads(run(db, "coverage", "--json", *window, "--region", "us-east-1").stdout)

    days = {row["log"]: (row["present"], row["unknown"]) for row in found["days"]}
    assert days == {"alb": (1, 23), "cloudtrail": (3, 21), "vpc_flow": (1, 23)}
    assert [row["state"] for row in found["hours"] if row["log"] == "alb"] == [
        *("unknown", "present", "unknown")
    ]


def test_a_profile_of_the_users_own_leaves_no_log_out(db: Path, tmp_path: Path) -> None:
    (tmp_path / "retention_profiles.csv").write_text("profile,log,days\nhouse,vpc_flow,7\n")
    words = ("coverage", "--json", "--retention", "house", "--lists", str(tmp_path))
    found = json.loads(run(db, *words).stdout)

    targets = {row["log"]: (row["target_days"], row["short_by"]) for row in found["retention"]}
    assert targets == {
        "vpc_flow": (7, 7),
        "alb": (None, None),
        "cloudtrail": (None, None),
        "s3_access": (None, None),
    }


def test_digests_tell_empty_from_missing(tmp_path: Path) -> None:
    made = tmp_path / "case.duckdb"
    ingest([FIXTURES / "scenarios" / "coverage" / "hit"], made, Options(jobs=0))

    table = run(made, "coverage", "--step", "hour").stdout

    assert [line.split()[3] for line in table.splitlines()[3:8]] == [
        *("present", "proven", "missing", "unknown", "present")
    ]


def test_volume_grows(tmp_path: Path) -> None:
    (source,) = (FIXTURES / "scenarios" / "api-metrics" / "hit").iterdir()
    text = source.read_text("utf-8")
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "1.json").write_text(text)
    later = json.loads(text.replace("2024-05-01", "2024-05-02").replace("-4000-", "-4001-"))
    (dump / "2.json").write_text(json.dumps({"Records": later["Records"][:1]}) + "\n")
    made = tmp_path / "case.duckdb"
    ingest([dump], made, Options(jobs=0))

    volume = json.loads(run(made, "coverage", "--json").stdout)["volume"]

    assert [(row["records"], row["growth"]) for row in volume] == [(3, None), (1, -0.667)]


def test_a_log_that_does_not_exist_is_said(db: Path) -> None:
    with pytest.raises(UsageError, match="--log nosuch: no such log"):
        run(db, "timeline", "--log", "nosuch")


def test_an_id_that_was_used_again_hides_no_other_call(db: Path) -> None:
    found = of(db, "timeline", "--action", "StopLogging")

    assert [row["action"] for row in found] == ["StopLogging"]
