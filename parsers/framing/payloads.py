"""Contents that travel as base64, often compressed, inside a JSON object.

* what a subscription hands to a function: `{"awslogs":{"data":"…"}}`
* records of a Kinesis stream: `{"Records":[{"kinesis":{"data":"…"}}]}`, or `{"Data":"…"}` in it
* what Firehose could not deliver: `{"errorCode":…,"rawData":"…"}`

A content is framed again by what it holds. It has no bytes of its own in the stream: the first unit
in it takes those of its token, the others take none.
"""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from parsers import json_text
from parsers.contract import Chunks, Units
from parsers.errors import TornStream
from parsers.framing import json_stream, spans
from parsers.framing.aggregated import unpacked
from parsers.framing.messages import Messages, consumed, in_order, with_extra
from parsers.framing.spans import BROKEN

RATIO = 200  # bytes that a content may grow to, for each of its own
FREE = 16 << 20  # bytes beyond that which all contents of a stream share
LAYERS = 3  # of compression
PIECE = 1 << 20
_GZIP = b"\x1f\x8b"

Inside = Callable[[Chunks], Iterator[Units]]
"""Frames a content by what it holds."""


class Payload(NamedTuple):
    """A base64 token in an element, and by JSON pointer what stands beside it."""

    start: int
    end: int
    beside: dict[str, bytes]


Find = Callable[[bytes], Payload | None]


def awslogs(chunks: Chunks, inside: Inside) -> Iterator[Units]:
    """What subscriptions handed to functions."""
    find = _at("awslogs", "data")
    yield from _Payloads(find, inside).units(json_stream.documents(chunks))


def kinesis(chunks: Chunks, inside: Inside) -> Iterator[Units]:
    """Records of a Kinesis stream, as a function or GetRecords gets them."""
    yield from _Payloads(_record, inside).units(json_stream.records(chunks, "Records"))


def firehose_errors(chunks: Chunks, inside: Inside) -> Iterator[Units]:
    """What Firehose could not deliver, with the error that it says."""
    yield from _Payloads(_at("rawData"), inside).units(json_stream.documents(chunks))


def _at(*path: str) -> Find:
    """Find the token by the names of the members that lead to it."""

    def find(element: bytes) -> Payload | None:
        beside: dict[str, bytes] = {}
        low = high = 0
        for depth, name in enumerate(path):
            if element[low : low + 1] != b"{":
                return None
            found = list(spans.members(element, low))
            held = next((each for each in found if each.key == name), None)
            if held is None or any(each.end == BROKEN for each in found):
                return None
            for each in found:
                if each is not held:
                    at = json_text.pointer(*path[:depth], each.key)
                    beside[at] = json_text.kept(element[each.start : each.end])
            low, high = held.start, held.end
        return Payload(low, high, beside)

    return find


_FUNCTION, _ANSWER = _at("kinesis", "data"), _at("Data")


def _record(element: bytes) -> Payload | None:
    return _FUNCTION(element) or _ANSWER(element)


