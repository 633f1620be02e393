"""Records inside records: answers of the API, events and notifications that carry a record.

An envelope is a JSON object with certain members, one of which holds what it carries: an object, a
string with the text of one, or a list of them. Envelopes are opened until none is left, so any
nesting of them composes; what they say beside their content goes along as context, each member
under its JSON pointer from the outermost envelope.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from parsers import json_text
from parsers.contract import TEXT, Chunks, Reject, Units
from parsers.framing import json_stream
from parsers.framing.messages import context_batch
from parsers.framing.windows import SHOWN
from parsers.json_scan import value_end

DEEPEST = 8  # envelopes inside one another
Members = list[tuple[str, bytes]]


class Envelope(NamedTuple):
    """An object with the members `needs` carries what its member `holds` says.

    `merges`: the other members belong to the record itself and are put into it.
    """

    needs: frozenset[str]
    holds: str
    merges: bool = False


def _envelope(holds: str, *needs: str, merges: bool = False) -> Envelope:
    return Envelope(frozenset({holds, *needs}), holds, merges)


ENVELOPES = (
    _envelope("CloudTrailEvent"),  # an event of lookup-events
    _envelope("eventjson"),  # a row of CloudTrail Lake
    _envelope("detail", "detail-type"),  # EventBridge
    _envelope("Message", "TopicArn"),  # an SNS notification
    _envelope("Sns", "EventSource"),  # the same, handed to a function
    _envelope("Body", "ReceiptHandle"),  # a message of an SQS queue
    _envelope("body", "receiptHandle"),  # the same, handed to a function
    _envelope("invokingEvent"),  # what AWS Config hands to the function of a rule
    _envelope("configurationItem", "messageType", merges=True),
    _envelope("configurationItemSummary", "messageType", merges=True),
    _envelope("Records"),
)
HOLDERS = frozenset(each.holds for each in ENVELOPES)
ARRAYS = ("Events", "Messages", "Results", "QueryResultRows")
"""Members of an answer whose elements are envelopes."""


class Item(NamedTuple):
    """What an envelope carries, where from its outermost one, and what stood beside it."""

    text: bytes
    path: tuple[str, ...] = ()
    beside: Mapping[str, bytes] = MappingProxyType({})


def enveloped(chunks: Chunks, *arrays: str) -> Iterator[Units]:
    """Records in envelopes of any kind and nesting, in documents or in `arrays` of them."""
    yield from opened(json_stream.records(chunks, *arrays, *ARRAYS))


def opened(outer: Iterable[Units]) -> Iterator[Units]:
    """The records in units that may be envelopes, numbered anew."""
    number = 1
    for units in outer:
        found = _Found(number)
        refused = deque(units.rejects)
        for index, of_outer in enumerate(units.numbers.tolist()):
            while refused and refused[0].record_no < of_outer:
                found.refuse(refused.popleft())
            found.open(units, index)
        for reject in refused:
            found.refuse(reject)
        yield found.units(units)
        number = found.number


class _Found:
    """The records in the envelopes of some units, numbered from `number` on.

    The first record of an envelope takes its bytes in the stream; those after it take none.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.texts: list[bytes] = []
        self.extras: list[str | None] = []
        self.places: list[tuple[int, int, int]] = []  # offset, extent, number
        self.rejects: list[Reject] = []
        self.refused_bytes = 0

    def open(self, units: Units, index: int) -> None:
        """Take the records in one unit, or refuse it where there are none."""
        raw = units.data[units.starts[index] : units.ends[index]]
        offset, extent = int(units.offsets[index]), int(units.extents[index])
        for item in records_in(Item(raw)):
            self.texts.append(item.text)
            self.extras.append(json_text.pointers(dict(item.beside)))
            self.places.append((offset, extent, self.number))
            self.number, extent = self.number + 1, 0
        if extent:
            detail = "the envelope does not hold the message it should"
            self.refuse(Reject(0, 0, offset, "empty-envelope", detail, raw[:SHOWN]))
            self.refused_bytes += extent

    def refuse(self, reject: Reject) -> None:
        """Number a unit that cannot be read."""
        self.rejects.append(reject._replace(record_no=self.number))
        self.number += 1

    def units(self, outer: Units) -> Units:
        """The records found; bytes are accounted as they were."""
        lengths = np.fromiter(map(len, self.texts), np.int64, len(self.texts))
        ends = np.cumsum(lengths + 1) - 1
        offsets, extents, numbers = np.array(self.places, dtype=np.int64).reshape(-1, 3).T
        return Units(
            b"\n".join(self.texts),
            ends - lengths,
            ends,
            offsets,
            extents,
            numbers,
            outer.structure_bytes,
            self.rejects,
            outer.reject_bytes + self.refused_bytes,
            context_batch({"context_extra": pa.array(self.extras, TEXT)}, len(self.extras)),
            outer.document,
            outer.damage,
        )


