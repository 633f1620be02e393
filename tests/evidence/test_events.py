"""`events`: every format fills what it can, no row is lost, conditions reach the native rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from forensics.evidence import Case, LocationRow, answer, insert_batches, insert_locations, views
from forensics.evidence.events import EVENTS, GIVEN
from parsers.formats import BY_NAME
from parsers.scalars import address_number
from tests.evidence.conftest import batch
from tests.evidence.evidence_case import ACCOUNT, REGION, fill, fixtures
from tests.evidence.filled import FILLED

ALWAYS = (
    "ref source_id record_no event_dataset timestamp_desc time_precision event_category event_type"
    " event_outcome event_time message cloud_account_id cloud_region source_scope event_action"
    " event_provider"
)
CATEGORIES = "api authentication configuration database file host iam network process session web"
TYPES = (
    "access admin allowed change connection creation deletion denied end error info protocol start"
)


@pytest.fixture(scope="module")
def case(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """All fixtures of all formats."""
    with Case.for_ingest(tmp_path_factory.mktemp("events") / "case.duckdb") as opened:
        fill(opened, fixtures())
        yield opened


def ask(case: Case, query: str, *parameters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = answer(case.connection, query, list(parameters)).to_pylist()
    return rows


# ---------------------------------------------------------------------------- every format
def test_every_format_has_its_select_and_its_line_in_the_table() -> None:
    assert BY_NAME.keys() - views._selects().keys() == set()
    assert BY_NAME.keys() - FILLED.keys() == set()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_format_fills_what_it_can(case: Case, name: str) -> None:
    columns = ", ".join(f"count({each.name}) AS {each.name}" for each in EVENTS.columns)

    [counts] = ask(case, f"SELECT {columns} FROM events WHERE event_dataset = ?", name)

    filled = {column for column, count in counts.items() if count}
    assert {*ALWAYS.split(), *FILLED[name].split()} - filled == set()


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_row_is_one_event(case: Case, name: str) -> None:
    rows = f"SELECT source_id, record_no FROM {name}"
    events = f"SELECT source_id, record_no FROM events WHERE event_dataset = '{name}'"

    assert ask(case, f"SELECT count(*) AS n FROM {name}")[0]["n"] > 0
    assert ask(case, f"({rows}) EXCEPT ALL ({events})") == []
    assert ask(case, f"({events}) EXCEPT ALL ({rows})") == []


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_no_select_names_a_column_that_events_lacks(case: Case, name: str) -> None:
    found = ask(case, f"DESCRIBE {views._selects()[name]}")

    declared = {column.name for column in GIVEN}
    assert {row["column_name"] for row in found} - declared == set()


def test_closed_sets_of_words(case: Case) -> None:
    rows = ask(
        case,
        "SELECT DISTINCT event_outcome, time_precision, source_scope, event_category, event_type"
        " FROM events",
    )

    assert {row["event_outcome"] for row in rows} == {"success", "failure", "unknown"}
    assert {row["time_precision"] for row in rows} <= {"us", "ms", "s", "min", "window"}
    assert {row["source_scope"] for row in rows} <= {
        "public",
        "private",
        "aws-service",
        "aws-internal",
        "none",
    }
    assert {word for row in rows for word in row["event_category"]} <= set(CATEGORIES.split())
    assert {word for row in rows for word in row["event_type"]} <= set(TYPES.split())


def test_every_row_says_what_it_is(case: Case) -> None:
    """A message, a word for its time, an outcome: of the oddest row too."""
    assert (
        ask(
            case,
            "SELECT ref FROM events WHERE message IS NULL OR message = '' OR timestamp_desc IS NULL"
            " OR time_precision IS NULL OR event_outcome IS NULL OR event_category IS NULL"
            " OR event_type IS NULL OR ref IS NULL",
        )
        == []
    )


def test_no_dash_is_left(case: Case) -> None:
    """What a log writes for "nothing" is NULL in events, quoted or not."""
    texts = [c.name for c in EVENTS.columns if str(c.type) == "string" and c.name != "message"]
    counts = ", ".join(f"count_if({name} IN ('-', '')) AS {name}" for name in texts)

    [found] = ask(case, f"SELECT {counts} FROM events")

    assert {name for name, count in found.items() if count} == set()


# ---------------------------------------------------------------------------- places
def place(connection: duckdb.DuckDBPyConnection, *places: tuple[str | None, str | None]) -> None:
    rows = batch("vpc_flow", source_id=[1], record_no=[1], version=[2])
    insert_batches(connection, "vpc_flow", [rows])
    located = [
        LocationRow(1, str(number), account_id=account, region=region)
        for number, (account, region) in enumerate(places)
    ]
    insert_locations(connection, located)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([], (None, None)),
        ([(ACCOUNT, REGION)], (ACCOUNT, REGION)),
        ([(ACCOUNT, REGION), (ACCOUNT, "eu-west-1")], (ACCOUNT, None)),
        ([(ACCOUNT, REGION), (None, None)], (ACCOUNT, REGION)),
        ([(ACCOUNT, REGION), ("111122223333", REGION)], (None, REGION)),
    ],
)
def test_a_row_that_says_no_place_has_that_of_its_file(
    blank: Path, path: Path, places: list[Any], expected: tuple[str | None, str | None]
) -> None:
    with Case.for_ingest(path) as made:
        place(made.connection, *places)

        [row] = ask(made, "SELECT cloud_account_id, cloud_region FROM events")

    assert tuple(row.values()) == expected


def test_what_a_row_says_counts_more_than_its_file(case: Case) -> None:
    accounts = ask(
        case, "SELECT DISTINCT cloud_account_id AS a FROM events WHERE event_dataset = 'cloudtrail'"
    )

    assert "111122223333" in {row["a"] for row in accounts}


# ---------------------------------------------------------------------------- plans
NUMBERS = {
    "cloudtrail": "_sourceIPAddress",
    "route53_public": "_resolver_ip",
    "route53_resolver": "_srcaddr",
    "vpc_flow": "_srcaddr",
    "tgw_flow": "_srcaddr",
    "s3_access": "_remoteip",
    "alb": "_client_ip",
    "alb_connection": "_client_ip",
    "nlb": "_client_ip",
    "clb": "_request_ip",
    "cloudfront": "_c_ip",
    "cloudfront_realtime": "_c_ip",
    "cloudfront_connection": "_clientIp",
    "waf": "_clientIp",
    "apigw_access": "_source_ip",
    "apigw_execution": "_forwarded_for",
    "rds_das": "_remote_host",
    "rds_mysql": "_client_host",
    "rds_mysql_audit": "_client_host",
    "rds_postgres": "_remote_host",
    "rds_sqlserver": "_client_host",
    "rds_oracle": "_client_host",
    "host": "_source_ip",
}
"""What source_ip_num is in the native table, where it has a source address."""


@pytest.fixture(scope="module")
def wide(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Two rows per table, so far apart that no condition below is decided by statistics."""
    with Case.for_ingest(tmp_path_factory.mktemp("plans") / "case.duckdb") as opened:
        for name, declared in BY_NAME.items():
            moments = [datetime(1990, 1, 1), datetime(2090, 1, 1)]  # noqa: DTZ001
            columns: dict[str, list[Any]] = {declared.time_column: moments}
            if name in NUMBERS:
                columns[NUMBERS[name]] = [0, 1 << 60]
            rows = batch(name, source_id=[1, 1], record_no=[1, 2], **columns)
            insert_batches(opened.connection, name, [rows])
        yield opened


