"""Every question: it loads, binds, hits its scenario, misses the twin, and survives hostile logs.

fixtures/scenarios/<query>/hit/…            logs as delivered, in which the query finds something
fixtures/scenarios/<query>/miss/…           the twin, in which it finds nothing
fixtures/scenarios/<query>/expected.jsonl   the rows of the hit, written by `pytest --update`
fixtures/scenarios/<query>/ask.toml         optional: params, from, to
"""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from forensics.cli import app
from forensics.errors import UsageError
from forensics.evidence import Case
from forensics.evidence.answers import answer
from forensics.evidence.schema import NATIVE
from forensics.ingest import Options, ingest
from forensics.investigations import Answer, Query, Scope, ask, catalogue
from forensics.investigations.attack import techniques
from forensics.investigations.parameters import moment
from forensics.investigations.questions import GROUPS
from forensics.investigations.runner import prepared
from forensics.output.forms import Form
from forensics.output.render import Look, rendered
from parsers.contract import JSON
from tests.hostile import SOURCE, hostile_rows

SCENARIOS = Path(__file__).parent.parent / "fixtures" / "scenarios"
QUERIES = catalogue()
ANY = {
    "event": f"{SOURCE:016x}:1",
    "network": "203.0.113.0/24",
    "text": "x",
    "integer": 1,
    "real": 1.0,
    "boolean": True,
    "texts": ["x"],
}
COMMANDS = {
    command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands
}
WHOLE = Scope(moment("2024-05-01T00:00Z"), moment("2024-05-03T00:00Z"))


def by_id(query: Query) -> str:
    return query.id


def asked_for(query: Query, side: str) -> tuple[dict[str, Any], Scope]:
    """Parameters and scope of one side of a query's scenario."""
    path = SCENARIOS / query.id / "ask.toml"
    about = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    start, end = about.get("from"), about.get("to")
    scope = Scope(
        moment(start) if start else None,
        moment(end) if end else None,
        services=about.get("services", False),
    )
    return about.get("params", {}) | about.get(side, {}), scope


def anything(query: Query) -> dict[str, Any]:
    """A value for every parameter that has no default."""
    return {
        name: ANY[each.type] for name, each in query.header.params.items() if each.default is None
    }


def text_of(rows: pa.Table) -> str:
    return rendered(rows, Form.jsonl, Look(reveal=True)).decode()


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("blank") / "case.duckdb"
    with Case.for_ingest(made):
        pass
    return made


@pytest.fixture(scope="session")
def empty(blank: Path) -> Iterator[Case]:
    with Case.for_reading(blank) as case:
        yield case


