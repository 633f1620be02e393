"""Both journals of a case: what is in them, whether they are whole, where a head stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forensics.custody.readers import check, entries, head, journal_path
from forensics.errors import UsageError
from forensics.evidence import Case, answer, journal_check, journal_head

FEWEST = 12  # hex digits of a hash that name an entry


@dataclass(frozen=True, slots=True)
class Chains:
    """Heads as (number, hash); `problems` is empty where both chains are whole."""

    case_head: tuple[int, str]
    readers_head: tuple[int, str]
    problems: list[str]


def chains(case: Case) -> Chains:
    """Check both chains of a case, and that the file still holds what the case has seen of it."""
    path = journal_path(case.path)
    problems = [*journal_check(case.connection), *check(path, case.case_id), *_lost(case)]
    return Chains(journal_head(case.connection), head(path), problems)


def listed(case: Case) -> list[dict[str, Any]]:
    """The entries of both, by time, those of the case before those of readers at equal times."""
    rows = [
        {
            "journal": "case",
            "seq": row["seq"],
            "at": row["recorded_at"].isoformat(),
            "what": row["action"],
            "subject": row["subject"],
            "detail": row["detail"],
            "hash": row["hash"],
        }
        for row in answer(case.connection, "FROM journal ORDER BY seq").to_pylist()
    ]
    rows += [_reader(entry) for entry in entries(journal_path(case.path)) if entry is not None]
    return sorted(rows, key=lambda row: (row["at"], row["journal"], row["seq"]))


def _reader(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "journal": "readers",
        "seq": entry["seq"],
        "at": str(entry.get("at")),
        "what": f"{entry.get('command')}: {entry.get('outcome')}",
        "subject": f"{entry.get('user')}@{entry.get('host')}",
        "detail": f"{entry.get('options')} sha256 {entry.get('sha256')}",
        "hash": entry["hash"],
    }


def standing(case: Case, expected: str) -> str | None:
    """Where an entry with this hash (or its first digits) stands; None where none has it.

    Raises UsageError for fewer than FEWEST hex digits.
    """
    wanted = expected.strip().lower().rpartition(":")[2]
    if len(wanted) < FEWEST or set(wanted) - set("0123456789abcdef"):
        raise UsageError(
            f"{expected}: not the head of a journal",
            hint=f"give at least {FEWEST} hex digits of a hash, as commands print it",
        )
    rows = listed(case)
    for kind in ("case", "readers"):
        chain = [row for row in rows if row["journal"] == kind]
        for row in chain:
            if str(row["hash"]).startswith(wanted):
                return f"entry {row['seq']} of the {kind} journal, {len(chain)} entries now"
    return None


def _lost(case: Case) -> list[str]:
    """Heads of the readers' journal that a run saw and that are there no more: its end was cut."""
    query = """
        SELECT seq, detail->>'$.readers' AS head FROM journal
        WHERE detail->>'$.readers' IS NOT NULL ORDER BY seq
    """
    seen = [entry["hash"] for entry in entries(journal_path(case.path)) if entry is not None]
    return [
        f"journal {row['seq']}: the readers' journal it saw ended with {row['head']}, gone since"
        for row in answer(case.connection, query).to_pylist()
        if row["head"] not in seen
    ]
