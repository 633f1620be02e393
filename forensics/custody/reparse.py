"""Reads sources once more and compares what comes of them with the rows the case holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from forensics.custody.clock import salt
from forensics.evidence import Case, insert_batches, insert_defects, insert_rejects
from forensics.evidence.ddl import ensure_tables
from forensics.evidence.hashes import RowSum, row_sums
from forensics.evidence.readings import read_as
from forensics.evidence.schema import BY_NAME as TABLES
from forensics.evidence.schema import DEFECTS, NATIVE, REJECTS
from parsers.contract import Block, Decoded, Defect, Format, Reject
from parsers.formats import BY_NAME
from parsers.framing import is_framing
from parsers.identify import Identified
from parsers.reading import Reading, Tally
from parsers.routing import decode

BLOCK = 8 << 20  # bytes of units decoded together
BATCH = 64 << 20  # bytes of rows that are summed up together
COMPARED = ("units", "structure_bytes", "unit_bytes")
_TABLES = (REJECTS, DEFECTS, *NATIVE)


@dataclass(frozen=True, slots=True)
class Source:
    """What the ledger says of a content that was read."""

    source_id: int
    identified: Identified
    parser_version: int
    counts: dict[str, int]

    @classmethod
    def of(cls, line: dict[str, Any]) -> Source | None:
        """From a row of `sources`; None where no format was read."""
        found = read_as(line)
        if found is None or line["status"] == "superseded":
            return None
        counts = {name: line[name] for name in COMPARED}
        return cls(line["source_id"], found, line["parser_version"], counts)

    @property
    def is_comparable(self) -> bool:
        """Whether this program reads it as the one did that made the rows."""
        return self.identified.version == self.parser_version


class Rereading:
    """Rows of sources as they are read now, kept as sums: memory does not grow with evidence."""

    def __init__(self) -> None:
        self._batches: dict[str, list[pa.RecordBatch]] = defaultdict(list)
        self._rejects: list[Reject] = []
        self._defects: list[Defect] = []
        self._held = 0
        self._held_of: set[int] = set()
        self._sums: dict[tuple[str, int], RowSum] = defaultdict(RowSum)
        self._faults: dict[int, str] = {}
        self._salt = salt()
        self.read: set[int] = set()

    def take(self, source: Source, chunks: Iterable[bytes]) -> None:
        """Read a source; `chunks` raises TornStream where its content breaks off."""
        self.read.add(source.source_id)
        if not is_framing(source.identified.framing):
            self._faults[source.source_id] = f"no shape is called {source.identified.framing!r}"
            return
        self._held_of.add(source.source_id)
        reading = Reading(source.identified, source.source_id)
        pending: dict[tuple[str, Hashable], list[Block]] = defaultdict(list)
        held = 0
        for declared, block in reading.blocks(chunks):
            pending[declared.name, block.kind].append(block)
            held += block.size
            if held >= BLOCK:
                self._decode(pending)
                held = 0
            if self._held >= BATCH:
                self._sum_up()
                self._held_of.add(source.source_id)
        self._decode(pending)
        self._rejects += reading.tally.rejects
        self._count(source, reading.tally)
        if self._held >= BATCH:
            self._sum_up()

    def differences(self, case: Case) -> Iterator[tuple[int, str]]:
        """(source_id, what differs) for everything that was read, in order of the sources."""
        self._sum_up()
        faults: dict[int, list[str]] = defaultdict(list)
        for source_id, fault in self._faults.items():
            faults[source_id].append(fault)
        for table in _TABLES:
            found = row_sums(case.connection, table, self.read, self._salt)
            for source_id in self.read:
                held = found.get(source_id, RowSum())
                again = self._sums.get((table.name, source_id), RowSum())
                if held != again:
                    faults[source_id].append(_told(table.name, held, again))
        for source_id in sorted(faults):
            yield source_id, "; ".join(faults[source_id])

    def _count(self, source: Source, tally: Tally) -> None:
        wrong = [
            f"{name.replace('_', ' ')}: {source.counts[name]} in the ledger,"
            f" {getattr(tally, name)} read again"
            for name in COMPARED
            if source.counts[name] != getattr(tally, name)
        ]
        if wrong:
            self._faults[source.source_id] = "; ".join(wrong)

    def _decode(self, pending: dict[tuple[str, Hashable], list[Block]]) -> None:
        for (name, _), blocks in pending.items():
            for declared, decoded in decode(BY_NAME[name], Block.joined(blocks)):
                self._keep(declared, decoded)
        pending.clear()

    def _keep(self, declared: Format, decoded: Decoded) -> None:
        rows = decoded.rows
        if rows.num_rows:
            filled = [at for at, each in enumerate(rows.columns) if each.null_count < len(rows)]
            self._batches[declared.name].append(rows.select(filled))
            self._held += rows.nbytes
        self._rejects += decoded.rejects
        self._defects += decoded.defects
        self._held += sum(len(each.raw) + 200 for each in decoded.rejects)
        self._held += sum(len(each.raw) + 200 for each in decoded.defects)

    def _sum_up(self) -> None:
        """Write what is held as a case would, sum it, and forget it."""
        with _scratch() as connection:
            for name, batches in self._batches.items():
                insert_batches(connection, name, batches)
            insert_rejects(connection, self._rejects)
            insert_defects(connection, self._defects)
            for name in (*self._batches, REJECTS.name, DEFECTS.name):
                sums = row_sums(connection, TABLES[name], self._held_of, self._salt)
                for source_id, added in sums.items():
                    self._sums[name, source_id] = self._sums[name, source_id].plus(added)
        self._batches.clear()
        self._held_of.clear()
        self._rejects, self._defects, self._held = [], [], 0


@contextmanager
def _scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty case in memory: what goes through it looks as what stands in a case."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        ensure_tables(connection)
        yield connection


def _told(table: str, held: RowSum, again: RowSum) -> str:
    if held.rows != again.rows:
        return f"{table}: the case holds {held.rows}, its content gives {again.rows}"
    return f"{table}: {held.rows} in the case, and their values are not those of its content"
