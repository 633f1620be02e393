"""Where a piece of evidence lies: on disk, or inside archives inside archives."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Shown as \xNN, so that a path is one line of text and stands for one place only: control
# characters, and what would otherwise read as an escape or as the mark before a member's name.
_AMBIGUOUS = re.compile(rb"[\x00-\x1f\x7f]|\\(?=x)|!(?=/|\Z)")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_AMBIGUOUS_ON_WINDOWS = re.compile(rb"[\x00-\x1f\x7f]|!(?=[/\\]|\Z)")


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member of a tar: `size` bytes at `offset` of the decompressed tar."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A member of a zip, whose own header stands at `offset`; sizes are -1 where unknown."""

    offset: int
    compressed: int
    size: int
    method: int
    crc: int  # -1 where unknown


Step = TarMember | ZipMember
Status = Literal["ignored", "unreadable", "over_limit"]


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """One place where evidence lies; enough to open it again anywhere.

    Picklable. Two locations are equal when their paths are; they sort by path.
    """

    path: str
    r"""Absolute path on disk, members appended as `!/name`; odd bytes are shown as \xNN."""
    container: str = field(compare=False)
    """Containers on the way from disk, outermost first: "", "zip", "tar+gzip", "zip > tar"."""
    key: str = field(compare=False)
    """Innermost name with "/" between its parts: what an S3 key can be read from."""
    stored_bytes: int = field(compare=False)
    """Size of the file or member; -1 where its archive does not say."""
    modified: datetime | None = field(compare=False)
    """When the file or member was last written, UTC; None where that is not recorded in UTC."""
    file: bytes = field(compare=False, repr=False)
    """The file on disk, as the operating system spells it."""
    steps: tuple[Step, ...] = field(compare=False, default=(), repr=False)
    """The members to go through from there, outermost first."""


@dataclass(frozen=True, slots=True)
class NotEvidence:
    """Seen and named, but not ingested: `reason` is the rule or the error, one sentence.

    A location is told of once. That of an archive stands for what of it could not be read: its
    other members are evidence all the same.
    """

    location: Location
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Archive:
    """Holds evidence that can only be reached by reading the archive through: see `expand`."""

    location: Location


def readable(name: bytes) -> str:
    r"""The name as text; bytes that are no text, or would mislead, are shown as \xNN."""
    return _escaped(name, _AMBIGUOUS)


def readable_path(path: bytes) -> str:
    """As `readable`, for a path of this operating system."""
    return _escaped(path, _AMBIGUOUS if os.sep == "/" else _AMBIGUOUS_ON_WINDOWS)


def as_key(name: bytes) -> str:
    """The name with "/" between its parts, whichever system wrote it."""
    key = _escaped(name.replace(b"\\", b"/"), _CONTROL)
    while key.startswith("./"):
        key = key[2:]
    return key


def utc(seconds: float, microseconds: int = 0) -> datetime | None:
    """That many seconds after 1970 in UTC; None for a time no calendar has."""
    try:
        return _EPOCH + timedelta(seconds=seconds, microseconds=microseconds)
    except (OverflowError, ValueError):  # ValueError: not a number
        return None


def _escaped(name: bytes, ambiguous: re.Pattern[bytes]) -> str:
    plain = ambiguous.sub(lambda found: b"\\x%02x" % found[0][0], name)
    return plain.decode("utf-8", "backslashreplace")
