"""Subscription envelopes: the messages of one log stream, as a subscription filter hands them out.

    {"messageType":"DATA_MESSAGE","owner":…,"logGroup":…,"logStream":…,"subscriptionFilters":[…],
     "logEvents":[{"id":…,"timestamp":…,"message":…}, …]}

Three gears. Envelopes exactly as CloudWatch writes them are proven byte by byte, all of a window
together (subscription_proof). Else they are decoded together, and the lengths of their
parts prove that nothing hides between them. Any other document is walked member by member, so that
what is repeated, unknown, broken or torn is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from parsers import json_text
from parsers.contract import PADDING, TEXT, Chunks, Units
from parsers.errors import TornStream
from parsers.framing import events, json_stream, spans
from parsers.framing.messages import Messages, Origin, consumed, in_order
from parsers.framing.spans import BROKEN
from parsers.framing.subscription_documents import last_beginning
from parsers.framing.subscription_lengths import Envelope, Lengths
from parsers.framing.subscription_proof import OTHER, PROVEN, Proof, Reader, Run, is_json
from parsers.framing.windows import Window, windows
from parsers.json_scan import value_end

REPEATED = 1 << 10  # bytes that an envelope may say of each of its messages
CONTROL = "CONTROL_MESSAGE"
_CONTEXT = ("messageType", "owner", "logGroup", "logStream")
_CONTROL_TEXT = b"CWL CONTROL MESSAGE"


def subscription(chunks: Chunks) -> Iterator[Units]:
    """Messages of envelopes back to back or one per line; a document of another kind is a unit.

    Control messages are structure. What the first envelope says beyond the context goes to
    `Units.document`; an envelope that says otherwise says so in `context_extra` of its messages, of
    the first one only where that takes more than REPEATED bytes: messages may be short, and many.
    """
    walk = _Walk()
    pending = b""
    stream = windows(chunks)
    for window in stream:
        data = b"".join((pending, *window.parts, PADDING))
        size = len(data) - len(PADDING)
        cut = size if window.last else last_beginning(data)
        if not cut:  # not written as CloudWatch does it, or not by it
            yield from walk.anyhow(_rest(data[:size], stream))
            return
        yield walk.window(data, cut, window.torn)
        pending = data[cut:size]


def _rest(pending: bytes, stream: Iterator[Window]) -> Iterator[bytes]:
    """What is still to be read of a stream of windows."""
    yield pending
    for window in stream:
        yield window.data
        if window.torn:
            raise TornStream(window.torn)


def _alone(document: bytes, torn: str) -> Iterator[bytes]:
    yield document
    if torn:
        raise TornStream(torn)


class _Document(NamedTuple):
    """`buffer[low:high]` is a document; where it is broken, `code` and `detail` say how."""

    low: int
    high: int
    code: str = ""
    detail: str = ""


class _Walk:
    """One pass over one stream."""

    def __init__(self) -> None:
        self.base = 0  # offset of the window in the stream
        self.buffer = b""  # some documents of it
        self.shift = 0  # where these begin in the window
        self.damage = ""
        self.found = Messages(0, 1)
        self.usual: dict[str, bytes] | None = None  # what the first envelope says
        self._reader = Reader()

    def window(self, data: bytes, cut: int, torn: str) -> Units:
        """The messages of whole documents, and what a torn stream leaves of the last one.

        They are the first `cut` bytes of the data, which end with PADDING.
        """
        self.found = Messages(self.base, self.found.number)
        unseen = self.usual is None
        self.damage = torn
        proof = Proof(data, cut, self._reader)
        for run in proof.runs():
            if run.grade == PROVEN:
                self._add_proven(proof, run)
            else:
                self._add_others(proof, run, torn)
        return self._units(cut, self.damage, unseen=unseen)

    def _add_others(self, proof: Proof, run: Run, torn: str) -> None:
        """Documents whose quotes prove nothing: envelopes by their lengths, then one by one."""
        starts, ends = proof.bounds[run.first : run.last], proof.ends[run.first : run.last]
        if run.grade == OTHER and not proof.are_values(run):
            self._one_by_one(proof, run.first, run.last, torn)
            return
        lengths = Lengths(proof.data, np.array(starts, dtype=np.int64), ends)
        for first, last, proven in lengths.runs():
            if proven:
                self._add_decoded(lengths, first, last)
            else:
                self._one_by_one(proof, run.first + first, run.first + last, torn)

    def _one_by_one(self, proof: Proof, first: int, last: int, torn: str) -> None:
        """Documents first..last of a window, whatever they are."""
        for low, end, high in proof.spans(first, last):
            if is_json(proof.data[low:end]):
                self.buffer = proof.data
                self._walk(_Document(low, end))
                continue
            self.shift = low
            tear = torn if high == proof.bounds[-1] else ""
            for documents in json_stream.documents(_alone(proof.data[low:high], tear)):
                self._open(documents, self.shift - low)
                self.shift += consumed(documents)
                self.damage = documents.damage or self.damage
            self.shift = 0

    def anyhow(self, chunks: Chunks) -> Iterator[Units]:
        """The messages of a stream whose documents are written in some other way."""
        begin = self.base
        for documents in json_stream.documents(chunks):
            self.found, self.shift = Messages(self.base, self.found.number), 0
            unseen = self.usual is None
            self._open(documents, self.base - begin)
            yield self._units(consumed(documents), documents.damage, unseen=unseen)

    def _units(self, size: int, damage: str, *, unseen: bool) -> Units:
        units = self.found.units(size)
        if unseen and self.usual is not None:
            units.document = {key: json_text.shown(raw) for key, raw in self.usual.items()}
        units.damage = damage
        self.base += size
        return units

    def _open(self, documents: Units, base: int) -> None:
        """The messages inside documents; `base` is the offset of their buffer as they say it."""
        self.buffer = documents.data
        lengths = Lengths(documents.data, documents.starts, documents.ends)
        added = 0
        refused = documents.reject_bytes
        for index, low in in_order(documents, base):
            if index >= 0 and lengths.proven(index):
                continue
            rank = int(np.searchsorted(documents.starts, low))
            self._add_decoded(lengths, added, rank)
            added = rank + (index >= 0)
            if index >= 0:
                self._walk(_Document(low, int(documents.ends[index])))
            elif (reject := documents.rejects[~index]).code == "torn":
                torn = _Document(low, consumed(documents), reject.code, reject.detail)
                self._walk(torn)
                refused -= torn.high - low
            else:
                self.found.take_over(reject)
        self._add_decoded(lengths, added, len(documents))
        self.found.reject_bytes += max(refused, 0)

    def _unusual(self, rest: dict[str, bytes]) -> dict[str, bytes]:
        """What an envelope says that the first one does not."""
        if self.usual is None:
            self.usual = rest
        return {} if rest == self.usual else rest

    # ---------------------------------------------------------------- as CloudWatch writes them
    def _add_proven(self, proof: Proof, run: Run) -> None:
        """Envelopes exactly as they have to be."""
        heads, owners, said = proof.said(run)
        unusual = [json_text.pointers(self._unusual(head.rest())) for head in heads]
        if any(unusual):
            said = said._replace(extras=pa.array(unusual, TEXT).take(pa.array(owners)))
        self.found.extend([head.origin for head in heads], owners, said)

    def _add_decoded(self, lengths: Lengths, first: int, last: int) -> None:
        """Envelopes first..last of some documents."""
        envelopes = lengths.envelopes[first:last]
        if not envelopes:
            return
        said = lengths.said(first, last)
        extras = chain.from_iterable(map(self._extras, envelopes))
        self.found.extend(
            [each.origin for each in envelopes],
            np.repeat(np.arange(len(envelopes)), [len(each.logEvents) for each in envelopes]),
            said._replace(places=said.places + self.shift, extras=pa.array(extras, TEXT)),
        )

    def _extras(self, envelope: Envelope) -> Iterable[str | None]:
        beside, messages = self._unusual(envelope.rest()), envelope.logEvents
        if beside or any(event.extractedFields for event in messages):
            each = chain([beside], repeat(_repeated(beside)))
            return [json_text.pointers(a | b.rest()) for a, b in zip(each, messages, strict=False)]
        return repeat(None, len(messages))

    # ---------------------------------------------------------------- any other document
    def _walk(self, document: _Document) -> None:
        text = self.buffer[document.low : document.high]
        found = list(spans.members(text)) if text.startswith(b"{") else []
        keys = {member.key for member in found}
        if "logEvents" in keys and keys & {"messageType", "logGroup"}:
            self._envelope(document, text, found)
        elif document.code:
            self.found.refuse(text, self.shift + document.low, document.code, document.detail)
        else:
            self.found.add(text, self.shift + document.low, len(text))

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
                raw = text[member.start : member.end]
                place = self.shift + document.low + member.start
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
            place = self.shift + document.low + start
            if event is None:
                detail = "an event without a message that is a string"
                self.found.refuse(text[start:end], place, "no-message", detail)
            else:
                events.add(self.found, event, place, origin, beside)
                beside = _repeated(beside)
        if member.end == BROKEN:
            tail = value_end(text, member.start)
            self._refuse(document, text, tail)

    def _refuse(self, document: _Document, text: bytes, low: int) -> None:
        """Whatever comes after what could be read."""
        raw = text[low:].rstrip()
        if raw:
            code = document.code or "not-json"
            detail = document.detail or "the envelope cannot be read from here on"
            self.found.refuse(raw, self.shift + document.low + low, code, detail)


def _repeated(beside: dict[str, bytes]) -> dict[str, bytes]:
    """What an envelope says of every message after the first of what it says of that."""
    return beside if sum(map(len, beside.values())) <= REPEATED else {}


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
