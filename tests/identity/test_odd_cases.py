"""Cases nobody would want: hostile rows in every column, tables that are missing, copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from forensics.evidence import Case
from forensics.identity.assets import asset
from forensics.identity.chains import chain
from forensics.identity.conclusions import Found
from forensics.identity.sessions import session as told
from forensics.identity.who import who
from forensics.investigations.scope import Scope
from tests.hostile import TEXTS, hostile_rows
from tests.identity.evidence import THERE, assume, call, case_of, key, session, user

ALICE = user("alice", key(1, "AKIA"))
COMMANDS: dict[str, Callable[..., Found]] = {"who": who, "chain": chain, "session": told}
EVERYBODY = Scope(services=True)
NAMES = [text for text in TEXTS if text and text.strip()]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    path = tmp_path_factory.mktemp("hostile") / "case.duckdb"
    with Case.for_ingest(path) as case:
        hostile_rows(case)
    with Case.for_reading(path) as case:
        yield case


def shown(found: Found) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = found.rows.to_pylist()
    return listed


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("value", ["ASIAEXAMPLE", "AKIAEXAMPLE000000001", *NAMES[:2], "A:s"])
def test_hostile_rows_are_survived_with_one_answer(hostile: Case, command: str, value: str) -> None:
    ask = COMMANDS[command]

    assert shown(ask(hostile, value, EVERYBODY)) == shown(ask(hostile, value, EVERYBODY))


@pytest.mark.parametrize("value", ["192.0.2.1", "10.0.0.1", "::", "999.1.1.1", "0.0.0.0/0"])
def test_hostile_addresses_are_survived(hostile: Case, value: str) -> None:
    first, second = shown(who(hostile, value, EVERYBODY)), shown(who(hostile, value, EVERYBODY))

    assert first == second
    assert all(row["confidence"] for row in first if row["part"] == "behind")


@pytest.mark.parametrize("moment", [None, "2024-05-01T10:00:00"])
def test_hostile_states_of_interfaces_are_survived(hostile: Case, moment: str | None) -> None:
    when = datetime.fromisoformat(moment) if moment else None
    for ip in ("10.0.0.1", "192.0.2.1", "2001:db8::1", "::"):
        assert shown(asset(hostile, ip, when)) == shown(asset(hostile, ip, when))


LAUNCHED = call(
    "09:00:00", "ec2:RunInstances", ALICE,
    response={"instancesSet": {"items": [
        {"instanceId": "i-0aaaaaaaaaaaaaaa1", "privateIpAddress": "10.0.0.10"}]}},
)  # fmt: skip


def test_tables_that_a_case_lacks_are_taken_as_empty(tmp_path: Path) -> None:
    with case_of(tmp_path, LAUNCHED):
        pass
    path = tmp_path / "case.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name in ("config_item", "vpc_flow", "ssm_session", "route53_resolver"):
            connection.execute(f"DROP VIEW {name}")
            connection.execute(f"DROP TABLE stored.{name}")
    with Case.for_reading(path) as case:
        machine = asset(case, "10.0.0.10")
        behind = shown(who(case, "198.51.100.7"))
        done = shown(told(case, key(1, "AKIA")))

    assert [row["instance"] for row in shown(machine)] == ["i-0aaaaaaaaaaaaaaa1"]
    assert machine.notes[0] == "not in this case, so not asked: config_item, vpc_flow"
    assert [row["value"] for row in behind if row["part"] == "behind"] == [ALICE["arn"]]
    assert [row["value"] for row in done if row["part"] == "did"] == ["RunInstances"]


def test_what_was_delivered_twice_counts_once(tmp_path: Path) -> None:
    minted = assume("10:00:00", ALICE, "ops", "alice", key(11))
    seen = call("10:01:00", "s3:ListBuckets", session("ops", "alice", key(11)), ip="192.0.2.7")
    elsewhere = seen | {"recipientAccountId": THERE}  # a call across accounts is one in each
    with case_of(tmp_path, minted, minted, seen, seen, seen, elsewhere) as case:
        found = who(case, "192.0.2.7")
        links = shown(chain(case, key(11)))
        did = [row for row in shown(told(case, key(11))) if row["part"] == "did"]

    counts = {row["part"]: row["records"] for row in shown(found)}
    assert counts == {"is": 2, "behind": 2, "with": 2, "seen": 2}
    assert found.notes[0] == "2 records were delivered more than once and count once"
    assert [(row["part"], row["calls"]) for row in links] == [
        ("origin", None), ("ancestor", 1), ("asked", 2),
    ]  # fmt: skip
    assert [row["records"] for row in did] == [2]
