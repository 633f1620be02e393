"""Which format each message of a source is of, where one source holds messages of several.

The first message of a log stream that a format recognises decides how the stream is read. What
that reading refuses, or what it cannot prove to be its own, is asked of every format alone; what
none of them claims is a row of `cloudwatch`. So the answer for a message depends on the messages
before it in its stream and on nothing else: neither on chunks nor on what is decoded together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parsers.contract import (
    NOTHING_ASSUMED,
    Assumed,
    Block,
    Claim,
    Decoded,
    Format,
    Integers,
    Layout,
    Sample,
    Units,
    units_of,
)
from parsers.engines import columnar
from parsers.formats import BY_NAME, FORMATS
from parsers.formats.cloudwatch import CLOUDWATCH
from parsers.framing import envelopes
from parsers.framing.messages import with_extra
from parsers.hints import hint_for

BY_CONTENT, BY_NAME_OF_GROUP = "by content", "by the name of the group"
BY_SOURCE = "by the source"  # a stray goes to the format that claims it; others stay what they are
MOST_STREAMS = 1 << 16  # streams whose format is remembered; others are asked message by message

Place = tuple[str | None, str | None]
"""Log group and log stream."""


class Route(NamedTuple):
    """How messages are read; `mixed` says on what grounds.

    `opened`: the record is inside an envelope that the message is (an EventBridge event, say).
    """

    format: Format
    layout: Layout = ()
    mixed: str = BY_CONTENT
    opened: bool = False


UNCLAIMED = Route(CLOUDWATCH)


def route_of(
    message: bytes, preferred: str = "", assumed: Assumed = NOTHING_ASSUMED
) -> Route | None:
    """The only format that recognises a message by itself, or the preferred one of several.

    A message that none recognises may be an envelope around a record that one does.
    """
    sample = Sample((message,), whole=False, key="", assumed=assumed)
    found = _claims(sample)
    if not found and sample.members(0) & envelopes.HOLDERS and (record := _inside(message)):
        alone = Sample((record.text,), whole=False, key="", assumed=assumed)
        found = [route._replace(opened=True) for route in _claims(alone)]
    if len(found) > 1:
        found = [route for route in found if route.format.name == preferred]
    return found[0] if found else None


def _claims(sample: Sample) -> list[Route]:
    found = [declared for declared in FORMATS if declared.recognises(sample)]
    answers = [(declared, declared.claim(sample)) for declared in found]
    return [Route(declared, said.layout) for declared, said in answers if isinstance(said, Claim)]


def _inside(message: bytes) -> envelopes.Item | None:
    """The only record in the envelope that a message is; None where it is no envelope."""
    if not message.startswith(b"{"):
        return None
    records = list(envelopes.records_in(envelopes.Item(message)))
    return records[0] if len(records) == 1 and records[0].path else None


class Router:
    """Decides message by message through one source; `structure` counts headers among them."""

    def __init__(self, assumed: Assumed = NOTHING_ASSUMED) -> None:
        self.structure = 0
        self.assumed = assumed
        self._streams: dict[Place, Route | None] = {}

    def blocks(self, units: Units, source_id: int) -> Iterator[tuple[Format, Block]]:
        """The units as blocks, one for each format and layout among them."""
        whole = Block.of(units, source_id)
        chosen: dict[Route, list[Integers]] = defaultdict(list)
        for route, indices in self.routes(whole):
            chosen[route].append(indices)
        for route, parts in chosen.items():
            indices = parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))
            block = whole if len(indices) == len(whole) else picked(whole, indices)
            yield route.format, _prepared(route, block)

    def routes(self, block: Block) -> Iterator[tuple[Route, Integers]]:
        """Which units are read how; every unit once, headers left out."""
        blank = _blank(block)
        if len(blank):
            yield UNCLAIMED, blank
        for place, indices in _by_place(block):
            said = indices[~np.isin(indices, blank)] if len(blank) else indices
            yield from self._stream(place, block, said)

    def _stream(
        self, place: Place, block: Block, indices: Integers
    ) -> Iterator[tuple[Route, Integers]]:
        """Units of one stream, which is of no format before one of them is recognised."""
        if place not in self._streams and len(self._streams) < MOST_STREAMS:
            self._streams[place] = _owner(place)
        forgotten = place not in self._streams
        route = _owner(place) if forgotten else self._streams[place]
        unclaimed: list[int] = []
        for rank, index in enumerate(map(int, indices)):
            found = route or route_of(block.unit(index), _preferred(place), self.assumed)
            if found is None:
                unclaimed.append(index)
            elif forgotten or found.opened:
                yield from self._segments(place, found, block, indices[rank : rank + 1])
            else:
                yield from self._segments(place, found, block, indices[rank:])
                break
        if unclaimed:
            yield UNCLAIMED, np.array(unclaimed, dtype=np.int64)

    def _segments(
        self, place: Place, route: Route, block: Block, indices: Integers
    ) -> Iterator[tuple[Route, Integers]]:
        """Messages between headers, should the format have any."""
        for low, high, layout in route.format.segments(_units(block, indices), route.layout):
            if layout is None:
                self.structure += high - low
                continue
            route = route._replace(layout=layout)
            if high > low:
                yield route, indices[low:high]
        if place in self._streams and not route.opened:
            self._streams[place] = route


# -------------------------------------------------------------------------------- decoding
def decode(declared: Format, block: Block, *, plain: bool = False) -> list[tuple[Format, Decoded]]:
    """Decode a block; messages that are not of its format are decoded by the one they are of.

    Every unit of the block has one outcome in all that is returned.
    """
    decoded = _decoded(declared, block, plain=plain)
    if not block.mixed:
        return [(declared, decoded)]
    strays = _strays(declared, block, decoded)
    if not strays:
        return [(declared, decoded)]
    found = [(declared, _without(decoded, _units_at(block, list(strays))))]
    others: dict[Route, list[int]] = defaultdict(list)
    for index, route in strays.items():
        others[route].append(index)
    for route, indices in others.items():
        part = picked(block, np.array(indices, dtype=np.int64))
        found += _moved(route, replace(_prepared(route, part), mixed=""), plain=plain)
    return found


def _decoded(declared: Format, block: Block, *, plain: bool) -> Decoded:
    if block.table is not None:
        return columnar.plain(declared, block) if plain else columnar.decode(declared, block)
    return declared.plain(block) if plain else declared.decode(block)


def _moved(route: Route, block: Block, *, plain: bool) -> Iterator[tuple[Format, Decoded]]:
    """Messages that one format has recognised; what it refuses all the same nobody claims."""
    decoded = _decoded(route.format, block, plain=plain)
    refused = _places(block, [(r.source_id, r.record_no) for r in decoded.rejects])
    if refused:
        part = picked(block, np.array(refused, dtype=np.int64))
        yield CLOUDWATCH, _decoded(CLOUDWATCH, replace(part, layout=()), plain=plain)
        decoded = _without(decoded, _units_at(block, refused))
    yield route.format, decoded


def _strays(declared: Format, block: Block, decoded: Decoded) -> dict[int, Route]:
    """Units that are not of the block's format, by their position in it."""
    if declared is CLOUDWATCH:
        return {}
    refused = [(reject.source_id, reject.record_no) for reject in decoded.rejects]
    doubted: list[tuple[int, int]] = []
    if block.mixed in (BY_CONTENT, BY_SOURCE):
        proven = declared.proven(decoded)
        if not proven.all():
            doubted = list(units_of(decoded.rows.filter(pa.array(~proven))))
    strays: dict[int, Route] = {}
    for index in _places(block, [*refused, *doubted]):
        route = _route_of_stray(block, index, declared)
        if declared.keeps and route is UNCLAIMED:
            continue
        if route is not None and route.format is not declared:
            strays[index] = route
    return strays