def scans(case: Case, condition: str) -> list[tuple[str, str]]:
    """Table and filters of every scan of native rows that the condition leaves."""
    query = f"SELECT event_action, source_ip_num, cloud_region FROM events WHERE {condition}"
    found = case.connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchall()
    return sorted(_scans(json.loads(found[0][1])))


def _scans(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        about = node["extra_info"]
        where = str(about.get("Table", "")).replace('"', "")
        if ".stored." in where:
            yield where.rpartition(".")[2], str(about.get("Filters", ""))
        yield from _scans(node["children"])


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_dataset_leaves_one_scan(wide: Case, name: str) -> None:
    assert [table for table, _ in scans(wide, f"event_dataset = '{name}'")] == [name]


def test_several_datasets_leave_as_many_scans(wide: Case) -> None:
    found = scans(wide, "event_dataset IN ('alb', 'waf')")

    assert [table for table, _ in found] == ["alb", "waf"]


def test_a_condition_on_time_reaches_every_scan(wide: Case) -> None:
    found = scans(wide, "event_time BETWEEN TIMESTAMP '2024-01-01' AND TIMESTAMP '2024-01-02'")

    assert [table for table, _ in found] == sorted(BY_NAME)
    for table, filters in found:
        column = BY_NAME[table].time_column
        assert f"{column} >= '2024-01-01" in filters, filters
        assert f"{column} <= '2024-01-02" in filters, filters


@pytest.mark.parametrize(
    "condition",
    [
        "source_ip_num BETWEEN 3221225984 AND 3221226239",
        "within(source_ip_num, '192.0.2.0/24')",
    ],
)
def test_a_condition_on_addresses_reaches_every_scan(wide: Case, condition: str) -> None:
    found = scans(wide, condition)

    assert [table for table, _ in found] == sorted(NUMBERS.keys() & BY_NAME.keys())
    for table, filters in found:
        assert f"{NUMBERS[table]} >= 3221225984" in filters, filters
        assert f"{NUMBERS[table]} <= 3221226239" in filters, filters


# ---------------------------------------------------------------------------- some rows in full
def row(case: Case, fixture: str, record_no: int, columns: str) -> dict[str, Any]:
    query = f"SELECT {columns} FROM events JOIN source_locations AS place USING (source_id)"
    [found] = ask(case, f"{query} WHERE place.path = ? AND record_no = ?", fixture, record_no)
    return found


def test_a_sign_in_that_failed(case: Case) -> None:
    columns = "event_outcome, event_category, timestamp_desc, error_message, message"

    assert row(case, "cloudtrail/console-sign-in", 1, columns) == {
        "event_outcome": "failure",
        "event_category": ["authentication", "api"],
        "timestamp_desc": "sign-in",
        "error_message": "No username found in supplied account",
        "message": "HIDDEN_DUE_TO_SECURITY_REASONS called signin.amazonaws.com ConsoleLogin"
        " from 203.0.113.9: No username found in supplied account",
    }


def test_an_aggregated_event_has_the_time_of_its_window(case: Case) -> None:
    found = row(case, "cloudtrail/aggregated", 1, "event_time, event_end, time_precision, message")

    assert found == {
        "event_time": datetime(2025, 12, 1, 10),  # noqa: DTZ001
        "event_end": datetime(2025, 12, 1, 10, 5),  # noqa: DTZ001
        "time_precision": "window",
        "message": "s3.amazonaws.com was called in the window, mostly GetObject (1280)",
    }


def test_a_flow_that_was_rejected(case: Case) -> None:
    columns = (
        "event_outcome, event_type, source_ip, source_ip_num, source_scope, destination_port,"
        " network_transport, eni_id, cloud_account_id, cloud_region, message"
    )

    assert row(case, "vpc_flow/default-header", 3, columns) == {
        "event_outcome": "failure",
        "event_type": ["connection", "denied"],
        "source_ip": "203.0.113.9",
        "source_ip_num": 3405803785,
        "source_scope": "public",
        "destination_port": 22,
        "network_transport": "tcp",
        "eni_id": "eni-0a1b2c3d4e5f60718",
        "cloud_account_id": "111122223333",
        "cloud_region": REGION,
        "message": "203.0.113.9 port 51515 sent 60 bytes by tcp to 192.0.2.10 port 22: REJECT",
    }


def test_a_client_whose_certificate_was_refused(case: Case) -> None:
    columns = "event_outcome, error_code, user_id, message"
    [found] = ask(
        case,
        f"SELECT DISTINCT {columns} FROM events WHERE event_dataset = 'alb_connection'"
        " AND error_code = 'ClientCertUntrusted' AND source_port = 40112",
    )

    assert found == {
        "event_outcome": "failure",
        "error_code": "ClientCertUntrusted",
        "user_id": None,
        "message": "203.0.113.90 port 40112 connected to port 443: Failed:ClientCertUntrusted",
    }


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("203.0.113.9", "public"),
        ("2001:db8::1", "public"),
        ("10.1.2.3", "private"),
        ("172.32.0.1", "public"),
        ("172.31.255.255", "private"),
        ("169.254.169.254", "private"),
        ("100.64.0.1", "private"),
        ("fd00::1", "private"),
        ("fe80::1", "private"),
        ("::1", "private"),
        ("AWS Internal", "aws-internal"),
        ("config.amazonaws.com", "aws-service"),
        ("amazonaws.com.example.com", "none"),
        (None, "none"),
    ],
)
def test_scope(case: Case, address: str | None, scope: str) -> None:
    number = address_number(address) if address else None

    [found] = ask(case, "SELECT _scope(CAST(? AS UBIGINT), ?) AS scope", number, address)

    assert found["scope"] == scope
