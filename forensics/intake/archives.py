"""Goes into archives: names their members, hands out their content, opens one again alone."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from typing import BinaryIO, NamedTuple, cast

from forensics.errors import ForensicsError
from forensics.intake.damage import BrokenStream, OverLimit, Troubles, Unopened
from forensics.intake.decompress import DECOMPRESSORS
from forensics.intake.deflate import STEP, Notes
from forensics.intake.ignore import file_rule, member_rule
from forensics.intake.limits import DEFAULT_LIMITS, Limits, Meter
from forensics.intake.location import (
    Archive,
    Location,
    NotEvidence,
    Status,
    Step,
    TarMember,
    as_key,
    readable,
)
from forensics.intake.sniff import Sniffed, sniff
from forensics.intake.streams import ChunkStream, Feed, Window, as_binary, chunks
from forensics.intake.tars import TarEntry, tar_content, tar_entries
from forensics.intake.zips import (
    ZipEntry,
    directory_entries,
    find_directory,
    scanned_entries,
    zip_content,
)

_IN_MEMORY = 32 << 20  # of a nested zip; larger ones go to an unnamed temporary file
_NAMES_KEPT = 500_000  # of one archive; beyond, every member's path carries its number
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe that took the place of a file must not hang the run
)


class Member(NamedTuple):
    """A member and its stored bytes, readable until the next member is asked for."""

    location: Location
    stream: BinaryIO


class _Names:
    """Gives every member of an archive a path of its own: archives may repeat a name."""

    def __init__(self, archive: Location) -> None:
        self._prefix = f"{archive.path}!/"
        self._seen: set[int] = set()
        self._number = 0

    def path(self, name: bytes) -> str:
        self._number += 1
        text = readable(name)
        if len(self._seen) >= _NAMES_KEPT:
            text = f"{text}#{self._number}"
        while (digest := _digest(text)) in self._seen:
            text = f"{text}#{self._number}"
        if len(self._seen) < _NAMES_KEPT:
            self._seen.add(digest)
        return self._prefix + text


def _digest(text: str) -> int:
    """Stands for the text in a quarter of its memory."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def expand(
    archive: Archive, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[Location, BinaryIO] | NotEvidence]:
    """Members in the order of the archive, nested archives in their place, with stored bytes.

    A member's stream is usable until the next item is asked for. What is damaged or over a limit
    is named; what could be read before is yielded. Raises nothing about the evidence itself.
    """
    try:
        stored = open_location(archive.location, limits)
    except Unopened as error:
        yield NotEvidence(archive.location, "unreadable", f"cannot be opened: {error.strerror}")
        return
    with closing(stored):
        meter = Meter(limits, os.stat(archive.location.file).st_size)
        sniffed = sniff(stored, limits)
        if not sniffed.kind:
            yield NotEvidence(archive.location, "unreadable", "it was an archive, and is none now")
            return
        for item in unpacked(archive.location, sniffed, meter, nested=True):
            if not isinstance(item, Archive):
                yield item


def open_location(location: Location, limits: Limits = DEFAULT_LIMITS) -> BinaryIO:
    """The stored bytes of a location, from their start; archives around it are read again.

    Raises Unopened where the file is gone or cannot be opened. What is broken on the way raises
    BrokenStream while it is read, what exceeds a bound OverLimit; `read` makes both a status.
    """
    stream = open_file(location.file, location.path)
    meter = Meter(limits, os.fstat(stream.fileno()).st_size)
    for step in location.steps:
        try:
            stream = _entered(stream, step, meter)
        except BaseException:
            stream.close()
            raise
    return stream


def open_file(path: bytes, shown: str) -> BinaryIO:
    """A file on disk, unbuffered; Unopened where it cannot be opened."""
    try:
        return io.FileIO(_descriptor(path))
    except OSError as error:
        raise Unopened(
            f"{shown}: cannot be opened: {error.strerror or error}",
            hint="check that the evidence is mounted and readable, then run the command again",
            strerror=error.strerror or str(error),
        ) from error


def _descriptor(path: bytes) -> int:
    """A file, opened so that not even the time of its last reading changes, where one may."""
    try:
        return os.open(path, _OPEN_FLAGS | getattr(os, "O_NOATIME", 0))
    except PermissionError:  # only who owns a file may ask for that
        return os.open(path, _OPEN_FLAGS)


