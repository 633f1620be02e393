"""What must hold of any bytes, however they are read; raises where it does not."""

from __future__ import annotations

import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from parsers import kernels
from parsers.contract import JSON
from parsers.engines import delimited, pattern_objects
from parsers.errors import TornStream
from parsers.framing import JOINED, named, openings, windows
from parsers.identify import Identified
from parsers.reading import Outcome, read_chunks

OF_TEXT = {"lines", "exported", *JOINED, *openings.TEXTS}
"""Framings in which no window makes a difference. In a document of JSON that is broken the window,
which always is of one size, decides where the next record is looked for."""

SECONDS = 20  # of processor time for one input of some kilobytes


class Hang(BaseException):
    """One input takes longer than any input may; no handler of the program catches it."""


@contextmanager
def no_hang(seconds: float = SECONDS) -> Iterator[None]:
    """Raise Hang after so much processor time, however busy the machine is."""

    def stop(number: int, frame: object) -> None:
        raise Hang(f"more than {seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def peak_bytes() -> int:
    """The most memory that this process has held so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def check_source(content: bytes, identified: Identified, chunk: int, window: int) -> Outcome:
    """Both readers, whole and in pieces: one outcome, both sums, rows that Arrow finds sound."""
    decides = window and identified.framing not in OF_TEXT
    with pytest.MonkeyPatch.context() as patch:
        if decides:
            patch.setattr(windows, "WINDOW", window)
        plain = read_chunks([content], identified, plain=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "FEWEST", 1)  # few units are worth a vector pass here
        patch.setattr(pattern_objects, "FEWEST", 1)
        patch.setattr(kernels, "LEAST", 0)
        if window:
            patch.setattr(windows, "WINDOW", window)
        vector = read_chunks(_pieces(content, chunk), identified)
    assert said(vector) == said(plain)
    check_sums(plain, len(content))
    for _, part in [*plain.decoded, *vector.decoded]:
        part.rows.validate(full=True)
    return vector


def check_sums(outcome: Outcome, size: int) -> None:
    """Units and bytes are accounted for; every unit has one outcome, defects belong to rows."""
    tally, parts = outcome.tally, [part for _, part in outcome.decoded]
    rows = [number for part in parts for number in _numbers(part.rows)]
    rejects = [*tally.rejects, *(each for part in parts for each in part.rejects)]
    structure = tally.structure + sum(len(part.structure) for part in parts)
    numbers = [*rows, *(each.record_no for each in rejects)]
    assert tally.units == len(rows) + structure + len(rejects)
    assert tally.unit_bytes + tally.structure_bytes == size
    assert len(set(numbers)) == len(numbers)
    assert {each.record_no for part in parts for each in part.defects} <= set(rows)


def check_tiles(content: bytes, framing: str, torn: bool) -> None:
    """Units lie one after the other in the stream, and no byte is counted twice or never."""
    spans: list[tuple[int, int]] = []
    counted = 0
    for units in named(framing)(_torn([content], torn)):
        spans += zip(units.offsets.tolist(), units.extents.tolist(), strict=True)
        spans += [(each.offset, 0) for each in units.rejects]
        counted += int(units.extents.sum()) + units.reject_bytes + units.structure_bytes
    assert counted == len(content)
    assert all(low >= 0 and low + size <= len(content) for low, size in spans)
    assert all(low + size <= after for (low, size), (after, _) in pairwise(sorted(spans)))


def said(outcome: Outcome) -> dict[str, Any]:
    """Everything that was read, in one order."""
    rows: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for declared, part in outcome.decoded:
        for row in part.rows.to_pylist():
            rows[declared.name].append((row["record_no"], repr(row)))
    parts = [part for _, part in outcome.decoded]
    tally = outcome.tally
    return {
        "rows": {name: sorted(found) for name, found in rows.items()},
        "rejects": sorted([*tally.rejects, *(each for part in parts for each in part.rejects)]),
        "defects": sorted(each for part in parts for each in part.defects),
        "units": (tally.units, tally.unit_bytes, tally.structure_bytes),
        "structure": tally.structure + sum(len(part.structure) for part in parts),
        "document": tally.document,
        "damage": tally.damage,
    }


def batches(outcome: Outcome) -> Iterator[tuple[str, pa.RecordBatch]]:
    """What would be stored, and in which table."""
    for declared, part in outcome.decoded:
        if part.rows.num_rows:
            yield declared.name, part.rows


def json_texts(rows: pa.RecordBatch) -> list[str]:
    """Every value of a JSON column."""
    return [
        text
        for field, column in zip(rows.schema, rows.columns, strict=True)
        if field.type == JSON
        for text in column.storage.drop_null().to_pylist()
    ]


def _numbers(rows: pa.RecordBatch) -> list[int]:
    numbers: list[int] = rows.column("record_no").to_pylist()
    return numbers


def _pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def _torn(chunks: list[bytes], torn: bool) -> Iterator[bytes]:
    yield from chunks
    if torn:
        raise TornStream("broken off")
