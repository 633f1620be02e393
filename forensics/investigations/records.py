"""Where a record stands: what a query about one event needs to know of it beforehand.

DuckDB prunes by constants. The time of the event that a question is about is found first and bound,
so that the question reads a few minutes of each log instead of all.
"""

from __future__ import annotations

import re
from typing import Any

from forensics.errors import UsageError
from forensics.evidence.answers import answer
from forensics.evidence.case import Case
from forensics.evidence.ddl import names, quoted
from forensics.investigations.parameters import EVENT_PARTS
from parsers.formats import FORMATS

_REF = re.compile(r"([0-9a-f]{16}):(\d{1,18})")


def located(case: Case, ref: str) -> dict[str, Any]:
    """Source, record number and time of the record a REF names.

    Raises UsageError for what is no REF, and for a REF of no row with a time.
    """
    found = _REF.fullmatch(ref.strip().lower())
    if not found or int(found[1], 16) >= 2**63:
        raise UsageError(f"{ref}: not a REF", hint="it looks like 0123456789abcdef:42")
    place = {"source": int(found[1], 16), "record": int(found[2])}
    present = set(names(case.connection))
    selects = [
        f"SELECT {quoted(each.time_column)} AS moment FROM main.{each.name}"  # noqa: S608
        " WHERE source_id = $source AND record_no = $record"
        for each in FORMATS
        if each.time_column and each.name in present
    ]
    rows = answer(case.connection, " UNION ALL ".join(selects), place).to_pylist()
    times = [row["moment"] for row in rows if row["moment"] is not None]
    if not times:
        raise UsageError(f"{ref}: no row with a time in this case", hint="`show` shows a record")
    return dict(zip(EVENT_PARTS, (place["source"], place["record"], times[0]), strict=True))
