"""What is concluded, how sure that is, why, and on which records it rests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa

REFS = 5
"""How many records a row names at most: the earliest."""


class Confidence(StrEnum):
    """How sure a conclusion is.

    proven: records say so themselves. inferred: records fit it, and could fit something else.
    unknown: nothing in the evidence tells.
    """

    proven = "proven"
    inferred = "inferred"
    unknown = "unknown"


_STRENGTH = (Confidence.unknown, Confidence.inferred, Confidence.proven)


def weakest(*grades: Confidence) -> Confidence:
    """The grade of what rests on several conclusions."""
    return min(grades, key=_STRENGTH.index)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Who or what stands behind something.

    Attributes:
        kind: what it is, like 'IAM user' or 'instance'; '' where nothing is known.
        name: its ARN, id or name; '' where nothing is known.
        confidence: how sure that is.
        because: the reason, in one sentence.
        refs: the records it rests on.
    """

    kind: str
    name: str
    confidence: Confidence
    because: str
    refs: tuple[str, ...] = ()

    def resting_on(self, refs: Iterable[str], because: str = "") -> Conclusion:
        """The same, resting on further records before its own, for a further reason before it."""
        reason = "; ".join(filter(None, (because, self.because)))
        return Conclusion(self.kind, self.name, self.confidence, reason, merged(refs, self.refs))


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: rows in their order, what limits them, and whether there are more."""

    rows: pa.Table
    notes: list[str] = field(default_factory=list)
    cut: bool = False


def merged(*several: Iterable[str]) -> tuple[str, ...]:
    """Refs without repetition, in their order."""
    return tuple(dict.fromkeys(ref for refs in several for ref in refs))


def ref(source: int, record: int) -> str:
    """The name of a record, as `ref()` makes it in SQL."""
    return f"{source:016x}:{record}"


def refs_of(places: Iterable[dict[str, Any]] | None) -> tuple[str, ...]:
    """The refs of places as SQL gathers them: {'time', 'source', 'record'}."""
    return tuple(ref(place["source"], place["record"]) for place in places or ())


def table(schema: pa.Schema, rows: list[dict[str, Any]], limit: int) -> tuple[pa.Table, bool]:
    """Rows of a schema, no more than a limit (0 for all), and whether some were left out."""
    shown = rows[:limit] if limit else rows
    return pa.Table.from_pylist(shown, schema), len(shown) < len(rows)
