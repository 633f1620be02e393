"""Reads tar streams front to back: headers in all dialects in use, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from forensics.intake.damage import BrokenStream
from forensics.intake.location import readable, utc
from forensics.intake.magic import HEAD as BLOCK
from forensics.intake.magic import is_tar_header
from forensics.intake.streams import CHUNK, Feed

_HEADER_BOUND = 1 << 20  # of a long name or extended header: real ones have a few hundred bytes
_EXTENSIONS = b"xXgLK"
_WITHOUT_CONTENT = b"123456"  # links, devices, directories, pipes: their size means nothing
_SPECIAL = {
    b"2": "a symbolic link: its target, if it is in the archive, is read where it lies",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
}
_SPARSE = "a sparse file: unpack the archive with GNU tar and ingest the folder"


@dataclass(frozen=True, slots=True)
class TarEntry:
    """One member; or, where `name` is empty, a stretch of the archive that cannot be read."""

    name: bytes
    offset: int  # of the content in the tar
    size: int
    modified: datetime | None
    ignored: str = ""
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class _Header:
    """What one header block says."""

    kind: bytes
    name: bytes
    size: int
    seconds: int
    link: bytes
    more: bool  # blocks of a sparse map follow


def tar_entries(feed: Feed) -> Iterator[TarEntry]:
    """Members in the order of the tar; until the next is asked for, `feed` stands at the content.

    Directories are not named. Tars written one after another count as one. Damaged headers are
    passed over and reported; BrokenStream is raised where the tar ends too early.
    """
    extended: dict[bytes, bytes] = {}
    ended = False
    while block := feed.exactly(BLOCK):
        start = feed.position - len(block)
        if not block.strip(b"\x00"):
            ended = True
            continue
        header = _parsed(block)
        ended = ended and header is None
        if header is None:
            yield _gap(feed, start)
            extended = {}
        elif header.kind in _EXTENSIONS:
            if header.size > _HEADER_BOUND:
                yield _odd(start, f"the extended header at byte {start} is too long to be one")
            extended |= _extension(header, feed)
            _pass(feed, start + BLOCK, header.size)
        else:
            entry = _entry(header, extended, feed)
            extended = {}
            if header.kind not in (b"5", b"D", b"V") and not entry.name.endswith(b"/"):
                yield entry
            _pass(feed, entry.offset, entry.size)
    if not ended:
        raise BrokenStream("the archive has no end mark: it was cut, and members may be missing")


def tar_content(feed: Feed, size: int) -> Iterator[bytes]:
    """The next `size` bytes of `feed`; BrokenStream where it ends before."""
    end = feed.position + size
    while feed.position < end:
        piece = feed.take(min(CHUNK, end - feed.position))
        if not piece:
            had = size - (end - feed.position)
            raise BrokenStream(f"the archive ends after {had} of this member's {size} bytes")
        yield piece


def _pass(feed: Feed, offset: int, size: int) -> None:
    """Go behind the content at `offset` and its padding."""
    feed.skip(offset + -(-size // BLOCK) * BLOCK - feed.position)
    if feed.position < offset + size:
        raise BrokenStream(f"the archive ends inside the member at byte {offset - BLOCK}")


def _gap(feed: Feed, start: int) -> TarEntry:
    """Pass over what is no header, up to the next block that is one, or that is all zeros."""
    while block := feed.head(BLOCK):
        if not block.strip(b"\x00") or _parsed(block):
            break
        feed.exactly(BLOCK)
    return _odd(start, f"bytes {start} to {feed.position} hold no readable member header")


def _odd(start: int, reason: str) -> TarEntry:
    return TarEntry(b"", start, 0, None, unreadable=reason)


def _entry(header: _Header, extended: dict[bytes, bytes], feed: Feed) -> TarEntry:
    more = header.more
    while more:  # the map of an old GNU sparse file goes on in blocks of its own
        block = feed.exactly(BLOCK)
        more = block[504:505] > b"\x00"
    name = extended.get(b"GNU.sparse.name") or extended.get(b"path") or header.name
    modified = _pax_time(extended[b"mtime"]) if b"mtime" in extended else utc(header.seconds)
    ignored = _SPECIAL.get(header.kind, "")
    if header.kind == b"1":
        target = readable(extended.get(b"linkpath") or header.link)
        ignored = f"a hard link: its content is found under {target}"
    unreadable = ""
    if header.kind == b"S" or any(key.startswith(b"GNU.sparse.") for key in extended):
        unreadable = _SPARSE
    elif header.kind == b"M":
        unreadable = "the rest of a member that begins in another volume of the archive"
    size = _decimal(extended.get(b"size", b"")) or header.size
    if header.kind in _WITHOUT_CONTENT:
        size = 0
    return TarEntry(name, feed.position, size, modified, ignored, unreadable)


def _parsed(block: bytes) -> _Header | None:
    """The fields of a header block; None where it is none, or says nothing sensible."""
    if not is_tar_header(block):
        return None
    size, seconds = _number(block[124:136]), _number(block[136:148])
    if size is None or size < 0:
        return None
    name = block[:100].split(b"\x00", 1)[0]
    if block[257:263] == b"ustar\x00" and block[345]:
        name = block[345:500].split(b"\x00", 1)[0] + b"/" + name
    kind = block[156:157].replace(b"\x00", b"0")
    link = block[157:257].split(b"\x00", 1)[0]
    return _Header(kind, name, size, seconds or 0, link, kind == b"S" and block[482] > 0)


def _number(text: bytes) -> int | None:
    """An octal field, or the binary one that GNU tar writes for what does not fit."""
    if text[0] == 0x80:
        return int.from_bytes(text[1:], "big")
    if text[0] == 0xFF:
        return int.from_bytes(text, "big", signed=True)
    digits = text.strip(b" \x00")
    if digits.strip(b"01234567"):
        return None
    return int(digits or b"0", 8)


def _extension(header: _Header, feed: Feed) -> dict[bytes, bytes]:
    """What an extended header says of the next member; global ones hold nothing needed here."""
    if header.kind == b"g" or header.size > _HEADER_BOUND:
        return {}
    content = feed.exactly(header.size)
    if header.kind in b"LK":
        return {b"path" if header.kind == b"L" else b"linkpath": content.split(b"\x00", 1)[0]}
    records = {}
    while content:
        length = _decimal(content[:20].split(b" ", 1)[0])
        name, equals, value = content[:length].partition(b" ")[2].partition(b"=")
        if not 0 < length <= len(content) or not equals:
            break
        records[name] = value.removesuffix(b"\n")
        content = content[length:]
    return records


def _decimal(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) <= 20 else 0


def _pax_time(text: bytes) -> datetime | None:
    """Seconds since 1970 with any number of decimals; what is below a microsecond is cut."""
    sign, digits = (-1, text[1:]) if text.startswith(b"-") else (1, text)
    seconds, _, fraction = digits.partition(b".")
    if not seconds.isdigit() or len(seconds) > 20:
        return None
    return utc(sign * int(seconds), sign * _decimal(fraction[:6].ljust(6, b"0")))
