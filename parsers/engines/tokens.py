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
MOST = 1024  # fields of a line; without a bound one line could fill the memory with `extra`
MOST_DELIMITERS = 1 << 17  # of a line; quoted values hold some of them
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
    octets = np.frombuffer(block.data + b"\n", dtype=np.uint8)
    mark = ord(delimiter)
    marks = np.flatnonzero(octets == mark)
    flawed = block.ends <= block.starts
    flawed |= octets[block.starts] <= ord(" ")  # it may be blank
    flawed |= _counts(_controls(octets, mark), block) > 0
    if runs:
        flawed |= _counts(_doubled(octets, marks, block), block) > 0
    widths = _counts(marks, block) + 1
    flawed |= widths > MOST_DELIMITERS
    quoted = np.zeros(len(block), dtype=np.int64)
    if quoting is not None:
        tokens = _quoted_tokens(octets, block)
        flawed |= tokens.odd | _subtle(tokens, octets, mark, quoting.escapes, block)
        within, ranks = _marks_within(tokens, marks, block)
        misplaced = ~quoting.allowed[np.minimum(ranks, len(quoting.allowed) - 1)]
        flawed[tokens.lines[misplaced]] = True
        widths -= within
        quoted = tokens.counts
    _judge_encoding(octets, block, flawed)
    return Scan(np.where(flawed, 0, widths), quoted)


def _controls(octets: Octets, mark: int) -> Integers:
    control = octets < 32
    if mark < 32:
        control &= octets != mark
    return np.flatnonzero(control)


def _doubled(octets: Octets, marks: Integers, block: Block) -> Integers:
    """Delimiters with another one, or a border of their line, beside them."""
    borders = np.concatenate([block.starts, block.ends - 1])
    borders = borders[(borders >= 0) & (borders < len(octets))]
    at_border = borders[octets[borders] == octets[marks[0]]] if len(marks) else borders[:0]
    return np.sort(np.concatenate([marks[1:][np.diff(marks) == 1], at_border]))


class _Quoted(NamedTuple):
    """Quoted tokens of all lines in which quotes come in pairs, in the order of lines."""

    opening: Integers
    closing: Integers
    lines: Integers  # the line of each
    counts: Integers  # how many of them each line has
    odd: Flags  # lines with a quote too many


def _quoted_tokens(octets: Octets, block: Block) -> _Quoted:
    quotes = np.flatnonzero(octets == QUOTE)
    first = np.searchsorted(quotes, block.starts)
    counts = np.searchsorted(quotes, block.ends) - first
    odd = (counts & 1).astype(bool)
    counts = np.where(odd, 0, counts)
    if counts.sum() < len(quotes):  # some are of other lines, or of none
        quotes = quotes[_ranges(first, counts)]
    pairs = counts >> 1
    lines = np.repeat(np.arange(len(block)), pairs)
    return _Quoted(quotes[0::2], quotes[1::2], lines, pairs, odd)


def _ranges(first: Integers, counts: Integers) -> Integers:
    """Of each line in turn, as many consecutive numbers as it has, from its first one on."""
    shifts = first - (np.cumsum(counts) - counts)
    numbers: Integers = np.arange(counts.sum()) + np.repeat(shifts, counts)
    return numbers


def _subtle(tokens: _Quoted, octets: Octets, mark: int, escapes: bool, block: Block) -> Flags:
    """Lines with a quote that is no border of a token, or could be an escaped one."""
    opening, closing, lines = tokens.opening, tokens.closing, tokens.lines
    opens = (octets[opening - 1] == mark) | (opening == block.starts[lines])
    closes = (octets[closing + 1] == mark) | (closing + 1 == block.ends[lines])
    flawed = np.zeros(len(block), dtype=bool)
    flawed[lines[~(opens & closes)]] = True
    if escapes:
        flawed[lines[octets[closing - 1] == BACKSLASH]] = True
    return flawed


def _marks_within(tokens: _Quoted, marks: Integers, block: Block) -> tuple[Integers, Integers]:
    """How many delimiters each line has within quotes; how many tokens stand before each quoted."""
    before = np.searchsorted(marks, tokens.opening)
    inside = np.cumsum(np.searchsorted(marks, tokens.closing) - before)
    inside = np.concatenate([[0], inside])
    last = np.cumsum(tokens.counts)
    first = last - tokens.counts
    ranks = before - np.searchsorted(marks, block.starts)[tokens.lines]
    ranks -= inside[:-1] - inside[first][tokens.lines]
    return inside[last] - inside[first], ranks


def _judge_encoding(octets: Octets, block: Block, flawed: Flags) -> None:
    """Lines that are not UTF-8 are for the plain reader too."""
    if json_text.is_utf8(block.data):
        return
    high = _counts(np.flatnonzero(octets >= 128), block) > 0
    for index in np.flatnonzero(high & ~flawed).tolist():
        flawed[index] = not json_text.is_utf8(block.unit(index))


def _counts(positions: Integers, block: Block) -> Integers:
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
