"""Reads evidence in a worker process: hash, identify, frame, decode; hands out parts."""

from __future__ import annotations

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import BinaryIO

import pyarrow as pa

from forensics.evidence import LocationRow, SourceRow
from forensics.evidence.readings import MIXED, Fingerprint, asserted_text, fingerprint_of
from forensics.ingest.counts import counts_by_source
from forensics.ingest.parts import (
    AccountingError,
    FormatCount,
    Part,
    Settings,
    Task,
    not_evidence_rows,
    packed,
)
from forensics.intake import Content, Location, NotEvidence, expand, key_facts, open_location, read
from parsers.contract import Block, Decoded, Format
from parsers.errors import TornStream
from parsers.framing import parquet
from parsers.identify import MOST, Framed, Identified, Unrecognised, asserted, identify
from parsers.reading import Reading, Tally
from parsers.routing import decode

PIECE = 8 << 20  # bytes of content taken at a time
BLOCK = 8 << 20  # bytes of units decoded together
END = 4 << 20  # last bytes of a table, which hold its footer
PART = 24 << 20  # bytes of rows handed over together


class ChangedMeanwhile(Exception):
    """A source is no longer what its hash was taken of: its rows must not go by that hash."""


class Reader:
    """Reads tasks one after the other; holds what small sources share: blocks, batches, counts."""

    def __init__(self, settings: Settings, known: Mapping[int, Fingerprint], run_id: int) -> None:
        self.settings = settings
        self.known = known
        self.run_id = run_id
        self.part = Part(0)
        self.pending: dict[tuple[str, Hashable], list[Block]] = defaultdict(list)
        self.formats: dict[str, Format] = {}
        self.held = 0  # bytes of what is pending
        self.held_data: set[int] = set()
        self.open: dict[int, _Open] = {}
        self.seen: set[int] = set()

    def run(self, task: Task) -> Iterator[Part]:
        """Every part of a task; the last one says so."""
        self.part = Part(task.number)
        for location, stored in self._opened(task):
            if isinstance(location, NotEvidence):
                self._not_evidence(location)
                continue
            try:
                yield from self._source(location, stored)
            except OSError as error:
                self._unreadable(location, error)
            if self.part.size >= PART:
                yield from self.handed_over()
        yield from self.handed_over(last=True)

    def _opened(self, task: Task) -> Iterator[tuple[Location | NotEvidence, BinaryIO]]:
        if task.archive is not None:
            for found in expand(task.archive, self.settings.limits):
                if isinstance(found, NotEvidence):
                    yield found, io.BytesIO()
                elif found[0].path not in task.taken:
                    yield found
        for location in task.locations:
            try:
                stored = open_location(location, self.settings.limits)
            except OSError as error:
                yield (
                    NotEvidence(location, "unreadable", error.strerror or str(error)),
                    io.BytesIO(),
                )
                continue
            with stored:
                yield location, stored

    # ------------------------------------------------------------------ one source
    def _source(self, location: Location, stored: BinaryIO) -> Iterator[Part]:
        content = read(location, stored, self.settings.limits, chunk=PIECE)
        chunks, held = [], 0
        for chunk in content:
            chunks.append(chunk)
            held += len(chunk)
            if held > self.settings.held:
                break
        else:
            self._held(location, content, chunks)
            return
        begun = b"".join(chunks)
        head, end = begun[:MOST], begun[-END:]
        del chunks, begun
        for chunk in content:  # to the end, for the hash that names the source
            end = (end + chunk)[-END:] if parquet.begins_in(head) else b""
        yield from self._big(location, content, head, end)

    def _held(self, location: Location, content: Content, chunks: list[bytes]) -> None:
        source_id = source_id_of(content.sha256)
        head = _first(chunks, MOST)
        end = _last(chunks, END) if parquet.begins_in(head) else b""
        framed: Framed = {}
        found = self._admitted(
            location, content, source_id, head, content.bytes <= MOST, end, framed
        )
        if found is not None:
            reading = Reading(found, source_id)
            self.open[source_id] = _Open(reading, content, found)
            units = framed.get(found.framing) if content.status == "whole" else None
            for declared, block in reading.blocks(_until_torn(_let_go(chunks), content), units):
                self._add(declared, block)

    def _big(self, location: Location, content: Content, head: bytes, end: bytes) -> Iterator[Part]:
        """A second pass over what is too big to hold, handed over part by part.

        Raises ChangedMeanwhile where it is another content than in the first.
        """
        # First what is done: a part that names this place before its rows come would tell whoever
        # tries again after a death that it was read.
        yield from self.handed_over()
        source_id = source_id_of(content.sha256)
        found = self._admitted(location, content, source_id, head, False, end)
        if found is None:
            return
        reading = Reading(found, source_id)
        self.open[source_id] = _Open(reading, content, found)
        with open_location(location, self.settings.limits) as stored:
            again = read(location, stored, self.settings.limits, hashed=False)
            for declared, block in reading.blocks(_until_torn(again, again)):
                self._add(declared, block)
                if self.part.size >= PART:
                    yield from self.handed_over(opens=source_id)
        if again.stored_sha256 != content.stored_sha256:  # equal ones hold equal content
            raise ChangedMeanwhile("the file changed while it was read")

    def _admitted(
        self,
        location: Location,
        content: Content,
        source_id: int,
        head: bytes,
        whole: bool,
        end: bytes = b"",
        framed: Framed | None = None,
    ) -> Identified | None:
        """Enter the location; the source's identity if it is to be read, else its ledger line."""
        self._locate(location, content, source_id)
        if source_id in self.seen:
            return None
        self.seen.add(source_id)
        row = SourceRow(source_id=source_id, content_sha256=content.sha256, bytes=content.bytes)
        if content.status == "over_limit":
            reason = content.damage or "over a limit"
            return self._unread(replace(row, status="over_limit", reason=reason))
        if not content.bytes:
            return self._unread(replace(row, status="structure_only", reason="empty"))
        found = self._identified(head, whole, location.key, end, framed)
        if isinstance(found, Unrecognised):
            reason = f"{found.reason}; {content.damage}" if content.damage else found.reason
            return self._unread(replace(row, status="unrecognised", reason=reason))
        if self.known.get(source_id) == fingerprint_of(found):
            self.part.skipped.append(source_id)
            return None
        if source_id in self.known:
            self.part.replaced.append(source_id)
        return found

    def _unread(self, row: SourceRow) -> Identified | None:
        """A content without rows, unless the case has it already: nothing is to be read."""
        if row.source_id in self.known:
            self.part.skipped.append(row.source_id)
        else:
            self._enter(row)
        return None

    def _identified(
        self, head: bytes, whole: bool, key: str, end: bytes, framed: Framed | None
    ) -> Identified | Unrecognised:
        name, assumed = self.settings.asserted, self.settings.assumed
        if name:
            fields = self.settings.fields
            return asserted(head, name, fields, whole=whole, key=key, end=end, assumed=assumed)
        return identify(head, whole=whole, key=key, end=end, assumed=assumed, framed=framed)

    # ------------------------------------------------------------------ decoding
    def _add(self, declared: Format, block: Block) -> None:
        self.formats[declared.name] = declared
        self.pending[declared.name, block.kind].append(block)
        if block.table is not None:
            self.held += block.size
        elif id(block.data) not in self.held_data:  # units may be a small part of what they hold
            self.held_data.add(id(block.data))
            self.held += len(block.data)
        if self.held >= BLOCK:
            self._decode()

    def _decode(self) -> None:
        """Decode what is pending, blocks of equal format and kind together."""
        for (name, _), blocks in self.pending.items():
            for declared, decoded in decode(self.formats[name], Block.joined(blocks)):
                self._decoded(declared, decoded)
        self.pending.clear()
        self.held_data.clear()
        self.held = 0

    def _decoded(self, declared: Format, decoded: Decoded) -> None:
        name = declared.name
        if decoded.rows.num_rows:
            stream = packed(filled(decoded.rows))
            self.part.tables.setdefault(name, []).append(stream)
            self.part.size += stream.size
        self.part.rejects += decoded.rejects
        self.part.defects += decoded.defects
        self.part.size += sum(len(each.raw) + 200 for each in decoded.rejects)
        self.part.size += sum(len(each.raw) + 200 for each in decoded.defects)
        for source_id, count in counts_by_source(declared, decoded).items():
            self.open[source_id].count(name, count)

    def handed_over(self, *, last: bool = False, opens: int | None = None) -> Iterator[Part]:
        """Close every source but `opens`, check its sums, and hand over what there is."""
        self._decode()
        for source_id in [each for each in self.open if each != opens]:
            opened = self.open.pop(source_id)
            self.part.rejects += opened.tally.rejects
            self._enter(opened.closed())
            self.part.counts[source_id] = opened.counts
        part, self.part = self.part, Part(self.part.task)
        part.opens, part.last = opens, last
        if part.last or part.size or part.sources or part.locations:
            yield part

    # ------------------------------------------------------------------ ledger lines
    def _enter(self, row: SourceRow) -> None:
        self.part.sources.append(row)

    def _locate(self, location: Location, content: Content, source_id: int) -> None:
        facts = key_facts(location.key)
        self.part.locations.append(
            LocationRow(
                source_id=source_id,
                path=location.path,
                container=location.container,
                stored_sha256=content.stored_sha256,
                stored_bytes=content.stored_bytes,
                modified=location.modified,
                account_id=facts.account_id,
                region=facts.region,
                period_start=facts.period_start,
                period_end=facts.period_end,
                run_id=self.run_id,
            )
        )

    def _not_evidence(self, found: NotEvidence) -> None:
        source, location = not_evidence_rows(found, path_id(found.location.path), self.run_id)
        self._enter(source)
        self.part.locations.append(location)

    def _unreadable(self, location: Location, error: OSError) -> None:
        reason = error.strerror or str(error)
        self._not_evidence(NotEvidence(location, "unreadable", reason))


