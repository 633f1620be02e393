"""What every log format promises, and the shapes in which evidence travels through `parsers`.

A *framing* divides a stream of bytes into `Units` and accounts for every byte; a *format* decodes a
`Block` of units that share one layout into `Decoded`: rows, structure, defects and rejects.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from parsers.columns import (
    ADDRESS_NUMBER,
    BOOLEAN,
    CONTEXT,
    EXTRA,
    INDICATORS,
    INTEGER,
    JSON,
    PROVENANCE,
    REAL,
    TEXT,
    TIME,
    Column,
    Prepared,
    addresses,
    boolean,
    encoded,
    integer,
    json,
    json_member,
    loose,
    real,
    spelt,
    struct,
    structs,
    text,
    texts,
    time,
)
from parsers.json_text import keys, shown
from parsers.kernels.kinds import LANES
from parsers.row_text import row_text, row_texts

__all__ = (
    "ADDRESS_NUMBER",
    "BOOLEAN",
    "CONTEXT",
    "EXTRA",
    "INDICATORS",
    "INTEGER",
    "JSON",
    "NOTHING_ASSUMED",
    "PADDING",
    "PROVENANCE",
    "REAL",
    "TEXT",
    "TIME",
    "Assumed",
    "Block",
    "Chunks",
    "Claim",
    "Column",
    "Decoded",
    "Defect",
    "Flags",
    "Format",
    "Framing",
    "Integers",
    "Layout",
    "Misfit",
    "Prepared",
    "Reject",
    "Sample",
    "Segment",
    "Units",
    "boolean",
    "encoded",
    "integer",
    "json",
    "json_member",
    "loose",
    "real",
    "spelt",
    "struct",
    "structs",
    "text",
    "texts",
    "time",
    "units_of",
)

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Layout = tuple[str, ...]
"""The fields a positional unit carries, in order; () where the unit names its own members."""


class Assumed(NamedTuple):
    """What the analyst asserts where a log does not say it.

    `zone` is the time zone of times written without one: an IANA name or an offset like +02:00.
    `before` is a moment (microseconds) that no record of the source is later than: it settles
    the year of times written without one. `template` is the text by which the owner of an API has
    its access logged. Empty or None: nothing is asserted.
    """

    zone: str = ""
    before: int | None = None
    template: str = ""


NOTHING_ASSUMED = Assumed()
PADDING = bytes(LANES)
"""What kernels want to find behind the bytes they read: where everything stops."""


def padded(data: bytes) -> npt.NDArray[np.uint8]:
    """The bytes, PADDING behind them."""
    return np.frombuffer(data if data.endswith(PADDING) else data + PADDING, dtype=np.uint8)


class Reject(NamedTuple):
    """A unit that cannot be told to be of its format."""

    source_id: int
    record_no: int
    offset: int  # of the unit in the decompressed stream
    code: str
    detail: str
    raw: bytes


class Defect(NamedTuple):
    """One value of a row that does not fit its column; `raw` is the value as it stood."""

    source_id: int
    record_no: int
    column: str
    code: str
    detail: str
    raw: bytes


@dataclass(slots=True, eq=False)
class Units:
    """Some consecutive units of one stream, as a framing found them.

    `data[starts[i]:ends[i]]` is what unit i says; it stood at `offsets[i]` of the stream and took
    `extents[i]` bytes there (line end, escapes and quoting included). `rejects` are units too, of
    `reject_bytes` together. `structure_bytes` are the bytes around all of them that were
    recognised as punctuation, wrapper or white space. `structure` counts units whose bytes are
    structure too (control messages). `numbers` counts units, rejects and structure alike.
    """

    data: bytes
    starts: Integers
    ends: Integers
    offsets: Integers
    extents: Integers
    numbers: Integers
    structure_bytes: int = 0
    rejects: list[Reject] = field(default_factory=list)  # their source_id is still 0
    reject_bytes: int = 0
    context: pa.RecordBatch | None = None  # one row per unit
    document: dict[str, str] = field(default_factory=dict)  # wrapper members, by JSON pointer
    damage: str = ""  # where and how the stream stops being whole
    structure: int = 0
    table: pa.RecordBatch | None = None  # the units are its rows, and have no text of their own

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, index: int) -> bytes:
        """What one unit says."""
        if self.table is not None:
            return row_text(self.table, index)
        return self.data[self.starts[index] : self.ends[index]]

    def slice(self, low: int, high: int) -> Units:
        """Units low..high of these, without the structure and rejects around them."""
        return Units(
            self.data,
            self.starts[low:high],
            self.ends[low:high],
            self.offsets[low:high],
            self.extents[low:high],
            self.numbers[low:high],
            context=self.context.slice(low, high - low) if self.context is not None else None,
        )


class Segment(NamedTuple):
    """Units low..high share `layout`; None marks structure (a header, a comment)."""

    low: int
    high: int
    layout: Layout | None


@dataclass(slots=True, eq=False)
class Block:
    """Units of one format and one layout, of any number of sources: what a format decodes."""

    data: bytes
    starts: Integers
    ends: Integers
    offsets: Integers
    source_ids: Integers
    record_nos: Integers
    layout: Layout = ()
    context: pa.RecordBatch | None = None
    mixed: str = ""  # why these units may be of other formats: see parsers.routing
    assumed: Assumed = NOTHING_ASSUMED
    table: pa.RecordBatch | None = None  # the units are its rows: see parsers.engines.columnar

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def kind(self) -> tuple[Layout, str, bool, Assumed, str]:
        """Blocks of one format that agree in this can be joined."""
        types = (
            "" if self.table is None else self.table.schema.to_string(show_schema_metadata=False)
        )
        return self.layout, self.mixed, self.context is not None, self.assumed, types

    @property
    def size(self) -> int:
        """Bytes that the units take in memory, about."""
        if self.table is not None:
            return int(self.table.nbytes)
        return int(self.ends[-1] - self.starts[0]) if len(self) else 0

    def unit(self, index: int) -> bytes:
        """The text of one unit."""
        if self.table is not None:
            return row_text(self.table, index)
        return self.data[self.starts[index] : self.ends[index]]

    def texts(self) -> list[bytes]:
        """The text of every unit."""
        if self.table is not None:
            return row_texts(self.table)
        low, high, data = self.starts.tolist(), self.ends.tolist(), self.data
        return [data[a:b] for a, b in zip(low, high, strict=True)]

    def take(self, indices: Integers) -> Block:
        """The units at `indices`, in that order."""
        context = self.context.take(pa.array(indices)) if self.context is not None else None
        return Block(
            self.data,
            self.starts[indices],
            self.ends[indices],
            self.offsets[indices],
            self.source_ids[indices],
            self.record_nos[indices],
            self.layout,
            context,
            self.mixed,
            self.assumed,
            self.table.take(pa.array(indices)) if self.table is not None else None,
        )

    def reject(self, index: int, code: str, detail: str) -> Reject:
        """Unit `index` as a reject."""
        source, number = int(self.source_ids[index]), int(self.record_nos[index])
        return Reject(source, number, int(self.offsets[index]), code, detail, self.unit(index))

    def defect(self, index: int, column: str, code: str, detail: str, raw: bytes) -> Defect:
        """A defect of unit `index`."""
        source, number = int(self.source_ids[index]), int(self.record_nos[index])
        return Defect(source, number, column, code, detail, raw)

    @classmethod
    def of(cls, units: Units, source_id: int, layout: Layout = ()) -> Block:
        """The units of one source, numbered."""
        source = np.full(len(units), source_id, dtype=np.int64)
        return cls(
            units.data,
            units.starts,
            units.ends,
            units.offsets,
            source,
            units.numbers,
            layout,
            units.context,
            table=units.table,
        )

    @classmethod
    def joined(cls, blocks: Sequence[Block]) -> Block:
        """Blocks of equal kind as one."""
        if len(blocks) == 1:
            return blocks[0]
        datas = [part for block in blocks for part in (block.data, _gap(block.data))]
        bases = np.cumsum([0, *map(len, datas)])[:-1:2]
        moved = list(zip(blocks, bases.tolist(), strict=True))
        contexts = [block.context for block in blocks if block.context is not None]
        tables = [block.table for block in blocks if block.table is not None]
        return cls(
            b"".join([*datas, PADDING]),
            np.concatenate([block.starts + base for block, base in moved]),
            np.concatenate([block.ends + base for block, base in moved]),
            np.concatenate([block.offsets for block in blocks]),
            np.concatenate([block.source_ids for block in blocks]),
            np.concatenate([block.record_nos for block in blocks]),
            blocks[0].layout,
            pa.concat_batches(contexts) if contexts else None,
            blocks[0].mixed,
            blocks[0].assumed,
            pa.concat_batches(tables) if tables else None,
        )


def _gap(data: bytes) -> bytes:
    """What has to stand behind data lest its last byte and what follows make a character."""
    return b"" if data.isascii() or data.endswith(b"\n") else b"\n"


@dataclass(slots=True, eq=False)
class Decoded:
    """One outcome per unit of a block: a row, structure, or a reject; defects belong to rows."""

    rows: pa.RecordBatch  # PROVENANCE, [CONTEXT], the format's columns, EXTRA, prepared columns
    structure: Integers  # source_id of every unit that was structure
    defects: list[Defect] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @classmethod
    def joined(cls, parts: Sequence[Decoded]) -> Decoded:
        """Several decoded parts as one."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            pa.concat_batches([part.rows for part in parts]),
            np.concatenate([part.structure for part in parts]),
            [defect for part in parts for defect in part.defects],
            [reject for part in parts for reject in part.rejects],
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """The first bytes of a source, divided into units by one way of framing, for recognition."""

    units: tuple[bytes, ...]
    whole: bool  # these are all units of the source
    key: str  # the name it was stored under: a hint, never a proof
    assumed: Assumed = NOTHING_ASSUMED
    _members: dict[int, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)
    _lines: dict[int, str] = field(default_factory=dict, repr=False, compare=False)
    _kinds: dict[frozenset[str], int] = field(default_factory=dict, repr=False, compare=False)

    def members(self, index: int) -> frozenset[str]:
        """Names of the members of one unit; empty where it is no JSON object."""
        if index not in self._members:
            self._members[index] = frozenset(keys(self.units[index]))
        return self._members[index]

    @property
    def of_objects(self) -> bool:
        """Whether every unit is a JSON object whose members can be told."""
        return frozenset() not in self.kinds and all(u.startswith(b"{") for u in self.units)

    @property
    def kinds(self) -> Mapping[frozenset[str], int]:
        """Every set of members that a unit has, with the first unit that has it."""
        if not self._kinds:
            for index in range(len(self.units)):
                self._kinds.setdefault(self.members(index), index)
        return self._kinds

    def line(self, index: int) -> str:
        r"""The text of one unit, bytes that are not UTF-8 as \xNN."""
        if index not in self._lines:
            self._lines[index] = shown(self.units[index])
        return self._lines[index]


