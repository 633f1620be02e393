"""The summary of an ingest, for people."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from forensics.evidence import Case
from forensics.evidence.overview import accounts_and_regions, not_recognised
from forensics.ingest.run import Summary
from forensics.output.forms import Form
from forensics.output.render import Look, rendered
from forensics.output.safe import terminal
from forensics.output.streams import terminal_width

_FINE = ("complete", "skipped", "duplicate", "structure_only", "ignored")


def told(summary: Summary, db: Path) -> str:
    """What was found, how it ended, what was not recognised, and what to do next."""
    said = summary.as_json()
    parts = [_formats(said), _counts(said)]
    with Case.for_reading(db) as case:
        parts += _where(case)
        parts += _unread(case, summary.run)
    parts.append(_next(said, db))
    return "\n".join(part for part in parts if part)


def _formats(said: dict) -> str:  # type: ignore[type-arg]
    rows = [
        {"format": name, **{key: value for key, value in each.items() if key != "units"}}
        for name, each in said["formats"].items()
    ]
    return _table(pa.Table.from_pylist(rows)) if rows else ""


def _counts(said: dict) -> str:  # type: ignore[type-arg]
    sources, records, volume = said["sources"], said["records"], said["bytes"]
    ended = ", ".join(
        f"{sources[name]:,} {name}" for name in sources if name != "found" and sources[name]
    )
    return (
        f"{sources['found']:,} files: {ended or 'nothing'}\n"
        f"{records['units']:,} units = {records['rows']:,} rows"
        f" + {records['structure']:,} structure + {records['rejects']:,} rejects"
        f" ({records['rows_with_defects']:,} rows with defects)\n"
        f"{volume['decompressed']:,} bytes of content from {volume['stored']:,} stored,"
        f" in {said['seconds']:.1f} s\n"
    )


def _where(case: Case) -> list[str]:
    accounts, regions = accounts_and_regions(case.connection)
    lines = []
    if accounts:
        lines.append(f"accounts: {terminal(', '.join(accounts))}")
    if regions:
        lines.append(f"regions: {terminal(', '.join(regions))}")
    return [*lines, ""] if lines else []


def _unread(case: Case, run: int) -> list[str]:
    rows = not_recognised(case.connection, run, 10)
    return ["not read, and why:", _table(rows)] if rows.num_rows else []


def _next(said: dict, db: Path) -> str:  # type: ignore[type-arg]
    hints = []
    if said["records"]["rejects"]:
        hints.append(f"awslogs-forensics rejects --db {db}")
    if said["records"]["rows_with_defects"]:
        hints.append(f"awslogs-forensics defects --db {db}")
    hints.append(f"awslogs-forensics info --db {db}")
    return "next: " + "\n      ".join(hints) + "\n"


def _table(rows: pa.Table) -> str:
    return rendered(rows, Form.table, Look(width=terminal_width() or 160)).decode("utf-8")