class _Open:
    """A source whose blocks are not all decoded yet."""

    def __init__(self, reading: Reading, content: Content, found: Identified) -> None:
        self.tally: Tally = reading.tally
        self.source_id = reading.source_id
        self.content = content
        self.found = found
        self.counts: dict[str, FormatCount] = {}

    def count(self, name: str, count: FormatCount) -> None:
        self.counts.setdefault(name, FormatCount()).add(count)

    @property
    def home(self) -> str:
        """The format of the source: where messages are routed, the one that all of them are of."""
        tables = [name for name, count in self.counts.items() if count.rows]
        if not self.found.routed or not tables:
            return self.found.format.name
        return tables[0] if len(tables) == 1 else MIXED

    def closed(self) -> SourceRow:
        """The source's ledger line, once both sums have come out.

        Raises AccountingError where a unit or a byte is unaccounted for.
        """
        tally, total = self.tally, FormatCount()
        total.structure, total.rejects = tally.structure, len(tally.rejects)
        for count in self.counts.values():
            total.add(count)
        home = self.home if self.home != MIXED else self.found.format.name
        main = self.counts.setdefault(home, FormatCount())
        main.structure += tally.structure
        main.rejects += len(tally.rejects)
        main.units += tally.structure + len(tally.rejects)
        name = f"source {self.source_id:016x}"
        if tally.units != total.rows + total.structure + total.rejects:
            raise AccountingError(f"{name}: {tally.units} units, but {total}")
        if tally.unit_bytes + tally.structure_bytes != self.content.bytes:
            raise AccountingError(f"{name}: {self.content.bytes} bytes, but {tally}")
        return self._row(total)

    def _row(self, total: FormatCount) -> SourceRow:
        tally, content, found = self.tally, self.content, self.found
        damage = content.damage or tally.damage
        status = "damaged" if damage else "complete" if total.rows else "structure_only"
        return SourceRow(
            source_id=self.source_id,
            content_sha256=content.sha256,
            bytes=content.bytes,
            format=self.home,
            framing=found.framing,
            layout=list(found.layout) or None,
            reason=f"{found.reason}; {damage}" if damage else found.reason,
            asserted=asserted_text(found),
            units=tally.units,
            rows=total.rows,
            rows_with_defects=total.rows_with_defects,
            structure=total.structure,
            rejects=total.rejects,
            unit_bytes=tally.unit_bytes,
            structure_bytes=tally.structure_bytes,
            first_time=total.first,
            last_time=total.last,
            status=status,
            parser_version=found.version,
            document_extra=json.dumps(tally.document, sort_keys=True) if tally.document else None,
        )


