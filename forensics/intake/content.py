"""One piece of evidence as decompressed bytes: hashed, bounded, and honest about damage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, Literal

from forensics.intake import magic
from forensics.intake.damage import BrokenStream, OverLimit
from forensics.intake.decompress import DECOMPRESSORS
from forensics.intake.deflate import STEP, Notes
from forensics.intake.limits import DEFAULT_LIMITS, Limits, Meter
from forensics.intake.location import Location
from forensics.intake.streams import CHUNK, Feed, chunks


class Content:
    """Iterate it once for the bytes, then read what it found out; until then it knows part.

    Nothing is raised for damage or for a bound: `status` and `damage` say what happened.
    """

    def __init__(
        self,
        location: Location,
        stored: BinaryIO,
        limits: Limits,
        chunk: int,
        *,
        hashed: bool = True,
    ) -> None:
        self.location = location
        self.layers: tuple[str, ...] = ()
        """Compressions around the content, outermost first."""
        self.stored_bytes = 0
        """Bytes of the file or member as it is stored."""
        self.bytes = 0
        """Bytes yielded."""
        self.status: Literal["whole", "torn", "over_limit"] = "whole"
        """`torn`: the stored bytes break off or are corrupt; `over_limit`: a bound was reached."""
        self.damage: str | None = None
        """Why it is not whole, and where in the stored and in the decompressed stream."""
        self._limits = limits
        self._chunk = chunk
        self._hashing = hashed
        self._notes: list[Notes] = []
        self._meters: list[Meter] = []
        self._stored_hash = hashlib.sha256()
        self._hash = hashlib.sha256()
        self._stored = self._hashed(stored)
        self._pieces = self._iterate()

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    @property
    def stored_sha256(self) -> str:
        """SHA-256 of the bytes as stored, in hex; of those that could be read, if not all could."""
        return self._stored_hash.hexdigest()

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes yielded, in hex; whoever asked for none has none."""
        assert self._hashing, "read without hashing"
        return self._hash.hexdigest()

    @property
    def trailing(self) -> int:
        """Bytes between and after the compressed streams that belong to none (padding, garbage)."""
        return sum(notes.trailing for notes in self._notes)

    def _iterate(self) -> Iterator[bytes]:
        try:
            yield from self._joined(self._peeled())
        except BrokenStream as broken:
            self._stop("torn", broken)
        except OverLimit as reached:
            self._stop("over_limit", reached)
        self._finish()

    def _peeled(self) -> Iterator[bytes]:
        feed = Feed(self._stored)
        while name := magic.compression(feed.head(magic.COMPRESSION_HEAD)):
            if len(self.layers) == self._limits.layers:
                raise OverLimit(f"more than {self._limits.layers} compressions around one another")
            self.layers += (name,)
            feed = Feed(self._layer(name, feed))
        if not self.layers:
            self._hash = self._stored_hash
        meter = Meter(self._limits)
        while piece := feed.take(self._chunk):
            yield piece
            meter.stored = self.stored_bytes
            meter.charge_content(len(piece))

    def _layer(self, name: str, feed: Feed) -> Iterator[bytes]:
        notes, meter = Notes(), Meter(self._limits)
        self._notes.append(notes)
        stream = f"output of layer {len(self.layers) - 1}" if self.layers[1:] else "stored stream"
        try:
            for piece in DECOMPRESSORS[name](feed, notes, min(STEP, self._chunk)):
                meter.stored = self.stored_bytes
                meter.charge_content(len(piece))
                yield piece
        except BrokenStream as broken:
            if not broken.where:
                at = broken.at if broken.at >= 0 else feed.position
                broken.where = f"byte {at} of the {stream}"
            raise

    def _joined(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The same bytes in pieces of about one chunk: a member may be a line, or a gigabyte."""
        waiting: list[bytes] = []
        size = 0
        broken: BrokenStream | OverLimit | None = None
        more = True
        while more:
            try:
                piece = next(pieces, b"")
            except (BrokenStream, OverLimit) as error:
                piece, broken = b"", error
            more = bool(piece)
            if waiting and (not more or size + len(piece) > self._chunk):
                yield self._counted(b"".join(waiting))
                waiting, size = [], 0
            waiting.append(piece)
            size += len(piece)
        if broken:
            raise broken

    def _counted(self, piece: bytes) -> bytes:
        self.bytes += len(piece)
        if self._hashing and self._hash is not self._stored_hash:
            self._hash.update(piece)
        return piece

    def _hashed(self, stored: BinaryIO) -> Iterator[bytes]:
        for piece in chunks(stored, min(CHUNK, self._chunk)):
            self._stored_hash.update(piece)
            self.stored_bytes += len(piece)
            yield piece

    def _stop(self, status: Literal["torn", "over_limit"], error: BrokenStream | OverLimit) -> None:
        where = isinstance(error, BrokenStream) and error.where
        place = f" at {where or f'byte {self.stored_bytes} of the stored stream'}"
        self.status = status
        self.damage = f"{error.message}{place}, after {self.bytes} decompressed bytes"

    def _finish(self) -> None:
        if self._hash is self._stored_hash:
            self._hash = self._stored_hash.copy()
        try:
            for _ in self._stored:  # the hash as stored is over all of it
                pass
        except (BrokenStream, OverLimit) as error:
            if self.status == "whole":
                self._stop("torn", error)
        damage = "; ".join(str(notes.damage) for notes in self._notes if notes.damage.count)
        if damage and self.status == "whole":
            self.status, self.damage = "torn", f"{damage}; everything was decompressed"
        elif damage:
            self.damage = f"{self.damage}; {damage}"


def read(
    location: Location,
    stored: BinaryIO,
    limits: Limits = DEFAULT_LIMITS,
    *,
    chunk: int = 1 << 20,
    hashed: bool = True,
) -> Content:
    """The content of `stored`, all compressions taken off, in pieces of up to `chunk` bytes.

    What a compression is, is decided by its first bytes, never by a name. `stored` is read
    forward once and left open; an error of the disk midway becomes damage. Whoever needs no
    `sha256` (not `hashed`) still has that of the stored bytes.
    """
    return Content(location, stored, limits, chunk, hashed=hashed)
