"""The compressions evidence comes in, each as a generator of bounded pieces over a Feed."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard

from forensics.intake import magic
from forensics.intake.damage import BrokenStream, OverLimit
from forensics.intake.deflate import STEP, Notes, gunzip
from forensics.intake.streams import Feed

MEMORY = 128 << 20  # most bytes a dictionary or window may ask for
_SMALL_STEP = 1 << 12  # of a damaged bzip2 or xz stream at most this much is lost before the damage
_PIECE = 1 << 16


class Decoder(Protocol):
    """What bz2 and lzma decompressors have in common."""

    @property
    def eof(self) -> bool: ...  # noqa: D102
    @property
    def needs_input(self) -> bool: ...  # noqa: D102
    @property
    def unused_data(self) -> bytes: ...  # noqa: D102
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...  # noqa: D102


def bunzip2(feed: Feed, notes: Notes, step: int = STEP) -> Iterator[bytes]:
    """All streams of a bzip2 file."""
    more = True
    while more:
        yield from one_stream(feed, bz2.BZ2Decompressor(), "bzip2", step)
        more = notes.more(feed, magic.is_bzip2(feed.head(magic.COMPRESSION_HEAD)))


def unxz(feed: Feed, notes: Notes, step: int = STEP) -> Iterator[bytes]:
    """All streams of an xz file, and the padding between them."""
    more = True
    while more:
        decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)
        yield from one_stream(feed, decoder, "xz", step)
        notes.trailing += feed.skip_zeros()
        more = notes.more(feed, magic.is_xz(feed.head(magic.COMPRESSION_HEAD)))


def one_stream(feed: Feed, decoder: Decoder, name: str, step: int) -> Iterator[bytes]:
    """One stream of a decoder that knows its end; `feed` stands behind it afterwards."""
    step = min(step, _SMALL_STEP)
    while not decoder.eof:
        piece = feed.take(_PIECE) if decoder.needs_input else b""
        if decoder.needs_input and not piece:
            raise BrokenStream(f"ends inside a {name} stream", at=feed.position)
        try:
            made = decoder.decompress(piece, step)
        except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
            raise _failure(name, error, feed.position) from error
        if made:
            yield made
    feed.back(len(decoder.unused_data))


def _failure(name: str, error: Exception, at: int) -> BrokenStream | OverLimit:
    if "emory usage" in str(error):
        return OverLimit(f"{name} stream needs more than {MEMORY} bytes of memory")
    return BrokenStream(f"damaged {name} stream ({error})", at=at)


def unzstd(feed: Feed, notes: Notes, step: int = STEP) -> Iterator[bytes]:
    """All frames of a zstd file, block by block: a block is 128 KiB at most, whatever it claims."""
    del step
    more = True
    while more:
        if magic.is_skippable(feed.head(4)):
            _skip_frame(feed)
        else:
            yield from _frame(feed)
        more = notes.more(feed, magic.is_zstd(feed.head(4)))


def _skip_frame(feed: Feed) -> None:
    header = feed.exactly(8)
    size = int.from_bytes(header[4:], "little")
    if len(header) < 8 or feed.skip(size) < size:
        raise BrokenStream("ends inside a skippable zstd frame", at=feed.position)


def _frame(feed: Feed) -> Iterator[bytes]:
    header, has_checksum = _frame_header(feed)
    decoder = zstandard.ZstdDecompressor(max_window_size=MEMORY).decompressobj()
    _zstd(decoder.decompress, header, feed.position)
    last = False
    while not last:
        start = _exactly(feed, 3)
        word = int.from_bytes(start, "little")
        last, kind, size = bool(word & 1), word >> 1 & 3, word >> 3
        block = start + _exactly(feed, 1 if kind == 1 else size)  # 1: one byte, repeated
        if made := _zstd(decoder.decompress, block, feed.position):
            yield made
    if has_checksum:
        _zstd(decoder.decompress, _exactly(feed, 4), feed.position)


def _frame_header(feed: Feed) -> tuple[bytes, bool]:
    """The header's bytes, and whether a checksum follows the blocks; OverLimit for its window."""
    start = _exactly(feed, 5)
    flags = start[4]
    single = flags & 0x20
    window = b"" if single else _exactly(feed, 1)
    dictionary = _exactly(feed, (0, 1, 2, 4)[flags & 3])
    content_size = _exactly(feed, (1 if single else 0, 2, 4, 8)[flags >> 6])
    wanted = int.from_bytes(content_size, "little")
    if window:
        base = 1 << (10 + (window[0] >> 3))
        wanted = base + (base >> 3) * (window[0] & 7)
    if wanted > MEMORY:
        raise OverLimit(
            f"zstd frame needs a window of {wanted} bytes, more than {MEMORY}",
            hint="decompress it with zstd --long=31 and ingest the result",
        )
    if any(dictionary):
        raise BrokenStream("needs a zstd dictionary that is not in the evidence", at=feed.position)
    return start + window + dictionary + content_size, bool(flags & 4)


def _exactly(feed: Feed, size: int) -> bytes:
    piece = feed.exactly(size)
    if len(piece) < size:
        raise BrokenStream("ends inside a zstd frame", at=feed.position)
    return piece


def _zstd(decompress: Callable[[bytes], bytes], block: bytes, at: int) -> bytes:
    try:
        return decompress(block)
    except zstandard.ZstdError as error:
        raise BrokenStream(f"damaged zstd stream ({error})", at=at) from error


DECOMPRESSORS: dict[str, Callable[[Feed, Notes, int], Iterator[bytes]]] = {
    "gzip": gunzip,
    "zstd": unzstd,
    "bzip2": bunzip2,
    "xz": unxz,
}
