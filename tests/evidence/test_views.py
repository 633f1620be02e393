"""`events` is one SELECT per log format, put together in the order of the registry."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from forensics.evidence import Case, answer, insert_batches, views
from forensics.evidence.schema import NATIVE
from tests.evidence.conftest import batch


@pytest.fixture
def selects(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """SELECTs of two formats, in place of those in the package."""
    given = {
        "vpc_flow": "SELECT source_id, 'vpc_flow' AS event_dataset, srcaddr FROM vpc_flow",
        "cloudtrail": "SELECT source_id, 'cloudtrail' AS event_dataset, eventName FROM cloudtrail",
    }
    monkeypatch.setattr(views, "_selects", lambda: given)
    return given


def test_branches_are_joined_by_name(selects: dict[str, str], case: Case) -> None:
    for table in ("cloudtrail", "vpc_flow"):
        rows = batch(table, source_id=[1], record_no=[1])
        insert_batches(case.connection, table, [rows])

    views.install(case.connection)

    found = answer(case.connection, "SELECT * FROM events ORDER BY event_dataset").to_pylist()
    assert found == [
        {"source_id": 1, "event_dataset": "cloudtrail", "eventName": None, "srcaddr": None},
        {"source_id": 1, "event_dataset": "vpc_flow", "eventName": None, "srcaddr": None},
    ]


def test_branches_come_in_the_order_of_the_registry(selects: dict[str, str]) -> None:
    order = [table.name for table in NATIVE if table.name in selects]

    text = views.events()

    assert sorted(order, key=lambda name: text.index(f"FROM {name}")) == order


def test_a_select_of_no_format_is_a_mistake(selects: dict[str, str]) -> None:
    selects["misspelt"] = "SELECT 1"

    with pytest.raises(ValueError, match=r"views/misspelt\.sql: no log format of that name"):
        views.events()


def test_without_selects_there_is_no_view(selects: dict[str, str], path: Path) -> None:
    selects.clear()

    with Case.for_ingest(path) as case, pytest.raises(duckdb.CatalogException):
        case.connection.execute("FROM events")


def test_the_view_explains_itself_and_is_renewed(selects: dict[str, str], case: Case) -> None:
    views.install(case.connection)
    del selects["vpc_flow"]
    views.install(case.connection)

    assert answer(
        case.connection,
        "SELECT comment FROM duckdb_views() WHERE view_name = 'events'",
    ).to_pylist() == [{"comment": views.EVENTS_ABOUT}]
    assert answer(case.connection, "FROM events").column_names == [
        "source_id",
        "event_dataset",
        "eventName",
    ]


def test_the_selects_of_the_package_are_valid(blank: Path) -> None:
    """Whatever lies in views/ works on an empty case."""
    with Case.for_reading(blank) as case:
        if views.events():
            assert answer(case.connection, "FROM events").num_rows == 0
