"""The bounds no evidence can exceed, and the meter that holds decompression to them."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.intake.damage import OverLimit


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that honest evidence never meets and a bomb always does."""

    content_bytes: int = 256 << 30  # of one content, decompressed
    ratio: int = 200  # decompressed bytes per stored byte ...
    ratio_floor: int = 256 << 20  # ... asked only once this much has been decompressed
    members: int = 5_000_000  # of one archive, nested ones included
    depth: int = 4  # containers inside one another
    layers: int = 3  # compressions around one another
    spool_bytes: int = 32 << 30  # of a nested zip, which is read from a temporary copy


DEFAULT_LIMITS = Limits()


class Meter:
    """Counts what one piece of evidence decompresses to and how many members it holds."""

    __slots__ = ("limits", "made", "members", "stored")

    def __init__(self, limits: Limits, stored: int = 0) -> None:
        self.limits = limits
        self.stored = stored  # bytes that all of `made` comes from
        self.made = 0
        self.members = 0

    def charge(self, size: int) -> None:
        """Count `size` decompressed bytes; raise OverLimit when they are too many."""
        self.made += size
        limits = self.limits
        if self.made > limits.ratio_floor and self.made > limits.ratio * self.stored:
            raise OverLimit(
                f"decompresses to more than {limits.ratio} times its {self.stored} stored bytes",
                hint="if this is no bomb, decompress it with another tool and ingest the result",
            )

    def charge_content(self, size: int) -> None:
        """Count `size` bytes of one content, which has an absolute bound as well."""
        self.charge(size)
        if self.made > self.limits.content_bytes:
            raise OverLimit(f"decompresses to more than {self.limits.content_bytes} bytes")

    def member(self) -> None:
        """Count one member of an archive; raise OverLimit when there are too many."""
        self.members += 1
        if self.members > self.limits.members:
            raise OverLimit(f"holds more than {self.limits.members} members")