def _route_of_stray(block: Block, index: int, declared: Format) -> Route | None:
    unit = block.unit(index)
    if block.mixed != BY_SOURCE:
        return route_of(unit, declared.name, block.assumed) or UNCLAIMED
    return route_of(unit, declared.name, block.assumed) if unit.startswith(b"{") else None


def _without(decoded: Decoded, units: set[tuple[int, int]]) -> Decoded:
    """Outcomes of all but some units."""
    kept = np.fromiter((unit not in units for unit in units_of(decoded.rows)), bool)
    return Decoded(
        decoded.rows.filter(pa.array(kept)),
        decoded.structure,
        [each for each in decoded.defects if (each.source_id, each.record_no) not in units],
        [each for each in decoded.rejects if (each.source_id, each.record_no) not in units],
    )


def _places(block: Block, units: Sequence[tuple[int, int]]) -> list[int]:
    """Where in the block these units stand, in its order."""
    if not units:
        return []
    wanted = set(units)
    pairs = zip(block.source_ids.tolist(), block.record_nos.tolist(), strict=True)
    return [index for index, pair in enumerate(pairs) if pair in wanted]


def _units_at(block: Block, indices: Iterable[int]) -> set[tuple[int, int]]:
    return {(int(block.source_ids[at]), int(block.record_nos[at])) for at in indices}


