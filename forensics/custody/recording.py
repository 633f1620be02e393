"""What the journal of readers says beside what was asked: who, with what, of which case."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forensics.custody.readers import append, journal_path
from forensics.custody.tool import host, user, versions
from forensics.evidence import Case, journal_head


def record(db: Path, standing: Mapping[str, Any], said: Mapping[str, Any]) -> tuple[int, str]:
    """Enter what was done with a case; number and hash. `standing` is what `state_of` gave.

    Raises JournalUnwritable.
    """
    by = {"user": user(), "host": host(), "versions": versions()}
    return append(journal_path(db), {**said, **by, **standing})


def state_of(case: Case | None) -> dict[str, Any]:
    """Name of a case and the head of its own journal; nothing of one that cannot be read now."""
    if case is None:
        return {"case": "", "case_seq": 0, "case_head": ""}
    seq, head = journal_head(case.connection)
    return {"case": case.case_id, "case_seq": seq, "case_head": head}


def plain(value: Any) -> Any:
    """A value as JSON takes it."""
    if isinstance(value, bool | int | float | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value)
