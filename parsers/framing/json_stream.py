"""JSON documents: a unit is a record in an array of a wrapper, or a document of its own.

Two gears. Where a window of records is valid JSON, decoding it as a list of raw values proves the
boundaries at C speed. Where it is not, a tolerant walk finds the end of each record by its brackets
and strings, so that a broken record costs itself and not its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np

from parsers.contract import Chunks, Integers, Reject, Units
from parsers.framing.lines import BYTE_ORDER_MARK, LONGEST, SHOWN, WINDOW, windows
from parsers.json_text import pointer, shown, skip_space, string, value_end

_NEXT = re.compile(rb"\}\s*,\s*(?=\{)")
_MEMBER_CLOSED = re.compile(rb'\]\s*(?:\Z|\}|,\s*")')
_ARRAY_CLOSED = re.compile(rb"\]\s*(?:\Z|[\[{])")
_DOCUMENT_CLOSED = re.compile(rb'\]\s*\}\s*(?=\Z|\{\s*")')
_SEPARATOR = re.compile(rb"[\s,]*")
_FIRST_KEY = re.compile(rb'\{\s*("(?:[^"\\]|\\.)*")\s*:')


def records(chunks: Chunks, *arrays: str) -> Iterator[Units]:
    """Records in the arrays named (`Records`), or in top-level arrays, of documents back to back.

    Other members of a wrapper go to `Units.document`. A document without such an array is a unit
    itself: whether it is a record is for its format to say.
    """
    yield from _Walk(chunks, frozenset(arrays)).units()


def documents(chunks: Chunks) -> Iterator[Units]:
    """Documents back to back, pretty-printed or not: each top-level value is a unit."""
    yield from _Walk(chunks, None).units()


@dataclass(slots=True)
class _Found:
    """Units and rejects found so far in the buffer, by their positions in it."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    proven: list[tuple[Integers, Integers]] = field(default_factory=list)
    bad: list[tuple[int, int, str, str]] = field(default_factory=list)


