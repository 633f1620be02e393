"""The fast gear: one decoding at C speed that proves where many JSON values stand.

What decodes as a list of raw values has its boundaries proven; documents back to back are a list
once a comma stands between them. What does not decode is nobody's fault yet: the caller tries less.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import numpy as np

from parsers.contract import Integers

Spans = tuple[Integers, Integers]
"""Where values start and end."""
Proof = Callable[[bytes, int, int], Spans | None]

_SPACE = b" \t\r\n"
_SEPARATOR = re.compile(rb"[ \t\r\n,]*+")
_FIRST_KEY = re.compile(rb'\{[ \t\r\n]*+"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BORDER = re.compile(rb"\}[ \t\r\n]*+(?=\{)")
_decode = msgspec.json.Decoder(list[msgspec.Raw]).decode
_skip = msgspec.json.Decoder(msgspec.Raw).decode


def elements(text: bytes, low: int, high: int) -> Spans | None:
    """The elements of text[low:high], if that is what stands between the brackets of an array."""
    if text[low - 1 : low] == b"[" and text[high : high + 1] == b"]":
        lengths = _elements(memoryview(text)[low - 1 : high + 1])  # as it is, without a copy
    else:
        lengths = _lengths(memoryview(text)[low:high])
    if lengths is None:
        return None
    if int(lengths.sum()) + len(lengths) - 1 == high - low:
        starts = low + np.cumsum(lengths + 1) - lengths - 1
    else:
        starts = _spaced(text, low, lengths)
    return starts, starts + lengths


def documents(text: bytes, low: int, high: int) -> Spans | None:
    """The objects that stand back to back in text[low:high], if it holds nothing else."""
    found = [border.span() for border in _BORDER.finditer(text, low, high)]
    starts = [low, *(start for _, start in found)]
    ends = [*(end + 1 for end, _ in found), low + len(text[low:high].rstrip(_SPACE))]
    view = memoryview(text)
    lengths = _lengths(*(view[start:end] for start, end in zip(starts, ends, strict=True)))
    if lengths is None or len(lengths) != len(starts):
        return None
    spans = np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)
    return spans if np.array_equal(spans[1] - spans[0], lengths) else None  # a border in a string


def cut_short(text: bytes, position: int) -> bool:
    """Whether the value at `position` is valid JSON as far as the text goes, and goes on after it.

    False may also mean that msgspec words its answer in another way: a loss of speed, no more.
    """
    try:
        _skip(memoryview(text)[position:])
    except msgspec.DecodeError as error:
        return "truncated" in str(error)
    except RecursionError:
        return False
    return False


def _lengths(*values: memoryview) -> Integers | None:
    """How long the elements of an array of these values are; None where it is no JSON."""
    return _elements(b"".join((b"[", b",".join(values), b"]")))


def _elements(array: bytes | memoryview) -> Integers | None:
    try:
        decoded = _decode(array)
    except (msgspec.DecodeError, RecursionError):
        return None
    return np.fromiter(map(len, decoded), np.int64, len(decoded))


def _spaced(text: bytes, position: int, lengths: Integers) -> Integers:
    """Where elements of these lengths stand when there is more between them than a comma."""
    starts = np.empty(len(lengths), dtype=np.int64)
    for index, length in enumerate(lengths.tolist()):
        position = separated(text, position)
        starts[index] = position
        position += length
    return starts


def separated(text: bytes, position: int) -> int:
    """The first position from `position` on that holds neither white space nor a comma."""
    return _SEPARATOR.match(text, position).end()  # type: ignore[union-attr]


def borders(text: bytes, low: int, high: int, mark: bytes) -> list[int]:
    """The last few places in text[low:high] where a value like the one at `low` seems to begin.

    Like: it opens with the same key. `mark` is what has to stand before it: `,` or `}`.
    """
    opening = _FIRST_KEY.match(text, low)
    found: list[int] = []
    if not opening:
        return found
    position = high
    for _ in range(8):
        position = text.rfind(opening[0], low + 1, position)
        if position < 0 or len(found) == 3:
            break
        if text[max(low, position - 256) : position].rstrip(_SPACE).endswith(mark):
            found.append(position)
    return found


def trimmed(text: bytes, low: int, high: int) -> int:
    """Where text[low:high] ends when white space and commas at its end are left out."""
    while high > low and text[high - 1] in b" \t\r\n,":
        high -= 1
    return high