class Claim(NamedTuple):
    """A format recognises a sample: its layout, and the sentence that says why.

    `doubts` counts units that tell nothing; another framing may divide the source better.
    """

    layout: Layout
    reason: str
    doubts: int = 0


class Misfit(NamedTuple):
    """A format does not recognise a sample; `likeness` counts the units that fitted before."""

    reason: str
    likeness: int = 0


class Format(ABC):
    """One log format: a declaration, and the readers its engine derives from it.

    Attributes:
        name: the name of the format and of its table.
        about: one sentence; what a record of it is evidence of.
        reference: where its owner documents it.
        version: raised whenever the same bytes would give other rows.
        columns: the columns in the order of the table, without PROVENANCE, CONTEXT and EXTRA.
        shape: what its units are: "json" (an object each) or "line".
        joined: the framings that join the lines of its records; () where each line is one.
        assumes: what of Assumed the format asks for, by name.
        keeps: messages of a stream of this format that no format claims are its own.
    """

    name: str
    about: str
    reference: str
    version: int
    columns: tuple[Column, ...]
    shape: str
    joined: tuple[str, ...] = ()
    assumes: frozenset[str] = frozenset()
    keeps: bool = False

    @abstractmethod
    def claim(self, sample: Sample) -> Claim | Misfit:
        """Say whether every unit of the sample is of this format."""

    def by_members(self, sample: Sample) -> bool:
        """Whether `claim` judges these objects by nothing but their sets of members."""
        del sample
        return False

    def recognises(self, sample: Sample) -> bool:
        """Whether `claim` claims a sample of one unit; asked of each message of no known format."""
        return isinstance(self.claim(sample), Claim)

    @abstractmethod
    def plain(self, block: Block) -> Decoded:
        """Decode one unit at a time: the specification."""

    @abstractmethod
    def decode(self, block: Block) -> Decoded:
        """Decode at speed; equal to `plain` up to the order of rows."""

    def segments(self, units: Units, layout: Layout) -> list[Segment]:
        """Divide units where the content itself changes the layout (a header in mid-file).

        The layout of the last segment that has one applies to what follows.
        """
        return [Segment(0, len(units), layout)]

    def proven(self, decoded: Decoded) -> Flags:
        """For every row, whether its values prove that the unit is of this format.

        Asked where a stream may mix formats. Here: more values of a type that can be wrong fit
        than do not; a row without defects needs no further proof.
        """
        proof = np.ones(decoded.rows.num_rows, dtype=bool)
        flaws = Counter((defect.source_id, defect.record_no) for defect in decoded.defects)
        if flaws:
            typed = [column.name for column in self.columns if column.type != TEXT]
            for row, unit in enumerate(units_of(decoded.rows)):
                if unit in flaws:
                    fit = sum(decoded.rows.column(name)[row].is_valid for name in typed)
                    proof[row] = fit > flaws[unit]
        return proof

    @property
    def time_column(self) -> str:
        """The column that says when a record happened: the first TIME of the declaration."""
        return next((column.name for column in self.columns if column.type == TIME), "")

    def schema(self) -> pa.Schema:
        """Arrow schema of the rows, context included."""
        columns = (*PROVENANCE, *CONTEXT, *self.columns, EXTRA, *self.prepared())
        return pa.schema([pa.field(column.name, column.type) for column in columns])

    def preparations(self) -> tuple[Prepared, ...]:
        """What is computed from the columns of each batch; here the numbers of addresses."""
        return tuple(addresses(self.columns))

    def prepared(self) -> tuple[Column, ...]:
        """The columns that are computed."""
        return tuple(each.column for each in self.preparations())


def units_of(rows: pa.RecordBatch) -> Iterator[tuple[int, int]]:
    """(source_id, record_no) of every row."""
    return zip(*(rows.column(name).to_pylist() for name in ("source_id", "record_no")), strict=True)


Chunks = Iterable[bytes]
Framing = Callable[[Chunks], Iterator[Units]]
