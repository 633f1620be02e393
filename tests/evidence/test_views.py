"""`events` is one SELECT per log format, put together in the order of the registry."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from forensics.evidence import Case, answer, insert_batches, views
from forensics.evidence.events import EVENTS
from forensics.evidence.schema import NATIVE
from tests.evidence.conftest import batch


@pytest.fixture
def selects(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """SELECTs of two formats, in place of those in the package."""
    given = {
        "vpc_flow": "SELECT source_id, 'vpc_flow' AS event_dataset, version AS packets"
        " FROM vpc_flow",
        "cloudtrail": "SELECT source_id, 'cloudtrail' AS event_dataset, eventName AS event_action"
        " FROM cloudtrail",
    }
    monkeypatch.setattr(views, "_selects", lambda: given)
    return given


def test_branches_are_joined_by_name(selects: dict[str, str], case: Case) -> None:
    for table in ("cloudtrail", "vpc_flow"):
        named = {"eventName": ["A"]} if table == "cloudtrail" else {"version": [2]}
        rows = batch(table, source_id=[1], record_no=[1], **named)
        insert_batches(case.connection, table, [rows])

    views.install(case.connection)

    found = answer(
        case.connection,
        "SELECT event_dataset, event_action, packets FROM events ORDER BY event_dataset",
    ).to_pylist()
    assert found == [
        {"event_dataset": "cloudtrail", "event_action": "A", "packets": None},
        {"event_dataset": "vpc_flow", "event_action": None, "packets": 2},
    ]


def test_branches_come_in_the_order_of_the_registry(selects: dict[str, str]) -> None:
    order = [table.name for table in NATIVE if table.name in selects]

    text = views.events()

    assert sorted(order, key=lambda name: text.index(f"FROM {name}")) == order


def test_a_select_of_no_format_is_left_out(selects: dict[str, str]) -> None:
    """That every format has one is for test_events to say: a misspelt name shows there."""
    before = views.events()
    selects["misspelt"] = "SELECT 1 AS one"

    assert views.events() == before


def test_without_selects_there_is_no_view(selects: dict[str, str], path: Path) -> None:
    selects.clear()

    with Case.for_ingest(path) as case, pytest.raises(duckdb.CatalogException):
        case.connection.execute("FROM events")


def test_the_view_explains_itself_and_is_renewed(selects: dict[str, str], case: Case) -> None:
    selects["vpc_flow"] = "SELECT 1 AS source_id, 'other' AS event_dataset"

    views.install(case.connection)

    assert answer(
        case.connection,
        "SELECT comment FROM duckdb_views() WHERE view_name = 'events'"
        " UNION ALL SELECT comment FROM duckdb_columns()"
        " WHERE table_name = 'events' AND column_name = 'source_ip'",
    ).to_pylist() == [{"comment": EVENTS.about}, {"comment": "The same where it is an address."}]
    found = answer(case.connection, "FROM events")
    assert found.column_names == [column.name for column in EVENTS.columns]
    assert found.column("event_dataset").to_pylist() == ["other"]


def test_what_has_not_changed_is_not_made_again(case: Case) -> None:
    case.connection.execute("COMMENT ON VIEW events IS 'mine'")

    views.install(case.connection)

    query = "SELECT comment FROM duckdb_views() WHERE view_name = 'events'"
    assert answer(case.connection, query).to_pylist() == [{"comment": "mine"}]


def test_the_selects_of_the_package_are_valid(blank: Path) -> None:
    """Whatever lies in views/ works on an empty case."""
    with Case.for_reading(blank) as case:
        assert answer(case.connection, "FROM events").num_rows == 0


def test_only_logs_with_rows_are_planned(path: Path) -> None:
    with Case.for_ingest(path) as case:
        rows = batch("alb", source_id=[1], record_no=[1], client_ip=["192.0.2.1"])
        insert_batches(case.connection, "alb", [rows])
    with Case.for_reading(path) as case:
        name = views.held(case.connection)
        [(plan,)] = case.connection.execute(
            "SELECT sql FROM duckdb_views() WHERE temporary AND view_name = 'held_events'"
        ).fetchall()
        found = case.connection.execute(f"SELECT source_address FROM {name}").fetchall()
        whole = case.connection.execute("SELECT source_address FROM events").fetchall()

    assert [log for log in ("alb", "nlb", "waf") if f"FROM {log}" in plan] == ["alb"]
    assert found == whole == [("192.0.2.1",)]


def test_a_case_with_other_definitions_is_asked_through_its_own(path: Path) -> None:
    with Case.for_ingest(path) as case:
        case.connection.execute("CREATE OR REPLACE MACRO _views_version() AS 'another'")
    with Case.for_reading(path) as case:
        assert views.held(case.connection) == "main.events"
