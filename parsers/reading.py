"""From the bytes of one source to blocks ready to decode, and the tally that accounts for each.

    reading = Reading(identified, source_id)
    for declared, block in reading.blocks(chunks):
        for declared, decoded in decode(declared, block):
            ...

Blocks of several readings may be joined before they are decoded, if their format and `kind` agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from parsers.contract import Block, Chunks, Decoded, Format, Reject, Units
from parsers.framing import named
from parsers.identify import MOST, Identified, Unrecognised, identify
from parsers.routing import BY_SOURCE, Router, decode


@dataclass(slots=True)
class Tally:
    """What the framing counted of one source; rows, structure and rejects are counted elsewhere."""

    units: int = 0
    unit_bytes: int = 0
    structure: int = 0  # units that are structure: headers, comments
    structure_bytes: int = 0  # bytes around units
    rejects: list[Reject] = field(default_factory=list)  # units the framing refused
    document: dict[str, str] = field(default_factory=dict)
    damage: str = ""

    def count(self, units: Units, source_id: int) -> None:
        """Add what one window held."""
        self.units += len(units) + len(units.rejects) + units.structure
        self.structure += units.structure
        self.unit_bytes += int(units.extents.sum()) + units.reject_bytes
        self.structure_bytes += units.structure_bytes
        self.rejects += [reject._replace(source_id=source_id) for reject in units.rejects]
        self.document |= units.document
        self.damage = units.damage or self.damage


class Reading:
    """One pass over one identified source."""

    def __init__(self, identified: Identified, source_id: int = 0) -> None:
        self.identified = identified
        self.source_id = source_id
        self.tally = Tally()
        self._layout = identified.layout
        self._router = Router(identified.assumed)
        strays = identified.format.shape == "json" and not identified.asserted
        self._mixed = BY_SOURCE if strays else ""

    def blocks(
        self, chunks: Chunks, framed: Iterable[Units] | None = None
    ) -> Iterator[tuple[Format, Block]]:
        """Blocks in the order of the stream; the tally is complete when they are exhausted.

        `framed` are its units, if it was divided by its framing before.
        """
        divide = self._routed if self.identified.routed else self._segments
        for units in named(self.identified.framing)(chunks) if framed is None else framed:
            self.tally.count(units, self.source_id)
            for declared, block in divide(units):
                block.assumed = self.identified.assumed
                yield declared, block

    def _segments(self, units: Units) -> Iterator[tuple[Format, Block]]:
        """Units of one format, by what their content says of its layout."""
        declared = self.identified.format
        if units.table is not None:
            yield declared, Block.of(units, self.source_id, self._layout)
            return
        for segment in declared.segments(units, self._layout):
            if segment.layout is None:
                self.tally.structure += segment.high - segment.low
                continue
            self._layout = segment.layout
            if segment.high > segment.low:
                part = units.slice(segment.low, segment.high)
                block = Block.of(part, self.source_id, segment.layout)
                block.mixed = self._mixed
                yield declared, block

    def _routed(self, units: Units) -> Iterator[tuple[Format, Block]]:
        """Messages of any format."""
        before = self._router.structure
        yield from self._router.blocks(units, self.source_id)
        self.tally.structure += self._router.structure - before


@dataclass(slots=True)
class Outcome:
    """Everything one source came to."""

    tally: Tally
    decoded: list[tuple[Format, Decoded]]


def read(content: bytes, *, key: str = "", plain: bool = False) -> Outcome | Unrecognised:
    """Identify and decode a whole source held in memory: the library's front door.

    Args:
        content: decompressed bytes of one source.
        key: the name it was stored under, if known.
        plain: use the plain readers, which are the specification.
    """
    found = identify(content[:MOST], whole=len(content) <= MOST, key=key)
    return found if isinstance(found, Unrecognised) else read_as(content, found, plain=plain)


def read_as(content: bytes, identified: Identified, *, plain: bool = False) -> Outcome:
    """The same for a source whose format is known."""
    return read_chunks([content], identified, plain=plain)


def read_chunks(chunks: Chunks, identified: Identified, *, plain: bool = False) -> Outcome:
    """The same for a source that comes in pieces of any size."""
    reading = Reading(identified)
    decoded = [
        each
        for declared, block in reading.blocks(chunks)
        for each in decode(declared, block, plain=plain)
    ]
    return Outcome(reading.tally, decoded)