def examine(
    location: Location, stream: BinaryIO, limits: Limits, name: str
) -> tuple[Location | Archive | NotEvidence, Sniffed]:
    """What lies there: evidence, an archive, or neither, with the reason.

    `name` is what the rules of `ignore` are asked with; "" exempts from them.
    """
    sniffed = sniff(stream, limits)
    rule = file_rule(name, sniffed.head) if name else None
    if rule:
        return NotEvidence(location, "ignored", rule.reason), sniffed
    if sniffed.refused:
        reason = f"{sniffed.refused.what}: {sniffed.refused.hint}"
        return NotEvidence(location, "unreadable", reason), sniffed
    if not sniffed.kind:
        return location, sniffed
    if len(location.steps) >= limits.depth:
        reason = f"an archive inside {limits.depth} others: unpack it and ingest the folder"
        return NotEvidence(location, "over_limit", reason), sniffed
    return Archive(location), sniffed


def is_random_access(sniffed: Sniffed) -> bool:
    """Whether members can be reached without reading what lies before them."""
    if sniffed.layers or not sniffed.stream.seekable():
        return False
    try:
        return sniffed.kind == "tar" or find_directory(sniffed.stream) is not None
    except BrokenStream:
        return False  # whoever reads it through will say so


def unpacked(
    archive: Location, sniffed: Sniffed, meter: Meter, *, nested: bool
) -> Iterator[Member | Archive | NotEvidence]:
    """Members of one archive; archives among them are gone into when `nested`, else named.

    What is wrong with the archive itself comes last, as one item.
    """
    notes: list[Notes] = []
    wrong = _Wrong()
    empty = True
    try:
        for item in _members(archive, sniffed, notes, meter):
            empty = False
            meter.member()
            if isinstance(item, Member):
                yield from _examined(item, meter, nested=nested)
            elif item.location is archive:
                wrong.add(item.status, item.reason)
            else:
                yield item
    except OverLimit as reached:
        wrong.add("over_limit", reached.message)
    except BrokenStream as broken:
        wrong.add("unreadable", broken.message)
    for note in notes:
        wrong.add_notes(note)
    if empty and not wrong.reasons.count:
        wrong.add("ignored", "an archive without files")
    if wrong.reasons.count:
        yield NotEvidence(archive, wrong.status, str(wrong.reasons))


def _examined(
    member: Member, meter: Meter, *, nested: bool
) -> Iterator[Member | Archive | NotEvidence]:
    location = member.location
    found, inner = examine(location, member.stream, meter.limits, location.key)
    if isinstance(found, Location):
        with closing(inner.stream):  # its bytes are gone once the next is looked for
            yield Member(found, inner.stream)
    elif isinstance(found, Archive) and nested:
        yield from unpacked(location, inner, meter, nested=True)
    else:
        yield found


class _Wrong:
    """What is wrong with an archive; of several statuses the gravest."""

    def __init__(self) -> None:
        self.status: Status = "ignored"
        self.reasons = Troubles()

    def add(self, status: Status, reason: str) -> None:
        grave: tuple[Status, ...] = ("ignored", "unreadable", "over_limit")
        self.status = max(self.status, status, key=grave.index)
        self.reasons.add(reason)

    def add_notes(self, notes: Notes) -> None:
        if notes.damage.count:
            self.add("unreadable", str(notes.damage))
        if notes.trailing:
            reason = f"{notes.trailing} bytes beside the compressed stream are no part of it"
            self.add("ignored", reason)


def _members(
    archive: Location, sniffed: Sniffed, notes: list[Notes], meter: Meter
) -> Iterator[Member | NotEvidence]:
    label = "+".join((sniffed.kind, *reversed(sniffed.layers)))
    container = f"{archive.container} > {label}" if archive.container else label
    names = _Names(archive)
    for entry, step, size, stream in _entries(sniffed, notes, meter):
        if not entry.name:
            yield NotEvidence(archive, "unreadable", entry.unreadable)
            continue
        location = Location(
            path=names.path(entry.name),
            container=container,
            key=as_key(entry.name),
            stored_bytes=size,
            modified=entry.modified,
            file=archive.file,
            steps=(*archive.steps, step),
        )
        yield _refused(location, entry, meter.limits) or Member(location, stream)


