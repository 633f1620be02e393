"""The journal shows whatever was done to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest

from forensics.evidence import JournalEntry, answer, journal_append, journal_check, journal_head

AT = datetime(2024, 2, 29, 12, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def written(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Three entries."""
    journal_append(connection, JournalEntry(1, "ingest started", "/dump"), AT)
    journal_append(connection, JournalEntry(1, "replaced", "0" * 16, '{ "b":1,"a": "é"}'), AT)
    journal_append(connection, JournalEntry(None, "verified"), AT + timedelta(hours=1))
    return connection


def test_an_empty_journal(connection: duckdb.DuckDBPyConnection) -> None:
    assert journal_head(connection) == (0, "0" * 64)
    assert journal_check(connection) == []


def test_entries_are_numbered_and_chained(written: duckdb.DuckDBPyConnection) -> None:
    found = answer(written, "SELECT * FROM journal ORDER BY seq").to_pylist()

    assert [row["seq"] for row in found] == [1, 2, 3]
    assert [row["previous_hash"] for row in found] == [
        "0" * 64,
        found[0]["hash"],
        found[1]["hash"],
    ]
    assert journal_head(written) == (3, found[2]["hash"])
    assert journal_check(written) == []
    assert found[1] | {"previous_hash": "", "hash": ""} == {
        "seq": 2,
        "recorded_at": AT.replace(tzinfo=None),
        "run_id": 1,
        "action": "replaced",
        "subject": "0" * 16,
        "detail": '{"a":"\\u00e9","b":1}',
        "previous_hash": "",
        "hash": "",
    }


def test_the_hash_is_the_published_one(written: duckdb.DuckDBPyConnection) -> None:
    """Anyone can compute it: canonical JSON of the entry, SHA-256."""
    first = (
        '{"action":"ingest started","detail":null,"previous_hash":"' + "0" * 64 + '",'
        '"recorded_at":"2024-02-29T12:00:00.000005","run_id":1,"seq":1,"subject":"/dump"}'
    )

    assert (
        answer(written, "SELECT sha256(?) AS h", [first]).to_pylist()
        == answer(written, "SELECT hash AS h FROM journal WHERE seq = 1").to_pylist()
    )


def test_an_entry_means_the_same_in_every_zone(connection: duckdb.DuckDBPyConnection) -> None:
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))

    journal_append(connection, JournalEntry(1, "a"), tokyo)

    assert answer(connection, "SELECT recorded_at FROM journal").to_pylist() == [
        {"recorded_at": AT.replace(tzinfo=None)}
    ]
    assert journal_check(connection) == []


@pytest.mark.parametrize(
    ("tampering", "problems"),
    [
        ("UPDATE journal SET subject = '/other' WHERE seq = 1",
         ["journal 1: changed after it was written"]),
        ("UPDATE journal SET recorded_at = recorded_at + INTERVAL 1 MICROSECOND WHERE seq = 2",
         ["journal 2: changed after it was written"]),
        ("UPDATE journal SET detail = '{\"a\": 1}' WHERE seq = 2",
         ["journal 2: changed after it was written"]),
        ("UPDATE journal SET run_id = NULL WHERE seq = 1",
         ["journal 1: changed after it was written"]),
        ("UPDATE journal SET recorded_at = NULL WHERE seq = 3",
         ["journal 3: changed after it was written"]),
        ("DELETE FROM journal WHERE seq = 2",
         ["journal 3: expected entry 2", "journal 3: does not follow the entry before it"]),
        ("DELETE FROM journal WHERE seq = 1",
         ["journal 2: expected entry 1", "journal 2: does not follow the entry before it"]),
        ("INSERT INTO journal SELECT * FROM journal WHERE seq = 2",
         ["journal 2: expected entry 3", "journal 2: does not follow the entry before it"]),
        ("UPDATE journal SET hash = repeat('a', 64) WHERE seq = 1",
         ["journal 1: changed after it was written",
          "journal 2: does not follow the entry before it"]),
    ],
)  # fmt: skip
def test_tampering_is_seen(
    written: duckdb.DuckDBPyConnection, tampering: str, problems: list[str]
) -> None:
    written.execute(tampering)

    assert journal_check(written) == problems


def test_a_cut_end_shows_in_the_head_only(written: duckdb.DuckDBPyConnection) -> None:
    head = journal_head(written)

    written.execute("DELETE FROM journal WHERE seq = 3")

    assert journal_check(written) == []
    assert journal_head(written) != head
