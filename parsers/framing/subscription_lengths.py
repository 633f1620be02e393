"""Envelopes exactly as CloudWatch writes them, proven by how long their parts are.

A member written in any other way takes more bytes. So where the lengths of all parts of an envelope
add up to its length, there is nothing between them but the punctuation that must be there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Meta, Raw

from parsers import json_text
from parsers.contract import TEXT, TIME, Flags, Integers
from parsers.framing.events import EARLIEST, LATEST
from parsers.framing.messages import Origin, Said, Texts

DATA = "DATA_MESSAGE"
_ARRAY = b'"logEvents":['
_BEFORE_MESSAGE = np.frombuffer(b',"message":', dtype=np.uint8)
_ID, _TIME = '{"id":"', '","timestamp":'
_AROUND_FIELDS = len(',"extractedFields":')
_AROUND_LEVEL = len(',"policyLevel":')
_AROUND = len(
    '{"messageType":"","owner":"","logGroup":"","logStream":"","subscriptionFilters":,"logEvents":[]}'
)
_POWERS = np.array([10**power for power in range(1, 19)], dtype=np.int64)
_ABSENT = Raw(b"")
_Milliseconds = Annotated[int, Meta(ge=EARLIEST, le=LATEST)]
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Event(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A log event with the members that CloudWatch gives it."""

    id: str
    timestamp: _Milliseconds
    message: Raw
    extractedFields: Raw = _ABSENT

    def rest(self) -> dict[str, bytes]:
        """What it says beyond its context, by JSON pointer."""
        fields = bytes(self.extractedFields)
        return {"/extractedFields": json_text.kept(fields)} if fields else {}


class Envelope(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An envelope with the members that CloudWatch gives it."""

    messageType: str
    owner: str
    logGroup: str
    logStream: str
    subscriptionFilters: Raw
    logEvents: list[Event]
    policyLevel: Raw = _ABSENT

    def size(self) -> int:
        """Bytes of the envelope as CloudWatch writes it, its events left out."""
        names = len(self.messageType) + len(self.owner) + len(self.logGroup) + len(self.logStream)
        level = _AROUND_LEVEL + len(self.policyLevel) if self.policyLevel else 0
        commas = max(len(self.logEvents) - 1, 0)
        return _AROUND + names + len(self.subscriptionFilters) + level + commas

    @property
    def origin(self) -> Origin:
        """Where its messages come from."""
        return Origin(self.logGroup, self.logStream, self.owner)

    def rest(self) -> dict[str, bytes]:
        """What it says beyond the context of its messages, by JSON pointer."""
        kept = json_text.kept
        level = {"/policyLevel": kept(bytes(self.policyLevel))} if self.policyLevel else {}
        filters = kept(bytes(self.subscriptionFilters))
        kind = json_text.quoted(self.messageType)
        return {"/messageType": kind, "/subscriptionFilters": filters, **level}


_NO_ENVELOPE = Envelope("", "", "", "", _ABSENT, [])
_envelope = msgspec.json.Decoder(Envelope).decode
_envelopes = msgspec.json.Decoder(list[Envelope]).decode
_strings = msgspec.json.Decoder(list[str]).decode


class Lengths:
    """Documents data[starts:ends] side by side: which are envelopes, and what these say.

    Each document must be one JSON value, or begin like an envelope: else two that are broken could
    decode as one that is not.
    """

    def __init__(self, data: bytes, starts: Integers, ends: Integers) -> None:
        pairs = list(zip(starts.tolist(), ends.tolist(), strict=True))
        found = _decoded([data[low:high] for low, high in pairs])
        self.envelopes = [each or _NO_ENVELOPE for each in found]
        inside = list(chain.from_iterable(each.logEvents for each in self.envelopes))
        self._bounds = _sums([len(each.logEvents) for each in self.envelopes])
        self._owners = np.repeat(np.arange(len(found)), np.diff(self._bounds))
        self._ids = pa.array([event.id for event in inside], TEXT)
        milliseconds = np.fromiter((event.timestamp for event in inside), np.int64, len(inside))
        self._times = pa.array(milliseconds * 1000).cast(TIME)
        tokens = [event.message for event in inside]
        self._texts: Sequence[Any] = _texts(tokens)
        self._extents = np.fromiter(map(len, tokens), np.int64, len(inside))
        arrays = [data.find(_ARRAY, low, high) + len(_ARRAY) for low, high in pairs]
        begins = np.array(arrays, dtype=np.int64)
        self._places, plain = self._placed(begins, ends - starts, inside, milliseconds)
        plain[self._owners[~_follows(data, self._places)]] = False
        usual = [each is not None and each.messageType == DATA for each in found]
        self._plain = plain & np.array(usual, dtype=bool)
        no_string = [at for at, text in enumerate(self._texts) if text is None]
        self._plain[np.searchsorted(self._bounds, no_string, "right") - 1] = False

    def proven(self, rank: int) -> bool:
        """Whether nothing hides in the document: it is written as CloudWatch writes envelopes."""
        return bool(self._plain[rank])

    def runs(self) -> list[tuple[int, int, bool]]:
        """The documents in order, proven ones and others together: first, last, proven."""
        changes = np.flatnonzero(np.diff(self._plain)) + 1
        edges = pairwise([0, *changes.tolist(), len(self._plain)])
        return [(first, last, self.proven(first)) for first, last in edges if last > first]

    def said(self, first: int, last: int) -> Said:
        """The messages of documents first..last."""
        low, high = int(self._bounds[first]), int(self._bounds[last])
        return Said(
            Texts.of(self._texts[low:high]),
            self._places[low:high],
            self._extents[low:high],
            self._times[low:high],
            self._ids[low:high],
        )

    def _placed(
        self, begins: Integers, sizes: Integers, inside: Sequence[Event], milliseconds: Integers
    ) -> tuple[Integers, Flags]:
        """Where the message tokens should stand, and which documents are as long as they should be.

        `begins` are where the first events of the documents stand.
        """
        before = np.fromiter((len(event.id) for event in inside), np.int64, len(inside))
        before += len(_ID + _TIME) + len(_BEFORE_MESSAGE) + _digits(milliseconds)
        after = [len(event.extractedFields) for event in inside]
        behind = np.array([size and size + _AROUND_FIELDS for size in after], dtype=np.int64)
        sums = _sums(before + self._extents + behind + len("}"))
        own = np.array([each.size() for each in self.envelopes], dtype=np.int64)
        fit = own + sums[self._bounds[1:]] - sums[self._bounds[:-1]] == sizes
        ranks = np.arange(len(inside)) - self._bounds[self._owners]
        shift = begins[self._owners] - sums[self._bounds[self._owners]] + ranks
        return sums[:-1] + shift + before, fit


def _follows(data: bytes, places: Integers) -> Flags:
    """Whether `,"message":` stands before each place."""
    octets = np.frombuffer(data, dtype=np.uint8)
    count = len(_BEFORE_MESSAGE)
    at = np.clip(places - count, 0, max(len(octets) - count, 0))[:, None] + np.arange(count)
    if not len(places):
        return np.empty(0, dtype=bool)
    return (octets[at] == _BEFORE_MESSAGE).all(axis=1)  # type: ignore[no-any-return]


def _decoded(texts: Sequence[bytes]) -> list[Envelope | None]:
    """Every document as an envelope; None where it is none that holds only what is known."""
    try:
        found: list[Envelope | None] = [*_envelopes(b"[" + b",".join(texts) + b"]")]
    except _UNREADABLE:
        found = []
    return found if len(found) == len(texts) else list(map(_decoded_alone, texts))


def _decoded_alone(text: bytes) -> Envelope | None:
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
