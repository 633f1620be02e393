"""Subscription envelopes: the messages of one log stream, as a subscription filter hands them out.

    {"messageType":"DATA_MESSAGE","owner":…,"logGroup":…,"logStream":…,"subscriptionFilters":[…],
     "logEvents":[{"id":…,"timestamp":…,"message":…}, …]}

Two gears. Envelopes as CloudWatch writes them are decoded together, and the lengths of their parts
prove that nothing hides between them. Any other document is walked member by member, so that what
is repeated, unknown, broken or torn is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Meta, Raw

from parsers import json_text
from parsers.contract import TEXT, TIME, Chunks, Flags, Integers, Units
from parsers.framing import events, json_stream, spans
from parsers.framing.events import EARLIEST, LATEST
from parsers.framing.messages import Messages, Origin, Said
from parsers.framing.spans import BROKEN
from parsers.json_scan import value_end

DATA, CONTROL = "DATA_MESSAGE", "CONTROL_MESSAGE"
_CONTEXT = ("messageType", "owner", "logGroup", "logStream")
_CONTROL_TEXT = b"CWL CONTROL MESSAGE"
_ARRAY = b'"logEvents":['
_BEFORE_MESSAGE = np.frombuffer(b',"message":', dtype=np.uint8)
_ID, _TIME = '{"id":"', '","timestamp":'
_AROUND_EVENT = len(_ID + _TIME) + len(_BEFORE_MESSAGE) + len("}")
_AROUND_FIELDS = len(',"extractedFields":')
_AROUND_LEVEL = len(',"policyLevel":')
_AROUND = len(
    '{"messageType":"","owner":"","logGroup":"","logStream":"","subscriptionFilters":,"logEvents":[]}'
)
_POWERS = np.array([10**power for power in range(1, 19)], dtype=np.int64)
_ABSENT = Raw(b"")
_Milliseconds = Annotated[int, Meta(ge=EARLIEST, le=LATEST)]
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Event(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    id: str
    timestamp: _Milliseconds
    message: Raw
    extractedFields: Raw = _ABSENT


class _Envelope(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    messageType: str
    owner: str
    logGroup: str
    logStream: str
    subscriptionFilters: Raw
    logEvents: list[_Event]
    policyLevel: Raw = _ABSENT

    def size(self) -> int:
        """Bytes of the envelope as CloudWatch writes it, its events left out."""
        names = len(self.messageType) + len(self.owner) + len(self.logGroup) + len(self.logStream)
        level = _AROUND_LEVEL + len(self.policyLevel) if self.policyLevel else 0
        commas = max(len(self.logEvents) - 1, 0)
        return _AROUND + names + len(self.subscriptionFilters) + level + commas

    def rest(self) -> dict[str, bytes]:
        """What it says beyond the context of its messages, by JSON pointer."""
        level = {"/policyLevel": bytes(self.policyLevel)} if self.policyLevel else {}
        filters = bytes(self.subscriptionFilters)
        kind = json_text.quoted(self.messageType)
        return {"/messageType": kind, "/subscriptionFilters": filters, **level}


_NO_ENVELOPE = _Envelope("", "", "", "", _ABSENT, [])
_envelope = msgspec.json.Decoder(_Envelope).decode
_envelopes = msgspec.json.Decoder(list[_Envelope]).decode
_strings = msgspec.json.Decoder(list[str]).decode


def subscription(chunks: Chunks) -> Iterator[Units]:
    """Messages of envelopes back to back or one per line; a document of another kind is a unit.

    Control messages are structure. What the first envelope says beyond the context goes to
    `Units.document`; an envelope that says otherwise says so in `context_extra` of its messages.
    """
    walk = _Walk()
    for documents in json_stream.documents(chunks):
        yield walk.opened(documents)


class _Document(NamedTuple):
    """`buffer[low:high]` is a document; where it is broken, `code` and `detail` say how."""

    low: int
    high: int
    code: str = ""
    detail: str = ""


class _Walk:
    """One pass over one stream."""

    def __init__(self) -> None:
        self.base = 0  # offset of the buffer in the stream
        self.buffer = b""
        self.found = Messages(0, 1)
        self.usual: dict[str, bytes] | None = None  # what the first envelope says

    def opened(self, documents: Units) -> Units:
        """The messages inside some documents."""
        self.buffer, self.found = documents.data, Messages(self.base, self.found.number)
        unseen = self.usual is None
        size = int(documents.extents.sum()) + documents.reject_bytes + documents.structure_bytes
        whole = _Whole(documents)
        rank = 0  # how many documents that are not broken come before
        for document in _in_order(documents, self.base, size):
            if document.code or not whole.is_plain(rank):
                self._add(whole, rank)
                self._walk(document)
                whole.taken = rank + (not document.code)
            rank += not document.code
        self._add(whole, rank)
        units = self.found.units(size)
        if unseen and self.usual is not None:
            units.document = {key: json_text.shown(raw) for key, raw in self.usual.items()}
        units.damage = documents.damage
        self.base += size
        return units

    def _unusual(self, rest: dict[str, bytes]) -> dict[str, bytes]:
        """What an envelope says that the first one does not."""
        if self.usual is None:
            self.usual = rest
        return {} if rest == self.usual else rest

    # ---------------------------------------------------------------- as CloudWatch writes them
    def _add(self, whole: _Whole, rank: int) -> None:
        """Add the messages of all envelopes before `rank` that have not been added yet."""
        envelopes = whole.envelopes[whole.taken : rank]
        low, high = int(whole.bounds[whole.taken]), int(whole.bounds[rank])
        whole.taken = rank
        if not envelopes:
            return
        self.found.extend(
            [Origin(each.logGroup, each.logStream, each.owner) for each in envelopes],
            [len(each.logEvents) for each in envelopes],
            Said(
                whole.texts[low:high],
                whole.places[low:high],
                whole.extents[low:high],
                whole.times[low:high],
                whole.ids[low:high],
                pa.array(self._extras(envelopes, high - low), TEXT),
            ),
        )

    def _extras(self, envelopes: Sequence[_Envelope], count: int) -> list[str | None]:
        extras: list[str | None] = [None] * count
        at = 0
        for envelope in envelopes:
            beside = self._unusual(envelope.rest())
            if beside or any(event.extractedFields for event in envelope.logEvents):
                extras[at : at + len(envelope.logEvents)] = [
                    json_text.pointers(beside | _fields(event)) for event in envelope.logEvents
                ]
            at += len(envelope.logEvents)
        return extras

    # ---------------------------------------------------------------- any other document
    def _walk(self, document: _Document) -> None:
        text = self.buffer[document.low : document.high]
        found = list(spans.members(text)) if text.startswith(b"{") else []
        keys = {member.key for member in found}
        if "logEvents" in keys and keys & {"messageType", "logGroup"}:
            self._envelope(document, text, found)
        elif document.code:
            self.found.refuse(text, document.low, document.code, document.detail)
        else:
            self.found.add(text, document.low, len(text))

    def _envelope(self, document: _Document, text: bytes, found: list[spans.Member]) -> None:
        said: dict[str, str] = {}
        rest: dict[str, bytes] = {}
        for key, start, end in found:
            if key == "logEvents" or end == BROKEN:
                continue
            value = text[start:end]
            name = json_text.string(value) if key in _CONTEXT and key not in said else None
            if name is None:
                rest[json_text.pointer(key)] = json_text.kept(value)
            else:
                said[key] = name
        if _is_control(text, found, said):
            self.found.set_aside(1)
            return
        if kind := said.pop("messageType", None):
            rest["/messageType"] = json_text.quoted(kind)
        origin = Origin(said.get("logGroup"), said.get("logStream"), said.get("owner"))
        beside = self._unusual(rest)
        for member in found:
            if member.key == "logEvents" and text[member.start : member.start + 1] == b"[":
                self._events(document, text, member, origin, beside)
            elif member.end == BROKEN:
                self._refuse(document, text, member.start)
            elif member.key == "logEvents":
                raw, place = text[member.start : member.end], document.low + member.start
                self.found.refuse(raw, place, "no-message", "logEvents is no list")

    def _events(
        self,
        document: _Document,
        text: bytes,
        member: spans.Member,
        origin: Origin,
        beside: dict[str, bytes],
    ) -> None:
        for start, end in spans.elements(text, member.start):
            if end == BROKEN:
                self._refuse(document, text, start)
                return
            event = events.read(text[start:end])
            if event is None:
                detail = "an event without a message that is a string"
                self.found.refuse(text[start:end], document.low + start, "no-message", detail)
            else:
                events.add(self.found, event, document.low + start, origin, beside)
        if member.end == BROKEN:
            tail = value_end(text, member.start)
            self._refuse(document, text, tail)

    def _refuse(self, document: _Document, text: bytes, low: int) -> None:
        """Whatever comes after what could be read."""
        raw = text[low:].rstrip()
        if raw:
            code = document.code or "not-json"
            detail = document.detail or "the envelope cannot be read from here on"
            self.found.refuse(raw, document.low + low, code, detail)


class _Whole:
    """All documents of a window that are envelopes as CloudWatch writes them, side by side."""

    def __init__(self, documents: Units) -> None:
        self.taken = 0  # how many of them have been dealt with
        found = _decoded(documents)
        self.envelopes = [each or _NO_ENVELOPE for each in found]
        inside = list(chain.from_iterable(each.logEvents for each in self.envelopes))
        self.bounds = _sums([len(each.logEvents) for each in self.envelopes])
        self.ids = pa.array([event.id for event in inside], TEXT)
        milliseconds = np.fromiter((event.timestamp for event in inside), np.int64, len(inside))
        self.times = pa.array(milliseconds * 1000).cast(TIME)
        tokens = [event.message for event in inside]
        self.texts: Sequence[Any] = _texts(tokens)
        self.extents = np.fromiter(map(len, tokens), np.int64, len(inside))
        self.places, plain = self._placed(documents, inside, milliseconds)
        usual = [each is not None and each.messageType == DATA for each in found]
        self._plain = plain & np.array(usual, dtype=bool)
        no_string = [at for at, text in enumerate(self.texts) if text is None]
        self._plain[np.searchsorted(self.bounds, no_string, "right") - 1] = False

    def is_plain(self, rank: int) -> bool:
        """Whether nothing hides in the document: it is written as CloudWatch writes envelopes."""
        return bool(self._plain[rank])

    def _placed(
        self, documents: Units, inside: Sequence[_Event], milliseconds: Integers
    ) -> tuple[Integers, Flags]:
        """Where every message token stands, and which envelopes prove to be made of just these.

        A key or value written in any other way takes more bytes; so where the lengths of all parts
        add up to the length of the document, there is nothing between them but punctuation.
        """
        before = np.fromiter((len(event.id) for event in inside), np.int64, len(inside))
        before += len(_ID + _TIME) + len(_BEFORE_MESSAGE) + _digits(milliseconds)
        after = [len(event.extractedFields) for event in inside]
        behind = np.array([size and size + _AROUND_FIELDS for size in after], dtype=np.int64)
        sums = _sums(before + self.extents + behind + len("}"))
        own = np.array([each.size() for each in self.envelopes], dtype=np.int64)
        lengths = documents.ends - documents.starts
        plain = own + sums[self.bounds[1:]] - sums[self.bounds[:-1]] == lengths
        arrays = np.array(
            [
                documents.data.find(_ARRAY, low, high) + len(_ARRAY)
                for low, high in zip(
                    documents.starts.tolist(), documents.ends.tolist(), strict=True
                )
            ],
            dtype=np.int64,
        )
        owners = np.repeat(np.arange(len(own)), np.diff(self.bounds))
        ranks = np.arange(len(inside)) - self.bounds[owners]
        places = arrays[owners] + sums[:-1] - sums[self.bounds[owners]] + ranks + before
        plain[owners[~_follows(documents.data, places)]] = False
        return places, plain


def _follows(data: bytes, places: Integers) -> Flags:
    """Whether `,"message":` stands before each place."""
    octets = np.frombuffer(data, dtype=np.uint8)
    count = len(_BEFORE_MESSAGE)
    at = np.clip(places - count, 0, max(len(octets) - count, 0))[:, None] + np.arange(count)
    if not len(places):
        return np.empty(0, dtype=bool)
    return (octets[at] == _BEFORE_MESSAGE).all(axis=1)  # type: ignore[no-any-return]


def _decoded(documents: Units) -> list[_Envelope | None]:
    """Every document as an envelope; None where it is none that holds only what is known."""
    texts = [
        documents.data[low:high]
        for low, high in zip(documents.starts.tolist(), documents.ends.tolist(), strict=True)
    ]
    try:
        return list(_envelopes(b"[" + b",".join(texts) + b"]"))
    except _UNREADABLE:
        return list(map(_decoded_alone, texts))


def _decoded_alone(text: bytes) -> _Envelope | None:
    try:
        return _envelope(text)
    except _UNREADABLE:
        return None


def _texts(tokens: Sequence[Raw]) -> Sequence[bytes | None]:
    """The texts of string tokens; None for one that is no string."""
    try:
        return list(map(str.encode, _strings(b"[" + b",".join(tokens) + b"]")))
    except _UNREADABLE:
        return [_text(bytes(token)) for token in tokens]


def _text(token: bytes) -> bytes | None:
    return json_text.unescaped(token) if token.startswith(b'"') else None


def _digits(values: Integers) -> Integers:
    """How many characters each integer is written with."""
    return np.searchsorted(_POWERS, np.abs(values), "right") + 1 + (values < 0)


def _sums(values: Sequence[int] | Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(values)]).astype(np.int64)


def _fields(event: _Event) -> dict[str, bytes]:
    raw = bytes(event.extractedFields)
    return {"/extractedFields": json_text.kept(raw)} if raw else {}


def _in_order(documents: Units, base: int, size: int) -> Iterator[_Document]:
    """Documents, and stretches that are none, as they stand in a buffer of which `size` is read."""
    lows = sorted([*documents.starts.tolist(), *(r.offset - base for r in documents.rejects)])
    highs = dict(zip(documents.starts.tolist(), documents.ends.tolist(), strict=True))
    flaws = {reject.offset - base: (reject.code, reject.detail) for reject in documents.rejects}
    for low, following in pairwise([*lows, size]):
        if low in highs:
            yield _Document(low, highs[low])
        else:
            stretch = documents.data[low:following].rstrip(b" \t\r\n,")
            yield _Document(low, low + len(stretch), *flaws[low])


def _is_control(text: bytes, found: Sequence[spans.Member], said: dict[str, str]) -> bool:
    """Whether an envelope only checks that its destination can be reached.

    Its type alone proves nothing: evidence could be called so.
    """
    if said.get("messageType") != CONTROL or said.get("logGroup") or said.get("logStream"):
        return False
    arrays = [member for member in found if member.key == "logEvents"]
    if (
        len(arrays) != 1
        or arrays[0].end == BROKEN
        or text[arrays[0].start : arrays[0].start + 1] != b"["
    ):
        return False
    inside = [
        events.read(text[low:high]) if high != BROKEN else None
        for low, high in spans.elements(text, arrays[0].start)
    ]
    return all(event and event.said[0].text.startswith(_CONTROL_TEXT) for event in inside)
