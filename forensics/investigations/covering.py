"""What a case covers: hours and days of each log, retention, duties of recording, volume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from forensics.errors import UsageError
from forensics.evidence.case import Case
from forensics.investigations import lists
from forensics.investigations.runner import ask
from forensics.investigations.scope import Scope

DUTIES = (
    ("log-in", "must"),
    ("export", "must"),
    ("mass reading", "must"),
    ("log-out", "should"),
    ("shell", "should"),
)
"""What has to be recorded, and how strictly."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The parts of the answer, and what limits it.

    Attributes:
        hours: spans of hours of one state, by log, account and region.
        days: hours of each state by day, log, account and region.
        retention: how far back each log reaches, against a profile.
        duties: a row per duty and log that answers it, or without a log where none does.
        volume: records, files and bytes of each log and day, and growth.
        notes: the limits, a sentence each.
    """

    hours: pa.Table
    days: pa.Table
    retention: pa.Table
    duties: pa.Table
    volume: pa.Table
    notes: list[str]


def coverage(
    case: Case, scope: Scope, profile: str = "jp-default", list_folder: Path | None = None
) -> Coverage:
    """All that `coverage` tells of a case.

    Args:
        case: open for reading.
        scope: which part of it; without a window, from the first file of each log to its last.
        profile: one of the list retention_profiles.
        list_folder: where lists are looked for before those of the program.

    Raises UsageError for a profile nobody knows.
    """
    known = lists.get("retention_profiles", list_folder)
    at = known.columns.index("profile")
    profiles = list(dict.fromkeys(row[at] for row in known.rows))
    if profile not in profiles:
        raise UsageError(f"--retention {profile}: no such profile", hint=", ".join(profiles))
    answers = {
        name: ask(case, query, params, scope, list_folder)
        for name, query, params in (
            ("hours", "coverage", {"present": True}),
            ("days", "coverage-days", {}),
            ("retention", "retention", {"profile": profile}),
            ("duties", "record-duties", {}),
            ("volume", "volume", {}),
        )
    }
    notes = dict.fromkeys(note for each in answers.values() for note in each.notes)
    tables = {name: each.rows for name, each in answers.items()}
    tables["duties"] = _with_unanswered(tables["duties"])
    return Coverage(**tables, notes=list(notes))


def _with_unanswered(found: pa.Table) -> pa.Table:
    """The duties that records answer, and those that none does."""
    answered = set(found.column("duty").to_pylist())
    missing = [
        {"duty": duty, "level": level, "records": 0, "refs": []}
        for duty, level in DUTIES
        if duty not in answered
    ]
    if not missing:
        return found
    columns = {
        name: [row.get(name) for row in missing]  # the others are NULL: no log answers it
        for name in found.schema.names
    }
    return pa.concat_tables([found, pa.table(columns, schema=found.schema)])
