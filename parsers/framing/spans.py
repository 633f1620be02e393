"""Where the members of a JSON object and the elements of an array stand, in bytes that may be torn.

The walk is tolerant: it looks at brackets and strings only, and where it cannot go on it says so
by a last span whose end is BROKEN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from parsers.json_scan import skip_space, value_end
from parsers.json_text import key_text

BROKEN = -1


class Member(NamedTuple):
    """`document[start:end]` is the value of a member."""

    key: str
    start: int
    end: int


def members(document: bytes, low: int = 0) -> Iterator[Member]:
    """Members of the object that begins at `low`, in order, duplicates included.

    Where the object is broken the last key is "" if not even that can be read.
    """
    at = skip_space(document, low + 1)
    if document[at : at + 1] == b"}":
        return
    while True:
        key_end = value_end(document, at) if document[at : at + 1] == b'"' else BROKEN
        colon = skip_space(document, key_end) if key_end > 0 else len(document)
        if document[colon : colon + 1] != b":":
            yield Member("", at, BROKEN)
            return
        start = skip_space(document, colon + 1)
        end, after = _value(document, start, b"}")
        yield Member(key_text(document[at:key_end]), start, end)
        if end == BROKEN or document[after : after + 1] == b"}":
            return
        at = skip_space(document, after + 1)


def elements(document: bytes, low: int = 0) -> Iterator[tuple[int, int]]:
    """Starts and ends of the elements of the array that begins at `low`."""
    at = skip_space(document, low + 1)
    if document[at : at + 1] == b"]":
        return
    while True:
        end, after = _value(document, at, b"]")
        yield at, end
        if end == BROKEN or document[after : after + 1] == b"]":
            return
        at = skip_space(document, after + 1)


def _value(document: bytes, start: int, closing: bytes) -> tuple[int, int]:
    """Where the value ends, and where the comma or the closing bracket after it stands."""
    end = value_end(document, start)
    after = skip_space(document, end) if end > 0 else len(document)
    if after >= len(document) or document[after : after + 1] not in (b",", closing):
        return BROKEN, after
    return end, after
