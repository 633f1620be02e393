"""What travels between the process that reads evidence and the one that writes the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from forensics.evidence import LocationRow, SourceRow
from forensics.intake import Archive, Limits, Location, NotEvidence
from parsers.contract import NOTHING_ASSUMED, Assumed, Defect, Layout, Reject


class AccountingError(Exception):
    """A sum does not come out: a bug, and what it is of must not be committed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the analyst asked for; the same for every source of a run."""

    limits: Limits = field(default_factory=Limits)
    asserted: str = ""  # --as
    fields: Layout = ()  # --fields
    assumed: Assumed = NOTHING_ASSUMED  # --log-tz, --access-log-format
    held: int = 16 << 20  # bytes of content to hold until its hash is known; more is read twice


@dataclass(frozen=True, slots=True)
class Task:
    """Evidence that one worker reads in one go; small files together, a big one alone."""

    number: int
    locations: tuple[Location, ...] = ()
    archive: Archive | None = None
    taken: frozenset[str] = frozenset()  # paths in the archive that an earlier try has finished

    def names(self) -> str:
        """What to call it in a message."""
        return self.archive.location.path if self.archive else ", ".join(self.paths())

    def paths(self) -> list[str]:
        """Paths of its locations."""
        return [location.path for location in self.locations]


@dataclass(slots=True)
class FormatCount:
    """How the units of one format ended, for the summary."""

    units: int = 0
    rows: int = 0
    rows_with_defects: int = 0
    structure: int = 0
    rejects: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, other: FormatCount) -> None:
        """Count the units of `other` too."""
        for name in ("units", "rows", "rows_with_defects", "structure", "rejects"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.first = min(filter(None, (self.first, other.first)), default=None)
        self.last = max(filter(None, (self.last, other.last)), default=None)


@dataclass(slots=True)
class Part:
    """Rows of some sources, and the ledger lines of those that end in it.

    Batches are Arrow IPC streams by table. `opens` is the source whose rows this part holds
    without its ledger line: more parts follow before it is whole.
    """

    task: int
    tables: dict[str, list[pa.Buffer]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    sources: list[SourceRow] = field(default_factory=list)
    locations: list[LocationRow] = field(default_factory=list)
    counts: dict[int, dict[str, FormatCount]] = field(default_factory=dict)  # by source, format
    skipped: list[int] = field(default_factory=list)  # complete already, read the same way
    replaced: list[int] = field(default_factory=list)  # in the case, but read in another way
    opens: int | None = None
    size: int = 0
    last: bool = False  # the task is done


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A worker failed: the rows of the source it had open are to be forgotten."""

    source_id: int


def packed(batch: pa.RecordBatch) -> pa.Buffer:
    """A batch as an Arrow IPC stream, in a buffer that need not grow."""
    size = _write(batch, pa.MockOutputStream())
    buffer = pa.allocate_buffer(size)
    with pa.FixedSizeBufferWriter(buffer) as sink:
        _write(batch, sink)
    return buffer


def _write(batch: pa.RecordBatch, sink: Any) -> int:
    """How many bytes the batch takes there."""
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return int(sink.tell())


def unpacked(streams: Iterable[pa.Buffer]) -> list[pa.RecordBatch]:
    """Batches of IPC streams."""
    return [batch for stream in streams for batch in pa.ipc.open_stream(stream)]


def not_evidence_rows(
    found: NotEvidence, source_id: int, run_id: int
) -> tuple[SourceRow, LocationRow]:
    """The ledger lines of a file that was seen and not read."""
    where = found.location
    source = SourceRow(source_id=source_id, status=found.status, reason=found.reason)
    location = LocationRow(
        source_id=source_id,
        path=where.path,
        container=where.container,
        stored_bytes=where.stored_bytes if where.stored_bytes >= 0 else None,  # -1: not known
        modified=where.modified,
        run_id=run_id,
    )
    return source, location
