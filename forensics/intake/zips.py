"""Reads zip archives: by their directory, entry by entry, or by local headers where it is lost."""

from __future__ import annotations

import io
import stat
import struct
from bz2 import BZ2Decompressor
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from lzma import FORMAT_XZ, LZMADecompressor
from typing import BinaryIO

from isal import isal_zlib

from forensics.intake.damage import BrokenStream, OverLimit
from forensics.intake.decompress import MEMORY, one_stream, unzstd
from forensics.intake.deflate import STEP, Notes, inflate
from forensics.intake.limits import Limits, Meter
from forensics.intake.location import ZipMember, utc
from forensics.intake.streams import CHUNK, Feed, Window, chunks
from forensics.intake.tars import tar_content as bytes_of

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_END64_PLACE = 20  # bytes between _END64 and _END
_IN_64 = 0xFFFFFFFF
_ENCRYPTED, _SIZES_FOLLOW, _MASKED = 1, 8, 1 << 13
_STORED, _DEFLATE, _BZIP2, _ZSTD, _XZ = 0, 8, 12, 93, 95
_UNIX = (3, 19)  # systems whose attributes hold a Unix file mode
_SECONDS_1601_TO_1970 = 11_644_473_600
_UNPACK = "unpack the archive with another tool and ingest the folder"


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One member that is no directory."""

    name: bytes
    step: ZipMember
    modified: datetime | None
    ignored: str = ""
    unreadable: str = ""

    def exceeds(self, limits: Limits) -> bool:
        """Whether the member itself says that it is a bomb."""
        size = self.step.size
        return size > limits.ratio_floor and size > limits.ratio * self.step.compressed


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory lies in the file, and what its end record says of it."""

    start: int
    size: int
    entries: int
    shift: int  # bytes put before the zip: offsets count from behind them


def find_directory(file: BinaryIO) -> Directory | None:
    """The central directory of a seekable file; None where it is missing or not where it says."""
    end = file.seek(0, io.SEEK_END)
    tail_start = max(0, end - _END.size - 0xFFFF)
    tail = _bytes_at(file, tail_start, end - tail_start)
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        if len(tail) - at >= _END.size:
            fields = _END.unpack_from(tail, at)
            if at + _END.size + fields[7] <= len(tail):
                return _directory(file, fields, tail_start + at)
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return None


def _directory(file: BinaryIO, fields: tuple[int, ...], end: int) -> Directory | None:
    _, disk, _, _, entries, size, start, _ = fields
    before = end - _END64_PLACE - _END64.size
    record = _bytes_at(file, before, _END64.size) if before >= 0 else b""
    if record[:4] == b"PK\x06\x06":
        _, _, _, _, disk, _, _, entries, size, start = _END64.unpack(record)
        end = before
    shift = end - size - start
    if disk or shift < 0 or (size and _bytes_at(file, start + shift, 4) != b"PK\x01\x02"):
        return None
    return Directory(start + shift, size, entries, shift)


def _bytes_at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return Feed(chunks(file, size)).exactly(size) if size else b""


def directory_entries(file: BinaryIO, directory: Directory) -> Iterator[ZipEntry]:
    """Members in the order of the directory; BrokenStream where the directory is damaged.

    OverLimit where members overlap: together they would be larger than the file.
    """
    size = file.seek(0, io.SEEK_END)
    feed = Feed(chunks(Window(file, directory.start, directory.size)))
    claimed = number = 0
    while feed.position < directory.size:
        header = feed.exactly(_CENTRAL.size)
        if header[:4] != b"PK\x01\x02" or len(header) < _CENTRAL.size:
            break
        fields = _CENTRAL.unpack(header)
        name, extra, _ = (feed.exactly(length) for length in fields[10:13])
        entry = _central_entry(fields, name, extra, directory.shift)
        claimed += _LOCAL.size + len(name) + entry.step.compressed
        if claimed > size:
            raise OverLimit(f"members overlap: after {number} they are larger than the archive")
        number += 1
        if not name.endswith(b"/"):
            yield entry
    if (number - directory.entries) & 0xFFFF:  # old tools count no further than that
        raise BrokenStream(f"the directory names {directory.entries} members and lists {number}")


def _central_entry(fields: tuple[int, ...], name: bytes, extra: bytes, shift: int) -> ZipEntry:
    _, made_by, _, flags, method, _, _, crc, compressed, size, *_ = fields
    mode = fields[15] >> 16 if made_by >> 8 in _UNIX else 0
    wide = _extra(extra, 1)
    values = []
    for value in (size, compressed, fields[16]):
        if value == _IN_64 and len(wide) >= 8:
            value, wide = int.from_bytes(wide[:8], "little"), wide[8:]  # noqa: PLW2901
        values.append(value)
    size, compressed, offset = values
    step = ZipMember(offset + shift, compressed, size, method, crc)
    ignored = ""
    if stat.S_ISLNK(mode):
        ignored = "a symbolic link: its target, if it is in the archive, is read where it lies"
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        ignored = "a device, pipe or socket"
    return ZipEntry(name, step, _modified(extra), ignored, _unreadable(flags, method))


def _unreadable(flags: int, method: int) -> str:
    if flags & (_ENCRYPTED | _MASKED):
        return f"encrypted: {_UNPACK}"
    if method not in (_STORED, _DEFLATE, _BZIP2, _ZSTD, _XZ):
        return f"compressed with method {method}, which is not read here: {_UNPACK}"
    return ""


def _extra(extra: bytes, wanted: int) -> bytes:
    """The extra field of that number; b"" where there is none."""
    while len(extra) >= 4:
        number, size = struct.unpack_from("<2H", extra)
        if number == wanted:
            return extra[4 : 4 + size]
        extra = extra[4 + size :]
    return b""


