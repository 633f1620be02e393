"""How the units of each source ended, and when the first and the last of them happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from forensics.ingest.parts import FormatCount
from parsers.contract import Decoded, Format
from parsers.scalars import EARLIEST, LATEST


def counts_by_source(declared: Format, decoded: Decoded) -> dict[int, FormatCount]:
    """How the units of each source ended in one decoded block."""
    counts: dict[int, FormatCount] = defaultdict(FormatCount)
    for source_id, count in _of_rows(decoded.rows, declared.time_column):
        counts[source_id].add(count)
    for source_id, _ in {(defect.source_id, defect.record_no) for defect in decoded.defects}:
        counts[source_id].rows_with_defects += 1
    for reject in decoded.rejects:
        counts[reject.source_id].rejects += 1
    for source_id, number in zip(*np.unique(decoded.structure, return_counts=True), strict=True):
        counts[int(source_id)].structure += int(number)
    for count in counts.values():
        count.units = count.rows + count.structure + count.rejects
    return counts


def _of_rows(rows: pa.RecordBatch, when: str) -> Iterator[tuple[int, FormatCount]]:
    """Every source and the count of the rows that are one after the other of it."""
    if not rows.num_rows:
        return
    ids = np.asarray(rows.column("source_id"))
    starts = np.flatnonzero(np.diff(ids, prepend=~ids[:1]))
    numbers = np.diff(starts, append=len(ids)).tolist()
    firsts: list[datetime | None] = [None] * len(starts)
    lasts = firsts
    if when:
        times = rows.column(when).cast(pa.int64())
        least, most = np.iinfo(np.int64).min, np.iinfo(np.int64).max
        firsts = _moments(np.minimum.reduceat(np.asarray(times.fill_null(most)), starts))
        lasts = _moments(np.maximum.reduceat(np.asarray(times.fill_null(least)), starts))
    for source_id, number, first, last in zip(
        ids[starts].tolist(), numbers, firsts, lasts, strict=True
    ):
        yield source_id, FormatCount(rows=number, first=first, last=last)


def _moments(microseconds: npt.NDArray[np.int64]) -> list[datetime | None]:
    """Moments that Python can tell; the others stand in their rows only, or there were none."""
    return [
        datetime(1970, 1, 1) + timedelta(microseconds=each)  # noqa: DTZ001 -- as columns
        if EARLIEST <= each <= LATEST
        else None
        for each in microseconds.tolist()
    ]