# -------------------------------------------------------------------------------- blocks
def picked(block: Block, indices: Integers) -> Block:
    """Some units of a block without the bytes of the others, which may be large."""
    part = block.take(indices)
    return _saying(part, part.texts())


def _prepared(route: Route, block: Block) -> Block:
    """A block as its format is to get it."""
    if not route.opened:
        return replace(block, layout=route.layout, mixed=route.mixed)
    records = [_inside(text) or envelopes.Item(text) for text in block.texts()]
    context = with_extra(block.context, [record.beside for record in records])
    opened = _saying(block, [record.text for record in records])
    return replace(opened, context=context, layout=route.layout, mixed="")


def _saying(block: Block, texts: Sequence[bytes]) -> Block:
    """The units of a block with other texts."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + 1) - 1
    return replace(block, data=b"\n".join(texts), starts=ends - lengths, ends=ends)


def _units(block: Block, indices: Integers) -> Units:
    """Some units of a block as a format divides them into segments: it looks at texts only."""
    starts, ends = block.starts[indices], block.ends[indices]
    numbers = block.record_nos[indices]
    return Units(block.data, starts, ends, block.offsets[indices], ends - starts, numbers)


def _blank(block: Block) -> Integers:
    """The units that say nothing at all."""
    octets = np.frombuffer(block.data or b"\0", dtype=np.uint8)
    firsts = octets[np.minimum(block.starts, len(octets) - 1)]
    doubtful = np.flatnonzero((firsts <= ord(" ")) | (block.ends <= block.starts)).tolist()
    blank = [index for index in doubtful if not block.unit(index).strip()]
    return np.array(blank, dtype=np.int64)


def _by_place(block: Block) -> Iterator[tuple[Place, Integers]]:
    """The units of each log stream, in the order in which the streams are first seen."""
    if block.context is None or not len(block):
        yield (None, None), np.arange(len(block))
        return
    groups, group_names = _coded(block.context.column("log_group"))
    streams, stream_names = _coded(block.context.column("log_stream"))
    codes = groups * len(stream_names) + streams
    if (codes == codes[0]).all():
        yield (group_names[groups[0]], stream_names[streams[0]]), np.arange(len(block))
        return
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    for part in sorted(parts, key=lambda part: int(part[0])):
        yield (group_names[groups[part[0]]], stream_names[streams[part[0]]]), part


def _coded(names: pa.DictionaryArray) -> tuple[Integers, list[str | None]]:
    """Every name as a position in the list; that of NULL is the last."""
    listed = names.dictionary.to_pylist()
    codes = pc.fill_null(names.indices, len(listed)).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), [*listed, None]


def _owner(place: Place) -> Route | None:
    """The format of the service that the log group belongs to."""
    hint = hint_for(*place)
    declared = BY_NAME.get(hint.format) if hint and hint.owned else None
    layout = getattr(declared, "default", ())
    return Route(declared, layout, BY_NAME_OF_GROUP) if declared else None


def _preferred(place: Place) -> str:
    hint = hint_for(*place)
    return hint.format if hint else ""