def _modified(extra: bytes) -> datetime | None:
    """The time an extra field states in UTC; the DOS time every entry has knows no zone."""
    unix = _extra(extra, 0x5455)
    if len(unix) >= 5 and unix[0] & 1:
        return utc(int.from_bytes(unix[1:5], "little", signed=True))
    windows = _extra(extra, 0x000A)
    if windows[4:8] == b"\x01\x00\x18\x00" and len(windows) >= 16:
        ticks = int.from_bytes(windows[8:16], "little")  # of 100 ns
        seconds, rest = divmod(ticks, 10_000_000)
        return utc(seconds - _SECONDS_1601_TO_1970, rest // 10)
    return None


def zip_content(file: BinaryIO, step: ZipMember) -> Iterator[bytes]:
    """The content of one member of a seekable zip; never more than its directory promised."""
    header = _bytes_at(file, step.offset, _LOCAL.size)
    if header[:4] != b"PK\x03\x04" or len(header) < _LOCAL.size:
        raise BrokenStream(f"no member stands at byte {step.offset} of the archive")
    name, extra = _LOCAL.unpack(header)[9:]
    start = step.offset + _LOCAL.size + name + extra
    size = step.compressed
    if size < 0:
        size = max(0, file.seek(0, io.SEEK_END) - start)
    feed = Feed(chunks(Window(file, start, size)))
    yield from _checked(_decoded(step.method, feed), step)


def _decoded(method: int, feed: Feed) -> Iterator[bytes]:
    if method == _DEFLATE:
        return inflate(feed)
    if method == _BZIP2:
        return one_stream(feed, BZ2Decompressor(), "bzip2", STEP)
    if method == _XZ:
        return one_stream(feed, LZMADecompressor(FORMAT_XZ, memlimit=MEMORY), "xz", STEP)
    if method == _ZSTD:
        return unzstd(feed, Notes())
    return iter(lambda: feed.take(CHUNK), b"")


def _checked(pieces: Iterator[bytes], step: ZipMember) -> Iterator[bytes]:
    """The same pieces, held to the size and the checksum their header states."""
    made = checksum = 0
    for piece in pieces:
        allowed = len(piece) if step.size < 0 else min(len(piece), step.size - made)
        made += allowed
        if allowed:
            checksum = isal_zlib.crc32(piece[:allowed], checksum)
            yield piece[:allowed]
        if allowed < len(piece):
            raise BrokenStream(f"is larger than the {step.size} bytes the archive says it has")
    if made < step.size:
        raise BrokenStream(f"has {made} of the {step.size} bytes the archive says it has")
    if step.crc not in (-1, checksum):
        raise BrokenStream("wrong checksum in the zip member; everything was decompressed")


def scanned_entries(feed: Feed, meter: Meter) -> Iterator[tuple[ZipEntry, Iterator[bytes]]]:
    """Members of a zip without its directory, found by their own headers, with their content.

    The content is usable until the next member is asked for. Always ends in BrokenStream.
    """
    if feed.head(8) in (b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04"):
        feed.exactly(4)  # the mark of the first part of a split archive
    while feed.head(4) == b"PK\x03\x04":
        start = feed.position
        header = feed.exactly(_LOCAL.size)
        if len(header) < _LOCAL.size:
            break
        fields = _LOCAL.unpack(header)
        name, extra = feed.exactly(fields[9]), feed.exactly(fields[10])
        entry = _local_entry(fields, start, name, extra)
        content = _scanned_content(feed, entry.step, meter)
        end = feed.position + entry.step.compressed
        if not name.endswith(b"/"):
            yield entry, content
        if entry.step.compressed >= 0:
            feed.skip(end - feed.position)
        elif entry.unreadable or not _drained(content):
            break  # nothing says where it ends
        _skip_descriptor(feed, fields[2])
    feed.exactly(1)  # raises what broke the stream underneath, if anything did
    raise BrokenStream(
        f"the zip breaks off or is damaged before byte {feed.position}: its directory is missing, "
        "members were found by their own headers"
    )


def _local_entry(fields: tuple[int, ...], start: int, name: bytes, extra: bytes) -> ZipEntry:
    _, _, flags, method, _, _, crc, compressed, size, *_ = fields
    wide = _extra(extra, 1)
    if _IN_64 in (size, compressed) and len(wide) >= 16:
        size, compressed = struct.unpack_from("<2Q", wide)
    if flags & _SIZES_FOLLOW and not compressed:
        size, compressed, crc = -1, -1, -1
    unreadable = _unreadable(flags, method)
    if compressed < 0 and method != _DEFLATE:
        unreadable = unreadable or "its size stood in the directory, which is missing"
    step = ZipMember(start, compressed, size, method, crc)
    return ZipEntry(name, step, _modified(extra), "", unreadable)


def _scanned_content(feed: Feed, step: ZipMember, meter: Meter) -> Iterator[bytes]:
    inner = feed if step.compressed < 0 else Feed(bytes_of(feed, step.compressed))
    readable = not _unreadable(0, step.method)
    pieces = _checked(_decoded(step.method, inner), step) if readable else iter(inner.take, b"")
    for piece in pieces:
        meter.charge(len(piece))
        yield piece


def _drained(content: Iterator[bytes]) -> bool:
    try:
        for _ in content:
            pass
    except BrokenStream:
        return False
    return True


def _skip_descriptor(feed: Feed, flags: int) -> None:
    """Pass over the sizes written behind a member, in any of their four spellings."""
    if flags & _SIZES_FOLLOW:
        for size in (16, 24, 12, 20):
            if feed.head(size + 2)[size:] in (b"PK", b""):
                feed.exactly(size)
                return
