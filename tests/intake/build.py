"""Builds archives of every kind in memory, and takes evidence in as an ingest would."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import zstandard

from forensics.intake import (
    DEFAULT_LIMITS,
    Archive,
    Content,
    Limits,
    Location,
    NotEvidence,
    discover,
    expand,
    open_location,
    read,
)

MODIFIED = 1_714_557_600  # 2024-05-01T10:00:00Z
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda plain: gzip.compress(plain, mtime=0),
    "bzip2": bz2.compress,
    "xz": lambda plain: lzma.compress(plain, preset=0),
    "zstd": lambda plain: zstandard.ZstdCompressor(write_checksum=True).compress(plain),
}
LINES = b"".join(b'{"n":%d,"square":%d}\n' % (n, n * n) for n in range(20_000))


def tar(members: Mapping[str, bytes], *, style: int = tarfile.PAX_FORMAT) -> bytes:
    """An uncompressed tar."""
    return tar_of((member(name, content), content) for name, content in members.items())


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mtime, header.type = len(content), MODIFIED, kind
    return header


def tar_of(
    members: Iterable[tuple[tarfile.TarInfo, bytes]], *, style: int = tarfile.PAX_FORMAT
) -> bytes:
    """A tar of hand-made headers."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=style) as archive:
        for header, content in members:
            archive.addfile(header, io.BytesIO(content))
    return target.getvalue()


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with its directory."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 1, 10, 0, 0)), content, method)
    return target.getvalue()


def patched(stored: bytes, offset: int, value: bytes, *, mark: bytes = b"PK\x01\x02") -> bytes:
    """Other bytes at an offset of the first record with that mark."""
    at = stored.index(mark) + offset
    return stored[:at] + value + stored[at + len(value) :]


@dataclass
class Taken:
    """What came out of some paths; names are shown from the folder they were taken from."""

    contents: dict[str, bytes] = field(default_factory=dict)
    found: dict[str, Content] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)

    def refuse(self, name: str, item: NotEvidence) -> None:
        assert name not in self.reasons, "a location is told of once"
        self.refused.append((name, item.status, item.reason))

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [(name, status) for name, status, _ in self.refused]

    @property
    def reasons(self) -> dict[str, str]:
        return {name: reason for name, _, reason in self.refused}


def take(folder: Path, *paths: Path, limits: Limits = DEFAULT_LIMITS) -> Taken:
    """Everything below the paths (or the folder), read to its end, archives gone through.

    Every piece of evidence is opened a second time by its location alone: same bytes, same hashes.
    """
    taken = Taken()

    def shown(location: Location) -> str:
        return location.path.removeprefix(f"{folder.resolve()}/")

    def keep(location: Location, content: Content, whole: bytes) -> None:
        assert shown(location) not in taken.locations
        taken.contents[shown(location)] = whole
        taken.found[shown(location)] = content
        taken.locations[shown(location)] = location

    for item in discover(paths or [folder], limits):
        if isinstance(item, NotEvidence):
            taken.refuse(shown(item.location), item)
        elif isinstance(item, Archive):
            for part in expand(item, limits):
                if isinstance(part, NotEvidence):
                    taken.refuse(shown(part.location), part)
                else:
                    content = read(part[0], part[1], limits)
                    keep(part[0], content, b"".join(content))
        else:
            keep(item, *again(item, limits))
    for name, location in taken.locations.items():
        content, whole = again(location, limits)
        assert (name, whole) == (name, taken.contents[name])
        assert outcome(content) == outcome(taken.found[name])
    return taken


def again(location: Location, limits: Limits = DEFAULT_LIMITS) -> tuple[Content, bytes]:
    """A location, opened and read on its own."""
    with open_location(location, limits) as stored:
        content = read(location, stored, limits)
        return content, b"".join(content)


def outcome(content: Content) -> tuple[object, ...]:
    return (
        content.stored_sha256,
        content.sha256,
        content.stored_bytes,
        content.bytes,
        content.layers,
        content.status,
        content.trailing,
    )


def content_of(
    stored: bytes, limits: Limits = DEFAULT_LIMITS, chunk: int = 1 << 20
) -> tuple[bytes, Content]:
    """Bytes as they would come from a file."""
    here = Location("/dump/log", "", "/dump/log", len(stored), None, b"/dump/log")
    content = read(here, io.BytesIO(stored), limits, chunk=chunk)
    return b"".join(content), content