def _refused(location: Location, entry: TarEntry | ZipEntry, limits: Limits) -> NotEvidence | None:
    """Why a member is not even opened."""
    rule = member_rule(location.key)
    if rule or entry.ignored:
        return NotEvidence(location, "ignored", rule.reason if rule else entry.ignored)
    if entry.unreadable:
        return NotEvidence(location, "unreadable", entry.unreadable)
    if isinstance(entry, ZipEntry) and entry.exceeds(limits):
        reason = f"says it decompresses to more than {limits.ratio} times its compressed size"
        return NotEvidence(location, "over_limit", reason)
    return None


_Entry = tuple[TarEntry | ZipEntry, Step, int, BinaryIO]


def _entries(sniffed: Sniffed, notes: list[Notes], meter: Meter) -> Iterator[_Entry]:
    if sniffed.kind == "tar":
        feed = _feed(sniffed, notes, meter)
        for entry in tar_entries(feed):
            stream = as_binary(ChunkStream(tar_content(feed, entry.size)))
            yield entry, TarMember(entry.offset, entry.size), entry.size, stream
    else:
        file = _seekable(sniffed, notes, meter)
        try:
            yield from _zip_entries(file, meter)
        finally:
            if file is not sniffed.stream:
                file.close()


def _zip_entries(file: BinaryIO, meter: Meter) -> Iterator[_Entry]:
    directory = find_directory(file)
    if directory:
        for entry in directory_entries(file, directory):
            meter.charge(0 if entry.exceeds(meter.limits) else entry.step.size)
            stream = as_binary(ChunkStream(zip_content(file, entry.step)))
            yield entry, entry.step, entry.step.size, stream
        return
    file.seek(0)
    for entry, content in scanned_entries(Feed(chunks(file)), meter):
        yield entry, entry.step, entry.step.size, as_binary(ChunkStream(content))


def _entered(parent: BinaryIO, step: Step, meter: Meter) -> BinaryIO:
    """The member of `parent` that `step` names; closing it closes `parent`."""
    sniffed = sniff(parent, meter.limits)
    if isinstance(step, TarMember) and not sniffed.layers and sniffed.stream.seekable():
        return as_binary(Window(sniffed.stream, step.offset, step.size, sniffed.stream))
    return as_binary(ChunkStream(_reached(sniffed, step, meter), sniffed.stream))


def _reached(sniffed: Sniffed, step: Step, meter: Meter) -> Iterator[bytes]:
    if isinstance(step, TarMember):
        feed = _feed(sniffed, [], meter)
        feed.skip(step.offset)
        yield from tar_content(feed, step.size)
        return
    file = _seekable(sniffed, [], meter)
    try:
        yield from zip_content(file, step)
    finally:
        if file is not sniffed.stream:
            file.close()


def _feed(sniffed: Sniffed, notes: list[Notes], meter: Meter) -> Feed:
    seekable = not sniffed.layers and sniffed.stream.seekable()
    return Feed(_peeled(sniffed, notes, meter), sniffed.stream if seekable else None)


def _peeled(sniffed: Sniffed, notes: list[Notes], meter: Meter) -> Iterator[bytes]:
    pieces = chunks(sniffed.stream)
    for name in sniffed.layers:
        notes.append(Notes())
        pieces = _charged(DECOMPRESSORS[name](Feed(pieces), notes[-1], STEP), meter)
    return pieces


def _charged(pieces: Iterator[bytes], meter: Meter) -> Iterator[bytes]:
    for piece in pieces:
        meter.charge(len(piece))
        yield piece


def _seekable(sniffed: Sniffed, notes: list[Notes], meter: Meter) -> BinaryIO:
    """The zip as a file one can seek in: the stream itself, or a temporary copy of it."""
    if not sniffed.layers and sniffed.stream.seekable():
        return sniffed.stream
    notes.append(Notes())
    copy = cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
    try:
        _copy(_peeled(sniffed, notes, meter), copy, meter.limits.spool_bytes)
    except BrokenStream as broken:
        notes[0].damage.add(broken.message)  # its members up to there are still found
    except BaseException:
        copy.close()
        raise
    return copy


def _copy(pieces: Iterator[bytes], copy: BinaryIO, bound: int) -> None:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > bound:
            raise OverLimit(f"a nested zip of more than {bound} bytes: unpack what it lies in")
        try:
            copy.write(piece)
        except OSError as error:
            raise ForensicsError(
                f"{tempfile.gettempdir()}: no room to copy a nested zip to ({error.strerror})",
                hint="set TMPDIR to a folder on a larger disk, outside the evidence",
            ) from error
