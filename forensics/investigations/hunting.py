"""Asks every question of a tier and ranks what was found: where to begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from forensics.evidence.case import Case
from forensics.investigations.questions import Query, catalogue
from forensics.investigations.runner import Answer, ask
from forensics.investigations.scope import Scope

TIERS = ("must", "should", "could")
SIGNALS = ("high", "medium", "low")

_SCHEMA = pa.schema(
    [
        ("signal", pa.string()),
        ("query", pa.string()),
        ("title", pa.string()),
        ("hits", pa.int64()),
        ("first", pa.timestamp("us")),
        ("last", pa.timestamp("us")),
        ("attack", pa.list_(pa.string())),
        ("ref", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Hunt:
    """One row per question that found something, and what was not asked or limits the rest."""

    findings: pa.Table
    asked: int
    notes: list[str]


def hunt(
    case: Case,
    scope: Scope,
    *,
    tier: str = "must",
    list_folder: Path | None = None,
    watch: Callable[[Query], object] = lambda _: None,
) -> Hunt:
    """Ask every finding of a tier and those above it; overviews (signal "none") are left out.

    Args:
        case: open for reading.
        scope: which part of it; its limit does not apply.
        tier: "must", "should" (both) or "could" (all).
        list_folder: where lists are looked for before those of the program.
        watch: called before each question.

    Raises QueryError where a query does not fit the case.
    """
    whole = Scope(scope.start, scope.end, scope.account, scope.region, scope.services)
    chosen = [query for query in catalogue() if _is_chosen(query, tier)]
    able = [query for query in chosen if not _lacks(query, whole)]
    findings: list[dict[str, Any]] = []
    notes: dict[str, None] = {}
    for query in able:
        watch(query)
        found = ask(case, query.id, {}, whole, list_folder)
        if found.rows.num_rows:
            findings.append(_finding(found))
        notes |= dict.fromkeys(note for note in found.notes if note not in query.header.limits)
    for query in chosen:
        if query not in able:
            notes[f"{query.id} was not asked: {_lacks(query, whole)}"] = None
    findings.sort(key=_rank)
    return Hunt(pa.Table.from_pylist(findings, schema=_SCHEMA), len(able), list(notes))


def _is_chosen(query: Query, tier: str) -> bool:
    header = query.header
    return header.signal in SIGNALS and TIERS.index(header.tier) <= TIERS.index(tier)


def _lacks(query: Query, scope: Scope) -> str:
    """What a question needs that was not given."""
    given = {"from": scope.start, "to": scope.end}
    options = [f"--{name}" for name in query.header.needs if given[name] is None]
    params = [
        f"--param {name}=…" for name, each in query.header.params.items() if each.default is None
    ]
    return "it needs " + " and ".join([*options, *params]) if options or params else ""


def _finding(found: Answer) -> dict[str, Any]:
    header, rows = found.query.header, found.rows
    times = rows.column(header.time) if header.time else None
    ends = rows.column("last_seen") if "last_seen" in rows.column_names else times
    return {
        "signal": header.signal,
        "query": found.query.id,
        "title": header.title,
        "hits": rows.num_rows,
        "first": pc.min(times).as_py() if times is not None else None,
        "last": pc.max(ends).as_py() if ends is not None else None,
        "attack": list(header.attack),
        "ref": first_ref(rows),
    }


def first_ref(rows: pa.Table) -> str | None:
    """The REF of the first row, or the first of its REFs."""
    for name in ("ref", "refs"):
        if name in rows.column_names and rows.num_rows:
            value = rows.column(name)[0].as_py()
            return value[0] if isinstance(value, list) and value else value or None
    return None


def _rank(finding: dict[str, Any]) -> tuple[int, str, str]:
    first = finding["first"]
    return SIGNALS.index(finding["signal"]), str(first or "~"), finding["query"]
