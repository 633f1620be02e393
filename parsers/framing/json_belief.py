"""Where, after something unreadable, a record is believed to begin again.

An object inside the unreadable record looks like a record too, but what follows it gives it away:
a chain of records leads to the end of their array and of the document, or on and on.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from parsers.json_scan import TOO_DEEP, UNFINISHED, extent, key, skip_space
from parsers.json_text import DEEPEST, key_text

_OPENING = rb"\{[ \t\r\n]*+"
_COMMA = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+")
_LINKS = 16  # records in a row that are proof enough
_EFFORT, _LEAST = 1, 256  # bytes looked at per byte searched, and counted for each try, at most


class Among(Enum):
    """What a value stands among."""

    ELEMENTS = auto()  # of an array
    DOCUMENTS = auto()  # back to back
    UNTOLD = auto()  # the text ends before that shows
    NOTHING = auto()  # it nests deeper than a record does, and so does what is inside


class Record(NamedTuple):
    """A record is believed to begin at `start`."""

    start: int
    among: Among


def next_record(
    text: bytes, low: int, arrays: frozenset[str], *, patient: bool = False, like: bytes = b""
) -> Record | None:
    """The first record that begins in text[low:]; with `like`, whose first key is that token.

    A patient caller, who can have more of the stream, is told so (UNTOLD) where that would decide.
    """
    effort = _EFFORT * (len(text) - low) + (1 << 20)
    for match in re.compile(_OPENING + re.escape(like or b'"')).finditer(text, low):
        if match.start() < low:
            continue
        among, reached = _chain(text, match.start(), arrays, patient=patient)
        if among is Among.NOTHING:
            low = reached
        elif among is not None:
            return Record(match.start(), among)
        effort -= max(reached - match.start(), _LEAST)
        if effort < 0:
            break
    return None


def _chain(
    text: bytes, position: int, arrays: frozenset[str], *, patient: bool
) -> tuple[Among | None, int]:
    """What the record at `position` stands among, if it is one, and how far was looked."""
    believed: Among | None = None
    for _ in range(_LINKS):
        end, reached = extent(text, position, DEEPEST)
        if end == UNFINISHED and patient:
            return Among.UNTOLD, reached
        if end < 0:
            return believed or (Among.NOTHING if end == TOO_DEEP else None), reached
        among, position = _after(text, skip_space(text, end), arrays, patient=patient)
        if among is Among.UNTOLD:
            among = Among.UNTOLD if patient else believed or Among.DOCUMENTS
        if position < 0:
            return among, reached
        if among is None:
            return believed, reached  # this one is not whole, but those before it are
        believed = among
    return believed, position


def _after(
    text: bytes, position: int, arrays: frozenset[str], *, patient: bool
) -> tuple[Among | None, int]:
    """What a value stands among by what follows it at `position`, and where the next one begins.

    That is -1 where nothing follows in the array. Among None: it is a member of an object.
    """
    mark = text[position : position + 1]
    if mark == b",":
        position = skip_space(text, position + 1)
        if text[position : position + 1] in (b"{", b""):
            return Among.ELEMENTS, position
    elif mark in (b"{", b"["):
        return Among.DOCUMENTS, position
    elif mark == b"":
        return Among.UNTOLD, -1
    elif mark == b"]":
        closed = closes(text, position + 1, arrays)
        if closed is None and patient:
            return Among.UNTOLD, -1
        return (None if closed is False else Among.ELEMENTS), -1
    return None, position


def closes(text: bytes, position: int, arrays: frozenset[str]) -> bool | None:
    """Whether the bracket before `position` closes an array of records; None if the text is short.

    After it a wrapper goes on with members and ends; after that comes another document or nothing.
    """
    while comma := _COMMA.match(text, position):
        token, start = key(text, comma.end())
        if start >= 0 and key_text(token) in arrays:
            return True
        position = extent(text, start).end if start >= 0 else start
        if position < 0:
            return None if position == UNFINISHED else False
    position = skip_space(text, position)
    if text[position : position + 1] == b"}":
        position = skip_space(text, position + 1)
    mark = text[position : position + 1]
    return mark in (b"{", b"[") if mark else None
