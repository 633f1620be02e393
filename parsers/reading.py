"""From the bytes of one source to blocks ready to decode, and the tally that accounts for each.

    reading = Reading(identified, source_id)
    for declared, block in reading.blocks(chunks):
        decoded = declared.decode(block)

Blocks of several readings with equal format and layout may be joined before they are decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers.contract import Block, Chunks, Decoded, Format, Reject, Units
from parsers.framing import FRAMINGS
from parsers.identify import HEAD, Identified, Unrecognised, identify


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
        self.units += len(units) + len(units.rejects)
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

    def blocks(self, chunks: Chunks) -> Iterator[tuple[Format, Block]]:
        """Blocks in the order of the stream; the tally is complete when they are exhausted."""
        declared, layout = self.identified.format, self.identified.layout
        for units in FRAMINGS[self.identified.framing](chunks):
            self.tally.count(units, self.source_id)
            for segment in declared.segments(units, layout):
                if segment.layout is None:
                    self.tally.structure += segment.high - segment.low
                    continue
                layout = segment.layout
                if segment.high > segment.low:
                    part = units.slice(segment.low, segment.high)
                    yield declared, Block.of(part, self.source_id, layout)


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
    found = identify(content[:HEAD], whole=len(content) <= HEAD, key=key)
    return found if isinstance(found, Unrecognised) else read_as(content, found, plain=plain)


def read_as(content: bytes, identified: Identified, *, plain: bool = False) -> Outcome:
    """The same for a source whose format is known."""
    return read_chunks([content], identified, plain=plain)


def read_chunks(chunks: Chunks, identified: Identified, *, plain: bool = False) -> Outcome:
    """The same for a source that comes in pieces of any size."""
    reading = Reading(identified)
    decoded = [
        (declared, declared.plain(block) if plain else declared.decode(block))
        for declared, block in reading.blocks(chunks)
    ]
    return Outcome(reading.tally, decoded)
