"""Text in UTF-16, as PowerShell's `>` and SQL Server write it, divided by any framing of UTF-8.

The framing reads a copy in UTF-8; what it finds is put back where it stands in the stream, so that
offsets and both sums are those of the content as it is. Half a pair of surrogates is no character:
it becomes bytes that are no UTF-8, and a defect.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import numpy as np

from parsers.contract import Chunks, Framing, Integers, Units

_BY_MARK = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
CHARSETS = frozenset(_BY_MARK.values())
_MARK = 2
_CONTINUES, _FOUR_BYTES = 0xC0, 0xF0


def charset_of(head: bytes) -> str:
    """`utf-16-le` or `utf-16-be` where a byte order mark says so; "" for any other content."""
    return _BY_MARK.get(head[:_MARK], "")


def transcoded(head: bytes, charset: str) -> bytes:
    """The first bytes of such a content in UTF-8; an unfinished last character is left out."""
    return _encoded(codecs.getincrementaldecoder(charset)("surrogatepass").decode(head[_MARK:]))


def frame(charset: str, framing: Framing, chunks: Chunks) -> Iterator[Units]:
    """Units of the text, with offsets and extents in the stream."""
    text = _Text(charset)
    for units in framing(text.pieces(chunks)):
        yield text.placed(units)
    if text.left:
        end = np.empty(0, dtype=np.int64)
        damage = "the content ends within a character"
        yield Units(b"", end, end, end, end, end, structure_bytes=text.left, damage=damage)


class _Text:
    """The copy in UTF-8, as far as it is not accounted for, and where that stands."""

    def __init__(self, charset: str) -> None:
        self.decoder = codecs.getincrementaldecoder(charset)("surrogatepass")
        self.left = 0  # bytes at the end that are no character
        self._held: list[bytes] = []
        self._base = 0  # where the held copy begins, in UTF-8
        self._place = 0  # and in the stream
        self._mark = 0  # bytes of the mark seen

    def pieces(self, chunks: Chunks) -> Iterator[bytes]:
        """The stream in UTF-8."""
        try:
            for chunk in chunks:
                piece = _encoded(self.decoder.decode(self._unmarked(chunk)))
                self._held.append(piece)
                yield piece
        finally:
            self.left = len(self.decoder.getstate()[0])

    def _unmarked(self, chunk: bytes) -> bytes:
        cut = min(_MARK - self._mark, len(chunk))
        self._mark += cut
        return chunk[cut:]

    def placed(self, units: Units) -> Units:
        """The same units as the stream has them. They are the next ones of the copy, and whole."""
        mine, rest = int(units.extents.sum()), units.reject_bytes + units.structure_bytes
        held = b"".join(self._held)
        first = self._place == 0
        places = _Places(held, self._base, self._place or _MARK)
        ends = places.at(units.offsets + units.extents)
        units.offsets = places.at(units.offsets)
        units.extents = np.where(units.extents > 0, ends - units.offsets, 0)
        units.rejects = [
            each._replace(offset=int(places.at(np.array([each.offset]))[0]))
            for each in units.rejects
        ]
        end = self._base + mine + rest
        until = int(places.at(np.array([end]))[0])
        around = until - places.place - int(units.extents.sum())
        units.structure_bytes = min(2 * units.structure_bytes, around)
        units.reject_bytes = around - units.structure_bytes if units.rejects else 0
        if not units.rejects:
            units.structure_bytes = around
        units.structure_bytes += self._mark if first else 0
        self._held, self._base, self._place = [held[end - self._base :]], end, until
        return units


class _Places:
    """Where positions of the copy stand in the stream."""

    def __init__(self, held: bytes, base: int, place: int) -> None:
        self.base, self.place = base, place
        self._units: Integers | None = None
        if not held.isascii():
            octets = np.frombuffer(held, dtype=np.uint8)
            begins = ((octets & _CONTINUES) != 0x80).astype(np.int64)
            self._units = np.concatenate([[0], np.cumsum(begins + (octets >= _FOUR_BYTES))])

    def at(self, positions: Integers) -> Integers:
        """Positions in the stream, two bytes for each unit of UTF-16."""
        ahead = positions - self.base
        if self._units is not None:
            ahead = self._units[np.clip(ahead, 0, len(self._units) - 1)]
        return self.place + 2 * ahead


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
