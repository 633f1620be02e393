"""Inflates deflate streams fast, and to the last byte when they turn out damaged."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from isal import igzip_lib, isal_zlib

from forensics.intake.damage import BrokenStream, OverLimit, Troubles
from forensics.intake.magic import is_gzip
from forensics.intake.streams import CHUNK, Feed

STEP = 1 << 16  # most bytes handed out at once; small, as a large buffer costs more than its use
_Wrong: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # a slip of its stub
_FIRST_PIECE = 1 << 12  # members of a few hundred bytes are common: what follows is put back
_HELD = 16 << 20  # compressed bytes kept, so that the tail of a damaged member can be had


class Notes:
    """What a decompressor saw that is not content: damage it could go on from, odd bytes."""

    __slots__ = ("damage", "trailing")

    def __init__(self) -> None:
        self.damage = Troubles()
        self.trailing = 0  # bytes between and after the compressed streams

    def more(self, feed: Feed, starts: bool) -> bool:
        """Whether another stream starts; if none does, what is left is counted and taken."""
        if starts:
            return True
        while piece := feed.take():
            self.trailing += len(piece)
        return False


def gunzip(feed: Feed, notes: Notes, step: int = STEP) -> Iterator[bytes]:
    """All members of a gzip stream; a wrong checksum is noted and does not stop the next."""
    more = True
    while more:
        start = feed.position
        _skip_member_header(feed)
        checksum = size = 0
        for piece in inflate(feed, step):
            checksum = isal_zlib.crc32(piece, checksum)
            size += len(piece)
            yield piece
        trailer = feed.exactly(8)
        if len(trailer) < 8:
            raise BrokenStream("ends inside the trailer of a gzip member", at=feed.position)
        expected = checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
        if trailer != expected:
            notes.damage.add(f"wrong checksum in the gzip member at byte {start}")
        more = _another_member(feed, notes)


def _another_member(feed: Feed, notes: Notes) -> bool:
    if is_gzip(feed.head(4)):
        return True
    notes.trailing += feed.skip_zeros()
    head = feed.head(4)
    if head == b"\x1f\x8b":
        raise BrokenStream("ends inside the header of a gzip member", at=feed.position)
    return notes.more(feed, is_gzip(head))


def _skip_member_header(feed: Feed) -> None:
    """Pass over header and optional fields, however long they claim to be."""
    header = feed.exactly(10)
    flags = header[3] if len(header) > 3 else 0
    whole = len(header) == 10
    if whole and flags & 4:  # FEXTRA
        field = feed.exactly(2)
        wanted = int.from_bytes(field, "little")
        whole = len(field) == 2 and feed.skip(wanted) == wanted
    for flag in (8, 16):  # FNAME, FCOMMENT
        if whole and flags & flag:
            whole = _skip_text(feed)
    if whole and flags & 2:  # FHCRC
        whole = len(feed.exactly(2)) == 2
    if not whole:
        raise BrokenStream("ends inside the header of a gzip member", at=feed.position)


def _skip_text(feed: Feed) -> bool:
    while piece := feed.take():
        end = piece.find(b"\x00")
        if end >= 0:
            feed.back(len(piece) - end - 1)
            return True
    return False


def inflate(feed: Feed, step: int = STEP) -> Iterator[bytes]:
    """One raw deflate stream; `feed` stands behind it afterwards.

    Of a damaged stream every byte before the damage is yielded before BrokenStream is raised;
    in members of more than 16 MiB the last `step` bytes before a wrong code may be missing.
    """
    decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
    held: list[bytes] | None = []
    start, made, wanted = feed.position, 0, _FIRST_PIECE
    while not decoder.eof:
        piece = b""
        if decoder.needs_input:
            try:
                piece = _taken(feed, wanted)
            except (BrokenStream, OverLimit):
                yield from _tail(held, made, start)
                raise
            wanted = CHUNK
            held = _hold(held, piece, feed.position - start)
        try:
            data = decoder.decompress(piece, step)
        except _Wrong as error:
            yield from _tail(held, made, start)
            raise BrokenStream(f"damaged deflate stream ({error})", at=feed.position) from error
        if data:
            made += len(data)
            yield data
    feed.back(len(decoder.unused_data))


def _taken(feed: Feed, size: int) -> bytes:
    piece = feed.take(size)
    if not piece:
        raise BrokenStream("ends inside a deflate stream", at=feed.position)
    return piece


def _hold(held: list[bytes] | None, piece: bytes, size: int) -> list[bytes] | None:
    if held is None or size > _HELD:
        return None
    held.append(piece)
    return held


def _tail(held: list[bytes] | None, skip: int, start: int) -> Iterator[bytes]:
    """What a broken stream still yields after `skip` bytes, found with zlib, to the very byte.

    isal decodes ahead of what it hands out and loses that when it fails; zlib stops at the
    first code that is wrong, and says where.
    """
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    made, fed = 0, 0
    for piece in held or ():
        fed += len(piece)
        while True:
            before = decoder.copy()
            try:
                data = decoder.decompress(piece, STEP)
            except zlib.error as error:
                data, left = _longest(before, piece)
                if data[max(0, skip - made) :]:
                    yield data[max(0, skip - made) :]
                at = start + fed - left
                raise BrokenStream(f"damaged deflate stream ({error})", at=at) from error
            if data[max(0, skip - made) :]:
                yield data[max(0, skip - made) :]
            made += len(data)
            piece = decoder.unconsumed_tail  # noqa: PLW2901
            if not piece and len(data) < STEP:
                break


def _longest(decoder: zlib._Decompress, piece: bytes) -> tuple[bytes, int]:
    """The most output `piece` has before its damage, and how many of its bytes come after."""
    good, bad = 0, STEP
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            decoder.copy().decompress(piece, middle)
        except zlib.error:
            bad = middle
        else:
            good = middle
    made = [decoder.decompress(piece, good)] if good else []
    rest = decoder.unconsumed_tail if good else piece
    for at in range(len(rest)):  # zlib looks on when its output is full: not beyond one byte
        try:
            made.append(decoder.decompress(rest[at : at + 1]))
        except zlib.error:
            return b"".join(made), len(rest) - at
    return b"".join(made), 0