class _Budget:
    """What contents may still grow to: many bombs are as harmless as one, and starve no other."""

    def __init__(self) -> None:
        self._own = 0
        self._shared = FREE

    def inflated(self, content: bytes) -> Iterator[bytes]:
        """The content without its compression, in pieces.

        Raises:
            TornStream: it breaks off, is damaged, or grows too much.
        """
        self._own = RATIO * len(content)
        pieces: Iterator[bytes] = iter([content])
        for _ in range(LAYERS):
            first, pieces = peeked(pieces)
            if not first.startswith(_GZIP):
                break
            pieces = self._gunzipped(pieces)
        yield from pieces

    def _gunzipped(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Members of gzip back to back; zeros after the last one are padding."""
        member = zlib.decompressobj(31)
        for piece in pieces:
            rest = piece
            while rest or member.unconsumed_tail:
                if member.eof:
                    if not rest.strip(b"\0"):
                        break
                    member = zlib.decompressobj(31)
                found = self._piece(member, rest)
                rest = member.unused_data if member.eof else member.unconsumed_tail
                yield found
            while not member.eof and (found := self._piece(member, b"")):
                yield found
        if not member.eof:
            raise TornStream("the compressed content breaks off")

    def _piece(self, member: zlib._Decompress, rest: bytes) -> bytes:
        try:
            found = member.decompress(rest, PIECE)
        except zlib.error as error:
            raise TornStream(f"the content is no sound gzip: {error}") from error
        self._own -= len(found)
        if self._own < 0:
            self._shared, self._own = self._shared + self._own, 0
        if self._shared < 0:
            self._shared = 0
            raise TornStream(f"the content grows to more than {RATIO} times its size")
        return found


def peeked(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a stream, and the whole of it; a tear stays where it is."""
    try:
        first = next(pieces, b"")
    except TornStream as tear:
        return b"", _torn(tear)
    return first, chain([first], pieces)


def _torn(tear: TornStream) -> Iterator[bytes]:
    yield b""
    raise tear


class _Payloads:
    """One pass over one stream of elements that hold contents."""

    def __init__(self, find: Find, inside: Inside) -> None:
        self._find, self._inside = find, inside
        self._budget = _Budget()
        self._base = 0
        self._found = Messages(0, 1)  # what is no payload, or a bad one
        self._usual: dict[str, bytes] | None = None  # what the first content says of itself
        self._damage = ""

    def units(self, listed: Iterator[Units]) -> Iterator[Units]:
        """The units inside all contents, then whatever is none."""
        for outer in listed:
            self._found = Messages(self._base, self._found.number)
            size = consumed(outer)
            left = size
            for inner in self._contents(outer):
                left -= int(inner.extents.sum()) + inner.reject_bytes
                yield inner
            self._found.reject_bytes += outer.reject_bytes
            units = self._found.units(left)
            units.document = outer.document
            units.damage = outer.damage or self._damage
            self._base += size
            yield units

    def _contents(self, outer: Units) -> Iterator[Units]:
        for index, low in in_order(outer, self._base):
            if index < 0:
                self._found.take_over(outer.rejects[~index])
                continue
            element = outer.data[low : outer.ends[index]]
            payload = self._find(element)
            if payload is None:
                self._found.add(element, low, len(element))
                continue
            content = _decoded(element[payload.start : payload.end])
            contents = None if content is None else unpacked(content)
            if contents is None:
                detail = "expected base64" if content is None else "a broken packet of records"
                self._found.refuse(element, low, "bad-payload", detail)
            else:
                yield from self._opened(contents, payload, element, low)

    def _opened(
        self, contents: Iterable[bytes], payload: Payload, element: bytes, low: int
    ) -> Iterator[Units]:
        """Units inside the contents of one token, as units of the stream."""
        offset, extent = self._base + low + payload.start, payload.end - payload.start
        damage = ""
        for content in contents:
            before = self._found.number - 1
            for units in self._inside(self._budget.inflated(content)):
                extent = _moved(units, offset, extent, before)
                self._found.number += len(units) + len(units.rejects) + units.structure
                self._beside(units, payload.beside)
                if units.damage:
                    damage = units.damage = f"the content at byte {offset}: {units.damage}"
                yield units
        self._damage = damage or self._damage
        if damage and extent:
            raw = element[payload.start : payload.end]
            self._found.refuse(raw, low + payload.start, "bad-payload", damage)

    def _beside(self, units: Units, beside: dict[str, bytes]) -> None:
        """What stands beside a content, and what it says of itself, goes along with its units."""
        document = {key: value.encode() for key, value in units.document.items()}
        if self._usual is None and document:
            self._usual = document
        elif document != self._usual:
            beside = {key: json_text.kept(value) for key, value in document.items()} | beside
            units.document = {}
        units.context = with_extra(units.context, [beside] * len(units))


def _moved(units: Units, offset: int, extent: int, before: int) -> int:
    """Units of a content as units of the stream; how many bytes of its token are not taken yet."""
    units.offsets[:] = offset
    units.extents[:] = 0
    units.structure_bytes = units.reject_bytes = 0
    if len(units):
        units.extents[0], extent = extent, 0
    elif units.rejects:
        units.reject_bytes, extent = extent, 0
    units.numbers = units.numbers + before
    units.rejects = [
        each._replace(offset=offset, record_no=each.record_no + before) for each in units.rejects
    ]
    return extent


def _decoded(token: bytes) -> bytes | None:
    """The bytes of a base64 token; None where it is none."""
    text = json_text.string(token)
    try:
        return None if text is None else binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
