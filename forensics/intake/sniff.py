"""Looks at how a stored stream begins, through its compressions, and rewinds it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

from forensics.intake import magic
from forensics.intake.damage import BrokenStream, OverLimit
from forensics.intake.decompress import DECOMPRESSORS
from forensics.intake.deflate import Notes
from forensics.intake.limits import Limits
from forensics.intake.streams import ChunkStream, Feed, as_binary, chunks

_FIRST = 1 << 10  # stored bytes that mostly suffice
_NEXT = 1 << 16
_BOUND = 1 << 20  # stored bytes looked at; a block of bzip2 has to be there as a whole


class Sniffed(NamedTuple):
    """What a stream is, and the stream, at its start again."""

    kind: str  # "zip", "tar" or "" for what is no archive
    layers: tuple[str, ...]  # compressions around it, outermost first
    refused: magic.Unsupported | None
    head: bytes  # first stored bytes
    stream: BinaryIO


def sniff(stored: BinaryIO, limits: Limits) -> Sniffed:
    """What `stored` is. A stream that breaks while looked at breaks again when it is read."""
    seen = _Seen(stored)
    feed = Feed(iter(seen))
    head = feed.head(magic.HEAD)
    layers: tuple[str, ...] = ()
    while len(layers) < limits.layers:
        name = magic.compression(feed.head(magic.COMPRESSION_HEAD))
        if not name:
            break
        layers += (name,)
        feed = Feed(DECOMPRESSORS[name](feed, Notes(), magic.HEAD))
    start = feed.head(magic.HEAD)
    return Sniffed(magic.container(start), layers, magic.unsupported(start), head, seen.rewound())


class _Seen:
    """The first pieces of a stream, kept, so that it can be read from its start again."""

    def __init__(self, stored: BinaryIO) -> None:
        self._stored = stored
        self._pieces: list[bytes] = []
        self._broken: BrokenStream | OverLimit | None = None

    def __iter__(self) -> Iterator[bytes]:
        size, wanted = 0, _FIRST
        while size < _BOUND:
            try:
                piece = next(chunks(self._stored, wanted), b"")
            except (BrokenStream, OverLimit) as broken:
                self._broken = broken
                return
            if not piece:
                return
            self._pieces.append(piece)
            size, wanted = size + len(piece), _NEXT
            yield piece

    def rewound(self) -> BinaryIO:
        if self._stored.seekable():
            self._stored.seek(0)
            return self._stored
        return as_binary(ChunkStream(chain(self._pieces, self._rest()), self._stored))

    def _rest(self) -> Iterator[bytes]:
        if self._broken:
            raise self._broken
        yield from chunks(self._stored)
