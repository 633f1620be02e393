"""The loader refuses what is malformed; the runner narrows, counts copies once, says its limits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forensics.cli.app import app
from forensics.cli.entry import main as entry  # noqa: F401 -- registers every command
from forensics.errors import QueryError, UsageError
from forensics.evidence import Case
from forensics.evidence.answers import answer
from forensics.ingest import Options, ingest
from forensics.investigations import Scope, ask, find
from forensics.investigations import lists as lists_of
from forensics.investigations.hunting import hunt
from forensics.investigations.parameters import duration, moment
from forensics.investigations.questions import read
from forensics.investigations.runner import prepared
from forensics.investigations.stats import Count, stats

SCENARIOS = Path(__file__).parent.parent / "fixtures" / "scenarios"
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
BODY = "SELECT ref(source_id, record_no) AS ref FROM cloudtrail ORDER BY ref\n"


def case_of(path: Path, *evidence: Path) -> Path:
    ingest(evidence, path, Options(jobs=0))
    return path


@pytest.fixture(scope="module")
def burst(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("burst")
    return case_of(folder / "case.duckdb", SCENARIOS / "denied-burst" / "hit")


@pytest.fixture
def case(burst: Path) -> Iterator[Case]:
    with Case.for_reading(burst) as opened:
        yield opened


# ---------------------------------------------------------------------------- loader
@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        (BODY, 1, "no header"),
        (HEADER.replace('"t"', '"t'), 1, "header"),
        (HEADER + '--| colour = "red"\n' + BODY, 10, "colour"),
        (HEADER.replace('"should"', '"maybe"') + BODY, 4, "tier"),
        (HEADER + "DELETE FROM cloudtrail\n", 10, "no SELECT"),
        (HEADER + BODY.replace("ORDER", "WHERE eventName = $name ORDER"), 10, "not declared"),
        (HEADER + '--| params.n = { type = "text", about = "a" }\n' + BODY, 10, "not used"),
        (HEADER + '--| window = "self"\n' + BODY, 11, "not used, though window is 'self'"),
    ],
)
def test_a_malformed_query_is_told_with_file_and_line(text: str, line: int, fault: str) -> None:
    with pytest.raises(QueryError, match=fault) as raised:
        read("mine", "what", text, "mine.sql")

    assert raised.value.message.startswith(f"mine.sql:{line}:")
    assert raised.value.exit_code == 4


def test_a_query_of_the_users_own_is_asked(case: Case, tmp_path: Path) -> None:
    own = tmp_path / "mine.sql"
    own.write_text(HEADER + BODY)

    assert ask(case, str(own)).rows.num_rows == 12


# ---------------------------------------------------------------------------- parameters, lists
def test_a_parameter_must_be_known_given_and_of_its_type(case: Case) -> None:
    with pytest.raises(UsageError, match="no parameter colour"):
        ask(case, "denied-burst", {"colour": "red"})
    with pytest.raises(UsageError, match="parameter ip is missing"):
        ask(case, "ip-story")
    with pytest.raises(UsageError, match="is no integer"):
        ask(case, "denied-burst", {"count": "many"})
    with pytest.raises(UsageError, match="is no network"):
        ask(case, "ip-story", {"ip": "'; DROP TABLE cloudtrail"})


def test_times_need_a_zone() -> None:
    assert moment("2024-05-01T19:00+09:00") == moment("2024-05-01T10:00Z")
    assert moment("2024-05-01T19:00", "Asia/Tokyo") == moment("2024-05-01T10:00Z")
    assert duration("90s") * 2 == duration("3m")
    with pytest.raises(UsageError, match="of which time zone"):
        moment("2024-05-01T10:00")


def test_a_list_is_replaced_by_the_users(case: Case, tmp_path: Path) -> None:
    (tmp_path / "watched_actions.csv").write_text(
        "service,action,attack,why\niam.amazonaws.com,ListRoles,T1087.004,own\n"
    )
    found = ask(case, "sensitive-actions", list_folder=tmp_path)

    assert found.rows.column("action").to_pylist() == ["ListRoles"]
    assert any("watched_actions: 1 rows from" in note for note in found.notes)


def test_a_list_without_a_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "watched_actions.csv").write_text("service,action\na,b\n")
    with pytest.raises(QueryError, match="no column attack"):
        lists_of.get("watched_actions", tmp_path)


# ---------------------------------------------------------------------------- scope
def test_the_window_reaches_the_scan(case: Case) -> None:
    scope = Scope(moment("2024-05-01T10:01Z"), moment("2024-05-01T10:02Z"))
    question = prepared(case, find("api-metrics"), {}, scope)
    plan = answer(case.connection, f"EXPLAIN {question.sql}", question.parameters).to_pylist()
    scan = plan[0]["explain_value"].upper().split("SCAN", 1)[1]

    assert "2024-05-01 10:01:00" in scan
    assert "2024-05-01 10:02:00" in scan


def test_the_window_is_half_open(case: Case) -> None:
    scope = Scope(moment("2024-05-01T10:00:00Z"), moment("2024-05-01T10:00:20Z"))

    assert ask(case, "api-metrics", scope=scope).rows.column("action").to_pylist() == ["ListUsers"]


def test_account_and_region_narrow(case: Case) -> None:
    assert ask(case, "api-metrics", scope=Scope(account="111122223333")).rows.num_rows == 12
    assert ask(case, "api-metrics", scope=Scope(account="444455556666")).rows.num_rows == 0
    assert ask(case, "api-metrics", scope=Scope(region="eu-west-1")).rows.num_rows == 0


def test_a_limit_cuts_and_says_so(case: Case) -> None:
    found = ask(case, "api-metrics", scope=Scope(limit=3))

    assert (found.rows.num_rows, found.cut) == (3, True)


def test_services_are_left_out_and_counted(tmp_path: Path) -> None:
    path = case_of(tmp_path / "case.duckdb", SCENARIOS / "api-metrics" / "miss")
    with Case.for_reading(path) as case:
        without = ask(case, "api-metrics")
        with_them = ask(case, "api-metrics", scope=Scope(services=True))

    assert without.rows.num_rows == 0
    assert any(note.startswith("1 calls by AWS services") for note in without.notes)
    assert with_them.rows.num_rows == 1


def test_a_record_delivered_twice_counts_once(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    shutil.copytree(SCENARIOS / "api-metrics" / "hit", dump)
    (first,) = dump.iterdir()
    (dump / "copy.json").write_text(first.read_text() + "\n")  # another content, the same events
    path = case_of(tmp_path / "case.duckdb", dump)
    day = Scope(moment("2024-05-01T00:00Z"), moment("2024-05-02T00:00Z"))
    with Case.for_reading(path) as case:
        within = ask(case, "api-metrics", scope=day)
        found = ask(case, "api-metrics")
        after = ask(case, "api-metrics", scope=Scope(moment("2024-05-02T00:00Z")))

    assert within.rows.equals(found.rows)
    assert "3 records were delivered more than once and count once" in within.notes
    assert after.rows.num_rows == 0
    assert found.rows.column("calls").to_pylist() == [2, 1]
    assert "3 records were delivered more than once and count once" in found.notes


# ---------------------------------------------------------------------------- hunt, stats
def test_hunt_ranks_what_it_finds(case: Case) -> None:
    found = hunt(case, Scope(), tier="must")

    assert found.findings.column("query")[0].as_py() == "denied-burst"
    assert found.findings.column("ref")[0].as_py()
    assert any(each == "first-seen-actions was not asked: it needs --from" for each in found.notes)


@pytest.mark.parametrize(
    ("count", "first"),
    [
        (Count("count", "cloudtrail", ("errorCode",)), {"errorCode": "AccessDenied", "n": 11}),
        (Count("over-time", "cloudtrail"), {"period": moment("2024-05-01T10:00Z"), "n": 12}),
        (Count("first-last", "cloudtrail", ("sourceIPAddress",)), {"n": 12, "span": "00:10:00"}),
        (Count("top", "cloudtrail", ("eventName",), measure="record_no"), {"total": 12}),
        (Count("percentiles", "cloudtrail", (), measure="record_no"), {"p50": 6, "p99": 12}),
        (Count("count", "events", ("event_outcome",)), {"event_outcome": "failure", "n": 11}),
        (
            Count("count", "cloudtrail", ("requestParameters.userName",), where="readOnly = false"),
            {"requestParameters.userName": "mallory", "n": 1},
        ),
    ],
)
def test_stats(case: Case, count: Count, first: dict[str, object]) -> None:
    row = stats(case, count).to_pylist()[0]

    assert {name: row[name] for name in first} == first
    assert row["ref"]


def test_stats_take_no_unknown_column(case: Case) -> None:
    with pytest.raises(UsageError, match="cloudtrail has no column nope"):
        stats(case, Count("count", "cloudtrail", ("nope",)))


# ---------------------------------------------------------------------------- commands
def test_rows_go_to_stdout_and_talk_to_stderr(burst: Path) -> None:
    run = CliRunner().invoke(
        app, ["query", "denied-burst", "--db", str(burst), "--format", "jsonl"]
    )

    assert run.exit_code == 0
    assert run.stdout == (SCENARIOS / "denied-burst" / "expected.jsonl").read_text()
    assert "next: awslogs-forensics query ip-story --param ip=203.0.113.9" in run.stderr


def test_queries_are_found_by_a_technique_of_either_version() -> None:
    new = CliRunner().invoke(app, ["queries", "T1685.002", "--format", "jsonl"])
    old = CliRunner().invoke(app, ["queries", "T1562.008", "--format", "jsonl"])

    assert '"log-tampering"' in new.stdout
    assert old.stdout == new.stdout
