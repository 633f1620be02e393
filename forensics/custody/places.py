"""Finds again what the ledger says was read: every file of the evidence once, members in order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from forensics.intake import (
    Archive,
    Content,
    Limits,
    Location,
    NotEvidence,
    Unopened,
    discover,
    expand,
    open_location,
)
from parsers.errors import TornStream

MEMBER = "!/"  # between an archive and what lies in it
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")

Opened = tuple[Location, BinaryIO]


class Place(NamedTuple):
    """Where the ledger says a content lay."""

    source_id: int
    path: str
    stored_sha256: str
    content_sha256: str
    status: str
    format: str | None
    account_id: str | None
    region: str | None
    period_start: datetime | None
    period_end: datetime | None


def disk_part(path: str) -> str:
    """The file on disk that a path of the ledger begins with."""
    return path.split(MEMBER, maxsplit=1)[0]


def on_disk(path: str) -> Path:
    r"""A file of the ledger as the operating system spells it: \xNN stands for an odd byte."""
    name = path.encode("utf-8")
    if os.sep == "/":
        name = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), name)
    return Path(os.fsdecode(name))


def reopened(files: Iterable[str]) -> Iterator[Opened]:
    """Everything in these files of the ledger that can be opened, with its stored bytes.

    A stream is usable until the next is asked for. What is gone or cannot be opened is left out.
    """
    for path in files:
        file = on_disk(path)
        if file.is_file():
            yield from opened([str(file)])


def opened(paths: list[str]) -> Iterator[Opened]:
    """Everything below these paths that can be opened, archives gone into."""
    limits = Limits()
    for item in discover(paths, limits):
        if isinstance(item, Archive):
            members = expand(item, limits)
            yield from (member for member in members if not isinstance(member, NotEvidence))
        elif isinstance(item, Location):
            try:
                stored = open_location(item, limits)
            except Unopened:
                continue  # to whoever looks for it, it is missing
            with stored:
                yield item, stored


def until_torn(chunks: Iterable[bytes], content: Content) -> Iterator[bytes]:
    """The chunks of a content; where it is torn, the parsers are told."""
    yield from chunks
    if content.status == "torn":
        raise TornStream(content.damage or "the stream breaks off")
