"""Puts generated units into files as AWS delivers them: key layout, gzip, units for each."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from time import gmtime, strftime
from types import TracebackType
from typing import BinaryIO, NamedTuple, Protocol, Self

import numpy as np
from isal import isal_zlib

from benchmarks.generators.columns import Column, Numbers, text_between
from benchmarks.generators.noise import HEX, Noise

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("us-east-1", "eu-central-1", "eu-west-1", "ap-southeast-2")
START = 1_739_577_600  # 2025-02-15T00:00:00Z
DAY = 86_400
CHUNK = 32_768  # units made at once: bounds the memory, changing it changes every byte
BUFFER = 1 << 20  # isal given a file in small pieces compresses it three times worse
COMPRESSION = 2  # of isal; the ratio is a tenth below that of gzip -6, the speed thirty times


class Span(NamedTuple):
    """Consecutive units to be made; the arrays have one value for each."""

    noise: Noise
    files: Numbers  # number of the file that the unit goes to
    seconds: Numbers  # since 1970, ascending
    odd: float
    unknown_key: bool

    @property
    def accounts(self) -> Numbers:
        """Place in ACCOUNTS of the account that each unit belongs to."""
        return self.files % len(ACCOUNTS)

    @property
    def regions(self) -> Numbers:
        """Place in REGIONS of the region that each unit belongs to."""
        return self.files // len(ACCOUNTS) % len(REGIONS)


class Delivery(NamedTuple):
    """One file, as far as its name tells about it."""

    number: int
    first: int  # time of its first unit, seconds since 1970
    last: int  # time of its last unit
    chance: random.Random

    @property
    def account(self) -> str:
        """The account that the file belongs to."""
        return ACCOUNTS[self.number % len(ACCOUNTS)]

    @property
    def region(self) -> str:
        """The region that the file belongs to."""
        return REGIONS[self.number // len(ACCOUNTS) % len(REGIONS)]

    def word(self, width: int, alphabet: str = HEX) -> str:
        """The part of a name that AWS draws by chance."""
        return "".join(self.chance.choices(alphabet, k=width))

    def starting(self, pattern: str, step: int = 300) -> str:
        """The start of the five minutes (or another step) in which the last unit lies."""
        return strftime(pattern, gmtime(self.last // step * step))

    def ending(self, pattern: str, step: int = 300) -> str:
        """The end of the five minutes (or another step) in which the last unit lies."""
        return strftime(pattern, gmtime((self.last // step + 1) * step))


class LogFormat(NamedTuple):
    """A kind of log that can be generated."""

    name: str
    units: Callable[[Span], Column]
    key: Callable[[Delivery], str]
    opening: bytes = b""
    closing: bytes = b""
    skip: int = 0  # bytes to leave out in front of the first unit: the comma of a document
    compressed: bool = True
    may_be_odd: bool = False  # a share of odd lines can be asked for
    may_have_unknown_key: bool = False


class Plan(NamedTuple):
    """How many units, in how many files, drawn from which seed."""

    rows: int
    files: int
    seed: int
    odd: float = 0.0
    unknown_key: bool = False

    def files_of(self, rows: Numbers) -> Numbers:
        """The file of each unit; files differ by one unit at most."""
        return rows * self.files // self.rows

    def second_of(self, row: int) -> int:
        """The time of a unit: all units spread evenly over one day."""
        return START + DAY * row // self.rows

    def delivery(self, file: int) -> Delivery:
        """What the name of a file is made from."""
        first, following = (-(-number * self.rows // self.files) for number in (file, file + 1))
        chance = random.Random(f"{self.seed}/{file}")
        return Delivery(file, self.second_of(first), self.second_of(following - 1), chance)

    def span(self, first: int, count: int) -> Span:
        """The units from `first` on."""
        rows = np.arange(first, first + count, dtype=np.int64)
        noise = Noise([self.seed, first], count)
        seconds = START + DAY * rows // self.rows
        return Span(noise, self.files_of(rows), seconds, self.odd, self.unknown_key)


class Sink(Protocol):
    """What a file is written to."""

    def write(self, piece: memoryview | bytes, /) -> object:
        """Append the bytes."""


class GzipMember:
    """One gzip member, without a time and with the name of its file, as CloudTrail writes it."""

    def __init__(self, path: Path) -> None:
        self._stream: BinaryIO = path.open("wb")
        self._deflate = isal_zlib.compressobj(COMPRESSION, isal_zlib.DEFLATED, -15)
        self._checksum = 0
        self._size = 0
        self._pending = bytearray()
        name = path.name.removesuffix(".gz").encode()
        self._stream.write(b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + name + b"\0")

    def write(self, piece: memoryview | bytes) -> None:
        """Append the bytes, compressing once enough are at hand."""
        self._pending += piece
        if len(self._pending) >= BUFFER:
            self._compress()

    def _compress(self) -> None:
        self._checksum = isal_zlib.crc32(self._pending, self._checksum)
        self._size += len(self._pending)
        self._stream.write(self._deflate.compress(self._pending))
        self._pending = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._compress()
        self._stream.write(self._deflate.flush())
        self._stream.write(struct.pack("<II", self._checksum, self._size & 0xFFFF_FFFF))
        self._stream.close()


def uncompressed(log: LogFormat) -> LogFormat:
    """The same log without gzip, the names of its files without the suffix."""
    return log._replace(
        compressed=False, key=lambda delivery: log.key(delivery).removesuffix(".gz")
    )


def pieces(log: LogFormat, plan: Plan) -> Iterator[tuple[int, memoryview]]:
    """Every unit in its order, as (file, text of consecutive units of that file)."""
    for first in range(0, plan.rows, CHUNK):
        span = plan.span(first, min(CHUNK, plan.rows - first))
        units = log.units(span)
        starts = np.flatnonzero(np.diff(span.files, prepend=-1)).tolist()
        for start, end in pairwise([*starts, span.noise.count]):
            yield int(span.files[start]), text_between(units, start, end)


def deliver(log: LogFormat, plan: Plan, folder: Path) -> list[Path]:
    """Write the files below `folder` and return their paths in the order of their units.

    Raises ValueError when the plan cannot be followed: fewer units than files, or a format that
    has no odd lines or no place for an unknown key.
    """
    refuse_what_cannot_be(log, plan)
    paths = []
    for file, parts in groupby(pieces(log, plan), key=itemgetter(0)):
        path = folder / log.key(plan.delivery(file))
        path.parent.mkdir(parents=True, exist_ok=True)
        with GzipMember(path) if log.compressed else path.open("wb") as sink:
            write_body(log, (part for _, part in parts), sink)
        paths.append(path)
    return paths


def write_body(log: LogFormat, parts: Iterator[memoryview], sink: Sink) -> None:
    """One whole body: opening, units, closing."""
    sink.write(log.opening)
    sink.write(next(parts)[log.skip :])
    for part in parts:
        sink.write(part)
    sink.write(log.closing)


def refuse_what_cannot_be(log: LogFormat, plan: Plan) -> None:
    """Raise ValueError with the reason when the plan does not fit the format."""
    if not 1 <= plan.files <= plan.rows:
        raise ValueError(f"{plan.rows} units cannot fill {plan.files} files")
    if plan.odd and not log.may_be_odd:
        raise ValueError(f"{log.name}: odd lines are made for delimited formats only")
    if plan.unknown_key and not log.may_have_unknown_key:
        raise ValueError(f"{log.name}: an unknown key has its place in JSON only")


def rows_that_fill(log: LogFormat, size: int, plan: Plan) -> int:
    """How many units make about `size` bytes before compression, judged by a sample."""
    sample = log.units(plan._replace(rows=CHUNK, files=1).span(0, 4096))
    return max(1, size * 4096 // len(text_between(sample, 0, 4096)))
