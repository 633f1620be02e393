"""JSON documents: a unit is a record in an array of a wrapper, or a document of its own.

Two gears. Where many records are valid JSON, decoding them as one list proves their boundaries at C
speed (json_proof). Where they are not, they are taken one by one, by punctuation alone; what cannot
be told apart becomes one unit up to where a record is believed to begin again (json_belief), so
that a broken record costs itself and not its neighbours. Whether a unit is a record is for its
format to say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

from parsers.contract import Chunks, Units
from parsers.framing import json_proof, windows
from parsers.framing.found import Found
from parsers.framing.json_belief import Among, closes, next_record
from parsers.json_scan import BROKEN, UNFINISHED, extent, key, skip_space
from parsers.json_text import key_text, pointer, shown

_DEEPEST = 10_000  # brackets within brackets that are still counted
_NEAR = 4 << 10
_TAIL = 64
_FEWEST, _LESS, _MORE = 4 << 10, 8, 4  # how the reach of proofs shrinks and grows
_WRAPPER_ENDS = re.compile(rb"\][ \t\r\n]*+\}[ \t\r\n]*+(?=\Z|\{)")
_ARRAY_ENDS = re.compile(rb"\][ \t\r\n]*+(?=\Z|[\[{])")


def records(chunks: Chunks, *arrays: str) -> Iterator[Units]:
    """Records in the arrays named (`Records`), or in top-level arrays, of documents back to back.

    Other members of a wrapper go to `Units.document`. A document without such an array is a unit.
    """
    return _Walk(frozenset(arrays), inside_arrays=True).units(chunks)


def documents(chunks: Chunks) -> Iterator[Units]:
    """Documents back to back, pretty-printed or not: each top-level value is a unit."""
    return _Walk(frozenset(), inside_arrays=False).units(chunks)


class _Walk:
    """One pass over one stream; `text[at:]` is what is still to be read.

    `step` is the state: it takes one step, and says whether another one is possible before the
    next window. A step that needs more of the stream changes nothing.
    """

    def __init__(self, arrays: frozenset[str], *, inside_arrays: bool) -> None:
        self.arrays, self.inside_arrays = arrays, inside_arrays
        self.tokens = [f'"{array}"'.encode() for array in arrays]
        self.text, self.at = b"", 0
        self.last, self.torn, self.damage = False, "", ""
        self.found = Found()
        self.reach: defaultdict[json_proof.Proof, int]  # bytes the next proof tries
        self.reach = defaultdict(lambda: windows.LONGEST)
        self.step: Callable[[_Walk], bool] = _Walk.between  # not bound: no walk refers to itself
        self.ends: re.Pattern[bytes] | None = None  # how the document of this array ends
        self.doubted = False  # whether this array has held something unreadable
        self.like = b""  # the key that begins a unit too long; other records begin with it too
        self.member_at = 0  # in an object: where the next member, or the end, is to be found
        self.members_before = False  # whether a comma has to stand there
        self.wraps = False  # whether this object has held an array of records
        self.wrappers = 0
        self.members: dict[str, str] = {}  # of this object, until it proves to be a wrapper
        self.document: dict[str, str] = {}

    # ---------------------------------------------------------------- the stream
    def units(self, chunks: Chunks) -> Iterator[Units]:
        """Whatever each window completes."""
        mark = windows.BYTE_ORDER_MARK
        enough, begun = len(mark), False
        for window in windows.windows(chunks):
            self.feed(window)
            if len(self.text) < enough and not self.last:
                continue  # a unit of many windows is looked at again when there is twice as much
            if not begun and self.text.startswith(mark):
                self.at = len(mark)
            begun = True
            while self.step(self):
                pass
            enough = min(2 * (len(self.text) - self.at), windows.LONGEST)
            units = self.found.units(self.text, self.at)
            if self.last:
                units.document, units.damage = self.document, self.torn or self.damage
            yield units

    def feed(self, window: windows.Window) -> None:
        """Drop what has been read and append a window."""
        self.member_at -= self.at
        self.text, self.at = window.after(memoryview(self.text)[self.at :]), 0
        self.last, self.torn = window.last, window.torn

    # ---------------------------------------------------------------- documents
    def between(self) -> bool:
        """State: before a document."""
        self.at = skip_space(self.text, self.at)
        mark = self.text[self.at : self.at + 1]
        if not mark:
            return False
        if self.inside_arrays and mark == b"[":
            self.enter_array(self.at + 1, _ARRAY_ENDS)
            return True
        if mark == b"{" and self.proven_documents():
            return True
        if self.inside_arrays and mark == b"{":
            self.member_at, self.members_before, self.members = self.at + 1, False, {}
            self.wraps, self.step = False, _Walk.member
            return True
        return self.one(Among.DOCUMENTS)

    def member(self) -> bool:
        """State: in an object, which is a wrapper if it holds an array of records, else a unit."""
        position = skip_space(self.text, self.member_at)
        mark = self.text[position : position + 1]
        if mark == b"}":
            return self.leave_object(position + 1)
        if mark and self.members_before:
            if mark != b",":
                return self.unreadable()
            position = skip_space(self.text, position + 1)
        token, start = key(self.text, position)
        name = key_text(token)
        if start >= 0 and self.text[start] == ord("[") and name in self.arrays:
            self.keep_members()
            self.enter_array(start + 1, _WRAPPER_ENDS)
            return True
        end = self.value_end(start) if start >= 0 else start
        if end < 0:
            return self.more() if end == UNFINISHED else self.unreadable()
        self.members[pointer(name)] = shown(self.text[start:end])
        self.member_at, self.members_before = end, True
        if self.wraps:
            self.keep_members()
            self.at = end
        return True

    def keep_members(self) -> None:
        """The object is a wrapper; members of later ones carry the wrapper's number."""
        self.wrappers += not self.wraps
        self.wraps = True
        prefix = "" if self.wrappers == 1 else pointer(str(self.wrappers))
        self.document.update({prefix + name: value for name, value in self.members.items()})
        self.members = {}

    def leave_object(self, end: int) -> bool:
        if not self.wraps:
            end = self.followed(end, Among.DOCUMENTS)
            if end < 0:
                return self.more() if end == UNFINISHED else self.unreadable()
            self.found.unit(self.at, end)
        self.at, self.step = end, _Walk.between
        return True

    # ---------------------------------------------------------------- arrays of records
    def enter_array(self, position: int, ends: re.Pattern[bytes]) -> None:
        self.at, self.ends, self.doubted, self.step = position, ends, False, _Walk.element

    def element(self) -> bool:
        """State: in an array, before a record."""
        self.at = json_proof.separated(self.text, self.at)
        mark = self.text[self.at : self.at + 1]
        if not mark:
            return self.not_closed("the array of records is not closed")
        if mark != b"]":
            return self.proven_elements() or self.one(Among.ELEMENTS)
        closed = closes(self.text, self.at + 1, self.arrays) if self.doubted else True
        if closed is None and self.patient:
            return False
        return self.unreadable() if closed is False else self.leave_array()

    def leave_array(self) -> bool:
        self.at += 1
        self.member_at, self.members_before = self.at, True
        self.step = _Walk.member if self.ends is _WRAPPER_ENDS else _Walk.between
        self.ends = None
        return True

    def not_closed(self, detail: str) -> bool:
        """The text ends where nothing but brackets is open."""
        if self.last:
            self.damage = self.damage or detail
            self.at, self.step = len(self.text), _Walk.between
        return self.last

    # ---------------------------------------------------------------- many at once
    def proven_elements(self) -> bool:
        """Take as many records as one proof gives."""
        limit = min(len(self.text), self.at + self.reach[json_proof.elements])
        return any(self.proven(json_proof.elements, cut) for cut in self.element_cuts(limit))

    def element_cuts(self, limit: int) -> Iterator[int]:
        """Where a run of records may end: before the end of their array, or before a record."""
        if self.last and limit == len(self.text) and (end := self.usual_end()) > self.at:
            yield end
        if self.ends and (closing := self.ends.search(self.text, self.at, limit)):
            yield closing.start()
        if self.last and limit == len(self.text):
            yield self.text.rfind(b"]", self.at)
        for border in json_proof.borders(self.text, self.at, limit, b","):
            yield json_proof.trimmed(self.text, self.at, border)

    def usual_end(self) -> int:
        """Where the array ends if nothing but its wrapper's bracket follows: mostly so."""
        before = max(len(self.text) - _TAIL, 0)
        tail = self.text[before:].rstrip(b" \t\r\n")
        return before + len(tail) - 2 if tail.endswith(b"]}") else -1

    def proven_documents(self) -> bool:
        """Take as many documents as one proof gives; none if one may hold an array of records."""
        proof = json_proof.documents
        limit = min(len(self.text), self.at + self.reach[proof])
        near = min(limit, self.at + _NEAR)  # a wrapper mostly says so soon
        if any(self.text.find(token, self.at, near) >= 0 for token in self.tokens):
            return False
        if any(self.text.find(token, self.at, limit) >= 0 for token in self.tokens):
            self.reach[proof] = max(self.reach[proof] // _LESS, _FEWEST)
            return False
        return any(self.proven(proof, cut) for cut in self.document_cuts(limit))

    def document_cuts(self, limit: int) -> Iterator[int]:
        if self.last and limit == len(self.text):
            yield limit
        yield from json_proof.borders(self.text, self.at, limit, b"}")

    def proven(self, proof: json_proof.Proof, cut: int) -> bool:
        """Take text[at:cut], if the proof succeeds."""
        if cut <= self.at:
            return False
        spans = proof(self.text, self.at, cut)
        if spans is None:
            self.reach[proof] = max(min(self.reach[proof], cut - self.at) // _LESS, _FEWEST)
            return False
        self.found.proven(*spans)
        self.reach[proof] = min(self.reach[proof] * _MORE, windows.LONGEST)
        self.at = cut
        return True

    # ---------------------------------------------------------------- one at a time
    def one(self, among: Among) -> bool:
        """Take the value at `at`, if its punctuation and what follows it allow."""
        end = self.value_end(self.at)
        if end == UNFINISHED and self.last and self.text[self.at] not in b'{["':
            end = len(self.text)  # a scalar
        end = self.followed(end, among) if end >= 0 else end
        if end < 0:
            return self.more() if end == UNFINISHED else self.unreadable()
        self.found.unit(self.at, end)
        self.at = end
        return True

    def value_end(self, position: int) -> int:
        """Where a value ends, UNFINISHED or BROKEN."""
        large = len(self.text) - position > windows.WINDOW
        if large and json_proof.cut_short(self.text, position):
            return UNFINISHED
        return extent(self.text, position, _DEEPEST).end

    def followed(self, end: int, among: Among) -> int:
        """`end` of the value at `at`, if what follows lets it be whole; else UNFINISHED or BROKEN.

        Where another member follows, the value was only the head of an object. If that member is
        the one the value itself begins with, it is the next record that has lost its bracket.
        """
        after = skip_space(self.text, end)
        mark = self.text[after : after + 1]
        if mark == b"":
            return end if self.last or among is Among.DOCUMENTS else UNFINISHED
        if among is Among.ELEMENTS and mark not in b",]{[":
            return BROKEN
        token, value = key(self.text, json_proof.separated(self.text, after))
        if value == UNFINISHED and not self.last:
            return UNFINISHED
        first, _ = key(self.text, skip_space(self.text, self.at + 1))
        return BROKEN if value >= 0 and token != first else end

    @property
    def patient(self) -> bool:
        """Whether more of the stream can be had, and held."""
        return not self.last and len(self.text) - self.at <= windows.LONGEST

    def more(self) -> bool:
        """What stands at `at` goes on after the text: wait, or give it up."""
        if self.patient:
            return False
        if self.wraps and not self.text[self.at :].strip():
            return self.not_closed("the document is not closed")
        if self.last:
            detail = self.torn or "the stream ends inside this unit"
            self.damage = self.damage or detail
            self.found.reject(self.text, self.at, len(self.text), "torn", detail)
            self.step = _Walk.between
        else:
            detail = f"longer than {windows.LONGEST} bytes"
            self.found.reject(self.text, self.at, len(self.text), "too-long", detail)
            first, _ = key(self.text, skip_space(self.text, self.at + 1))
            self.like = b"" if self.step is _Walk.member else first
            self.step = _Walk.lost
        self.at = len(self.text)
        return True

    # ---------------------------------------------------------------- finding back
    def lost(self) -> bool:
        """State: in a unit that is too long; its bytes up to the next record belong to it."""
        record = next_record(self.text, self.at, self.arrays, like=self.like)
        end = record.start if record else len(self.text)
        self.found.reject_more(end - self.at)
        self.at = end
        if record:
            self.resume(record.among)
        return record is not None

    def unreadable(self) -> bool:
        """What stands at `at` is a unit up to where a record begins again, or its array ends."""
        here = self.at + (self.ends is not None or not self.wraps)
        record = next_record(self.text, here, self.arrays, patient=self.patient)
        if record and record.among is Among.UNTOLD:
            return False
        end = record.start if record else len(self.text)
        closing = self.ends.search(self.text, self.at, end) if self.ends else None
        if not (record or closing or self.last):
            return self.more()
        end = closing.start() if closing else end
        if (whole := json_proof.trimmed(self.text, self.at, end)) > self.at:
            self.found.unit(self.at, whole)
        self.at, self.doubted = end, True
        if closing:
            pass
        elif record:
            self.resume(record.among)
        elif self.step is _Walk.member:
            self.not_closed("the document is not closed")
        return True

    def resume(self, among: Among) -> None:
        """A record is believed to begin at `at`."""
        if among is Among.DOCUMENTS or not self.inside_arrays:
            self.ends, self.wraps, self.step = None, False, _Walk.between
            return
        if self.ends is None:
            self.ends, self.wraps = _WRAPPER_ENDS, True
        self.doubted, self.step = True, _Walk.element
