"""The one writer of a case: parts become transactions of whole sources.

A transaction is committed only when no source in it is half written, so whoever opens the case
after a crash finds whole sources and nothing else. Once a transaction is large, parts of sources
that are not in it yet have to wait; that is how it comes to an end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from forensics.custody.clock import elapsed
from forensics.evidence import (
    ROW_GROUP,
    Case,
    LocationRow,
    SourceRow,
    delete_source,
    insert_batches,
    insert_defects,
    insert_locations,
    insert_rejects,
    insert_sources,
    unlisted_rows,
)
from forensics.evidence.readings import MIXED
from forensics.ingest.parts import Abandoned, AccountingError, FormatCount, Part, unpacked
from forensics.ingest.waiting import LITTLE, MUCH, Waiting
from parsers.contract import Defect, Reject

EPOCH_BYTES = 512 << 20
EPOCH_SECONDS = 20.0
# What is inserted costs DuckDB little until it is committed: whole row groups go to the disk at
# once and stay as they are. A rest goes into the WAL, or is written again at the checkpoint, with
# whole neighbours if these make fewer groups with it. So a transaction ends where its last row
# group is nearly full, as long as that does not take too long. CloudTrail, 300,000 events: 2.4 CPU
# seconds at any moment, 1.4 at such ones.
FILLED = ROW_GROUP * 3 // 4
PATIENCE = 4  # epochs to wait for such a moment


@dataclass(slots=True)
class Totals:
    """What a run has written so far; statuses add up to what was found."""

    statuses: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    formats: dict[str, FormatCount] = field(default_factory=dict)
    format_sources: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stored_bytes: int = 0
    decompressed: int = 0
    unit_bytes: int = 0
    structure_bytes: int = 0
    rows: int = 0


class Writer:
    """Takes parts, writes epochs.

    Args:
        case: open for ingest.
        complete: sources the case holds already: what is in it stays unless a part replaces it.
        threads: how many of DuckDB's may write row groups at once.
    """

    def __init__(self, case: Case, complete: set[int], threads: int = 1) -> None:
        self.case = case
        self.threads = threads
        self.connection: duckdb.DuckDBPyConnection = case.connection
        self.taken = complete  # sources that stand in the case or in this run
        self.open: set[int] = set()
        self.refused: set[int] = set()  # open in one worker while another has them already
        self.archives: set[str] = set()  # that were gone through, and what holds them
        self.unread: set[int] = set()  # lines of places without content told in this run
        self.renewed: set[int] = set()  # sources of the case that were deleted to come again
        self.totals = Totals()
        self.in_transaction = False
        self._forget_transaction()
        self._forget_pending()
        self._since = elapsed()

    def _forget_transaction(self) -> None:
        self.written = 0  # bytes in the open transaction
        self.rows: dict[str, int] = defaultdict(int)  # in it or to come into it, by table

    def _forget_pending(self) -> None:
        self.tables: dict[str, Waiting] = defaultdict(partial(Waiting, self.threads))
        self._forget_lines()

    def _forget_lines(self) -> None:
        self.rejects: list[Reject] = []
        self.defects: list[Defect] = []
        self.sources: list[SourceRow] = []
        self.locations: list[LocationRow] = []
        self.lines = 0  # bytes of all these, about

    @property
    def pending(self) -> int:
        """Bytes that wait to be inserted."""
        return self.lines + sum(waiting.size for waiting in self.tables.values())

    @property
    def crowded(self) -> bool:
        """Whether the transaction should take no further sources until its open ones are whole."""
        return bool(self.open) and self.written + self.pending >= EPOCH_BYTES

    # ------------------------------------------------------------------ parts
    def take(self, delivery: Part | Abandoned) -> None:
        """Queue a part, and write when an epoch is full."""
        overdue = self.crowded  # nothing new comes until this transaction ends
        if isinstance(delivery, Abandoned):
            self._abandon(delivery.source_id)
        else:
            self._queue(delivery)
        self._write_some()
        if overdue or self._due():
            self.flush()

    def _due(self) -> bool:
        """Whether to commit: much is written, and the rows of the largest table fill their room."""
        size = self.written + self.pending
        epochs = max(size / EPOCH_BYTES, (elapsed() - self._since) / EPOCH_SECONDS)
        rows = max(self.rows.values(), default=0)
        fills = rows >= ROW_GROUP and rows % ROW_GROUP >= FILLED
        return epochs >= (1 if fills else PATIENCE)

    def _queue(self, part: Part) -> None:
        for source_id in set(part.replaced) - self.renewed:  # of two copies, one comes again
            self._replace(source_id)
        unwanted = self._unwanted(part)
        rest = part.size
        for name, streams in part.tables.items():
            batches = (_without(batch, unwanted) for batch in unpacked(streams))
            size = sum(stream.size for stream in streams)
            self.rows[name] += self.tables[name].add(batches, size)
            rest -= size
        self.rejects += [each for each in part.rejects if each.source_id not in unwanted]
        self.defects += [each for each in part.defects if each.source_id not in unwanted]
        self._locate(part.locations)
        self.lines += rest
        self._count(part, unwanted)
        for row in part.sources:
            self.open.discard(row.source_id)
            if row.source_id not in unwanted:
                self.sources.append(row)
                self.taken.add(row.source_id)
            self.refused.discard(row.source_id)
        if part.opens is not None and part.opens not in unwanted:
            self.open.add(part.opens)
            self.taken.add(part.opens)

    def _locate(self, locations: Sequence[LocationRow]) -> None:
        """Queue places; remember which archives have members, and where nothing could be read."""
        self.locations += locations
        for each in locations:
            if each.stored_sha256 is None:
                self.unread.add(each.source_id)
            steps = each.path.split("!/")
            self.archives.update("!/".join(steps[:depth]) for depth in range(1, len(steps)))

    def _unwanted(self, part: Part) -> set[int]:
        """Sources of the part that another worker has read, or is reading, already."""
        ids = {row.source_id for row in part.sources}
        twice = (ids & self.taken) - self.open  # sets as they are: a case may hold 161,000
        if part.opens is not None and part.opens in self.taken and part.opens not in self.open:
            self.refused.add(part.opens)
        return twice | self.refused

    def _count(self, part: Part, unwanted: set[int]) -> None:
        totals = self.totals
        totals.stored_bytes += sum(each.stored_bytes or 0 for each in part.locations)
        fresh = [row for row in part.sources if row.source_id not in unwanted]
        for row in fresh:
            totals.statuses[row.status] += 1
            totals.decompressed += row.bytes or 0
            totals.unit_bytes += row.unit_bytes or 0
            totals.structure_bytes += row.structure_bytes or 0
            totals.rows += row.rows or 0
            for name in _formats_of(row, part):
                totals.format_sources[name] += 1
        totals.statuses["skipped"] += len(part.skipped)
        entered = len(fresh) + len(part.skipped)
        totals.statuses["duplicate"] += len(part.locations) - entered
        for source_id, counts in part.counts.items():
            if source_id in unwanted:
                continue
            for name, count in counts.items():
                totals.formats.setdefault(name, FormatCount()).add(count)

    def _replace(self, source_id: int) -> None:
        """Delete a source that is about to come again, read in another way."""
        self._begin()
        delete_source(self.connection, source_id)
        self.taken.discard(source_id)
        self.renewed.add(source_id)

    def _abandon(self, source_id: int) -> None:
        """Forget the rows of a source whose reader failed."""
        if source_id in self.refused:
            self.refused.discard(source_id)
            return
        self._write()
        self._begin()
        delete_source(self.connection, source_id)
        self.connection.execute("DELETE FROM source_locations WHERE source_id = ?", [source_id])
        self.open.discard(source_id)
        self.taken.discard(source_id)

    # ------------------------------------------------------------------ transactions
    def flush(self) -> None:
        """Write what is queued and commit, unless a source is half written."""
        self._since = elapsed()
        if self.open:
            return
        self._write()
        if self.in_transaction:
            self._check_rows()
            self.connection.execute("COMMIT")
            self.in_transaction = False
            self._forget_transaction()

    def _check_rows(self) -> None:
        """Hold what the tables have against what the ledger says, before it stands.

        Raises AccountingError where a row was lost or doubled on its way: a bug.
        """
        more = unlisted_rows(self.connection) - self._unlisted
        if more:
            raise AccountingError(f"the tables have {more:+} rows, held against the ledger")

    def roll_back(self) -> None:
        """Give up the open transaction."""
        if self.in_transaction:
            self.connection.execute("ROLLBACK")
            self.in_transaction = False

    def _begin(self) -> None:
        if not self.in_transaction:
            self.connection.execute("BEGIN")
            self.in_transaction = True
            self._unlisted = unlisted_rows(self.connection)

    def _write_some(self) -> None:
        """Write rows of which enough have come for the threads, and what takes much room."""
        for name, waiting in self.tables.items():
            size = waiting.size
            self._insert(name, waiting.due(), size - waiting.size)
        if self.lines >= LITTLE:
            self._write_lines()
        if self.pending > MUCH * self.threads:  # of many tables, none of which has enough
            self._write()

    def _write(self) -> None:
        """Write everything."""
        for name, waiting in self.tables.items():
            size = waiting.size
            self._insert(name, waiting.all(), size)
        self._write_lines()
        self._forget_pending()

    def _insert(self, name: str, batches: list[pa.RecordBatch], size: int) -> None:
        if not batches:
            return
        self._begin()
        groups = len(batches) if all(each.num_rows == ROW_GROUP for each in batches) else 1
        insert_batches(self.connection, name, batches, threads=min(groups, self.threads))
        self.written += size

    def _write_lines(self) -> None:
        if not (self.sources or self.locations or self.rejects or self.defects):
            return
        self._begin()
        insert_rejects(self.connection, self.rejects)
        insert_defects(self.connection, self.defects)
        insert_locations(self.connection, self.locations)
        insert_sources(self.connection, self.sources)
        self.written += self.lines
        self._forget_lines()


def _formats_of(row: SourceRow, part: Part) -> list[str]:
    """The formats of which a source is counted: of a mixed one, all that have rows of it."""
    if row.format != MIXED:
        return [row.format] if row.format else []
    return [name for name, count in part.counts[row.source_id].items() if count.rows]


def _without(batch: pa.RecordBatch, sources: set[int]) -> pa.RecordBatch:
    """The batch without the rows of some sources."""
    if not sources:
        return batch
    unwanted = pc.is_in(batch.column("source_id"), value_set=pa.array(sources, pa.int64()))
    return batch.filter(pc.invert(unwanted))