# ---------------------------------------------------------------------------- opening
def records_in(item: Item, depth: int = 0) -> Iterator[Item]:
    """What is no envelope any more; the item itself where it is none."""
    contents = _contents(item) if depth < DEEPEST else None
    if contents is None:
        yield item
        return
    for each in contents:
        yield from records_in(each, depth + 1)


def _contents(item: Item) -> list[Item] | None:
    """What an envelope holds, one level down; None where the text is no envelope."""
    opening = item.text[:1]
    if opening == b"{":
        return _of_object(item)
    if opening == b"[":
        return _of_list(item)
    if opening == b'"':
        text = json_text.unescaped(item.text)
        return [item._replace(text=text)] if text.startswith((b"{", b"[", b'"')) else None
    return None


def _of_object(item: Item) -> list[Item] | None:
    keys = _keys(item.text)
    envelope = next((each for each in ENVELOPES if each.needs <= keys), None)
    if envelope is None:
        return None
    members, sound = _members(item.text)
    rest = [(key, value) for key, value in members if key != envelope.holds]
    held = [value for key, value in members if key == envelope.holds]
    path = (*item.path, envelope.holds)
    found: list[Item] = []
    for text, at, prose in (each for value in held for each in _held(value)):
        inside, left = _merged(text, rest) if envelope.merges else (text, rest)
        beside = dict(item.beside)
        for key, value in left:
            beside[json_text.pointer(*item.path, key)] = value if sound else json_text.kept(value)
        if prose:
            beside[json_text.pointer(*path, "prose")] = json_text.quoted(json_text.shown(prose))
        found.append(Item(inside, (*path, *at), beside))
    return found if found or not envelope.merges else None


def _of_list(item: Item) -> list[Item] | None:
    """The elements of a list; a row of CloudTrail Lake, a list of single members, is one object."""
    try:
        elements = list(json_text.elements(item.text))
    except (msgspec.DecodeError, RecursionError):
        return None
    pairs = [_members(element)[0] for element in elements]
    if pairs and all(len(each) == 1 for each in pairs):
        return [item._replace(text=_object([each[0] for each in pairs]))]
    if not all(element.startswith(b"{") for element in elements):
        return None
    return [
        Item(element, (*item.path, str(at)), item.beside) for at, element in enumerate(elements)
    ]


def _keys(text: bytes) -> AbstractSet[str]:
    try:
        return json_text.raw_members(text).keys()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {key for key, _ in json_text.members(text) or ()}


def _members(text: bytes) -> tuple[Members, bool]:
    """Members of an object, doubled ones too, and whether DuckDB could read all their values."""
    try:
        found = json_text.raw_members(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return json_text.members(text) or [], False
    members = [(key, bytes(value)) for key, value in found.items()]
    if not json_text.is_compact(text, members) and not _each_named_once(text, found):
        members = json_text.members(text) or members
    return members, json_text.is_utf8(text) and json_text.depth_within(text)


def _each_named_once(text: bytes, names: Iterable[str]) -> bool:
    """Whether no name can stand before two members: it occurs nowhere else either."""
    return all(text.count(json_text.quoted(name)) == 1 for name in names)


def _held(value: bytes) -> Iterator[tuple[bytes, tuple[str, ...], bytes]]:
    """What a member holds: texts, where in it, and the prose around a text that is JSON."""
    if value.startswith(b"{"):
        yield value, (), b""
    elif value.startswith(b'"'):
        text = json_text.unescaped(value)
        start = text.find(b"{")
        end = value_end(text, start) if start > 0 else -1
        if end > 0 and not json_text.flaw(text[start:end]):
            yield text[start:end], (), text[:start] + text[end:]
        else:
            yield text, (), b""
    elif value.startswith(b"["):
        try:
            yield from (
                (each, (str(at),), b"") for at, each in enumerate(json_text.elements(value))
            )
        except (msgspec.DecodeError, RecursionError):
            yield value, (), b""


def _merged(text: bytes, rest: Members) -> tuple[bytes, Members]:
    """An object with further members before its own, and those that it has itself."""
    taken = _keys(text)
    if not taken:
        return text, rest
    return (
        _object([each for each in rest if each[0] not in taken])[:-1] + b"," + text.lstrip()[1:],
        [each for each in rest if each[0] in taken],
    )


def _object(members: Members) -> bytes:
    parts = (json_text.quoted(key) + b":" + value for key, value in members)
    return b"{" + b",".join(parts) + b"}"