def source_id_of(sha256: str) -> int:
    """The first 63 bits of a content hash."""
    return int(sha256[:16], 16) >> 1


def path_id(path: str) -> int:
    """An id for a file without readable content: first 63 bits of the hash of where it lies."""
    return source_id_of(hashlib.sha256(b"not read: " + path.encode("utf-8")).hexdigest())


def _first(chunks: list[bytes], size: int) -> bytes:
    """The first bytes of a content; all of it is not copied."""
    enough = next((n for n, end in enumerate(accumulate(map(len, chunks)), 1) if end >= size), None)
    return b"".join(chunks[:enough])[:size]


def _last(chunks: list[bytes], size: int) -> bytes:
    """The last bytes of a content."""
    ends = accumulate(map(len, reversed(chunks)))
    enough = next((n for n, end in enumerate(ends, 1) if end >= size), len(chunks))
    return b"".join(chunks[-enough:])[-size:]


def _let_go(chunks: list[bytes]) -> Iterator[bytes]:
    """The chunks, none held longer than it is read."""
    chunks.reverse()
    while chunks:
        yield chunks.pop()


def _until_torn(chunks: Iterable[bytes], content: Content) -> Iterator[bytes]:
    """The chunks of a content; where it is torn, the parsers are told."""
    yield from chunks
    if content.status == "torn":
        raise TornStream(content.damage or "the stream breaks off")


def filled(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The columns that hold a value: DuckDB writes a NULL faster than it reads one."""
    return rows.select([at for at, each in enumerate(rows.columns) if each.null_count < len(rows)])
