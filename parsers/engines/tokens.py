"""Where the tokens of delimited lines begin and end, and which lines hide no subtlety."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers import json_text
from parsers.contract import Block, Integers

LF, CR, QUOTE, BACKSLASH, TAB = 10, 13, 34, 92, 9
Octets = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


class Token(NamedTuple):
    """One token of a line; `quoted` keeps `"-"` and `-` apart."""

    text: str
    quoted: bool = False


def divided(line: bytes, delimiter: str, *, runs: bool) -> list[bytes]:
    """Tokens of an unquoted line; with `runs`, several delimiters count as one."""
    found = line.split(delimiter.encode())
    return [token for token in found if token] if runs else found


def quoted(line: str, delimiter: str) -> list[Token] | None:
    r"""Tokens of a line in which a token that begins with a quote ends at the next one.

    Inside, `\"` and `\\` do not end it; the text between the quotes is kept as it stands. None
    where a quote does not end at a delimiter, or never ends.
    """
    pattern = _pattern(delimiter)
    found: list[Token] = []
    position = 0
    while match := pattern.match(line, position):
        inner, bare = match.group(1, 2)
        found.append(Token(bare) if inner is None else Token(inner, quoted=True))
        position = match.end()
        if position == len(line):
            return found
        position += 1
    return None


def _pattern(delimiter: str) -> re.Pattern[str]:
    edge = re.escape(delimiter)
    return re.compile(
        rf'"((?:[^"\\]++|\\.)*+)"(?={edge}|\Z)|([^"{edge}][^{edge}]*|)(?={edge}|\Z)', re.DOTALL
    )


def trivial_widths(block: Block, delimiter: str, *, quoted: bool) -> Integers:
    """The number of tokens of every line that is trivial; 0 for a line that is not."""
    octets = np.frombuffer(block.data, dtype=np.uint8)
    if not len(block):
        return np.zeros(0, dtype=np.int64)
    mark = ord(delimiter)
    marks = octets == mark
    bad = (octets < 32) & ~marks & (octets != LF)
    quotes = octets == QUOTE if quoted else np.zeros(0, dtype=bool)
    inside = np.bitwise_and(np.cumsum(quotes, dtype=np.uint8), 1).astype(bool)
    if quoted:
        marks &= ~inside
        bad |= octets == BACKSLASH
        bad |= quotes & ~_at_border(octets, inside, mark)
    widths = _within(np.flatnonzero(marks), block) + 1
    flawed = _within(np.flatnonzero(bad), block) > 0
    if quoted:  # a quote that is opened and not closed turns the lines after it inside out
        odd = np.bitwise_and(_within(np.flatnonzero(quotes), block), 1).astype(bool)
        if odd.any():
            flawed |= odd | inside[np.maximum(block.starts - 1, 0)] & (block.starts > 0)
    if not block.data.isascii() and not json_text.is_utf8(block.data):
        high = _within(np.flatnonzero(octets >= 128), block) > 0
        for index in np.flatnonzero(high & ~flawed).tolist():
            flawed[index] = not json_text.is_utf8(block.unit(index))
    return np.where(flawed | (block.ends <= block.starts), 0, widths)


def _at_border(octets: Octets, inside: Flags, mark: int) -> Flags:
    """Whether each byte, were it a quote, would open or close a whole token."""
    edges = (octets == mark) | (octets == LF) | (octets == CR)
    before = np.concatenate([[True], edges[:-1]])
    after = np.concatenate([edges[1:], [True]])
    return np.where(inside, before, after)


def _within(positions: Integers, block: Block) -> Integers:
    """How many of the sorted positions lie in each line."""
    return np.searchsorted(positions, block.ends) - np.searchsorted(positions, block.starts)


def contiguous(block: Block) -> bytes:
    """The lines of a block, one after the other, each ended by LF."""
    if b"\r" in block.data or not _tiles(block):
        return b"\n".join(block.texts()) + b"\n"
    return block.data[int(block.starts[0]) : int(block.ends[-1])] + b"\n"


def _tiles(block: Block) -> bool:
    return bool(np.array_equal(block.starts[1:], block.ends[:-1] + 1))
