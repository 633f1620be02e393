"""Where the tokens of delimited lines begin and end, and which lines hide no subtlety."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers import json_text
from parsers.contract import Block, Integers

LF, QUOTE, BACKSLASH = 10, 34, 92
Octets = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


class Token(NamedTuple):
    """One token of a line; `quoted` keeps `"-"` and `-` apart."""

    text: str
    quoted: bool = False

    def __str__(self) -> str:
        """The token as it stands in its line."""
        return f'"{self.text}"' if self.quoted else self.text


class Mended(NamedTuple):
    """The tokens of a line, which may be odd; `doubt`: why other ones are possible too."""

    tokens: list[Token]
    doubt: str = ""
    mended: bool = False  # divided by what its fields look like, not by the rule


class Quoting(NamedTuple):
    r"""How tokens are quoted.

    Attributes:
        allowed: which tokens may be; the last entry stands for all that follow.
        escapes: `\"` does not end a token. Where nothing escapes a quote, a value can hold what
            looks like borders of tokens: then quotes must stand exactly where they are allowed.
    """

    allowed: Flags
    escapes: bool


def divided(line: bytes, delimiter: str, *, runs: bool) -> list[bytes]:
    """Tokens of an unquoted line; with `runs`, several delimiters count as one."""
    found = line.split(delimiter.encode())
    return [token for token in found if token] if runs else found


def quoted(line: str, delimiter: str, *, escapes: bool = True) -> list[Token] | None:
    r"""Tokens of a line in which a token that begins with a quote ends at the next one.

    With `escapes`, `\"` and `\\` do not end it; the text between the quotes is kept as it stands.
    None where a quote does not end at a delimiter, or never ends.
    """
    pattern = _pattern(delimiter, escapes)
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


@cache
def _pattern(delimiter: str, escapes: bool) -> re.Pattern[str]:
    edge = re.escape(delimiter)
    inside = r'(?:[^"\\]++|\\.)*+' if escapes else r'[^"]*+'
    return re.compile(rf'"({inside})"(?={edge}|\Z)|([^"{edge}][^{edge}]*|)(?={edge}|\Z)', re.DOTALL)


def straight(found: list[Token], quoting: Quoting) -> bool:
    """Whether quotes stand only where they should."""
    last = len(quoting.allowed) - 1
    for at, token in enumerate(found):
        allowed = quoting.allowed[min(at, last)]
        if token.quoted:
            fits = bool(allowed)
        else:
            fits = '"' not in token.text and (
                quoting.escapes or not allowed or at >= last or token.text == "-"
            )
        if not fits:
            return False
    return True


class Scan(NamedTuple):
    """What is known of the lines of a block before they are divided."""

    widths: Integers  # tokens of a trivial line; 0 for a line that is not
    quoted: Integers  # how many of them are quoted; 0 where the format has no quotes


def scan(block: Block, delimiter: str, quoting: Quoting | None, *, runs: bool = False) -> Scan:
    """Find the lines that can be divided in one way only, and quickly."""
    octets = np.frombuffer(block.data or b"\n", dtype=np.uint8)
    marks = octets == ord(delimiter)
    bad = (octets < 32) & ~marks
    before, after = _borders(marks, block)
    if runs:
        bad |= marks & (before | after)
    flawed = np.zeros(len(block), dtype=bool)
    count = np.zeros(len(block), dtype=np.int64)
    if quoting is not None:
        quotes = octets == QUOTE
        inside, flawed = _inside(quotes, block)
        bad |= quotes & ~np.where(inside, before, after)
        marks &= ~inside
        if quoting.escapes:
            bad[:-1] |= (octets[:-1] == BACKSLASH) & quotes[1:]
        opening = np.flatnonzero(quotes & inside)
        count = _within(opening, block)
        flawed |= _misplaced(opening, marks, quoting.allowed, block)
    widths = _within(np.flatnonzero(marks), block) + 1
    flawed |= _within(np.flatnonzero(bad), block) > 0
    flawed |= block.ends <= block.starts
    if not json_text.is_utf8(block.data):
        high = _within(np.flatnonzero(octets >= 128), block) > 0
        for index in np.flatnonzero(high & ~flawed).tolist():
            flawed[index] = not json_text.is_utf8(block.unit(index))
    return Scan(np.where(flawed, 0, widths), count)


def _inside(quotes: Flags, block: Block) -> tuple[Flags, Flags]:
    """Which bytes stand within quotes that their line opened; which lines leave one open."""
    inside = np.bitwise_and(np.cumsum(quotes, dtype=np.uint8), 1).astype(bool)
    odd = np.bitwise_and(_within(np.flatnonzero(quotes), block), 1).astype(bool)
    turned = inside[np.maximum(block.starts - 1, 0)] & (block.starts > 0)
    if turned.any():  # an open quote turned these lines inside out
        flips = np.zeros(len(quotes) + 1, dtype=np.uint8)
        np.add.at(flips, block.starts[turned], 1)
        np.add.at(flips, block.ends[turned], 1)
        inside ^= np.bitwise_and(np.cumsum(flips[:-1], dtype=np.uint8), 1).astype(bool)
    return inside, odd


def _misplaced(opening: Integers, marks: Flags, allowed: Flags, block: Block) -> Flags:
    """Lines in which a token is quoted that should not be."""
    first = np.searchsorted(opening, block.starts)
    counts = np.searchsorted(opening, block.ends) - first
    lines = np.repeat(np.arange(len(block)), counts)
    within = np.arange(len(lines)) - np.repeat(np.cumsum(counts) - counts, counts)
    before = np.cumsum(marks, dtype=np.int32)
    starts = block.starts[lines]
    rank = before[opening[first[lines] + within]] - before[starts] + marks[starts]
    found = np.zeros(len(block), dtype=bool)
    found[lines[~allowed[np.minimum(rank, len(allowed) - 1)]]] = True
    return found


def _borders(marks: Flags, block: Block) -> tuple[Flags, Flags]:
    """Whether a token ends right before each byte, and whether one begins right after it."""
    before = np.concatenate([[True], marks[:-1]])
    after = np.concatenate([marks[1:], [True]])
    filled = block.ends > block.starts
    before[block.starts[filled]] = True
    after[block.ends[filled] - 1] = True
    return before, after


def _within(positions: Integers, block: Block) -> Integers:
    """How many of the sorted positions lie in each line."""
    return np.searchsorted(positions, block.ends) - np.searchsorted(positions, block.starts)


def contiguous(block: Block) -> bytes:
    """The lines of a block, one after the other, each ended by LF."""
    if b"\r" in block.data or not _tiles(block):
        return b"\n".join(block.texts()) + b"\n"
    return block.data[int(block.starts[0]) : int(block.ends[-1])] + b"\n"


def _tiles(block: Block) -> bool:
    """Whether the lines stand one after the other, with nothing but LF between them."""
    borders = block.ends[:-1]
    if not np.array_equal(block.starts[1:], borders + 1):
        return False
    return bool(np.all(np.frombuffer(block.data, dtype=np.uint8)[borders] == LF))