class _Walk:
    """One pass over one stream; `buffer[at:]` is what is still to be read."""

    def __init__(self, chunks: Chunks, arrays: frozenset[str] | None) -> None:
        self.windows = windows(chunks, WINDOW)
        self.arrays = arrays
        self.buffer = b""
        self.at = 0
        self.base = 0  # offset of buffer[0] in the stream
        self.last = False
        self.torn = ""
        self.damage = ""
        self.number = 1
        self.found = _Found()
        self.document: dict[str, str] = {}
        self.first_keys: set[bytes] = set()
        self.documents_seen = 0

    # ---------------------------------------------------------------- the stream
    def units(self) -> Iterator[Units]:
        """Walk document by document, yielding what was found whenever the buffer moves on."""
        self.refill()
        if self.buffer.startswith(BYTE_ORDER_MARK):
            self.at = 3
        while True:
            self.at = skip_space(self.buffer, self.at)
            if self.at < len(self.buffer):
                self.documents_seen += 1
                yield from self.one_document()
            elif self.last:
                break
            else:
                yield from self.drained()
        yield self.emit(final=True)

    def refill(self) -> None:
        """Drop what is read and append the next window."""
        window, self.last, self.torn = next(self.windows)
        self.base += self.at
        self.buffer, self.at = self.buffer[self.at :] + window, 0

    def drained(self) -> Iterator[Units]:
        """Hand out what was found, then read on."""
        yield self.emit()
        self.refill()

    def emit(self, *, final: bool = False) -> Units:
        """What was found in buffer[:at] as Units; every byte that is no unit is structure."""
        found, self.found = self.found, _Found()
        spans = np.array(found.spans, dtype=np.int64).reshape(-1, 2)
        lows = [spans[:, 0], *(low for low, _ in found.proven)]
        highs = [spans[:, 1], *(high for _, high in found.proven)]
        starts, ends = np.sort(np.concatenate(lows)), np.sort(np.concatenate(highs))
        numbers = np.arange(self.number, self.number + len(starts) + len(found.bad))
        bad_starts = np.array([low for low, _, _, _ in found.bad], dtype=np.int64)
        ranks = np.searchsorted(starts, bad_starts) + np.arange(len(bad_starts))
        good = np.delete(numbers, ranks)
        units = Units(self.buffer, starts, ends, starts + self.base, ends - starts, good)
        for rank, (low, high, code, detail) in zip(ranks.tolist(), found.bad, strict=True):
            raw = self.buffer[low : min(high, low + SHOWN)]
            units.rejects.append(Reject(0, self.number + rank, self.base + low, code, detail, raw))
            units.reject_bytes += high - low
        units.structure_bytes = self.at - int((ends - starts).sum()) - units.reject_bytes
        self.number += len(numbers)
        if final:
            units.document, units.damage = self.document, self.torn or self.damage
        return units

    def refuse(self, low: int, high: int, code: str, detail: str) -> None:
        """buffer[low:high] is a unit that cannot be read."""
        high = low + len(self.buffer[low:high].rstrip(b" \t\r\n,"))
        if high > low:
            self.found.bad.append((low, high, code, detail))

    def unfinished(self, low: int) -> None:
        """The stream ends within buffer[low:]: keep the fragment as a reject."""
        where = f"at byte {self.base + len(self.buffer)}"
        detail = self.torn or f"the document ends inside a record {where}"
        self.refuse(low, len(self.buffer), "torn", detail)
        self.damage = self.damage or detail
        self.at = len(self.buffer)

    # ---------------------------------------------------------------- documents
    def one_document(self) -> Iterator[Units]:
        """Read the document that begins at `at`."""
        mark = self.buffer[self.at : self.at + 1]
        if self.arrays is None:
            yield from self.single()
        elif mark == b"[":
            self.at += 1
            yield from self.array(closed_by_document=False)
        elif mark == b"{":
            yield from self.wrapper()
        else:
            yield from self.single()

    def single(self) -> Iterator[Units]:
        """A document that is a unit itself."""
        while True:
            end = value_end(self.buffer, self.at)
            whole = end > 0 and (end < len(self.buffer) or self.last)
            if whole or self.last or len(self.buffer) - self.at > LONGEST:
                break
            yield from self.drained()
        if end > 0:
            self.found.spans.append((self.at, end))
            self.at = end
        elif self.last and not self.resynchronise(self.at, between=False):
            self.unfinished(self.at)
        elif not self.last:
            self.refuse(self.at, len(self.buffer), "too-long", f"longer than {LONGEST} bytes")
            self.at = len(self.buffer)

    def wrapper(self) -> Iterator[Units]:
        """An object: walk its arrays, keep its other members; without an array it is a unit."""
        opening, arrays_seen = self.at, 0
        kept: dict[str, str] = {}
        self.at += 1
        while True:
            member = self.member()
            while member is None and not self.last and len(self.buffer) - opening <= LONGEST:
                shift = opening if arrays_seen == 0 else self.at
                self.at, resume = shift, self.at - shift
                yield from self.drained()
                opening, self.at = 0, resume
                member = self.member()
            if member is None:
                yield from self.broken_wrapper(opening, arrays_seen)
                break
            key, start, end = member
            if key is None:
                self.at = end
                break
            if end < 0:
                arrays_seen += 1
                self.at = start + 1
                yield from self.array(closed_by_document=True)
                opening = self.at
            else:
                kept[pointer(key)] = shown(self.buffer[start:end])
                self.at = end
        if arrays_seen:
            self.keep(kept)
        elif member is not None:
            self.found.spans.append((opening, self.at))

    def member(self) -> tuple[str | None, int, int] | None:
        """The next member: (key, start, end of value); end -1 for an array of records.

        (None, at, end) closes the object; None where the buffer does not tell.
        """
        position = skip_space(self.buffer, self.at)
        if self.buffer[position : position + 1] == b",":
            position = skip_space(self.buffer, position + 1)
        if self.buffer[position : position + 1] == b"}":
            return None, position, position + 1
        key_end = value_end(self.buffer, position)
        if self.buffer[position : position + 1] != b'"' or key_end < 0:
            return None
        colon = skip_space(self.buffer, key_end)
        start = skip_space(self.buffer, colon + 1)
        if self.buffer[colon : colon + 1] != b":" or start >= len(self.buffer):
            return None
        key = string(self.buffer[position:key_end]) or shown(self.buffer[position:key_end])
        if self.arrays and key in self.arrays and self.buffer[start : start + 1] == b"[":
            return key, start, -1
        end = value_end(self.buffer, start)
        closed = skip_space(self.buffer, end) if end > 0 else -1
        if closed < 0 or self.buffer[closed : closed + 1] not in (b",", b"}"):
            return None
        return key, start, end

    def keep(self, members: dict[str, str]) -> None:
        """Members of a wrapper; those of later documents carry the document's number."""
        prefix = "" if self.documents_seen == 1 else pointer(str(self.documents_seen))
        self.document.update({prefix + key: value for key, value in members.items()})

    def broken_wrapper(self, opening: int, arrays_seen: int) -> Iterator[Units]:
        """A wrapper that goes wrong outside its arrays."""
        if self.resynchronise(opening if not arrays_seen else self.at, between=bool(arrays_seen)):
            yield from self.array(closed_by_document=True)
        elif arrays_seen and not self.buffer[self.at :].strip():
            self.damage = self.damage or "the document is not closed"
            self.at = len(self.buffer)
        else:
            self.unfinished(opening if not arrays_seen else self.at)

    # ---------------------------------------------------------------- arrays of records
    def array(self, *, closed_by_document: bool) -> Iterator[Units]:
        """Records from `at` on, up to and with the bracket that closes their array."""
        while True:
            while len(self.buffer) - self.at < WINDOW and not self.last:
                yield from self.drained()
            closed = self.proven(closed_by_document)
            if closed is None:
                closed = self.walked(_MEMBER_CLOSED if closed_by_document else _ARRAY_CLOSED)
            if closed:
                return
            if self.last and self.at >= len(self.buffer):
                if not self.damage:
                    self.damage = self.torn or "the array of records is not closed"
                return
            yield from self.drained()

    def proven(self, closed_by_document: bool) -> bool | None:
        """The fast gear: True when the array is closed, False when there is more, None if refused."""
        for cut, after, closes in self.candidates(closed_by_document):
            window = self.buffer[self.at : cut]
            try:
                raws = msgspec.json.decode(b"[" + window + b"]", type=list[msgspec.Raw])
            except (msgspec.DecodeError, RecursionError):
                continue
            starts, ends = positions(window, raws)
            self.found.proven.append((starts + self.at, ends + self.at))
            if raws and (key := _FIRST_KEY.match(window, int(starts[0]))):
                self.first_keys.add(key.group(1))
            self.at = after
            return closes
        return None

    def candidates(self, closed_by_document: bool) -> Iterator[tuple[int, int, bool]]:
        """Where the records of this window may end: (end, what follows, whether the array does)."""
        if self.last:
            end = self.buffer.rfind(b"]")
            if end >= self.at:
                yield end, end + 1, True
        if closed_by_document and (match := _DOCUMENT_CLOSED.search(self.buffer, self.at)):
            yield match.start(), match.start() + 1, True
        if not self.last:
            tail = max(self.at, len(self.buffer) - (1 << 20))
            for match in list(_NEXT.finditer(self.buffer, tail))[:-4:-1]:
                yield match.start() + 1, match.end(), False

    def walked(self, closing: re.Pattern[bytes]) -> bool:
        """The tolerant gear: True when the array is closed, False where the buffer ends."""
        while True:
            position = _SEPARATOR.match(self.buffer, self.at).end()  # type: ignore[union-attr]
            if position >= len(self.buffer):
                self.at = position
                return False
            if closing.match(self.buffer, position):
                self.at = position + 1
                return True
            end = value_end(self.buffer, position)
            if end < 0 and not self.last and len(self.buffer) - position <= LONGEST:
                self.at = position
                return False
            if end < 0 or not self.accepted(position, end):
                if not self.resynchronise(position, between=True):
                    if self.last:
                        self.unfinished(position)
                        return True
                    self.refuse(position, len(self.buffer), "not-json", "no record begins here")
                    self.at = len(self.buffer)
                    return False

    def accepted(self, position: int, end: int) -> bool:
        """Take buffer[position:end] as a unit, unless it has swallowed the record after it."""
        element = self.buffer[position:end]
        following = self.buffer[skip_space(self.buffer, end) :][:1]
        try:
            msgspec.json.decode(element, type=msgspec.Raw)
        except (msgspec.DecodeError, RecursionError):
            if following not in (b",", b"]") or self.next_record(position, end) is not None:
                return False
        else:
            if not element.startswith(b"{") and following not in (b",", b"]"):
                return False
            if key := _FIRST_KEY.match(element):
                self.first_keys.add(key.group(1))
        self.found.spans.append((position, end))
        self.at = end
        return True

    def next_record(self, position: int, end: int) -> int | None:
        """Where in buffer[position:end], after its own start, a valid record of this array begins."""
        keys = b"|".join(re.escape(key) for key in sorted(self.first_keys))
        own = _FIRST_KEY.match(self.buffer, position)
        if own:
            keys = b"|".join(filter(None, [keys, re.escape(own.group(1))]))
        if not keys:
            return None
        for match in re.compile(rb"\{\s*(?:" + keys + rb")\s*:").finditer(
            self.buffer, position + 1, end
        ):
            if self.is_record(match.start()):
                return match.start()
        return None

    def is_record(self, position: int) -> bool:
        end = value_end(self.buffer, position)
        if end < 0:
            return False
        try:
            msgspec.json.decode(self.buffer[position:end], type=msgspec.Raw)
        except (msgspec.DecodeError, RecursionError):
            return False
        return True

    def resynchronise(self, position: int, *, between: bool) -> bool:
        """Refuse what begins at `position` up to the next valid record; False if there is none."""
        following = self.next_record(position, len(self.buffer))
        if following is None:
            return False
        what = "not a JSON value" if between else "not a JSON document"
        self.refuse(position, following, "not-json", what)
        self.at = following
        return True


def positions(window: bytes, raws: list[msgspec.Raw]) -> tuple[Integers, Integers]:
    """Where in the window its elements stand; between them are commas and white space only."""
    lengths = np.fromiter(map(len, raws), dtype=np.int64, count=len(raws))
    if int(lengths.sum()) + max(len(raws) - 1, 0) == len(window):
        ends = np.cumsum(lengths + 1) - 1
        return ends - lengths, ends
    starts = np.empty(len(raws), dtype=np.int64)
    position = 0
    for index, length in enumerate(lengths.tolist()):
        position = _SEPARATOR.match(window, position).end()  # type: ignore[union-attr]
        starts[index] = position
        position += length
    return starts, starts + lengths