@pytest.fixture(scope="session")
def hostile(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    path = tmp_path_factory.mktemp("hostile") / "case.duckdb"
    shutil.copy(blank, path)
    with Case.for_ingest(path) as case:
        hostile_rows(case)
    with Case.for_reading(path) as case:
        yield case


def answered(query: Query, side: str, blank: Path, tmp_path: Path) -> tuple[Answer, Answer]:
    """The answer over one side of the scenario, asked twice over connections of their own."""
    path = tmp_path / "case.duckdb"
    shutil.copy(blank, path)
    ingest([SCENARIOS / query.id / side], path, Options(jobs=0))
    params, scope = asked_for(query, side)
    own = SCENARIOS / query.id / "lists"
    answers = []
    for _ in range(2):
        with Case.for_reading(path) as case:
            answers.append(ask(case, query.id, params, scope, own if own.exists() else None))
    return answers[0], answers[1]


@pytest.mark.parametrize("query", QUERIES, ids=by_id)
def test_finds_what_happened(query: Query, blank: Path, tmp_path: Path, update: bool) -> None:
    found, again = answered(query, "hit", blank, tmp_path)
    expected = SCENARIOS / query.id / "expected.jsonl"
    if update:
        expected.write_text(text_of(found.rows), "utf-8")

    assert found.rows.num_rows > 0
    assert text_of(found.rows) == expected.read_text("utf-8")
    assert found.rows.equals(again.rows)
    assert found.notes == again.notes


@pytest.mark.parametrize("query", QUERIES, ids=by_id)
def test_finds_nothing_in_the_twin(query: Query, blank: Path, tmp_path: Path) -> None:
    found, _ = answered(query, "miss", blank, tmp_path)

    assert text_of(found.rows) == ""


@pytest.mark.parametrize("query", QUERIES, ids=by_id)
def test_says_what_an_empty_case_lacks(query: Query, empty: Case) -> None:
    if any(each.type == "event" for each in query.header.params.values()):
        with pytest.raises(UsageError, match="no row with a time"):
            ask(empty, query.id, anything(query), WHOLE)
        return
    found = ask(empty, query.id, anything(query), WHOLE)

    assert found.rows.num_rows == 0
    logs = [name for name in query.header.tables if name not in LEDGER]
    assert not logs or found.notes[0] == f"not in this case, so not asked: {', '.join(logs)}"


@pytest.mark.parametrize("query", QUERIES, ids=by_id)
def test_survives_hostile_records(query: Query, hostile: Case) -> None:
    scope = replace(WHOLE, services=True)
    own = SCENARIOS / query.id / "lists"
    lists = own if own.exists() else None
    first = ask(hostile, query.id, anything(query), scope, lists)
    second = ask(hostile, query.id, anything(query), scope, lists)

    assert text_of(first.rows) == text_of(second.rows)


@pytest.mark.parametrize("query", QUERIES, ids=by_id)
def test_every_row_can_be_traced(query: Query, hostile: Case) -> None:
    question = prepared(hostile, query, anything(query), WHOLE)
    schema = answer(hostile.connection, question.sql, question.parameters).schema
    kinds = {"ref": pa.string(), "refs": pa.list_(pa.string())}
    held = {name: schema.field(name).type for name in kinds if name in schema.names}

    assert held
    assert all(held[name] == kinds[name] for name in held)
    if query.header.signal != "none":
        assert schema.field(query.header.time).type == pa.timestamp("us")
    assert not any(pa.types.is_duration(f.type) or pa.types.is_interval(f.type) for f in schema)


LEDGER = ("sources", "source_locations", "rejects", "defects", "runs", "journal", "meta")


@pytest.mark.parametrize("query", QUERIES, ids=by_id)
def test_header_keeps_the_rules(query: Query) -> None:
    header = query.header

    assert query.group in GROUPS
    assert header.question.endswith("?")
    assert header.reference.startswith("https://")
    assert set(header.attack) <= set(techniques())
    assert set(header.tables) <= {*LEDGER, "events", *(table.name for table in NATIVE)}
    assert header.hit.endswith(".")
    assert query.sql.endswith("\n")
    assert "\t" not in query.sql
    known = {each.id for each in QUERIES}
    for pivot in header.pivots:
        command, *words = pivot.split()
        assert command in COMMANDS
        assert command != "query" or words[0] in known
    long = [line for line in query.sql.splitlines() if len(line) > 110 and "--|" not in line]
    assert not long


def test_ids_are_told_when_mistyped(empty: Case) -> None:
    with pytest.raises(UsageError, match="no such query") as raised:
        ask(empty, "root-activty")

    assert raised.value.hint.startswith("did you mean root-activity")


def test_no_scenario_is_left_over() -> None:
    assert {path.name for path in SCENARIOS.iterdir()} == {query.id for query in QUERIES}


def test_hostile_rows_reach_every_json_column(hostile: Case) -> None:
    for table in NATIVE:
        for column in table.columns:
            if column.type == JSON:
                sql = f"SELECT count(DISTINCT {column.name}::VARCHAR) AS n FROM {table.name}"
                assert answer(hostile.connection, sql).to_pylist()[0]["n"] > 5, column.name


def test_an_expected_row_is_json() -> None:
    for path in SCENARIOS.glob("*/expected.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            assert isinstance(json.loads(line), dict)
