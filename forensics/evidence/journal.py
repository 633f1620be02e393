"""The journal: what was done to a case, each entry sealed by the hash of the next.

It shows that an entry was changed, removed or slipped in. It cannot show that its end was cut
off: note `journal_head` elsewhere (a report does) and compare.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from forensics.evidence.answers import answer

NO_HASH = "0" * 64
_COLUMNS = ("seq", "recorded_at", "run_id", "action", "subject", "detail", "previous_hash")


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What was done, by which run, to what; `detail` is JSON text or ''."""

    run_id: int | None
    action: str
    subject: str = ""
    detail: str = ""


def journal_head(connection: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """Number and hash of the last entry; 0 and zeros while there is none."""
    query = "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
    found = answer(connection, query).to_pylist()
    return (found[0]["seq"], found[0]["hash"]) if found else (0, NO_HASH)


def journal_append(
    connection: duckdb.DuckDBPyConnection, entry: JournalEntry, at: datetime
) -> None:
    """Add an entry, recorded at `at` (UTC; without a zone it is taken for UTC)."""
    seq, previous = journal_head(connection)
    row = {
        "seq": seq + 1,
        "recorded_at": _utc(at),
        "run_id": entry.run_id,
        "action": entry.action,
        "subject": entry.subject,
        "detail": _canonical(json.loads(entry.detail)) if entry.detail else None,
        "previous_hash": previous,
    }
    values = [row[name] for name in _COLUMNS]
    connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*values, _hash(row)])


def journal_check(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Everything that is wrong with the chain, in order; [] where it is whole."""
    problems = []
    expected, previous = 1, NO_HASH
    for row in answer(connection, "SELECT * FROM journal ORDER BY seq, hash").to_pylist():
        if row["seq"] != expected:
            problems.append(f"journal {row['seq']}: expected entry {expected}")
        if row["previous_hash"] != previous:
            problems.append(f"journal {row['seq']}: does not follow the entry before it")
        if row["hash"] != _hash(row):
            problems.append(f"journal {row['seq']}: changed after it was written")
        expected, previous = row["seq"] + 1, row["hash"]
    return problems


def _hash(row: dict[str, Any]) -> str:
    """SHA-256 of the entry as canonical JSON, previous_hash included."""
    sealed = {name: row[name] for name in _COLUMNS}
    at = sealed["recorded_at"]
    sealed["recorded_at"] = at.isoformat(timespec="microseconds") if at else None
    return hashlib.sha256(_canonical(sealed).encode("ascii")).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
